"""How clear a voice is, and what it lacks: the aims of speech and song, and what must not matter."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixengine.analysis import clearness, masking
from mixengine.analysis.clearness import SONG, SPEECH, aim_for
from mixengine.analysis.masking import Target, TrackPowers
from mixengine.analysis.spectra import BANDS, EDGES_HZ

PINK = np.log2(EDGES_HZ[1:] / np.maximum(EDGES_HZ[:-1], 20.0))


def wavering(level_db: float, seed: int, range_db: float = 9.0) -> np.ndarray:
    waver_db = np.random.default_rng(seed).uniform(-range_db, range_db, (200, BANDS))
    return (PINK / PINK.sum() * 10 ** ((level_db + waver_db) / 10)).astype(np.float32)


def voice_over_music(level_db: float) -> Target:
    (target,) = masking.targets(
        [
            TrackPowers("voice", 0, True, 0, wavering(level_db, 1)),
            TrackPowers("music", 1, False, 0, wavering(0.0, 2, 3.0)),
        ]
    )
    return target


def test_speech_is_to_be_clearer_and_louder_than_song() -> None:
    assert aim_for("voice") is SPEECH
    assert {aim_for(role) for role in ("lead_vocal", "guitar", "unknown", "")} == {SONG}
    assert SPEECH.clear > SONG.clear and SPEECH.level_lu > SONG.level_lu


@pytest.mark.parametrize("aim", [SPEECH, SONG])
def test_at_the_aims_level_nothing_is_short_and_below_it_more_and_more(aim: clearness.Aim) -> None:
    short_db = [clearness.read(voice_over_music(aim.level_lu + by_db), aim).short_db for by_db in (3, 0.5, -4, -8, -14)]
    assert short_db[:2] == [0.0, 0.0]
    assert short_db == sorted(short_db) and short_db[-1] > short_db[-2] + 3.0


def test_the_same_voice_can_be_clear_as_a_song_and_short_as_speech() -> None:
    target = voice_over_music(-2.0)
    assert clearness.read(target, SONG).short_db == 0.0
    assert clearness.read(target, SPEECH).short_db > 1.0


@pytest.mark.parametrize("aim", [SPEECH, SONG])
def test_a_fader_by_what_is_missing_reaches_an_aim(aim: clearness.Aim) -> None:
    target = voice_over_music(aim.level_lu - 9.0)
    reading = clearness.read(target, aim)
    gain = np.float32(10 ** (-(reading.short_db + 0.05) / 10))
    lower = replace(target, maskers={name: powers * gain for name, powers in target.maskers.items()})
    assert clearness.read(lower, aim).short_db == pytest.approx(0.0, abs=0.1)


def test_a_common_gain_does_not_matter() -> None:
    target = voice_over_music(-6.0)
    two = np.float32(2.0**7)
    louder = replace(
        target,
        powers=target.powers * two,
        excitation=target.excitation * two,
        maskers={name: powers * two for name, powers in target.maskers.items()},
    )
    one, other = (clearness.read(each, SPEECH) for each in (target, louder))
    assert (one.clear, one.short_db) == pytest.approx((other.clear, other.short_db), abs=1e-4)
    assert one.level_lu == pytest.approx(other.level_lu, abs=1e-3)


def test_a_fader_is_worth_itself() -> None:
    target = voice_over_music(-6.0)
    for by_db in (0.0, 1.0, 4.0):
        others = clearness.lowered(target.together({}), by_db)
        assert clearness.fader_equivalent_db(target, target, others) == pytest.approx(by_db, abs=0.05)
    raised = target.through({target.id: np.full(BANDS, 10 ** (2.0 / 10), np.float32)})
    assert clearness.fader_equivalent_db(target, raised, target.together({})) == pytest.approx(2.0, abs=0.05)

"""A voice's presence: raised where that costs less than cuts, never beyond its limit, never where it covers another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixengine.analysis.clearness import fader_equivalent_db
from mixengine.analysis.masking import TrackPowers
from mixengine.analysis.spectra import BANDS, EDGES_HZ
from mixengine.audio.reaeq import response_db
from mixengine.jobs.unmask import cuts
from mixengine.jobs.unmask.bands import gains_of
from mixengine.jobs.unmask.reasons import boost_reason
from mixengine.jobs.unmask.voices import voices_of
from mixengine.model.session import EqBand

RATE = 48000
PINK = np.log2(EDGES_HZ[1:] / np.maximum(EDGES_HZ[:-1], 20.0))


def wavering(level_db: float, seed: int) -> np.ndarray:
    """Band powers of pink noise that wavers by a few dB [shape=(frames, bands)]."""
    waver_db = np.random.default_rng(seed).uniform(-6.0, 6.0, (80, BANDS))
    return (PINK / PINK.sum() * 10 ** ((level_db + waver_db) / 10)).astype(np.float32)


@pytest.fixture
def tracks() -> list[TrackPowers]:
    return [
        TrackPowers("singer", 0, True, 0, wavering(-5.0, 1)),
        TrackPowers("guitar", 1, False, 0, wavering(0.0, 2)),
        TrackPowers("keys", 1, False, 0, wavering(-3.0, 3)),
    ]


def decided(tracks: list[TrackPowers], only: set[str] | None = None, boost_db: float = 2.0) -> dict:
    voices = voices_of(tracks, {track.id: "lead_vocal" for track in tracks})
    names = {track.id for track in tracks} if only is None else only
    return cuts.choose_cuts(tracks, voices, RATE, max_cut_db=3.0, max_bands=3, only=names, max_boost_db=boost_db)


def worth_db(tracks: list[TrackPowers], bands: dict[str, tuple[EqBand, ...]]) -> float:
    (voice,) = voices_of(tracks, {track.id: "lead_vocal" for track in tracks})
    gains = gains_of(bands, RATE)
    return fader_equivalent_db(voice.target, voice.target.through(gains), voice.target.together(gains))


def test_a_boost_stays_in_the_presence_and_under_its_limit(tracks: list[TrackPowers]) -> None:
    bands = decided(tracks)["singer"]
    assert all(band.gain_db > 0.0 and 1000.0 <= band.frequency_hz <= 6000.0 for band in bands)
    assert response_db(bands, np.geomspace(20, 20000, 300), RATE).max() <= 2.1
    assert "singer" not in decided(tracks, boost_db=0.0)


def test_with_it_more_is_clear(tracks: list[TrackPowers]) -> None:
    tracks[0] = replace(tracks[0], powers=tracks[0].powers * np.float32(0.25))
    with_it, without = decided(tracks), decided(tracks, boost_db=0.0)
    assert worth_db(tracks, with_it) > worth_db(tracks, without) + 0.5 > 0.5
    (voice,) = voices_of(tracks, {track.id: "lead_vocal" for track in tracks})
    words = boost_reason(voice, gains_of(with_it, RATE), with_it["singer"], with_it["singer"][0], RATE)
    assert words.startswith("+") and "its presence" in words


def test_a_common_gain_and_the_order_do_not_matter(tracks: list[TrackPowers]) -> None:
    louder = [replace(track, powers=track.powers * np.float32(2.0**8)) for track in tracks]
    assert decided(louder) == decided(tracks[::-1]) == decided(tracks)


def test_a_voice_that_may_not_change_or_covers_another_is_not_raised(tracks: list[TrackPowers]) -> None:
    assert "singer" not in decided(tracks, only={"guitar", "keys"})
    speaker = TrackPowers("speaker", -1, True, 0, wavering(-12.0, 4))
    assert all(band.gain_db < 0.0 for band in decided([speaker, *tracks]).get("singer", ()))


def test_doubles_are_raised_as_one(tracks: list[TrackPowers]) -> None:
    double = TrackPowers("double", 0, True, 0, wavering(-25.0, 5))
    bands = decided([double, *tracks])
    assert bands["double"] == bands["singer"]

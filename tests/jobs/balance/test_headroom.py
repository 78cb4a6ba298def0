"""How high the sum may peak: behind the master's fader, and into what stands on the master."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mixengine.model.effects import Effect
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from tests.helpers.balanced import balance, flute_under_a_pad, rows


@pytest.fixture(scope="module")
def hot(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A song whose sum passes full scale."""
    song = flute_under_a_pad(tmp_path_factory.mktemp("hot"))
    louder = (
        replace(track, clips=tuple(replace(clip, gain_db=clip.gain_db + 18.0) for clip in track.clips))
        for track in song.tracks
    )
    return replace(song, tracks=tuple(louder))


def headroom_db(plan: MixPlan) -> float:
    return plan.details.headroom_db  # type: ignore[attr-defined,no-any-return]


def test_a_hot_sum_is_lowered_and_every_row_says_so(hot: Session) -> None:
    plan = balance(hot, start_from="present")
    assert headroom_db(plan) == pytest.approx(1.0, abs=0.05)
    for row in rows(plan).values():
        said = re.search(
            r"wants? (\S+) LUFS.*?set (\d+) % of the way there.*?, (\S+) dB lower with all tracks", row.reason
        )
        assert said is not None and row.measured_lufs is not None and row.target_lufs is not None
        wanted_lufs, way, lower_db = float(said[1].replace("−", "-")), float(said[2]) / 100.0, float(said[3])
        by_words_lufs = row.measured_lufs + way * (wanted_lufs - row.measured_lufs) + row.raised_db - lower_db
        assert row.target_lufs == pytest.approx(by_words_lufs, abs=0.2)


def test_the_sum_is_judged_behind_the_masters_fader(hot: Session) -> None:
    assert headroom_db(balance(replace(hot, master_db=6.0), start_from="present")) == pytest.approx(7.0, abs=0.05)
    low = balance(replace(hot, master_db=-30.0), start_from="present")
    assert headroom_db(low) < 0.0
    assert not any("ceiling" in row.reason for row in rows(low).values())


@pytest.mark.parametrize("start_from", ["present", "scratch"])
def test_what_stands_on_the_master_gets_what_it_got(hot: Session, start_from: str) -> None:
    driven = replace(hot, master_effects=(Effect("VST: Bus Compressor"),))
    plan = balance(driven, start_from=start_from)
    lowered = any("ceiling" in row.reason for row in rows(plan).values())
    assert (headroom_db(plan) < 0.0, lowered) == ((True, False) if start_from == "present" else (False, True))


def test_a_bypassed_effect_on_the_master_asks_for_nothing(hot: Session) -> None:
    off = replace(hot, master_effects=(Effect("VST: Bus Compressor", bypassed=True),))
    assert headroom_db(balance(off, start_from="present")) == pytest.approx(1.0, abs=0.05)

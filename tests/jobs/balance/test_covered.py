"""Nobody who sounds ends up covered by the others, and nobody else is moved for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
import pytest

from mixengine.analysis.packing import packed
from mixengine.analysis.spectra import BANDS, Spectra
from mixengine.jobs.balance import covered
from mixengine.jobs.balance.details import BalanceDetails
from mixengine.jobs.balance.measure import Reading
from mixengine.model.balance_rule import BalanceRule
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session, Track
from tests.helpers.balanced import balance, flute_under_a_pad, rows

RULE = BalanceRule("r", covered_share=0.6, covered_max_db=6.0)
LOW, HIGH = (6, 7, 8), (18, 19, 20)
STEP_DB = 0.5


def sound(bands: Sequence[int], *, first: int = 0, frames: int = 20) -> Reading:
    """A reading at 0 LUFS of a sound that is even in some bands."""
    powers = np.zeros((frames, BANDS))
    powers[:, list(bands)] = 1.0
    values = dict.fromkeys((field.name for field in fields(Reading)), 0.0)
    spectrum = Spectra(first, *packed(powers, STEP_DB), STEP_DB)
    return Reading(**values | {"playing_s": (), "spectrum": spectrum})  # type: ignore[arg-type]


def raised(
    sounds: dict[str, tuple[float, Reading]],
    *,
    groups: Sequence[tuple[str, ...]] = (),
    locked: Sequence[str] = (),
    rule: BalanceRule = RULE,
    way: float = 1.0,
) -> dict[str, covered.Raised]:
    """Name → what is raised, of sounds with the level at which each is to be set."""
    levels = {name: level for name, (level, _) in sounds.items()}
    readings = {name: reading for name, (_, reading) in sounds.items()}
    return covered.raised(levels, readings, groups, rule, lambda _: way, locked)


def test_where_levels_are_kept_they_may_hide_more() -> None:
    rule = replace(RULE, covered_share_kept=0.3)
    sounds = {"flute": (-27.0, sound(LOW)), "organ": (-20.0, sound(LOW))}
    by_way = [raised(sounds, rule=rule, way=way)["flute"].raised_db for way in (0.0, 0.5, 1.0)]
    assert 0.0 < by_way[0] < by_way[1] < by_way[2]
    assert by_way[2] == raised(sounds)["flute"].raised_db
    louder = {**sounds, "flute": (-22.5, sound(LOW))}
    assert raised(louder, rule=rule) and not raised(louder, rule=rule, way=0.0)


def test_who_is_covered_is_raised_as_far_as_needed() -> None:
    # a third of both is audible where they are equally loud, three fifths of that where one is 1.6 dB softer
    result = raised({"flute": (-25.0, sound(LOW)), "organ": (-20.0, sound(LOW))})
    assert set(result) == {"flute"} and result["flute"].covered_by == "organ"
    assert result["flute"].raised_db == pytest.approx(3.4, abs=0.02)


def test_no_further_than_allowed() -> None:
    result = raised({"flute": (-60.0, sound(LOW)), "organ": (-20.0, sound(LOW))})
    assert result["flute"].raised_db == RULE.covered_max_db


def test_who_sounds_elsewhere_or_at_another_time_covers_nobody() -> None:
    assert not raised({"flute": (-45.0, sound(HIGH)), "bass": (-20.0, sound(LOW))})
    assert not raised({"flute": (-45.0, sound(LOW)), "organ": (-20.0, sound(LOW, first=20))})


def test_what_is_hardly_audible_among_equally_loud_tracks_stays() -> None:
    crowd = {f"organ {i}": (-20.0, sound(LOW)) for i in range(9)}
    assert not raised({"flute": (-30.0, sound(LOW)), **crowd})


def test_who_covers_most_others_is_lowered_instead() -> None:
    others = {f"part {i}": (-30.0, sound((3 * i, 3 * i + 1))) for i in range(6)}
    pad = {"pad": (-19.0, sound(range(BANDS)))}
    result = raised(others | pad)
    held = raised(others | pad, locked=("pad",))
    assert -RULE.covered_max_db <= result["pad"].raised_db < 0.0 and result["pad"].covered_by is None
    assert "pad" not in held and set(held) == set(others)
    for name in others:
        by = result[name].raised_db if name in result else 0.0
        assert by < held[name].raised_db / 2.0 and by - result["pad"].raised_db <= RULE.covered_max_db + 1e-9
    # of two others that it covers, it is them who move
    two = dict(list(others.items())[:2]) | pad
    assert all(rise.raised_db > 0.0 for rise in raised(two).values())


def test_microphones_of_one_instrument_cover_others_and_not_each_other() -> None:
    kit = {"close": (-30.0, sound(LOW)), "far": (-20.0, sound(LOW))}
    group = [("close", "far")]
    assert not raised({**kit, "bells": (-20.0, sound(HIGH))}, groups=group)
    result = raised({**kit, "organ": (-8.0, sound(LOW))}, groups=group)
    assert result["close"] == result["far"] and result["far"].covered_by == "organ"
    assert raised({**kit, "flute": (-32.0, sound(LOW))}, groups=group)["flute"].covered_by == "far"


def test_what_is_held_is_not_raised_and_covers_from_where_it_stands() -> None:
    sounds = {"flute": (-40.0, sound(LOW)), "organ": (-20.0, sound(LOW))}
    assert not raised(sounds, locked=("flute",))
    assert set(raised(sounds, locked=("organ",))) == {"flute"}


def test_a_rule_without_it_raises_nothing() -> None:
    sounds = {"flute": (-60.0, sound(LOW)), "organ": (-20.0, sound(LOW))}
    for rule in (BalanceRule("levels"), replace(RULE, covered_share=0.0, covered_share_kept=0.3)):
        assert not any(raised(sounds, rule=rule, way=way) for way in (0.0, 0.4, 1.0))


def test_gain_of_all_order_and_time_do_not_matter() -> None:
    levels = {"flute": -33.0, "organ": -20.0, "cello": -38.0, "bells": -31.0}
    places = {"flute": LOW, "organ": LOW, "cello": (7, 8, 9, 10), "bells": HIGH}
    here = {name: (level, sound(places[name])) for name, level in levels.items()}
    one = raised(here)
    assert {"flute", "cello"} <= set(one)
    later = {name: (level, sound(places[name], first=37)) for name, level in levels.items()}
    for other in (
        raised({name: (level + 17.0, reading) for name, (level, reading) in here.items()}),
        raised(dict(reversed(here.items()))),
        raised(later),
    ):
        assert set(other) == set(one)
        for name, rise in one.items():
            assert other[name].raised_db == pytest.approx(rise.raised_db, abs=1e-6)
            assert other[name].covered_by == rise.covered_by


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return flute_under_a_pad(tmp_path_factory.mktemp("covered"))


def balanced(session: Session, **settings: object) -> MixPlan:
    return balance(session, **{"start_from": "present", **settings})


@pytest.fixture(scope="module")
def plan(song: Session) -> MixPlan:
    return balanced(song)


def test_it_is_said_who_is_raised_how_far_and_why(plan: MixPlan) -> None:
    flute = rows(plan)["Flute"]
    assert 1.0 < flute.raised_db <= 6.0 and flute.covered_by == "Pad"
    assert f"{flute.raised_db:.1f} dB higher than otherwise: 'Pad' would have covered it" in flute.reason
    assert any("Flute" in note and "by Pad" in note for note in plan.notes)
    assert all(row.raised_db == 0.0 and row.covered_by is None for name, row in rows(plan).items() if name != "Flute")


def test_it_is_said_who_is_lowered_and_why(song: Session) -> None:
    tracks = (replace(track, fader_db=12.0) if track.name == "Pad" else track for track in song.tracks)
    loud = balanced(replace(song, tracks=tuple(tracks)))
    pad = rows(loud)["Pad"]
    assert pad.raised_db < -0.1 and pad.covered_by is None
    assert f"{-pad.raised_db:.1f} dB lower than otherwise: it would have covered most" in pad.reason
    assert any("lower than otherwise" in note and "Pad" in note for note in loud.notes)


def test_what_is_said_is_what_the_fader_shows(song: Session, plan: MixPlan) -> None:
    whole = rows(plan)["Flute"].raised_db
    half = rows(balanced(song, strength=50.0))["Flute"]
    assert half.raised_db == pytest.approx(whole / 2.0) and f"{whole / 2.0:.1f} dB higher" in half.reason
    none = balanced(song, strength=0.0)
    assert all(row.raised_db == 0.0 and row.covered_by is None for row in rows(none).values())
    assert not any("covered" in note for note in none.notes)
    # with its fader near the top, only the way that is left can be gone
    tracks = (
        replace(track, fader_db=11.0, clips=tuple(replace(clip, gain_db=-11.0) for clip in track.clips))
        if track.name == "Flute"
        else track
        for track in song.tracks
    )
    flute = rows(balanced(replace(song, tracks=tuple(tracks))))["Flute"]
    assert flute.gain_db == pytest.approx(1.0) and flute.raised_db < whole - 0.5


def test_plans_hold_no_spectra(plan: MixPlan) -> None:
    assert isinstance(plan.details, BalanceDetails)
    assert all(reading.spectrum is None for reading in plan.details.readings.values())


def changed(session: Session, clip: dict[str, object] | None = None, louder_db: float = 0.0) -> Session:
    def of(track: Track) -> Track:
        clips = (replace(one, gain_db=one.gain_db + louder_db, **(clip or {})) for one in track.clips)  # type: ignore[arg-type]
        return replace(track, clips=tuple(clips))

    return replace(session, tracks=tuple(map(of, session.tracks)))


@pytest.mark.parametrize(
    ("clip", "louder_db"), [({}, -9.0), ({"channel_mode": 1}, 0.0), ({"position_s": 0.93}, 0.0)], ids=str
)
def test_gain_channels_and_time_do_not_matter(
    song: Session, plan: MixPlan, clip: dict[str, object], louder_db: float
) -> None:
    other = rows(balanced(changed(song, clip, louder_db)))
    for name, row in rows(plan).items():
        assert other[name].raised_db == pytest.approx(row.raised_db, abs=0.1), name


def test_twice_is_once(song: Session, plan: MixPlan) -> None:
    after = {name: row.fader_after_db for name, row in rows(plan).items()}
    moved = tuple(
        replace(track, fader_db=after[track.name], user_fader_db=track.fader_db) if track.name in after else track
        for track in song.tracks
    )
    again = balanced(replace(song, tracks=moved))
    assert {name: row.fader_after_db for name, row in rows(again).items()} == pytest.approx(after, abs=1e-6)
    assert not again.changes


@pytest.mark.parametrize("settings", [{"preset": "podcast"}, {"preset": "equal-loudness"}, {"method": "active"}])
def test_levels_that_are_stated_stay_as_stated(song: Session, settings: dict[str, object]) -> None:
    assert all(row.covered_by is None for row in rows(balanced(song, **settings)).values())

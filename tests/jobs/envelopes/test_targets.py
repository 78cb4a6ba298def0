"""Where a duck is drawn: what the user drew survives, and nothing is ducked twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mixengine.audio.curves import automation_values
from mixengine.jobs.duck import envelope
from mixengine.jobs.duck.envelope import Piece
from mixengine.jobs.envelopes import targets as automation
from mixengine.model.duck_style import DuckStyle
from mixengine.model.session import (
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Automation,
    Clip,
    EnvelopePoint,
    Session,
    Source,
    Track,
)
from mixengine.model.units import amplitude

DRAWN = (EnvelopePoint(1.0, 0.7), EnvelopePoint(5.0, 0.5), EnvelopePoint(20.0, 0.9))
CLIP = (Clip("c", Source("a.wav"), 0.0, 30.0),)
DUCK = envelope.points([[Piece(4.0, 8.0, 12.0)]], DuckStyle())
ALL_DRAWN = [Automation(kind, DRAWN) for kind in (VOLUME, VOLUME_TRIM, VOLUME_PRE_FX)]


def result(track: Track) -> tuple[str, Automation]:
    """Which envelope is written, and how it stands afterwards."""
    change = automation.envelope_change(track, DUCK, "why", drawn_by="duck")
    old = next((entry for entry in track.automation if entry.kind == change.envelope), Automation(change.envelope))
    kept = [point for point in old.points if not change.start_s <= point.time_s <= change.end_s]
    assert tuple(point for point in old.points if point not in kept) == change.before
    points = tuple(sorted([*kept, *change.after], key=lambda point: point.time_s))
    return change.envelope, replace(old, points=points)


@pytest.mark.parametrize(
    ("drawn", "mode", "kind"),
    [
        ([], 0, VOLUME),
        ([Automation(VOLUME, (EnvelopePoint(0.0, 1.0),))], 0, VOLUME),
        ([Automation(VOLUME, DRAWN)], 0, VOLUME_TRIM),
        ([Automation(VOLUME, DRAWN, active=False)], 0, VOLUME_TRIM),
        ([Automation(VOLUME, DRAWN[:1]), Automation(VOLUME_TRIM, DRAWN)], 0, VOLUME_PRE_FX),
        (ALL_DRAWN, 0, VOLUME_TRIM),
        ([], 1, VOLUME_TRIM),
        ([Automation(VOLUME_TRIM, DRAWN)], 1, VOLUME_PRE_FX),
        ([], 4, VOLUME_TRIM),
    ],
)
def test_the_duck_multiplies_what_the_user_drew(drawn: list[Automation], mode: int, kind: str) -> None:
    track = Track("t", "t", clips=CLIP, automation=tuple(drawn), automation_mode=mode)
    written, after = result(track)
    assert written == kind and after.active
    before = next((entry for entry in drawn if entry.kind == kind), None)
    for times_s, gain in ((np.array([4.0, 5.0, 6.0, 8.0]), amplitude(-12.0)), (np.array([0.0, 2.0, 15.0, 25.0]), 1.0)):
        users = automation_values(times_s, before) if before else np.ones(4)
        assert automation_values(times_s, after) == pytest.approx(users * gain, rel=1e-6)


def test_steps_outside_the_duck_stay_as_drawn() -> None:
    drawn = Automation(VOLUME_TRIM, (EnvelopePoint(1.0, 0.9, 1), EnvelopePoint(60.0, 0.2)))
    track = Track("t", "t", clips=CLIP, automation=(*ALL_DRAWN[::2], drawn))
    _, after = result(track)
    times_s = np.array([2.0, 12.0, 30.0, 50.0])
    assert automation_values(times_s, after) == pytest.approx(automation_values(times_s, drawn), rel=0.02)


@pytest.mark.parametrize("fader_scaling", [False, True])
@pytest.mark.parametrize("shape", range(6))
def test_what_the_user_drew_keeps_its_shape(shape: int, fader_scaling: bool) -> None:
    bend = {"shape": shape, "tension": 0.6 if shape == 5 else 0.0}
    for users in (
        (EnvelopePoint(0.0, 1.0, **bend), EnvelopePoint(6.0, 0.5, **bend), EnvelopePoint(12.0, 1.0)),
        (EnvelopePoint(0.0, 1.0, **bend), EnvelopePoint(20.0, 0.1)),
    ):
        drawn = Automation(VOLUME_TRIM, users, fader_scaling=fader_scaling)
        _, after = result(Track("t", "t", clips=CLIP, automation=(*ALL_DRAWN[::2], drawn)))
        times_s = np.linspace(0.0, 22.0, 2201)
        duck = Automation(VOLUME_TRIM, DUCK, fader_scaling=fader_scaling)
        expected = automation_values(times_s, drawn) * automation_values(times_s, duck)
        error_db = 20.0 * np.log10(automation_values(times_s, after) / expected)
        assert np.abs(error_db).max() < 0.2
        assert len(after.points) < 40


def test_an_envelope_that_is_off_is_not_written() -> None:
    track = Track("t", "t", clips=CLIP, automation=(Automation(VOLUME, (), active=False),))
    assert result(track)[1].active


def session(*tracks: Track) -> Session:
    return Session("s", "s.RPP", 48000, tracks)


def track(name: str, parent: str | None = None, folder: bool = False) -> Track:
    return Track(name, name, parent, is_folder=folder, clips=() if folder else CLIP)


def ducked_times(of: Session, places: list[Track]) -> dict[str, int]:
    """How often each track with sound is ducked on its way to the master."""
    ids = {place.id for place in places}
    return {
        track.name: sum(link.id in ids for link in (track, *of.ancestors(track))) for track in of.tracks if track.clips
    }


@pytest.mark.parametrize("buses", [False, True])
def test_each_track_is_ducked_once(buses: bool) -> None:
    of = session(
        track("voice"), track("band", folder=True), track("guitar", "band"), track("drums", "band", folder=True),
        track("kick", "drums"), track("snare", "drums"), track("pad"),
    )  # fmt: skip
    music = [t for t in of.tracks if t.clips and t.name != "voice"]
    places = automation.targets(of, music, buses=buses)[0]
    assert ducked_times(of, places) == {"voice": 0, "guitar": 1, "kick": 1, "snare": 1, "pad": 1}
    assert [place.name for place in places] == (["band", "pad"] if buses else ["guitar", "kick", "snare", "pad"])


def test_a_folder_with_other_sound_is_no_bus() -> None:
    of = session(track("all", folder=True), track("voice", "all"), track("guitar", "all"), track("pad", "all"))
    assert [p.name for p in automation.targets(of, list(of.tracks[2:]), buses=True)[0]] == ["guitar", "pad"]


def test_a_folder_of_one_track_inside_a_bus_is_ducked_once() -> None:
    of = session(
        track("band", folder=True), track("guitar", "band"), track("pad", "band"), track("keys", "band", folder=True),
        track("piano", "keys"),
    )  # fmt: skip
    places = automation.targets(of, [t for t in of.tracks if t.clips], buses=True)[0]
    assert set(ducked_times(of, places).values()) == {1}


@pytest.mark.parametrize("child", ["guitar", "voice"])
def test_a_folder_with_items_of_its_own_does_not_duck_its_children(child: str) -> None:
    of = session(replace(track("song", folder=True), clips=CLIP), track(child, "song"))
    music = [t for t in of.tracks if t.name != "voice"]
    assert ducked_times(of, automation.targets(of, music, buses=False)[0])[child] == (child != "voice")


def test_what_is_drawn_is_what_a_project_file_can_hold() -> None:
    end_s = 14.17901099275766  # with the 12 decimals of a file it would lie behind the end of its own stretch
    points = (EnvelopePoint(0.0, 1.0), EnvelopePoint(end_s, 0.2))
    change = automation.envelope_change(Track("t", "t", clips=CLIP), points, "why", drawn_by="duck")
    assert change.end_s == change.after[-1].time_s == float(f"{end_s:.12f}") > end_s


ITEMS = [Automation(kind, DRAWN, items=True) for kind in (VOLUME, VOLUME_TRIM, VOLUME_PRE_FX)]
OFF = [Automation(kind, DRAWN, active=False) for kind in (VOLUME, VOLUME_TRIM, VOLUME_PRE_FX)]


@pytest.mark.parametrize(
    ("drawn", "mode", "kind"),
    [
        (ITEMS[:1], 0, VOLUME_TRIM),
        (ITEMS[:2], 0, VOLUME_PRE_FX),
        ([ITEMS[0], OFF[1]], 0, VOLUME_PRE_FX),
        ([ALL_DRAWN[0], ITEMS[1], OFF[2]], 0, VOLUME),
        ([ALL_DRAWN[0], ITEMS[1], OFF[2]], 1, None),
        (ITEMS, 0, None),
        (OFF, 0, None),
        ([OFF[1], ITEMS[2]], 1, None),
    ],
)
def test_what_does_not_govern_is_never_written(drawn: list[Automation], mode: int, kind: str | None) -> None:
    track = Track("t", "pad", clips=CLIP, automation=tuple(drawn), automation_mode=mode)
    targets, notes = automation.targets(session(track), [track], buses=False)
    if kind is not None:
        assert (targets, notes) == ([track], [])
        written, after = result(track)
        assert written == kind and after.governs
    else:
        assert targets == [] and len(notes) == 1
        assert notes[0].startswith("pad: not ducked") and "would not sound" in notes[0]


def test_a_folder_that_cannot_be_ducked_leaves_it_to_its_tracks() -> None:
    of = session(
        replace(track("band", folder=True), automation=tuple(ITEMS)), track("guitar", "band"), track("pad", "band")
    )
    assert [p.name for p in automation.targets(of, list(of.tracks[1:]), buses=True)[0]] == ["guitar", "pad"]


def test_where_all_envelopes_are_bypassed_nothing_is_drawn() -> None:
    of = replace(session(track("pad"), track("keys")), envelopes_bypassed=True)
    targets, notes = automation.targets(of, list(of.tracks), buses=True)
    assert targets == []
    assert notes == ["pad, keys: not ducked, as the project bypasses all envelopes (global automation override)"]


def test_what_is_locked_is_not_written_and_is_named() -> None:
    of = session(track("band", folder=True), track("guitar", "band"), replace(track("pad", "band"), locked=True))
    tracks = list(of.tracks[1:])
    places, notes = automation.targets(of, tracks, buses=False)
    assert places == [tracks[0]] and notes == ["pad: locked, its envelopes stay: left alone"]
    # the folder around it may be written: that is not its own envelope
    assert automation.targets(of, tracks, buses=True) == ([of.tracks[0]], [])
    of = replace(of, tracks=(replace(of.tracks[0], locked=True), *of.tracks[1:]))
    assert automation.targets(of, tracks, buses=True) == (places, notes)


def test_one_point_holds_for_all_that_stands_behind_it() -> None:
    unity = (EnvelopePoint(0.0, 1.0), EnvelopePoint(10.0, 1.0))
    for drawn, kind in ((unity, VOLUME_PRE_FX), (DRAWN, VOLUME_TRIM)):
        automated = tuple(Automation(each, drawn) for each in (VOLUME, VOLUME_TRIM, VOLUME_PRE_FX))
        track = Track("t", "Host", clips=CLIP, automation=automated)
        point = (EnvelopePoint(0.0, 0.5),)
        change = automation.envelope_change(track, point, "why", drawn_by="level", first=VOLUME_PRE_FX)
        assert change.envelope == kind
        kept = [p for p in drawn if not change.start_s <= p.time_s <= change.end_s]
        after = Automation(kind, tuple(sorted([*kept, *change.after], key=lambda p: p.time_s)))
        times_s = np.linspace(0.0, 30.0, 301)
        expected = 0.5 * automation_values(times_s, Automation(kind, drawn))
        assert automation_values(times_s, after) == pytest.approx(expected, abs=1e-9)

"""Recordings that do not fit together, from files to a project and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.hosts.rpp import new
from mixengine.jobs import registry
from mixengine.jobs.sync import links
from mixengine.jobs.sync.details import Alignment, SyncDetails
from mixengine.jobs.sync.settings import SyncSettings
from mixengine.jobs.sync.view import VIEW
from mixengine.model.apply import split
from mixengine.model.plan import MixPlan, MoveClip, Polarity, SplitClip
from mixengine.model.session import Session, Track
from tests.helpers.lint_sessions import RATE, playing
from tests.helpers.sounds import noise, write

SETTINGS = SyncSettings(cache=False)
SECONDS, GUEST_S = 30.0, 28.0


def at_clock(samples: np.ndarray, offset_s: float, drift: float = 0.0) -> np.ndarray:
    """The sound as a recorder writes it that began ``offset_s`` sooner and whose clock is off by ``drift``."""
    times = (np.arange(len(samples)) / RATE - offset_s) / (1.0 + drift) * RATE
    return np.interp(times, np.arange(len(samples)), samples[:, 0], left=0.0, right=0.0)[:, None].astype(np.float32)


def soft(seed: int) -> np.ndarray:
    return noise(SECONDS, RATE, level=3e-4, seed=seed)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host, a camera 1.234 s late, a guest's recorder that runs 80 ppm fast, and music of its own."""
    root = tmp_path_factory.mktemp("talk")
    host = playing(1, SECONDS)
    write(root / "Host.wav", host + soft(1), RATE)
    write(root / "Camera.wav", at_clock(0.4 * host, 1.234) + soft(2), RATE)
    guest = at_clock(0.2 * host + playing(2, SECONDS), 0.35, 8e-5) + soft(3)
    write(root / "Guest.wav", guest[: round(GUEST_S * RATE)], RATE)
    write(root / "Music.wav", playing(7, SECONDS - 3.0), RATE)
    return root


@pytest.fixture(scope="module")
def session(talk: Path) -> Session:
    return hosts.open_session(talk)


@pytest.fixture(scope="module")
def plan(session: Session) -> MixPlan:
    return decided(session)


def decided(session: Session, **settings: object) -> MixPlan:
    return registry.run("sync", session, replace(SETTINGS, **settings))


def rows(plan: MixPlan) -> dict[str, Alignment]:
    assert isinstance(plan.details, SyncDetails)
    return {row.name: row for row in plan.details.recordings}


def moves(plan: MixPlan) -> dict[str, MoveClip]:
    names = {row.track: row.name for row in rows(plan).values()}
    return {names[change.track]: change for change in plan.changes if isinstance(change, MoveClip)}


def test_what_is_late_or_drifts_is_moved_to_what_stays(plan: MixPlan) -> None:
    moved = moves(plan)
    assert set(moved) == {"Host", "Guest"} and plan.details["references"] == ["Camera"]
    assert moved["Host"].after.position_s == pytest.approx(1.234, abs=2e-5)
    assert moved["Host"].after.rate == 1.0
    guest = moved["Guest"].after
    assert guest.rate == pytest.approx(1.00008, abs=4e-6)
    assert guest.position_s == pytest.approx(1.234 - 0.35, abs=3e-4)
    assert guest.length_s * guest.rate == pytest.approx(GUEST_S, abs=1e-6)
    assert "drift" not in rows(plan)["Music"].why and rows(plan)["Music"].why.startswith("nothing in common")
    assert any(note.startswith("Music: nothing in common") for note in plan.notes)


def test_gain_and_order_do_not_matter(session: Session, plan: MixPlan) -> None:
    clips = [tuple(replace(clip, gain_db=-17.0) for clip in track.clips) for track in session.tracks]
    softer = [replace(track, clips=own) for track, own in zip(session.tracks, clips, strict=True)]
    other = moves(decided(replace(session, tracks=tuple(softer[::-1]))))
    assert set(other) == set(moves(plan))
    offsets = {name: change.after.position_s - change.before.position_s for name, change in other.items()}
    for name, change in moves(plan).items():
        assert offsets[name] == pytest.approx(change.after.position_s - change.before.position_s, abs=2e-4)


def test_the_track_that_is_named_stays(session: Session) -> None:
    plan = decided(session, to="Host")
    assert "Host" not in moves(plan) and plan.details["references"] == ["Host"]
    assert any(note.startswith("Camera: would begin 1.234 s before") for note in plan.notes)


def changed(session: Session, name: str, **values: object) -> Session:
    """One track's clips, changed."""
    tracks = (
        replace(t, clips=tuple(replace(c, **values) for c in t.clips)) if t.name == name else t for t in session.tracks
    )
    return replace(session, tracks=tuple(tracks))


def test_what_is_locked_stays_and_others_come_to_it(session: Session) -> None:
    plan = decided(changed(session, "Host", locked=True))
    assert "Host" not in moves(plan) and plan.details["references"] == ["Host"]
    locked = replace(session, tracks=tuple(replace(t, locked=t.name == "Guest") for t in session.tracks))
    plan = decided(locked, to="Camera")
    assert set(moves(plan)) == {"Host"} and rows(plan)["Guest"].why == "locked: left as it is"


def test_muted_parts_of_a_recording_move_along_and_muted_tracks_are_named(session: Session, plan: MixPlan) -> None:
    def cut(track: Track) -> Track:
        if track.name != "Host":
            return replace(track, mute=track.name == "Music")
        first, second = split(track.clips[0], 20.0, "later")
        return replace(track, clips=(first, replace(second, mute=True)))

    other = decided(replace(session, tracks=tuple(map(cut, session.tracks))))
    host = [c for c in other.changes if isinstance(c, MoveClip) and session.track(c.track).name == "Host"]
    assert [c.after.position_s - c.before.position_s for c in host] == pytest.approx([1.234, 1.234], abs=2e-4)
    assert host[1].clip == "later"
    assert "Music: muted; its items stay where they are" in other.notes


def test_one_file_at_two_places_is_an_arrangement(session: Session) -> None:
    music = session.tracks[[track.name for track in session.tracks].index("Music")]
    echo = replace(music, id="echo", name="Echo", clips=tuple(replace(c, position_s=3.0) for c in music.clips))
    plan = decided(replace(session, tracks=(music, echo)))
    assert plan.changes == () and VIEW.nothing(plan) == "no recordings have anything in common"


def test_twice_changes_nothing_and_revert_gives_back_the_bytes(talk: Path, tmp_path: Path, run) -> None:
    project = tmp_path / "talk.RPP"
    session = hosts.open_session(talk)
    project.write_bytes(new.project(session, tmp_path))
    out = tmp_path / "out.RPP"
    assert run("sync", project, "-o", out, "--no-report").returncode == 0
    again = decided(hosts.open_session(out))
    assert again.changes == () and "stands where it belongs" in rows(again)["Guest"].why
    plan_file = tmp_path / "out" / "plan.json"
    assert run("revert", plan_file, out, "-o", tmp_path / "back.RPP").returncode == 0
    assert (tmp_path / "back.RPP").read_bytes() == project.read_bytes()


def test_a_clock_that_jumps_is_cut_at_a_pause(tmp_path: Path) -> None:
    host = playing(1, SECONDS, hits_per_s=1.0)
    late = np.concatenate([at_clock(host, -0.5)[: 15 * RATE], at_clock(host, -0.46)[15 * RATE :]])
    write(tmp_path / "Camera.wav", host + soft(1), RATE)
    write(tmp_path / "Recorder.wav", 0.5 * late + soft(2), RATE)
    session = later(hosts.open_session(tmp_path), "Recorder", 2.0)
    plan = decided(session, to="Camera")
    cuts = [change for change in plan.changes if isinstance(change, SplitClip)]
    assert len(cuts) == 1 and abs(cuts[0].at_s - 17.0) < 6.0
    first, second = (change for change in plan.changes if isinstance(change, MoveClip))
    assert second.before.position_s - second.after.position_s == pytest.approx(
        first.before.position_s - first.after.position_s + 0.04, abs=5e-4
    )


def later(session: Session, name: str, seconds: float) -> Session:
    """One track's items later."""
    tracks = tuple(
        replace(t, clips=tuple(replace(c, position_s=c.position_s + seconds) for c in t.clips)) if t.name == name else t
        for t in session.tracks
    )
    return replace(session, tracks=tracks)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Session:
    root = tmp_path_factory.mktemp("kit")
    kick, snare = playing(1, 20.0, hits_per_s=2.0), playing(2, 20.0, hits_per_s=1.5)
    heard = at_clock(kick, 50 / RATE) + at_clock(snare, 31 / RATE)
    write(root / "Kick.wav", kick + 0.02 * snare, RATE)
    write(root / "Snare.wav", -snare + 0.02 * kick, RATE)
    write(root / "Overhead.wav", 0.5 * heard + noise(20.0, RATE, level=1e-4, seed=3), RATE)
    return hosts.open_session(root)


@pytest.mark.parametrize("kick_s", [20.0, 18.0])
def test_drum_microphones_move_by_samples_and_turn_round(kit: Session, kick_s: float) -> None:
    session = changed(kit, "Kick", length_s=kick_s)
    alone = decided(session)
    assert alone.changes == () and VIEW.nothing(alone) == "all recordings stand where they belong"
    plan = decided(session, drums=True)
    moved = moves(plan)
    assert {name: round(change.after.position_s * RATE) for name, change in moved.items()} == {"Kick": 50, "Snare": 31}
    assert rows(plan)["Kick"].to == "Overhead"
    assert rows(plan)["Kick"].offset_ms == pytest.approx(-1000.0 * 50 / RATE, abs=1e-3)
    (turned,) = (change for change in plan.changes if isinstance(change, Polarity))
    assert session.track(turned.track).name == "Snare" and turned.after
    tracks = tuple(replace(track, selected=track.name == "Snare") for track in session.tracks)
    some = decided(replace(session, tracks=tracks), drums=True, selected_only=True)
    assert set(moves(some)) == {"Snare"} and rows(some)["Kick"].why == "not selected"


def test_pairs_that_were_not_looked_at_closely_are_counted(
    session: Session, plan: MixPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any("not compared sample by sample" in note for note in plan.notes)
    monkeypatch.setattr(links, "_MAX_TRIED", 0)
    short = decided(session)
    assert moves(short).keys() == moves(plan).keys()
    assert any(note.startswith("3 pairs of recordings whose fingerprints have nothing") for note in short.notes)


def test_items_that_lie_over_others_now_are_in_the_plan(session: Session) -> None:
    host = session.tracks[[track.name for track in session.tracks].index("Host")]
    jingle = replace(host.clips[0], id="jingle", name="Jingle", position_s=30.5, length_s=1.0)
    tracks = (replace(t, clips=(*t.clips, jingle)) if t is host else t for t in session.tracks)
    plan = decided(replace(session, tracks=tuple(tracks)))
    (over,) = plan.details["overlaps"]
    assert over["other"] == "Jingle" and over["length_s"] == pytest.approx(0.734, abs=1e-3)
    assert VIEW.summary(plan)["overlaps"][0]["name"] == "Host"
    assert any(note.startswith("Host: items lie over others now") for note in plan.notes)

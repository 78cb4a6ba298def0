"""Cuts that follow the voice: where, how few points, and that they come back in pauses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.jobs.unmask import job, moving
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.mixer.engine import Engine
from mixengine.mixer.routing import graph
from mixengine.model import apply
from mixengine.model.plan import MixPlan
from mixengine.model.session import EqBand, Session
from tests.helpers.arrays import assert_near
from tests.helpers.sounds import pink, tone, write

SECONDS, PAUSE = 24.0, (8.0, 16.0)
RATE = 22050


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A voice with a long pause, and a pad right over it."""
    root = tmp_path_factory.mktemp("song")
    voice = tone(500.0, SECONDS, harmonics=4, level=0.05)
    voice[int(PAUSE[0] * RATE) : int(PAUSE[1] * RATE)] = 0.0
    write(root / "lead vocal.wav", voice)
    write(root / "pad.wav", pink(SECONDS, channels=2))
    return hosts.open_session(root)


def plan(session: Session, **settings: object) -> MixPlan:
    return job.plan(session, UnmaskSettings(**settings), lambda *_: None)  # type: ignore[arg-type]


def bands(session: Session, name: str = "pad", **settings: object) -> tuple[EqBand, ...]:
    changes = {session.track(change.track).name: change for change in plan(session, **settings).changes}  # type: ignore[attr-defined]
    return changes[name].after  # type: ignore[attr-defined]


def test_cuts_are_down_while_the_voice_sounds_and_back_in_its_pause(session: Session) -> None:
    for band in bands(session):
        times_s = [point.time_s for point in band.points]
        assert len(times_s) == 3 + 4 and times_s == sorted(times_s) and times_s[0] == 0.0
        assert PAUSE[0] < times_s[1] < times_s[2] < PAUSE[0] + 2.5
        assert PAUSE[1] - 1.0 < times_s[3] < times_s[4] < PAUSE[1]
        assert {round(20 * np.log10(point.value), 4) for point in band.points} == {0.0, band.gain_db}
    assert all(not band.points for band in bands(session, "lead vocal"))


def test_static_is_the_same_cut_all_the_time(session: Session) -> None:
    assert bands(session, static=True) == tuple(replace(band, points=()) for band in bands(session))


def test_where_all_envelopes_are_bypassed_cuts_stand_still(session: Session) -> None:
    bypassed = replace(session, envelopes_bypassed=True)
    assert bands(bypassed) == bands(session, static=True)
    assert any("cuts stand still" in note for note in plan(bypassed).notes)
    assert not any("cuts stand still" in note for note in plan(session).notes)


def test_a_later_start_moves_the_points(session: Session) -> None:
    later = replace(
        session,
        tracks=tuple(
            replace(t, clips=tuple(replace(c, position_s=c.position_s + 10.0) for c in t.clips)) for t in session.tracks
        ),
    )
    times_s = [point.time_s for point in bands(later)[0].points]
    assert times_s[0] == pytest.approx(10.0 - 0.55) and len(times_s) == 8
    assert times_s[2:] == pytest.approx([point.time_s + 10.0 for point in bands(session)[0].points][1:])


def test_a_second_run_changes_nothing_and_a_project_keeps_the_points(session: Session, tmp_path: Path) -> None:
    assert plan(apply.applied(session, plan(session).changes)).changes == ()
    target = tmp_path / "song.RPP"
    target.write_bytes(hosts.open_files(session.path).rendered(plan(session), target).data)
    written = hosts.open_session(target)
    assert plan(written).changes == ()
    still = plan(written, static=True).changes
    assert {written.track(change.track).name for change in still} == {"pad"}  # type: ignore[attr-defined]


def test_the_backing_is_whole_while_nobody_sings(session: Session) -> None:
    after = apply.applied(session, plan(session, max_boost_db=0.0).changes)
    backing = [replace(of, tracks=tuple(t for t in of.tracks if t.name == "pad")) for of in (session, after)]
    before_it, after_it = (np.concatenate([mix for mix, _ in Engine(of, graph(of)).blocks()]) for of in backing)
    silent, sung = slice(int(11.0 * RATE), int(15.0 * RATE)), slice(int(2.0 * RATE), int(7.0 * RATE))
    assert_near(after_it[silent], before_it[silent], abs=1e-4)
    assert np.abs(after_it[sung] - before_it[sung]).max() > 1e-2


@pytest.mark.parametrize("frames", [[], [3], [3, 4, 5], [3, 4, 30], [0, 10, 20]])
def test_pauses_too_short_to_come_back_in_are_bridged(frames: list[int]) -> None:
    spans = moving.bridged(np.array(frames, dtype=int))
    assert len(spans) == (len(frames) > 0) + (30 in frames)
    assert all(0.0 <= start_s < end_s for start_s, end_s in spans)


def test_the_page_shows_the_points(session: Session) -> None:
    from mixengine.app.pages import page

    text = page(session, plan(session), lambda *_: None)
    assert "Cuts follow the voice" in text and "7 points" in text
    assert "small line charts: gain of the deepest cut of a track over time" in text
    assert "Cuts follow the voice" not in page(session, plan(session, static=True), lambda *_: None)

"""Two plans as one, and a new duck over an old one: in memory for any plans, and byte by byte in a project."""

from __future__ import annotations

import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mixengine.app import saved_plans, workflow
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model import plan as mixplan
from mixengine.model.apply import applied, reverted
from mixengine.model.compose import after_earlier, merge
from mixengine.model.plan import (
    Change,
    Envelope,
    Fader,
    Limiter,
    MasterTrim,
    MixPlan,
    MoveClip,
    Pan,
    Place,
    revert,
)
from mixengine.model.session import (
    VOLUME_KINDS,
    Automation,
    EnvelopePoint,
    LimiterSettings,
    Session,
    Track,
)
from tests.helpers.any_plans import SESSION, bare, continued, envelope_change, knob, planned
from tests.helpers.rpp_builders import body_of
from tests.helpers.signals import talk
from tests.helpers.sounds import tone, write

QUICK = settings(deadline=None, max_examples=50)


RATE = 16000


CRLF = "\r\n"


def plan_of(*changes: Change) -> MixPlan:
    return MixPlan("test", "s", "s.RPP", changes=changes)


@st.composite
def two_plans(draw) -> tuple[Session, MixPlan, MixPlan]:
    """The second starts from what the first left, and takes back some of it."""
    session, first = draw(planned())
    back = [old.reverted() for old in reversed(first.changes) if isinstance(old, mixplan.Addition)]
    back = [old for old in back if draw(st.integers(0, 3)) == 0]
    more = continued(draw, applied(session, [*first.changes, *back]), range(100, 100 + draw(st.integers(0, 4))))
    drawn = {knob(old) for old in first.changes if isinstance(old, Envelope)}
    assume(not any(knob(new) in drawn for new in more))  # see the stretches of one envelope below
    return session, first, plan_of(*back, *more)


@QUICK
@given(two_plans())
def test_two_plans_as_one_do_what_both_did(drawn):
    session, first, second = drawn
    both = applied(applied(session, first.changes), second.changes)
    joined = merge(first, second)
    assert bare(applied(session, joined.changes)) == bare(both)
    assert bare(applied(both, revert(joined).changes)) == bare(session)


@st.composite
def two_envelopes(draw) -> tuple[Session, Change, Change]:
    """Two stretches of one envelope, one after the other, wherever they lie."""
    session = draw(SESSION)
    first = draw_envelope(draw, session, None)
    return session, first, draw_envelope(draw, applied(session, [first]), first)


def draw_envelope(draw, session: Session, like: Change | None) -> Change:
    kind = like.envelope if isinstance(like, Envelope) else draw(st.sampled_from(VOLUME_KINDS))
    return envelope_change(draw, session.track("t0"), kind)


@QUICK
@given(two_envelopes())
def test_two_stretches_of_one_envelope_become_one(drawn):
    session, first, second = drawn
    both = applied(session, [first, second])
    joined = merge(plan_of(first), plan_of(second)).changes
    assert bare(applied(session, joined)) == bare(both)
    assert bare(reverted(both, joined)) == bare(session)


def test_points_between_two_stretches_survive():
    users = (EnvelopePoint(0.0, 0.9), EnvelopePoint(12.0, 0.7), EnvelopePoint(30.0, 0.8))
    session = Session("s", "s.RPP", 48000, (Track("t", "t", automation=(Automation("volume", users),)),))
    first = Envelope("t", "volume", 5.0, 8.0, (), (EnvelopePoint(5.0, 0.5), EnvelopePoint(8.0, 1.0)))
    second = Envelope("t", "volume", 20.0, 25.0, (), (EnvelopePoint(20.0, 0.5), EnvelopePoint(25.0, 1.0)))
    joined = merge(plan_of(first), plan_of(second)).changes
    assert applied(session, joined) == applied(session, [first, second])


def test_a_plan_that_sets_a_knob_twice_is_continued():
    session = Session("s", "s.RPP", 48000, (Track("t", "t"),))
    first = plan_of(Fader("t", 0.0, -3.0), Fader("t", -3.0, -6.0))
    joined = merge(first, plan_of(Fader("t", -6.0, -9.0)))
    assert applied(session, joined.changes).track("t").fader_db == -9.0


@pytest.mark.parametrize(
    ("first", "second", "back"),
    [
        # as far from the original as the user moved it since
        (Fader("t", 0.0, -3.0), Fader("t", -11.0, -5.0), -8.0),
        (Fader("t", -3.0, 2.0), Fader("t", 2.0 + 1e-9, 4.0), -3.0),
        (MasterTrim(-1.0, -4.0), MasterTrim(-3.0, -6.0), 0.0),
        (Fader("t", 0.0, -3.0), Fader("t", -math.inf, -3.0), -math.inf),
        (Fader("t", -math.inf, -3.0), Fader("t", -1.0, -6.0), -math.inf),
        (Fader("t", 0.0, -math.inf), Fader("t", -2.0, -6.0), -2.0),
        # where the user put it
        (Pan("t", 0.5, 0.8), Pan("t", 0.0, 0.3), 0.0),
        (Pan("t", 0.5, 0.8), Pan("t", 0.80000001, 0.3), 0.5),
        # moved, trimmed and sped up as by the user
        (
            MoveClip("t", "c", Place(1.0, 10.0), Place(3.0, 5.0, 2.0)),
            MoveClip("t", "c", Place(13.0, 2.5, 2.0), Place(20.0, 2.5)),
            Place(11.0, 5.0),
        ),
        (
            MoveClip("t", "c", Place(1.0, 10.0), Place(3.0, 5.0, 2.0)),
            MoveClip("t", "c", Place(3.0, 5.0, 2.0), Place(20.0, 5.0)),
            Place(1.0, 10.0),
        ),
        # mixengine's own plug-in goes as a whole
        (
            Limiter("t", "own", None, LimiterSettings(-1.0, 0.0)),
            Limiter("t", "own", LimiterSettings(-2.0, 0.0), LimiterSettings(-3.0, 0.0)),
            None,
        ),
    ],
)
def test_what_the_user_moved_between_two_plans_is_there_after_revert(first, second, back):
    (joined,) = merge(plan_of(first), plan_of(second)).changes
    assert (joined.before, joined.after) == (back, second.after)


def test_a_plan_and_its_reverse_are_nothing():
    marker = mixplan.Marker("mixengine: x", 1.0)
    drawn = Envelope("t", "volume", 0.0, 1.0, (), (EnvelopePoint(0.0, 0.5),), created=True)
    plan = plan_of(Fader("t", 0.0, -3.0), marker, drawn)
    assert merge(plan, revert(plan)).changes == ()


def test_a_limiter_that_moved_is_remembered_from_its_first_place_to_its_last():
    one, two = LimiterSettings(-1.0, 0.0), LimiterSettings(-2.0, 0.0)
    added, moved = Limiter("t", "own", None, one), Limiter("t", "own", one, two, place_before=0, place_after=2)
    assert merge(plan_of(added), plan_of(moved)).changes == (Limiter("t", "own", None, two),)
    assert merge(plan_of(moved), plan_of(moved.reverted())).changes == ()
    assert merge(plan_of(moved), plan_of(Limiter("t", "own", two, one))).changes == (replace(moved, after=one),)
    stays = Limiter("t", "own", two, one)
    assert merge(plan_of(stays), plan_of(replace(moved, before=one))).changes == (replace(moved, before=two),)
    gone = Limiter("t", "own", two, None, place_before=2)
    assert merge(plan_of(moved), plan_of(gone)).changes == (Limiter("t", "own", one, None, place_before=0),)


def test_envelopes_of_two_jobs_stay_two():
    duck = Envelope("t", "volume", 0.0, 9.0, (), (EnvelopePoint(0.0, 0.5),), created=True)
    both = (EnvelopePoint(0.0, 0.25),)
    automix = Envelope("t", "volume", 0.0, 9.0, duck.after, both, drawn_by="automix")
    merged = merge(plan_of(duck), plan_of(automix)).changes
    assert [(change.drawn_by, change.after) for change in merged] == [("duck", duck.after), ("automix", both)]
    again = Envelope("t", "volume", 0.0, 9.0, both, duck.after, drawn_by="automix")
    assert merge(plan_of(*merged), plan_of(again)).changes == (duck,)


def test_the_first_plan_stays_as_it_is():
    plan = plan_of(Fader("t", 0.0, -3.0))
    assert merge(None, plan) == plan


@st.composite
def redrawn(draw) -> tuple[Session, Envelope, Envelope]:
    """A session, an envelope drawn in it, and another one drawn as if the first were not there."""
    session = draw(SESSION)
    track = draw(st.sampled_from(session.tracks))
    first, second = envelope_change(draw, track), envelope_change(draw, track)
    return session, first, second  # type: ignore[return-value]


def standing(session: Session) -> dict[str, dict[str, tuple[EnvelopePoint, ...]]]:
    return {track.id: {entry.kind: entry.points for entry in track.automation} for track in session.tracks}


@QUICK
@given(redrawn())
def test_a_second_run_leaves_what_a_first_run_would_have(drawn):
    session, first, second = drawn
    now = applied(session, [first])
    plan = after_earlier((first,), plan_of(second), standing(now))
    assert bare(applied(now, plan.changes)) == bare(applied(session, [second]))
    whole = merge(plan_of(first), plan)
    assert bare(reverted(applied(now, plan.changes), whole.changes)) == bare(session)


@QUICK
@given(redrawn())
def test_what_is_not_wanted_any_more_goes(drawn):
    session, first, _ = drawn
    now = applied(session, [first])
    assert bare(applied(now, after_earlier((first,), plan_of(), standing(now)).changes)) == bare(session)


def test_points_drawn_between_two_runs_survive():
    first = Envelope("t0", "volume", 5.0, 8.0, (), (EnvelopePoint(5.0, 1.0), EnvelopePoint(8.0, 0.5)), created=True)
    second = Envelope("t0", "volume", 2.0, 6.0, (), (EnvelopePoint(2.0, 1.0), EnvelopePoint(6.0, 0.3)), created=True)
    user = (EnvelopePoint(1.0, 0.9), EnvelopePoint(20.0, 0.8))
    points = (user[0], *first.after, user[1])
    session = Session("s", "s.RPP", 48000, (Track("t0", "t0", automation=(Automation("volume", points),)),))
    plan = after_earlier((first,), plan_of(second), standing(session))
    (entry,) = applied(session, plan.changes).track("t0").automation
    assert entry.points == (user[0], *second.after, user[1])


# ------------------------------------------------------------------------------------------------ in a project file


@pytest.fixture(scope="module")
def podcast(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with somebody who talks twice, and music."""
    place = tmp_path_factory.mktemp("podcast")
    folder = place / "pod"
    write(folder / "voice.wav", talk(RATE, ((4.0, 7.0), (13.0, 15.0)), 20.0)[:, None], RATE)
    write(folder / "music.wav", tone(220.0, 20.0, RATE, level=0.3), RATE)
    workflow.run_job("duck", folder, DuckSettings(depth_db=0.0), out=str(place / "pod.RPP"))
    path = place / "pod.RPP"
    path.write_bytes(body(path))
    assert b"VOLENV" not in path.read_bytes()
    return path


@pytest.fixture
def project(podcast: Path, tmp_path: Path) -> Path:
    """A copy to be changed."""
    shutil.copytree(podcast.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / podcast.name


def with_points(path: Path) -> None:
    """Points of the user in the trim envelope of a track whose other two are drawn as well."""
    inside = ("ACT 1 -1", "VIS 1 1 1", "ARM 1", "DEFSHAPE 0 -1 -1", "PT 0 0.9 0", "PT 6 0.7 0", "PT 19 0.8 0")
    lines = "".join(
        f"    <{name}\r\n{''.join(f'      {line}{CRLF}' for line in inside)}    >\r\n"
        for name in ("VOLENV", "VOLENV2", "VOLENV3")
    )
    text = path.read_bytes()
    at = text.index(b"    <ITEM", text.index(b"NAME music"))
    path.write_bytes(text[:at] + lines.encode() + text[at:])


def body(path: Path) -> bytes:
    """The project without what mixengine remembers in it."""
    return body_of(path.read_bytes())


def duck(path: Path, **options: object) -> workflow.Outcome:
    return workflow.run_job("duck", path, DuckSettings(**options), in_place=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("user", [False, True])
@pytest.mark.parametrize("first", [{"depth_db": 20.0}, {"target_lu": 3.0}, {"release_s": 5.0, "max_duck_db": 2.0}])
def test_a_duck_over_a_duck_is_a_first_duck(project: Path, tmp_path: Path, user: bool, first: dict) -> None:
    if user:
        with_points(project)
    fresh = tmp_path / "fresh.RPP"
    fresh.write_bytes(project.read_bytes())
    original = project.read_bytes()
    duck(project, bed="keep", **first)
    assert project.read_bytes() != original
    outcome = duck(project, bed="keep", hold_s=1.0)
    assert outcome.notes == duck(fresh, bed="keep", hold_s=1.0).notes
    assert body(project) == body(fresh)
    saved_plans.apply_plan(Path(outcome.outputs["plan"]), project, in_place=True, undo=True)
    assert project.read_bytes() == original


@pytest.mark.parametrize("bed", ["loudness", "rms", "keep"])
def test_the_same_duck_again_changes_nothing(project: Path, bed: str) -> None:
    duck(project, bed=bed)
    once = body(project)
    plan = duck(project, bed=bed).plan
    assert body(project) == once
    assert not [entry for entry in plan.changes if isinstance(entry, Fader) and abs(entry.after - entry.before) > 0.01]


def test_a_duck_that_is_not_needed_any_more_is_taken_away(project: Path) -> None:
    original = project.read_bytes()
    duck(project, bed="keep")
    duck(project, bed="keep", target_lu=-20.0)
    assert body(project) == body_of(original)


def test_the_shown_points_are_those_that_stand_there(project: Path) -> None:
    with_points(project)
    duck(project, bed="keep", attack_s=3.0)
    outcome = duck(project, bed="keep", attack_s=0.1)
    (shown,) = outcome.plan.details["envelopes"]
    (change_made,) = (entry for entry in outcome.plan.changes if isinstance(entry, Envelope))
    assert [point[0] for point in shown["points"]] == [point.time_s for point in change_made.after]


# ------------------------------------------------------------------------------------------------ the user moved points


def later(text: bytes, by_s: float, *, words: tuple[bytes, ...] = (b"POSITION", b"PT"), from_s: float = 0.0) -> bytes:
    """The project with time inserted: items and points go along."""

    def moved(found: re.Match[bytes]) -> bytes:
        time_s = float(found[2])
        return found[1] + (f"{time_s + by_s:.12g}".encode() if time_s >= from_s else found[2])

    return re.sub(rb"(\n\s*(?:" + b"|".join(words) + rb") )([\d.]+)", moved, text)


@pytest.mark.parametrize("user", [False, True])
def test_a_duck_after_time_was_inserted_is_a_first_duck(project: Path, tmp_path: Path, user: bool) -> None:
    if user:
        with_points(project)
    fresh = tmp_path / "fresh.RPP"
    fresh.write_bytes(later(project.read_bytes(), 10.0))
    shifted = fresh.read_bytes()
    duck(project, bed="keep")
    project.write_bytes(later(project.read_bytes(), 10.0))
    outcome = duck(project, bed="keep", hold_s=1.0)
    duck(fresh, bed="keep", hold_s=1.0)
    assert points_of(project) == pytest.approx(points_of(fresh), abs=1e-6)
    saved_plans.apply_plan(Path(outcome.outputs["plan"]), project, in_place=True, undo=True)
    assert body(project) == body_of(shifted)


def points_of(path: Path) -> list[float]:
    """Times and values of all points, one after the other."""
    result = re.findall(rb"\n\s*PT (\S+) (\S+)", path.read_bytes())
    return [float(word) for pair in result for word in pair]


def test_points_that_are_only_partly_there_stay_and_nothing_is_drawn_over_them(project: Path) -> None:
    duck(project, bed="keep")
    text = later(project.read_bytes(), 30.0, words=(b"PT",), from_s=10.0)
    lines = text.split(b"\r\n")
    lines.remove(next(line for line in lines if line.lstrip().startswith(b"PT ")))
    project.write_bytes(b"\r\n".join(lines))
    before = body(project)
    for _ in range(2):
        outcome = duck(project, bed="keep", hold_s=1.0)
        assert body(project) == before
        assert any("music: points of its volume envelope that duck drew were moved apart" in n for n in outcome.notes)
    project.write_bytes(b"\r\n".join(line for line in project.read_bytes().split(b"\r\n") if b" PT " not in line))
    assert "PT" not in body(project).decode()
    duck(project, bed="keep")
    assert b" PT " in body(project)

"""A run on some tracks leaves what an earlier run did to the others, byte by byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mixengine.app import decision, saved_plans, scope, workflow
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.jobs import duck, registry
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model.plan import Envelope, Marker, MixPlan
from mixengine.model.session import Automation, Clip, EnvelopePoint, Session, Source, Track
from mixengine.system.progress import no_progress
from tests.helpers import conversation
from tests.helpers.podcast import RATE, podcast, song
from tests.helpers.rpp_builders import body_of
from tests.helpers.sounds import write


def tracks(project: Path) -> dict[str, bytes]:
    """Name of each track → its text."""
    blocks = body_of(project.read_bytes()).split(b"<TRACK")[1:]
    return {block.split(b"NAME ", 1)[1].split(b"\r\n", 1)[0].strip(b'"').decode(): block for block in blocks}


def select(project: Path, name: str) -> None:
    text = project.read_bytes()
    at = text.index(b"NAME " + name.encode())
    end = text.index(b"\n", at) + 1
    project.write_bytes(text[:end] + b"    SEL 1\r\n" + text[end:])


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return conversation.write_room(tmp_path_factory.mktemp("talk"))


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = podcast(tmp_path_factory.mktemp("music"))
    write(root / "piano.wav", song(level=0.1), RATE)
    return root


CASES = [
    ("duck", {"buses": False}, {"max_duck_db": 3.0}, "piano"),
    ("automix", {}, {"floor_db": -8.0}, "Host"),
    ("level", {"target_lufs": -20.0}, {"target_lufs": -23.0}, "Host"),
    ("balance", {}, {"strength": 50.0}, "Host"),
]


@pytest.mark.parametrize(("job", "first", "second", "chosen"), CASES, ids=[case[0] for case in CASES])
def test_what_is_not_selected_stays_as_it_is(
    request: pytest.FixtureRequest, tmp_path: Path, job: str, first: dict, second: dict, chosen: str
) -> None:
    folder = request.getfixturevalue("music" if job == "duck" else "talk")
    kind, project = registry.job(job).settings, tmp_path / "one.RPP"
    whole = workflow.run_job(job, folder, kind(**first), out=str(project))
    select(project, chosen)
    before = tracks(project)
    outcome = workflow.run_job(job, project, kind(**first | second, selected_only=True), in_place=True)
    after = tracks(project)
    assert {name for name, text in after.items() if text != before[name]} == {chosen}
    changed = {change.track for change in whole.plan.changes if hasattr(change, "track")}
    stored = history.stored_plan(Project.load(project).root)
    assert stored and changed <= {change.track for change in stored.changes if hasattr(change, "track")}
    saved_plans.apply_plan(Path(outcome.outputs["plan"]), project, in_place=True, undo=True)
    assert not any(b" PT " in text for text in tracks(project).values())


@pytest.mark.parametrize(("job", "setting"), [("level", "track"), ("automix", "mic")])
def test_what_is_not_named_stays_as_it_is(talk: Path, tmp_path: Path, job: str, setting: str) -> None:
    kind, project = registry.job(job).settings, tmp_path / "one.RPP"
    fixed = {"target_lufs": -23.0} if job == "level" else {}
    workflow.run_job(job, talk, kind(**fixed), out=str(project))
    before = tracks(project)
    names = ("Host",) if job == "level" else ("Host", "Guest 1")
    workflow.run_job(job, project, kind(**fixed, **{setting: names, "strength": 50.0}), in_place=True)
    assert {name for name, text in tracks(project).items() if text != before[name]} == set(names)


# ------------------------------------------------------------------------------------------------------ in a session

POINTS = (EnvelopePoint(0.0, 0.5, 0), EnvelopePoint(2.0, 0.5, 0))


def track(name: str, *, drawn: bool = True, **fields: object) -> Track:
    clips = () if fields.get("is_folder") else (Clip(f"{name} item", Source(f"{name}.wav"), 0.0, 2.0),)
    return Track(name, name, clips=clips, automation=(Automation("volume", POINTS),) * drawn, **fields)  # type: ignore[arg-type]


def session_of(*tracks: Track) -> Session:
    return Session("s", "s.RPP", RATE, tracks)


def drawn_on(name: str) -> Envelope:
    return Envelope(name, "volume", 0.0, 2.0, (), POINTS, created=True, drawn_by="duck")


def decided(session: Session, settings: DuckSettings, progress: object) -> MixPlan:
    """A plan that says what the job was given."""
    points = {track.name: len(entry.points) for track in session.tracks for entry in track.automation}
    kept = [track.name for track in session.tracks if track.kept]
    return MixPlan("duck", session.name, session.path, {}, notes=(repr(points), repr(kept)))


def plan_of(monkeypatch: pytest.MonkeyPatch, session: Session, *changes: object) -> MixPlan:
    monkeypatch.setattr(duck, "JOB", replace(duck.JOB, plan=f"{__name__}:decided"))
    before = MixPlan("duck", "s", "s.RPP", {}, changes)  # type: ignore[arg-type]
    return decision.decide("duck", session, before, DuckSettings(selected_only=True), no_progress)


def test_the_others_are_heard_as_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(track("a"), track("b", selected=True))
    plan = plan_of(monkeypatch, session, drawn_on("a"), drawn_on("b"))
    assert plan.notes[0] == "{'a': 2}" and plan.changes == (drawn_on("b").reverted(),)


def test_regions_go_with_the_tracks_of_which_they_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_of(track("a"), track("b", selected=True), track("c"))
    of_a, of_b, old = (
        Marker(f"{duck.MARKER}{number} LU over x", 1.0, 2.0, tracks=about)
        for number, about in enumerate((("a",), ("b", "c"), ()))
    )
    plan = plan_of(monkeypatch, session, of_a, of_b, old)
    assert plan.changes == (of_b.reverted(), old.reverted())


def test_regions_stay_with_what_stays_and_go_with_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = track("folder", is_folder=True)
    inside = [track(name, drawn=False, parent="folder", selected=name == "a") for name in ("a", "b")]
    locked = track("locked", drawn=False, locked=True, selected=True)
    about = (("a", "b"), ("locked",), ("gone",), ("gone", "a"))
    markers = [Marker(f"{duck.MARKER}{number}", 1.0, 2.0, tracks=each) for number, each in enumerate(about)]
    session = session_of(folder, *inside, locked)
    assert plan_of(monkeypatch, session, drawn_on("folder"), *markers).changes == (markers[2].reverted(),)
    bare = session_of(replace(folder, automation=()), *inside, locked)
    plan = plan_of(monkeypatch, bare, drawn_on("folder"), *markers)
    assert plan.notes[1] == "[]", "whose envelope was deleted by hand"
    assert plan.changes == tuple(markers[at].reverted() for at in (0, 2, 3))


def test_a_folder_goes_with_all_in_it_and_what_is_under_it_is_not_drawn_on_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = track("folder", is_folder=True)
    inside = [track(name, drawn=False, parent="folder", selected=name == "a") for name in ("a", "b")]
    plan = plan_of(monkeypatch, session_of(folder, *inside), drawn_on("folder"))
    assert plan.changes == () and plan.notes == ("{'folder': 2}", "['a', 'b']")
    both = [replace(each, selected=True) for each in inside]
    plan = plan_of(monkeypatch, session_of(folder, *both), drawn_on("folder"))
    assert plan.changes == (drawn_on("folder").reverted(),) and plan.notes[1] == "[]"


def test_a_locked_track_keeps_what_was_drawn_on_it() -> None:
    session = session_of(track("a", locked=True), track("b"))
    assert [scope.may_replace(drawn_on(name), session, {"a", "b"}) for name in "ab"] == [False, True]

"""The snapshot of the running REAPER is the session of the file."""

from __future__ import annotations

import pytest

from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Change, Envelope, Equalizer, Fader, Marker
from mixengine.model.session import Session
from tests.helpers import rpp_builders as builders
from tests.helpers.paths import REAL_PROJECTS
from tests.helpers.reaper_bench import (
    DEEP,
    DUCK,
    EQ,
    Bench,
    lines,
    song,
)
from tests.helpers.rpp_builders import item, plugin, project, track


def made_projects() -> dict[str, bytes]:
    return {
        "song": song(),
        "with plug-ins": song(plugin()),
        "empty": project(),
        "time selection": project(["SELECTION 1.25 3.5", "SELECTION2 1.25 3.5"], track(1)),
        "switches": project(
            ["GLOBAL_AUTO 6", "PLAYRATE 1.25 0 0.25 4", "MASTERAUTOMODE 1", "MASTERMUTESOLO 1", "MASTER_FX 0"], track(1)
        ),
        "one mode for all": project(["GLOBAL_AUTO 1"], track(1)),
        "unix line ends": builders.project(track(1, item(11)), newline=b"\n"),
        "names": project(
            track(1, name='"a \'b"'), track(2, name="`x\"y'z`"), track(3, name='""'), track(4, name="é 試")
        ),
        "the same id twice": project(track(1), track(1, item(11), name="copy")),
    }


REAL = sorted(path for path in (REAL_PROJECTS).glob("*") if path.suffix.lower() == ".rpp")


def _of_switches(session: Session) -> list[str]:
    words = ("global automation override", "times its speed")
    return [note for note in session.notes if any(word in note for word in words)]


def _same_session(one: Project, other: Project) -> None:
    mine, theirs = one.session(), other.session()
    assert mine.tracks == theirs.tracks
    assert (mine.sample_rate, mine.tempo_bpm, mine.path) == (theirs.sample_rate, theirs.tempo_bpm, theirs.path)
    assert mine.time_selection_s == theirs.time_selection_s
    for name in ("envelopes_bypassed", "master_mute", "master_effects_on", "master_automation_mode"):
        assert getattr(mine, name) == getattr(theirs, name), name
    assert _of_switches(mine) == _of_switches(theirs)
    assert mine.master_db == pytest.approx(theirs.master_db)
    assert [(m.time_s, m.end_s) for m in mine.markers] == [(m.time_s, m.end_s) for m in theirs.markers]


@pytest.mark.parametrize("name", made_projects())
def test_the_snapshot_is_the_session_of_the_file(tmp_path, name):
    bench = Bench(tmp_path, made_projects()[name])
    _same_session(bench.take().parsed(), Project.load(bench.path))
    assert bench.saved == bench.path.read_bytes()


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_projects_are_read_and_written_as_in_the_file(tmp_path, path):
    bench = Bench(tmp_path, path.read_bytes())
    project_file = Project.load(bench.path)
    _same_session(bench.take().parsed(), project_file)
    changes: list[Change] = [Marker("mixengine: m", 1.0, 2.0)]
    for entry in project_file.session().tracks:
        changes.append(Fader(entry.id, entry.fader_db, entry.fader_db - 3.0))
        changes.append(Equalizer(entry.id, EQ, None, DEEP))
        if not any(automation.kind == "volume" for automation in entry.automation):
            changes.append(Envelope(entry.id, "volume", 1.0, 3.125, (), DUCK, created=True))
    assert bench.do(*changes) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(*changes), "FXID")
    bench.sim.do_undo()
    assert bench.saved == path.read_bytes()

"""The snapshot of the running REAPER is the session of the file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from mixengine.hosts.reaper import snapshot
from mixengine.hosts.reaper.reader import TEXT_SIZE
from mixengine.hosts.rpp.project import Project
from mixengine.model.plan import Change, Envelope, Equalizer, Fader, Marker, MasterTrim
from mixengine.model.session import MASTER, Session
from mixengine.model.units import decibels
from tests.helpers import rpp_builders as builders
from tests.helpers.paths import REAL_PROJECTS
from tests.helpers.reaper_bench import (
    DEEP,
    DUCK,
    EQ,
    HARD,
    Bench,
    lines,
    song,
)
from tests.helpers.rpp_builders import chain, envelope, guid, item, plugin, project, reacomp, reaeq, track


def whole_master() -> bytes:
    """A project with everything on its master."""
    equalizer = [line.replace("BYPASS 0 0 0", "BYPASS 0 1 0") for line in reaeq("", DEEP, guid(80))]
    frequency = ["<PARMENV 0 0 1 0.5", "ACT 1 -1", "PT 0 0.25 0", ">"]
    compressor = reacomp("my compressor", HARD, guid(81))
    items = ("POOLEDENVINST 1 0.5 1 0 1 0 1 0 0 1 0 0 0",)
    return project(
        chain([*equalizer, "WET 0.25 0", *frequency], [*compressor, "PARALLEL 1"], OFF, name="MASTERFXLIST"),
        envelope("MASTERPLAYSPEEDENV", "0 1 0", "2 1.5 0"),
        envelope("TEMPOENVEX", "0 120 1", "4 90 1"),
        envelope("MASTERVOLENV2", "0 0.25 0", "3 0.5 5 0 0 0 0.4", lines=("VOLTYPE 1", *items)),
        envelope("MASTERPANENV2", "0 0.25 0"),
        envelope("MASTERWIDTHENV2", "0 0.25 0"),
        track(1, item(11)),
        head=(
            *("SAMPLERATE 48000 1 0", "TEMPO 120 4 4", "MASTERAUTOMODE 1", "MASTERMUTESOLO 5"),
            *("MASTER_VOLUME 0.5 -0.3 0.7 -1 0.5", "MASTER_PANMODE 5", "MASTER_FX 1"),
        ),
    )


def made_projects() -> dict[str, bytes]:
    return {
        "song": song(),
        "with plug-ins": song(plugin()),
        "empty": project(),
        "time selection": project(["SELECTION 1.25 3.5", "SELECTION2 1.25 3.5"], track(1)),
        "everything on the master": whole_master(),
        "dual pan of the master": project(
            track(1), head=("SAMPLERATE 48000 1 0", "MASTER_VOLUME 1 0 -1 -0.5 0.25", "MASTER_PANMODE 6")
        ),
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


OFF = ["BYPASS 1 0 0", *plugin()[1:]]
REAL = sorted(path for path in (REAL_PROJECTS).glob("*") if path.suffix.lower() == ".rpp")


NOT_TOLD = {"markers", "master_db", "pan_taper"}
"""Fields that may differ: REAPER's Python gives no names of markers, numbers are rounded otherwise, and REAPER does not
tell the project's pan taper."""


def _opened(folder: Path, data: bytes) -> tuple[Bench, Project]:
    bench = Bench(folder, data)
    return bench, Project.load(bench.path)


def _same_session(one: Project, other: Project) -> None:
    mine, theirs = one.session(), other.session()
    different = {entry.name for entry in fields(Session) if getattr(mine, entry.name) != getattr(theirs, entry.name)}
    assert different <= NOT_TOLD
    assert mine.master_db == pytest.approx(theirs.master_db)
    assert [(m.time_s, m.end_s) for m in mine.markers] == [(m.time_s, m.end_s) for m in theirs.markers]
    assert mine.master_automation_items == theirs.master_automation_items  # which do not count in a comparison


@pytest.mark.parametrize("name", made_projects())
def test_the_snapshot_is_the_session_of_the_file(tmp_path, name):
    bench, project_file = _opened(tmp_path, made_projects()[name])
    _same_session(bench.take().parsed(), project_file)
    assert bench.saved == bench.path.read_bytes()


@pytest.mark.parametrize("says_master", [False, True])
def test_the_envelopes_of_the_master_are_known_by_either_name(tmp_path, says_master):
    bench, project_file = _opened(tmp_path, whole_master())
    bench.sim.says_master = says_master
    _same_session(bench.take().parsed(), project_file)
    session = project_file.session()
    assert session.master_mono and session.master_mute and session.master_pan == -0.3
    assert [(entry.kind, entry.active) for entry in session.master_automation] == [("volume", True), ("pan", True)]
    assert session.master_automation_items == ("MASTERVOLENV2",)
    assert [effect.bypassed for effect in session.master_effects] == [True, False, True]
    assert session.master_effects[0].notes == ("envelope of a parameter", "wet mix of 25 %")
    assert "not heard: width envelope: the master" in session.notes
    assert "not heard: stereo pan and width of the master, taken as balance" in session.notes
    assert "an envelope moves the project's play rate: heard at 1" in session.notes


def test_a_plan_leaves_what_is_on_the_master(tmp_path):
    bench, _ = _opened(tmp_path, whole_master())
    changes = (Equalizer(MASTER, EQ, None, DEEP), MasterTrim(decibels(0.5), -9.0))
    assert bench.do(*changes) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(*changes), "FXID")
    assert bench.remove() == []
    assert lines(bench.saved) == lines(whole_master())


def test_what_this_reaper_does_not_tell_of_its_master_is_named(tmp_path):
    bench, _ = _opened(tmp_path, whole_master())
    del bench.sim.reaper_python.RPR_TrackFX_GetParamFromIdent
    bench.sim.reaper_python.RPR_GetToggleCommandState = lambda number: -1
    envelope = bench.api.GetTrackEnvelopeByName(bench.api.GetMasterTrack(0), "Volume")
    own = bench.sim.reaper_python.RPR_GetEnvelopeStateChunk
    cut = "<VOLENV2\n" + "PT 0 1 0\n" * (TEXT_SIZE // 9 + 1)

    def chunk(pointer, *others):
        return (1, pointer, cut[: TEXT_SIZE - 1], *others[1:]) if pointer == envelope else own(pointer, *others)

    bench.sim.reaper_python.RPR_GetEnvelopeStateChunk = chunk
    session = bench.take().parsed().session()
    assert session.notes[:3] == (
        "REAPER does not tell whether the master is switched to mono: taken as stereo",
        "1 of the master's envelopes is more than REAPER's Python can read at once (4 MB): not heard",
        "this REAPER does not tell how wet the master's plug-ins are mixed: taken as wholly",
    )
    assert not session.master_mono and [entry.kind for entry in session.master_automation] == ["pan"]


def test_the_mono_switch_is_told_of_the_project_in_front_only(tmp_path):
    bench, _ = _opened(tmp_path, whole_master())
    behind = bench.take().project
    bench.sim.open()
    taken = snapshot.take(bench.api, behind)
    assert any(
        "does not tell whether the master is switched to mono" in note for note in taken.parsed().session().notes
    )


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_real_projects_are_read_and_written_as_in_the_file(tmp_path, path):
    bench, project_file = _opened(tmp_path, path.read_bytes())
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

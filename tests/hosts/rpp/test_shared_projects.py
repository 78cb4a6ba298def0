"""The real project files of the shared folder; skipped where it is missing."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from mixengine.hosts.rpp import apply as writer
from mixengine.hosts.rpp import effects, extstate
from mixengine.hosts.rpp.check import check
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import rewrite
from mixengine.hosts.rpp.words import Line
from mixengine.model.plan import (
    Envelope,
    Equalizer,
    Fader,
    Marker,
    MasterTrim,
    MixPlan,
    MuteClip,
    NewClip,
    NewTrack,
    Pan,
    revert,
)
from mixengine.model.session import EnvelopePoint, EqBand
from tests.helpers.paths import REAL_PROJECTS

FILES = (
    sorted(path for path in REAL_PROJECTS.glob("*") if path.suffix.lower() == ".rpp") if REAL_PROJECTS.is_dir() else []
)
pytestmark = pytest.mark.skipif(not FILES, reason="no shared project files here")
each = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def applied(project: Project, plan: MixPlan, remember: str | None = None) -> writer.Result:
    return writer.apply(project, plan, ext_state={"PLAN": remember})


def plan_for(path: Path, *changes) -> MixPlan:
    return MixPlan("test", path.stem, str(path), changes=tuple(changes))


def after_reverse(project: Project, *changes) -> bytes:
    plan = plan_for(project.path, *changes)
    written = applied(project, plan, plan.to_json())
    assert written.skipped == []
    assert written.data != project.document.data
    assert extstate.read(Project(written.data, project.path).root, "PLAN") == plan.to_json()
    back = applied(Project(written.data, project.path), revert(plan))
    assert back.skipped == []
    return back.data


def test_the_files_are_there():
    assert len(FILES) == 8


@each
def test_the_tree_holds_every_byte(path):
    document = Project.load(path).document
    assert rewrite(document) == path.read_bytes()
    result = check(str(path))
    assert result.identical
    assert result.version
    assert not any("differs" in warning for warning in result.warnings)


@each
def test_every_line_gives_the_same_words_both_ways(path):
    for raw in path.read_bytes().splitlines(keepends=True):
        line = Line(raw, 0)
        assert line.words == [token.text for token in line.tokens]


@each
def test_counts_agree_with_the_text(path):
    text = path.read_text("utf-8", "surrogateescape")
    project = Project.load(path)
    assert len(project.tracks) == len(re.findall(r"^ *<TRACK", text, re.M))
    assert [track.id for track in project.session().tracks] == re.findall(r"^ *<TRACK '?([^\s']+)", text, re.M)
    frozen = sum(
        block.name == "ITEM" for freeze in project.root.walk() if freeze.name == "FREEZE" for block in freeze.walk()
    )
    items = sum(len(project.items(block)) for block in project.tracks.values())
    assert items + frozen == len(re.findall(r"^ *<ITEM", text, re.M))


@pytest.mark.parametrize(
    ("plugin_id", "magic"), [(b"1919247729", b"qeer"), (b"1919247213<5653", b"mcer")], ids=["ReaEQ", "ReaComp"]
)
def test_states_of_our_plugins_read_and_come_back_as_the_same_text(plugin_id, magic):
    result = 0
    for path in FILES:
        for block in Project.load(path).root.walk(frozenset({"FREEZE"})):
            if block.name != "VST" or plugin_id not in block.opening.raw:
                continue
            read = effects.read(block)
            assert read is not None
            kind, state = read
            assert kind.module.encode(state) == [line.raw.strip().decode() for line in block.lines]
            raw = b"".join(base64.b64decode(line.raw) for line in block.lines)
            assert raw.count(magic) == 1
            settings = kind.settings(state)
            assert kind.module.writable(settings)
            assert kind.module.same(settings, kind.settings(kind.with_settings(state, settings)))
            assert kind.module.encode(kind.with_settings(state, settings)) == kind.module.encode(state)
            result += 1
    assert result >= 1


@each
def test_faders_change_one_word_each(path):
    project = Project.load(path)
    session = project.session()
    changes = [Fader(track.id, track.fader_db, -20.0) for track in session.tracks if abs(track.fader_db + 20.0) > 0.1]
    result = applied(project, plan_for(path, *changes))
    assert (result.applied, result.skipped) == (len(changes), [])
    old, new = (data.split(b"\n") for data in (path.read_bytes(), result.data))
    assert len(old) == len(new)
    differing = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert len(differing) == len(changes)
    for a, b in differing:
        assert re.sub(rb"(VOLPAN) \S+", rb"\1 0.1", a, count=1) == b
    assert {track.fader_db for track in Project(result.data, path).session().tracks} <= {
        -20.0,
        *(track.fader_db for track in session.tracks if abs(track.fader_db + 20.0) <= 0.1),
    }


@each
def test_everything_that_was_done_can_be_undone_byte_by_byte(path):
    project = Project.load(path)
    session = project.session()
    points = (EnvelopePoint(1.0, 1.0), EnvelopePoint(2.0, 0.25))
    changes: list = [MasterTrim(session.master_db, session.master_db - 3.0)]
    for number, track in enumerate(session.tracks):
        kinds = {automation.kind: automation.points for automation in track.automation}
        inside = tuple(p for p in kinds.get("volume", ()) if 1.0 <= p.time_s <= 2.0)
        clip = "{" + f"{number:08X}" + "-0000-4000-8000-0000000000FF}"
        changes += [
            Fader(track.id, track.fader_db, -7.0),
            Pan(track.id, track.pan, 0.5),
            Envelope(track.id, "volume", 1.0, 2.0, inside, points, created="volume" not in kinds),
            Equalizer(track.id, "mixengine EQ", None, (EqBand("band", 300.0, -2.0),)),
            NewClip(track.id, clip, "mixengine/a.wav", 1.0, 2.0),
            *(MuteClip(track.id, clip.id, clip.mute, not clip.mute) for clip in track.clips),
        ]
        if number % 5 == 0:
            changes.append(NewTrack("{" + f"{number:08X}" + "-0000-4000-8000-0000000000EE}", "new", track.id))
    changes += [
        Marker("m", 1.0),
        Marker("r", 1.0, 2.5),
        NewTrack("{" + "E" * 8 + "-0000-4000-8000-000000000000}", "last"),
    ]
    back = after_reverse(project, *changes)
    if path.name.startswith("02_"):
        assert canonical(back) == canonical(path.read_bytes())
    else:
        assert back == path.read_bytes()


def canonical(data: bytes) -> bytes:
    """REAPER 4 wrote numbers with trailing zeros, which are not written again."""
    return re.sub(rb"\.(?=[ \r])", b"", re.sub(rb"(\.\d*?)0+(?=[ \r])", rb"\1", data))


@each
def test_another_reader_sees_the_same_tracks(path):
    rpp = pytest.importorskip("rpp")
    text = path.read_bytes().rstrip(b"\0").decode("utf-8", "replace")
    theirs = rpp.loads(text)
    volumes = [float(track.find("VOLPAN")[1]) for track in theirs.findall(".//TRACK")]
    ours = [line.number(1) for block in Project.load(path).tracks.values() if (line := block.line("VOLPAN"))]
    assert ours == volumes
    names = [str(track.find("NAME")[1]) for track in theirs.findall(".//TRACK")]
    lines = [block.line("NAME") for block in Project.load(path).tracks.values()]
    assert [line.text(1) for line in lines if line] == names


def test_states_of_vst3_plug_ins_of_other_makers() -> None:
    """Both that there are: a surround meter on a master, and a plug-in built with another framework."""
    sizes = {}
    for path in FILES:
        session = Project.load(path).session(hosted=True)
        chains = [session.master_effects, *(track.effects for track in session.tracks)]
        plugins = [effect.plugin for chain in chains for effect in chain if effect.plugin is not None]
        assert all(len(plugin.class_id) == 32 and not plugin.midi for plugin in plugins)
        sizes |= {plugin.file: (len(plugin.component), len(plugin.controller)) for plugin in plugins}
    assert sizes == {"Clarity M.vst3": (157, 1), "IPlugSwiftUI.vst3": (12, 0)}

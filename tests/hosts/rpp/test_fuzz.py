"""Made-up and damaged projects: whatever stands in a file ends in a result or in one line for the user."""

from __future__ import annotations

import functools
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp import apply as writer
from mixengine.hosts.rpp import media
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import Document, rewrite
from mixengine.model import plan as mixplan
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
)
from mixengine.model.session import EnvelopePoint, EqBand, Session
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b
from tests.helpers.paths import REAL_PROJECTS

FILES = sorted(REAL_PROJECTS.glob("*.[Rr][Pp][Pp]")) if REAL_PROJECTS.is_dir() else []
BANDS = (EqBand("band", 500.0, -4.0, 1.0),)
DUCK = (EnvelopePoint(0.5, 1.0), EnvelopePoint(0.75, 0.5))

WORD = st.sampled_from(
    "NAME VOLPAN MUTESOLO ISBUS NCHAN TRACKID IGUID GUID POSITION LENGTH SOFFS PLAYRATE CHANMODE FADEIN FADEOUT LOOP "
    "MUTE TAKE SEL NULL TAKEVOLPAN SM PT ACT VOLTYPE POOLEDENVINST FILE STARTPOS MODE FREEMODE LANESOLO ITEMLANES YPOS "
    "AUXRECV BYPASS MARKER SAMPLERATE TEMPO MASTER_VOLUME RECORD_PATH PLAN_0001 IPHASE ALLTAKES MIXFLAG ITEMMIX "
    "FIXEDLANES GROUP_FLAGS GROUP_FLAGS_HIGH WET PARALLEL AUTOMODE GLOBAL_AUTO MASTER_FX MASTERAUTOMODE".split()
)
BLOCK = st.sampled_from(
    "TRACK ITEM SOURCE FXCHAIN VST JS FREEZE VOLENV VOLENV2 PANENV2 AUXVOLENV EXTSTATE MIXENGINE PROJBAY TAKEFX NOTES "
    "X".split()
)
VALUE = st.one_of(
    st.sampled_from("0 1 2 -1 -3 0.5 1e999 nan -inf 1e300 99999999999999999999 1,5 1.1 {A} {B} SEL NULL #2 ;3".split()),
    st.sampled_from("SECTION WAVE MIDI _OFFLINE_WAVE a.wav ..\\a.wav /x/y.wav C:\\z.wav 1919247729<5653>".split()),
    st.sampled_from(["utility/volume", "utility/volume_pan"]),
    st.sampled_from(["ZWVy", "cWVlcu5e7f4=", "|text", '"a b"', "'x'", "`y`", '"', '""', "\u2028", "\udcff"]),
    st.floats(-1e3, 1e3).map(str),
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=5),
)
LINE = st.builds(lambda word, values: " ".join([word, *values]), WORD, st.lists(VALUE, max_size=7))


def block(children: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    return st.builds(
        lambda name, values, parts: ["<" + " ".join([name, *values]), *(line for part in parts for line in part), ">"],
        BLOCK,
        st.lists(VALUE, max_size=5),
        st.lists(children, max_size=6),
    )


PART = st.recursive(LINE.map(lambda line: [line]), block, max_leaves=25)
TRACK = st.builds(
    lambda number, bus, parts: b.track(number, *parts, bus=bus),
    st.integers(1, 4),
    st.sampled_from(["0 0", "1 1", "2 -1", "2 -2", "", "1", "0 9"]),
    st.lists(PART | st.just(b.item(10)), max_size=4),
)
PROJECT = st.builds(
    lambda parts, newline, indent, start, end: start + b.project(*parts, newline=newline, indent=indent) + end,
    st.lists(TRACK | PART, max_size=5),
    st.sampled_from([b"\r\n", b"\n"]),
    st.sampled_from([b"  ", b"\t", b""]),
    st.sampled_from([b"", b"", b"\xef\xbb\xbf"]),
    st.sampled_from([b"", b"", b"\0", b"\r\n"]),
)


def changes_for(session: Session) -> list[mixplan.Change]:
    """One of everything, as a job could plan it from what was read."""
    changes: list[mixplan.Change] = [MasterTrim(session.master_db, -2.0), Marker("m", 1.0), Marker("r", 1.0, 2.0)]
    for number, track in enumerate(session.tracks):
        points = {automation.kind: automation.points for automation in reversed(track.automation)}
        inside = tuple(p for p in points.get("volume", ()) if 0.25 <= p.time_s <= 1.0)
        changes += [
            Fader(track.id, track.fader_db, -5.0),
            Pan(track.id, track.pan, 0.25),
            Envelope(track.id, "volume", 0.25, 1.0, inside, DUCK, created="volume" not in points),
            Equalizer(track.id, "our EQ", None, BANDS),
            NewClip(track.id, b.guid(70 + number), "n.wav", 0.0, 1.0),
            *(MuteClip(track.id, clip.id, clip.mute, not clip.mute) for clip in track.clips[:2]),
            NewTrack(b.guid(90 + number), "n", track.id),
        ]
    return [*changes, NewTrack(b.guid(80), "end")]


def exercise(data: bytes) -> None:
    """Read, plan, write, read again, undo; a refusal must be a `UserError` of one line."""
    document = Document(data)
    if document.root is not None:
        assert rewrite(document) == data
    try:
        project = Project(data, b.PLACE)
        session = project.session()
        project.check_writable()
    except UserError as error:
        assert "\n" not in str(error)
        return
    plan = MixPlan("test", session.name, session.path, changes=tuple(changes_for(session)))
    result = writer.apply(project, plan, ext_state={"PLAN": plan.to_json()})
    assert result.applied + result.refused == len(plan.changes)
    assert bool(result.refused) == bool(result.skipped)
    again = Project(result.data, b.PLACE)
    again.check_writable()
    assert rewrite(again.document) == result.data
    written = again.session()
    assert len(written.tracks) == len(session.tracks) + result_tracks(result, plan)
    back = writer.apply(again, mixplan.revert(plan))
    Project(back.data, b.PLACE).session()
    media.rebase(project, Path("/elsewhere"))


def result_tracks(result: writer.Result, plan: MixPlan) -> int:
    wanted = sum(isinstance(change, NewTrack) for change in plan.changes)
    return wanted - sum("already has track" in reason for reason in result.skipped)


@settings(deadline=None, max_examples=50)
@given(PROJECT)
@example(b.project(b.track(1, ["<VOLENV2", "PT", ">"]), b.track(1), ["<EXTSTATE", ">"]))
@example(b.project(b.track(1, lines=("LOCK 1",), name="Kick")))
def test_made_up_projects(data):
    exercise(data)


@settings(deadline=None, max_examples=50)
@given(PROJECT, st.floats(-60, 12))
def test_only_the_fader_differs(data, level):
    project = Project(data, b.PLACE)
    try:
        project.check_writable()
    except UserError:
        return
    for track in project.session().tracks[:2]:
        written = b.done(data, Fader(track.id, track.fader_db, level))
        old, new = data.split(b"\n"), written.split(b"\n")
        if len(new) == len(old):
            assert sum(x != y for x, y in zip(old, new, strict=True)) <= 1
        else:
            extra = [line for line in new if line.lstrip().startswith(b"VOLPAN")]
            assert len(new) == len(old) + 1
            assert extra


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["delete", "twice", "flip", "insert", "cut", "byte", "swap", "noise"]),
        st.integers(0, 10**9),
        st.integers(0, 10**9),
        st.sampled_from(
            [
                b">",
                b"<TRACK",
                b"  <ITEM",
                b"ISBUS 2 -5",
                b'NAME "',
                b"\0\0\0",
                b"VOLPAN",
                b"AUXRECV 1",
                b"PT 0.5",
                b"\xff",
            ]
        ),
    ),
    min_size=1,
    max_size=4,
)


def mutated(data: bytes, steps: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, first, second, text in steps:
        lines = data.splitlines(keepends=True) or [b""]
        i, j = first % len(lines), second % len(lines)
        at = first % (len(data) + 1)
        if kind == "delete":
            del lines[i]
        elif kind == "twice":
            lines.insert(j, lines[i])
        elif kind == "insert":
            lines.insert(i, text + b"\r\n")
        elif kind == "swap":
            lines[i], lines[j] = lines[j], lines[i]
        data = b"".join(lines)
        if kind == "flip":
            data = data[:at] + bytes(byte ^ (1 << second % 8) for byte in data[at : at + 1]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "byte":
            data = data[:at] + data[at + 1 :]
        elif kind == "noise":
            data = data[:at] + text + data[at:]
    return data


@functools.cache
def real_files() -> list[bytes]:
    """Real files that are small, and one made up for where there are none."""
    made_up = b.project(
        ["MARKER 1 2 x 0", "RECORD_PATH Audio x"],
        b.track(
            1,
            b.envelope("VOLENV2", "0 1 0", "0.5 0.5 5 0 1 0 0.2"),
            b.chain(b.plugin(), b.reaeq("our EQ", BANDS, b.guid(3))),
        ),
        b.track(
            2,
            b.item(10, "TAKE SEL", *b.source("b.wav"), lines=("YPOS 0 0.5", "FADEIN 1.1 0.1")),
            bus="1 1",
            lines=("AUXRECV 0",),
        ),
        b.track(
            3, ["<FREEZE", *b.item(8), ">"], b.item(11), bus="2 -1", lines=("FREEMODE 2", "LANESOLO 1", "ITEMLANES 2")
        ),
        ["<EXTSTATE", "<MIXENGINE", "PLAN_0001 eJw=", "ROLES_0001 x", ">", ">"],
    )
    return [made_up, *(path.read_bytes() for path in FILES if path.stat().st_size < 20_000)]


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 99), MUTATIONS)
def test_damaged_projects(which, steps):
    files = real_files()
    exercise(mutated(files[which % len(files)], steps))


@settings(deadline=None, max_examples=50)
@given(st.binary(max_size=60))
@example(b"<REAPER_PROJECT")
@example(b"<REAPER_PROJECT\n>")
@example(b"<REAPER_PROJECT\n" + b"<A\n" * 5000 + b">\n" * 5001)
def test_noise(data):
    exercise(data)
    exercise(b"<REAPER_PROJECT 0.1\n" + data + b"\n>\n")
    exercise(b"<REAPER_PROJECT 0.1\n<TRACK {A}\n" + data + b"\n>\n>\n")

"""What a project remembers of the last plan."""

from __future__ import annotations

import base64
import random
import zlib

import pytest

from mixengine.hosts.rpp import apply as writer
from mixengine.hosts.rpp import extstate, history, media
from mixengine.model.plan import Envelope, Fader, Pan, revert
from mixengine.model.session import EnvelopePoint
from tests.helpers import rpp_builders as b
from tests.helpers.rpp_changes import OTHERS


def stored(data: bytes, text: str | None) -> bytes:
    return writer.apply(b.load(data), b.plan_of(), ext_state={"PLAN": text}).data


@pytest.mark.parametrize("extra", [[], OTHERS, ["<EXTSTATE", "<MIXENGINE", "MY_KEY 1", ">", ">"]])
def test_the_plan_is_remembered_replaced_and_forgotten(extra):
    data = b.project(b.track(1), extra)
    noise = base64.b64encode(random.Random(1).randbytes(4000)).decode()
    once = stored(data, noise)
    assert extstate.read(b.load(once).root, "PLAN") == noise
    lines = [line.strip() for line in once.splitlines() if b"PLAN_" in line]
    assert [line.split()[0] for line in lines] == [f"PLAN_{i + 1:04d}".encode() for i in range(len(lines))]
    assert len(lines) > 3
    assert all(len(line.split()[1]) <= 900 for line in lines)
    short = stored(once, "short")
    assert extstate.read(b.load(short).root, "PLAN") == "short"
    assert short == stored(data, "short")
    assert stored(short, None) == data
    assert stored(data, None) == data
    for line in extra:
        assert once.count(line.encode()) == short.count(line.encode()) > 0


def test_only_what_was_carried_out_is_remembered():
    data = b.project(b.track(1), b.track(2))
    done, refused = Pan(b.guid(1), 0.0, 0.5), Fader(b.guid(2), -7.0, -3.0)
    gone = Pan(b.guid(9), 0.0, 0.5)
    result = writer.apply(b.load(data), b.plan_of(done, refused, gone), ext_state=history.after(None))
    assert len(result.skipped) == 2 and result.plan.changes == (done, gone)
    assert history.stored_plan(b.load(result.data).root).changes == (done, gone)


def test_what_could_not_be_taken_back_is_remembered():
    points = (EnvelopePoint(1.0, 0.5), EnvelopePoint(2.0, 1.0))
    drawn = Envelope(b.guid(1), "volume", 1.0, 2.0, (), points, created=True)
    plan = b.plan_of(drawn, Pan(b.guid(2), 0.0, 0.5))
    data = writer.apply(b.load(b.project(b.track(1), b.track(2))), plan, ext_state=history.after(None)).data
    edited = data.replace(b"PT 1 0.5", b"PT 1 0.6")
    for _ in range(2):
        before = history.stored_plan(b.load(edited).root)
        memory = history.after_undo(before)
        edited = writer.apply(b.load(edited), revert(before), ext_state=memory).data
        assert history.stored_plan(b.load(edited).root).changes == (drawn,)
    mended = edited.replace(b"PT 1 0.6", b"PT 1 0.5")
    back = writer.apply(b.load(mended), revert(before), ext_state=history.after_undo(before)).data
    assert history.stored_plan(b.load(back).root) is None and b"PT" not in back


def test_an_envelope_is_remembered_where_its_points_stand():
    points = tuple(EnvelopePoint(time_s, value) for time_s, value in ((1.0, 1.0), (2.0, 0.5), (3.0, 1.0)))
    drawn = Envelope(b.guid(1), "volume", 1.0, 3.0, (), points, created=True)
    data = writer.apply(b.load(b.project(b.track(1))), b.plan_of(drawn), ext_state=history.after(None)).data
    for second in "321":
        data = data.replace(f"PT {second} ".encode(), f"PT {int(second) + 10} ".encode())
    (result,) = history.earlier_plan(b.load(data)).changes
    assert (result.start_s, result.end_s) == (11.0, 13.0)
    assert b"PT 1" not in writer.apply(b.load(data), revert(b.plan_of(result))).data


def test_the_users_roles_stay_when_the_plan_is_forgotten():
    project = b.load(b.project(b.track(1)))
    extstate.write(project.document, {"ROLES": '{"a": "b"}'})
    data = project.document.render()
    assert extstate.roles(b.load(stored(data, "plan")).root) == {"a": "b"}
    assert stored(stored(data, "plan"), None) == data


def test_more_than_ten_thousand_lines_keep_their_order():
    text = base64.b64encode(zlib.compress(b"x" * 5000)).decode()
    parts = [*text, *[""] * 3][: len(text)]
    numbers = range(9990, 9990 + len(parts))
    lines = [f"PLAN_{number:04d} {part}" for number, part in zip(numbers, parts, strict=True)]
    assert numbers[-1] > 10_000
    root = b.load(b.project(["<EXTSTATE", "<MIXENGINE", *reversed(lines), ">", ">"])).root
    assert extstate.read(root, "PLAN") == "x" * 5000


@pytest.mark.parametrize("value", ["!!!!", "QUJD", "\u00e4", '""'])
def test_a_damaged_memory_is_no_memory(value):
    root = b.load(b.project(["<EXTSTATE", "<MIXENGINE", f"PLAN_0001 {value}", ">", ">"])).root
    assert extstate.read(root, "PLAN") is None


def test_relative_media_follow_the_project(tmp_path):
    sources = (
        b.source("a b.wav"),
        b.source("Media\\x.wav"),
        b.source("/abs/y.wav"),
        b.source("C:\\z.wav"),
        b.source(""),
    )
    data = b.project(b.track(1, *(b.item(10 + i, media=source) for i, source in enumerate(sources))))
    moved = media.rebase(b.load(data, tmp_path / "song.RPP"), tmp_path / "out" / "here")
    files = [line.strip() for line in moved.decode().splitlines() if "FILE" in line]
    assert files == [
        'FILE "../../a b.wav"',
        'FILE "../../Media/x.wav"',
        'FILE "/abs/y.wav"',
        'FILE "C:\\z.wav"',
        'FILE ""',
    ]
    assert media.rebase(b.load(data, tmp_path / "song.RPP"), tmp_path) == data
    assert media.rebase(b.load(moved, tmp_path / "out" / "here" / "song.RPP"), tmp_path) == data.replace(
        b"Media\\x", b"Media/x"
    )

"""Markers, roles, and project files that are damaged or none."""

from __future__ import annotations

import pytest

from mixengine.hosts.rpp import extstate
from mixengine.hosts.rpp.check import check
from mixengine.hosts.rpp.project import Project
from mixengine.model.session import Marker
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b


def test_markers_and_regions():
    lines = [
        'MARKER 1 2 "" 0 0 1 R',
        "MARKER 1 4 Verse 1 0 1 R",
        'MARKER 2 8 "" 1 0 1 R',
        'MARKER 1 8 "" 1 0 1 R',
        'MARKER 2 12 "" 1',
        "MARKER 3 1 lonely 1",
    ]
    assert b.load(b.project(lines)).session().markers == (
        Marker("", 2.0),
        Marker("Verse", 4.0, 8.0),
        Marker("", 8.0, 12.0),
    )


def test_roles_are_remembered_in_the_project():
    data = b.project(b.track(1))
    project = b.load(data)
    extstate.write(project.document, {"ROLES": f'{{"{b.guid(1)}": "vocals"}}'})
    assert b.read_track(project.document.render()).role == "vocals"


@pytest.mark.parametrize("text", ["[]", "{", "3", "[" * 50_000])
def test_damaged_roles_are_forgotten(text):
    project = b.load(b.project(b.track(1)))
    extstate.write(project.document, {"ROLES": text})
    assert b.read_track(project.document.render()).role is None


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"RIFF", b"<", b"<TRACK\n>\n", b"\xef\xbb\xbf", b"<REAPER_PROJECTX\n>", b"\0" * 99]
)
def test_other_files_are_refused(tmp_path, data):
    path = tmp_path / "song.RPP"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"song\.RPP: not a REAPER project"):
        Project.load(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        Project.load(tmp_path / "none.RPP")
    with pytest.raises(UserError, match="cannot be read"):
        Project.load(tmp_path)


def test_a_truncated_file_is_read_but_not_written():
    whole = b.project(b.track(1), b.track(2, b.item(10)))
    data = whole[: whole.index(b"LENGTH")]
    project = b.load(data)
    session = project.session()
    assert [track.name for track in session.tracks] == ["T1", "T2"]
    last = data.count(b"\n") + 1
    assert session.notes == (f"line {last}: the file ends inside <ITEM: it was cut off",)
    opened = data[: data.index(b"<ITEM")].count(b"\n") + 1
    with pytest.raises(UserError, match=rf"song\.RPP: line {last}: the file ends inside <ITEM \(line {opened}\)"):
        project.check_writable()


def test_every_truncation_is_noticed():
    whole = b.project(b.track(1, b.item(10), b.envelope("VOLENV2", "0 1 0"), b.chain(b.plugin())))
    end = whole.rindex(b">")
    for cut in range(whole.index(b"\n"), end):
        project = b.load(whole[:cut])
        project.session()
        with pytest.raises(
            UserError,
            match=f"line {whole[:cut].count(chr(10).encode()) + bool(not whole[:cut].endswith(chr(10).encode()))}: ",
        ):
            project.check_writable()
    b.load(whole[: end + 1]).check_writable()


@pytest.mark.parametrize("rest", [b.project(), b"<TRACK\n>\n", b">\n"])
def test_a_second_project_behind_the_end_is_refused(rest):
    first = b.project(b.track(1))
    with pytest.raises(UserError, match=f"line {first.count(chr(10).encode()) + 1}: more text after the end"):
        b.load(first + rest).check_writable()
    b.load(first + b"\0\r\n").check_writable()


def test_check_counts_what_it_understood(tmp_path):
    path = tmp_path / "song.RPP"
    path.write_bytes(
        b.project(
            b.track(
                1, b.envelope("VOLENV2", "0 1 0", "1 1 0"), ["<FREEZE", *b.item(7), ">"], b.item(8, "TAKE", *b.source())
            )
        ),
    )
    result = check(str(path))
    assert result.identical
    assert (result.version, result.tracks, result.items, result.takes) == ("7.41/win64", 1, 1, 2)
    assert (result.envelopes, result.points, result.reaeq_bands) == (1, 2, 0)
    assert result.warnings == ["1 items whose media is missing"]


def test_automation_items_are_reported():
    data = b.project(b.track(1, b.envelope("VOLENV2", "0 1 0", lines=("POOLEDENVINST 1 0 1",))))
    assert b.load(data).session().notes == ("automation items of envelopes are not evaluated: T1",)

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.hosts.rpp import structure
from mixengine.model.plan import NewTrack
from mixengine.model.session import Session, Track
from tests.helpers import rpp_builders as b

NEW = b.guid(99)


def tracks(*depths: int, sends: dict[int, list[int]] | None = None) -> bytes:
    """Tracks T1, T2, … with these depth changes; ``sends``: receiving track → positions of its sources."""
    parts = []
    for number, depth in enumerate(depths, start=1):
        lines = tuple(f"AUXRECV {source} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''" for source in (sends or {}).get(number, ()))
        state = 1 if depth > 0 else 2 if depth < 0 else 0
        parts.append(b.track(number, bus=f"{state} {depth}", lines=lines))
    return b.project(*parts)


def receives(data: bytes) -> dict[str, list[str]]:
    """Track name → names of the tracks it receives from."""
    blocks = b.load(data).root.all("TRACK")
    names = [line.text(1) for block in blocks if (line := block.line("NAME"))]
    return {
        name: [names[line.integer(1)] for line in block.lines if line.name == "AUXRECV"]
        for name, block in zip(names, blocks, strict=True)
    }


def added(data: bytes, parent: int | None) -> bytes:
    return b.done(data, NewTrack(NEW, "new", b.guid(parent) if parent else None))


def removed(data: bytes, number: int) -> bytes:
    return b.done(data, NewTrack(b.guid(number), f"T{number}", remove=True))


@pytest.mark.parametrize(
    ("before", "parent", "after"),
    [
        ((), None, (0,)),
        ((0, 0), None, (0, 0, 0)),
        ((1, -1), None, (1, -1, 0)),
        ((1, 0), None, (1, -1, 0)),
        ((1, 1, 0), None, (1, 1, -2, 0)),
        ((0, 0), 1, (1, -1, 0)),
        ((0, 0), 2, (0, 1, -1)),
        ((1, -1, 0), 1, (1, 0, -1, 0)),
        ((1, -1, 0), 2, (1, 1, -2, 0)),
        ((1, 1, -2, 0), 1, (1, 1, -1, -1, 0)),
        ((1, 1, -2, 0), 2, (1, 1, 0, -2, 0)),
        ((1, 1, -2, 0), 3, (1, 1, 1, -3, 0)),
        ((1, 1, 1, -3), 1, (1, 1, 1, -2, -1)),
        ((1, 1, 0, -1, 0, -1, 0), 2, (1, 1, 0, 0, -1, 0, -1, 0)),
        ((1, 1, 0, -1, 0, -1, 0), 1, (1, 1, 0, -1, 0, 0, -1, 0)),
        ((1, 0), 1, (1, 0, 0)),
    ],
)
def test_a_track_is_added_as_last_child(before, parent, after):
    data = tracks(*before)
    written = added(data, parent)
    assert tuple(b.depths(written)) == after
    assert b.tree(written)["new"] == (f"T{parent}" if parent else None)
    old = b.tree(data)
    assert {name: folder for name, folder in b.tree(written).items() if name != "new"} == old
    states = [line.integer(1) for block in b.load(written).root.all("TRACK") if (line := block.line("ISBUS"))]
    assert states == [1 if depth > 0 else 2 if depth < 0 else 0 for depth in after]


@st.composite
def trees(draw):
    """Depth changes of a well-formed session."""
    level, result = 0, []
    count = draw(st.integers(1, 9))
    for index in range(count):
        last = index == count - 1
        depth = -level if last else draw(st.integers(-level, 1))
        result.append(depth)
        level += depth
    return result


@settings(deadline=None, max_examples=120)
@given(trees(), st.data())
def test_adding_and_removing_keeps_every_other_track_in_its_folder(depths, data):
    count = len(depths)
    links = {r: data.draw(st.lists(st.integers(0, count - 1), max_size=2)) for r in range(1, count + 1)}
    project = tracks(*depths, sends=links)
    parent = data.draw(st.none() | st.integers(1, count))
    written = added(project, parent)
    assert sum(b.depths(written)) == 0
    assert b.tree(written) == {**b.tree(project), "new": f"T{parent}" if parent else None}
    assert receives(written) == {**receives(project), "new": []}
    assert b.done(written, NewTrack(NEW, "new", remove=True)) == project


@settings(deadline=None, max_examples=120)
@given(trees(), st.data())
def test_removing_any_track_keeps_the_rest(depths, data):
    count = len(depths)
    links = {r: data.draw(st.lists(st.integers(0, count - 1), max_size=2)) for r in range(1, count + 1)}
    project = tracks(*depths, sends=links)
    gone = data.draw(st.integers(1, count))
    written = removed(project, gone)
    old = b.tree(project)
    folder = old[f"T{gone}"]
    expected = {name: folder if up == f"T{gone}" else up for name, up in old.items() if name != f"T{gone}"}
    assert b.tree(written) == expected
    assert sum(b.depths(written)) == 0
    links_before = receives(project)
    assert receives(written) == {
        name: [source for source in sources if source != f"T{gone}"]
        for name, sources in links_before.items()
        if name != f"T{gone}"
    }


def test_the_envelopes_of_a_removed_send_go_too():
    lines = ("AUXRECV 0 0 1", "AUXRECV 1 0 1", "AUXRECV 2 0 1")
    track = b.track(4)
    at = track.index("MAINSEND 1 0") + 1
    body = [line for send in lines for line in (send, *b.envelope("AUXVOLENV", f"0 0.{send[8]} 0"))]
    data = b.project(b.track(1), b.track(2), b.track(3), [*track[:at], *body, *track[at:]])
    written = removed(data, 2)
    kept = [line for line in written.decode().split("\r\n") if "AUXRECV" in line or "PT 0" in line]
    assert [line.strip() for line in kept] == ["AUXRECV 0 0 1", "PT 0 0.0 0", "AUXRECV 1 0 1", "PT 0 0.2 0"]


def test_tracks_without_a_folder_line():
    data = b.project(b.track(1), b.track(2)).replace(b"    ISBUS 0 0\r\n", b"")
    written = added(data, 1)
    assert b.tree(written) == {"T1": None, "new": "T1", "T2": None}
    short = b.project(b.track(1), b.track(2)).replace(b"ISBUS 0 0", b"ISBUS")
    assert b.tree(added(short, 1)) == {"T1": None, "new": "T1", "T2": None}
    assert b.tree(removed(written.replace(NEW.encode(), b.guid(7).encode()), 7)) == {"T1": None, "T2": None}


@pytest.mark.parametrize("depths", list(itertools.product([-2, 0, 1, 2], repeat=3)))
def test_malformed_folders_do_no_harm(depths):
    data = tracks(*depths)
    for parent in (None, 1, 2, 3):
        written = added(data, parent)
        assert len(b.load(written).tracks) == 4
        assert b"TRACK {00000063" in written
    for number in (1, 2, 3):
        assert len(b.load(removed(data, number)).tracks) == 2


def test_a_whole_tree_is_made_and_taken_away():
    data = tracks(0, 0)
    changes = (
        NewTrack(b.guid(20), "stems"),
        NewTrack(b.guid(21), "vocals", b.guid(20), -3.0),
        NewTrack(b.guid(22), "drums", b.guid(20)),
        NewTrack(b.guid(23), "kick", b.guid(22), 0.0, 4),
        NewTrack(b.guid(24), "below", b.guid(1)),
    )
    written = b.done(data, *changes)
    assert b.tree(written) == {
        "T1": None,
        "below": "T1",
        "T2": None,
        "stems": None,
        "vocals": "stems",
        "drums": "stems",
        "kick": "drums",
    }
    session = b.load(written).session()
    assert session.track(b.guid(21)).fader_db == pytest.approx(-3.0)
    assert session.track(b.guid(23)).channels == 4
    assert b.undone(data, *changes) == data


def test_added_tracks_are_laid_out_like_the_file():
    for newline in (b"\n", b"\r\n"):
        data = b.project(b.track(1), newline=newline)
        written = added(data, None)
        assert written.count(b"\r\n") == (written.count(b"\n") if newline == b"\r\n" else 0)
        assert newline + b"  <TRACK " + NEW.encode() + newline + b"    NAME new" + newline in written


def test_the_module_works_without_a_plan():
    project = b.load(tracks(0))
    structure.add_track(project, Track("{N}", "n"), None)
    assert [track.id for track in b.load(project.document.render()).session().tracks] == [b.guid(1), "{N}"]
    assert Session("s", "p", 48000).duration_s == 0.0

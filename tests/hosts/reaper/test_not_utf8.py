"""Texts of a project that are not in UTF-8: REAPER's Python cannot read them, its Lua can."""

from __future__ import annotations

import pytest

from mixengine.hosts.reaper import bypass
from mixengine.hosts.reaper.sides import Inside
from mixengine.hosts.reaper.stem_request import Pass, StemRequest
from mixengine.model.plan import Equalizer, Fader
from tests.helpers.reaper_bench import DEEP, EQ, FLAT, Bench, lines
from tests.helpers.rpp_builders import chain, guid, item, plugin, project, reaeq, track

BAD, WORD = b"caf\xe9", b"CAFE"
PLACES = {
    "track": (track(2, chain(plugin()), item(21), name="CAFE"), "track 2", []),
    "plug-in": (track(2, chain(plugin(label="CAFE")), item(21), name="bar"), "bar", []),
    "item": (track(2, chain(plugin()), item(21, lines=("NAME CAFE",)), name="bar"), "bar", ["1 of its items"]),
}


def song(place: str) -> bytes:
    lines = PLACES[place][0]
    return project(track(1, item(11), name="foo"), lines, track(3, name="last")).replace(WORD, BAD)


@pytest.mark.parametrize("place", PLACES)
def test_python_reads_such_a_track_in_pieces_and_says_which_it_is(tmp_path, place):
    _, name, lost = PLACES[place]
    bench = Bench(tmp_path, song(place))
    session = bench.take().parsed().session()
    assert [track.name for track in session.tracks] == ["foo", name, "last"]
    assert session.notes == (
        f"{name}: a text in track 2 is not in UTF-8, which REAPER's Python cannot read ('mixengine reaper install "
        f"--front lua' can); not read: {', '.join(['the states of its plug-ins', 'its sends', *lost])}",
    )
    changes = (Fader(guid(1), 0.0, -3.0), Fader(guid(2), 0.0, -6.0), Equalizer(guid(2), EQ, None, DEEP))
    assert bench.do(*changes) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(*changes), "FXID")
    assert bench.remove() == []
    assert lines(bench.saved) == lines(song(place))


@pytest.mark.parametrize("place", PLACES)
def test_lua_reads_and_writes_it_as_any_other(tmp_path, place):
    pytest.importorskip("lupa", reason="lupa is not installed")
    from tests.hosts.reaper.test_lua_side import LuaBench

    bench = LuaBench(tmp_path, song(place))
    session = bench.take().parsed().session()
    assert (session.notes, len(session.tracks)) == ((), 3)
    assert BAD in bench.take().text.encode("utf-8", "surrogateescape")
    changes = (Fader(guid(1), 0.0, -3.0), Fader(guid(2), 0.0, -6.0), Equalizer(guid(2), EQ, None, DEEP))
    assert bench.do(*changes) == []
    assert lines(bench.saved, "FXID") == lines(bench.file_host(*changes), "FXID")


def test_a_plug_in_of_such_a_name_is_the_users_in_bypass_and_render(tmp_path):
    data = project(track(1, chain(plugin(label="CAFE"), reaeq(EQ, FLAT, guid(77))), item(11))).replace(WORD, BAD)
    bench = Bench(tmp_path, data)
    side = Inside(bench.api)
    assert bypass.bypass_ours(bench.api, side) is False
    assert bench.saved.count(b"BYPASS 1") == 1
    assert bypass.bypass_ours(bench.api, side) is True
    request = StemRequest(8000, (Pass(0.0, 0.1, (guid(1),)),), bypassed=EQ, with_own=(guid(1),))
    bench.sim.rendering.fails = "refuse"
    folder = tmp_path / "job"
    folder.mkdir()
    assert side.render(request.encoded(bench.take(), str(folder)))["state"] == "stopped"
    assert bench.saved == data

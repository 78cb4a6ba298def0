"""Mutes, solos, sends: who is heard through whom."""

from __future__ import annotations

import dataclasses

import pytest

from mixengine.jobs.render.stems import stems
from mixengine.mixer import routing
from mixengine.model.session import MASTER, Receive, Track
from tests.helpers.render_sessions import Songs, mixed, peak_db, session

HALF_DB = -6.020599913279624


@pytest.fixture
def songs(tmp_path) -> Songs:
    return Songs(tmp_path)


@pytest.fixture
def band(songs) -> list[Track]:
    """A folder with two tracks, a third track, and a bus that hears one of each."""
    return [
        Track("drums", "Drums", is_folder=True),
        songs.track("kick", parent="drums"),
        songs.track("snare", parent="drums"),
        songs.track("vox"),
        Track("reverb", "Reverb", receives=(Receive("snare", gain_db=HALF_DB), Receive("vox", gain_db=2.0 * HALF_DB))),
    ]


def with_fields(tracks: list[Track], **fields) -> list[Track]:
    """``kick={"mute": True}`` and so on."""
    return [dataclasses.replace(track, **fields.get(track.id, {})) for track in tracks]


GAINS = {
    "": {"kick": 1.0, "snare": 1.5, "vox": 1.25},
    "mute kick": {"kick": 0.0, "snare": 1.5, "vox": 1.25},
    "mute drums": {"kick": 0.0, "snare": 0.0, "vox": 1.25},
    "mute reverb": {"kick": 1.0, "snare": 1.0, "vox": 1.0},
    "solo kick": {"kick": 1.0, "snare": 0.0, "vox": 0.0},
    "solo snare": {"kick": 0.0, "snare": 1.5, "vox": 0.0},
    "solo drums": {"kick": 1.0, "snare": 1.5, "vox": 0.0},
    "solo reverb": {"kick": 0.0, "snare": 0.5, "vox": 0.25},
    "solo_defeat vox solo kick": {"kick": 1.0, "snare": 0.0, "vox": 1.25},
    "main_send vox": {"kick": 1.0, "snare": 1.5, "vox": 0.25},
    "solo kick mute kick": {"kick": 0.0, "snare": 1.5, "vox": 1.25},
}


@pytest.mark.parametrize("what", GAINS)
def test_who_is_heard_and_how_loud(songs, band, what):
    fields: dict[str, dict] = {}
    words = what.split()
    for word, name in zip(words[::2], words[1::2], strict=True):
        fields.setdefault(name, {})[word] = word != "main_send"
    tracks = with_fields(band, **fields)
    expected = sum(gain * songs.sounds[name] for name, gain in GAINS[what].items())
    assert peak_db(mixed(session(*tracks)) - expected) < -120.0


def test_a_loop_is_left_out_and_named(songs):
    a = songs.track("a", receives=(Receive("b"),))
    b = Track("b", "B bus", receives=(Receive("a"),))
    graph = routing.graph(session(a, b))
    assert graph.unsupported == {"a": ("send to 'B bus': closes a loop",)}
    assert peak_db(mixed(session(a, b)) - songs.sounds["a"]) < -120.0


def test_a_send_into_the_own_folder_is_no_loop_but_one_from_it_is(songs):
    folder = Track("f", "f", is_folder=True, receives=(Receive("a"),))
    child = songs.track("a", parent="f")
    assert peak_db(mixed(session(folder, child)) - 2.0 * songs.sounds["a"]) < -120.0
    back = dataclasses.replace(child, receives=(Receive("f"),))
    assert "closes a loop" in str(routing.graph(session(folder, back)).unsupported)


@pytest.mark.parametrize(
    "receive, said",
    [
        (Receive("a", target_channel=2), "into channel 3 (a side chain)"),
        (Receive("a", target_channel=1026), "into channel 3 (a side chain)"),
        (Receive("a", source_channel=2), "from channel 3"),
        (Receive("a", source_channel=2048), "more than two channels"),
    ],
)
def test_other_channels_are_named(songs, receive, said):
    of = session(songs.track("a"), Track("bus", "bus", receives=(receive,)))
    assert routing.graph(of).unsupported == {"a": (f"send to 'bus': {said}",)}
    assert peak_db(mixed(of) - songs.sounds["a"]) < -120.0


def test_every_track_stands_after_what_it_hears(songs, band):
    graph = routing.graph(session(*band[::-1]))
    places = {name: place for place, name in enumerate((*graph.order, MASTER))}
    assert all(places[edge.source] < places[name] for name, edges in graph.into.items() for edge in edges)


def test_stems_by_track_group_and_selection(band):
    of = session(*with_fields(band, drums={"selected": True}, snare={"selected": True}))
    graph = routing.graph(of)
    names = {by: [(stem.name, stem.tracks) for stem in stems(of, graph, by)] for by in ("track", "group", "selection")}
    assert names == {
        "track": [("kick", ("kick",)), ("snare", ("snare",)), ("vox", ("vox",))],
        "group": [("Drums", ("kick", "snare")), ("vox", ("vox",))],
        "selection": [("Drums", ("kick",)), ("snare", ("snare",))],
    }


def test_a_folder_around_everything_is_no_group(band):
    inside = [dataclasses.replace(track, parent=track.parent or "mix") for track in band]
    of = session(Track("mix", "Mix", is_folder=True), *inside)
    assert [stem.name for stem in stems(of, routing.graph(of), "group")] == ["Drums", "vox"]


def test_file_names_are_safe_and_once_each(songs):
    names = ("Vöx/лид", "VÖX/лид", "a:b", " . ", "kick", "kick")
    tracks = [dataclasses.replace(songs.track(f"t{i}"), name=name) for i, name in enumerate(names)]
    files = [stem.file for stem in stems(session(*tracks), routing.graph(session(*tracks)), "track")]
    assert files == ["Vöx_лид", "VÖX_лид (2)", "a_b", "_", "kick", "kick (2)"]

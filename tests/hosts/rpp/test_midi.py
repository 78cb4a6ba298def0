"""What MIDI items play, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixengine.hosts.rpp import midi_file, notes_played
from mixengine.hosts.rpp.notes_played import MAX_WAYS
from mixengine.hosts.rpp.syntax import Document
from mixengine.hosts.rpp.tempo import TempoMap
from mixengine.model.effects import MidiEvent
from tests.helpers.plugin_sessions import fx, midi
from tests.helpers.rpp_builders import HEAD, item, load, project, track

CLASS = "A89AB56916CB4775BB16BD5F8674AF25"
SYNTH = ["BYPASS 0 0 0", f'<VST "VST3i: Keys (Maker)" keys.vst3 0 "" 1{{{CLASS}}} ""', "AAAA", ">", "WAK 0 0"]


def events_of(data: bytes) -> tuple[MidiEvent, ...]:
    effect = load(data).session(hosted=True).tracks[0].effects[0]
    assert effect.plugin is not None
    return effect.plugin.midi


def placed(media: list[str], position_s: float, length_s: float, *, offset_s: float = 0.0, **lines: str) -> list[str]:
    replaced = {
        "POSITION 1.5": f"POSITION {position_s}",
        "LENGTH 3.25": f"LENGTH {length_s}",
        "SOFFS 0.75": f"SOFFS {offset_s}",
        "LOOP 1": f"LOOP {lines.pop('loop', '0')}",
        "MUTE 0 0": f"MUTE {lines.pop('mute', '0 0')}",
    }
    more = tuple(f"{name.upper()} {value}" for name, value in lines.items())
    return [replaced.get(line, line) for line in item(int(position_s * 10) + 10, media=media, lines=more)]


def played(*items: list[str], head: tuple[str, ...] = HEAD) -> list[tuple[float, str]]:
    data = project(track(1, fx(SYNTH), *items), head=head)
    return [(round(event.time_s, 6), event.message.hex()) for event in events_of(data)]


NOTE = midi((0, 480, 60), (960, 1920, 64))


def test_ticks_are_quarters_of_the_tempo() -> None:
    assert played(placed(NOTE, 1.0, 4.0)) == [(1.0, "903c64"), (1.25, "803c00"), (1.5, "904064"), (2.0, "804000")]
    slow = ("SAMPLERATE 48000 1 0", "TEMPO 60 4 4")
    assert played(placed(NOTE, 1.0, 4.0), head=slow)[2:] == [(2.0, "904064"), (3.0, "804000")]


def test_an_item_begins_late_in_its_source_and_ends_early() -> None:
    assert played(placed(NOTE, 1.0, 0.4, offset_s=0.25)) == [(1.25, "904064"), (1.4, "804000")]
    assert played(placed(NOTE, 1.0, 4.0, playrate="2 1 0")) == [
        (1.0, "903c64"),
        (1.125, "803c00"),
        (1.25, "904064"),
        (1.5, "804000"),
    ]
    assert played(placed(NOTE, 1.0, 4.0, playrate="1 1 -3"))[0] == (1.0, "903964")


def test_a_loop_repeats_the_source_up_to_its_mark() -> None:
    media = ["<SOURCE MIDI", "HASDATA 1 960 QN", "E 0 90 3c 64", "e 240 80 3c 00", "E 720 b0 7b 00", ">"]
    times = [time for time, message in played(placed(media, 0.0, 1.2, loop="1")) if message.startswith("90")]
    assert times == [0.0, 0.5, 1.0]
    held = ["<SOURCE MIDI", "HASDATA 1 960 QN", "E 0 90 3c 64", "E 960 b0 7b 00", ">"]
    assert played(placed(held, 0.0, 1.0, loop="1")) == [
        (0.0, "903c64"),
        (0.5, "803c00"),
        (0.5, "903c64"),
        (1.0, "803c00"),
    ]


def test_a_note_ends_before_the_next_of_its_pitch_begins_wherever_they_meet() -> None:
    held = midi((0, 1920, 60))
    for meet_s in (1.3000005, 1.3, 1.2999995):
        items = placed(held, 1.0, meet_s - 1.0 + 1e-8), placed(held, meet_s - 1e-8, 1.0)
        assert [message for _, message in played(*items)] == ["903c64", "803c00", "903c64", "803c00"]


def test_muted_items_and_notes_are_silent_and_pools_are_shared() -> None:
    data = ["<SOURCE MIDI", "HASDATA 1 960 QN", "POOLEDEVTS {A}", "Em 0 90 3c 64", "E 10 e0 00 50", "E 10 c0 05", ">"]
    copy = ["<SOURCE MIDIPOOL", "POOLEDEVTS {A}", ">"]
    assert [message for _, message in played(placed(data, 0.0, 1.0), placed(copy, 2.0, 1.0))] == ["e00050", "c005"] * 2
    assert played(placed(NOTE, 1.0, 4.0, mute="1 0")) == []


def test_system_messages_count_their_ticks() -> None:
    data = ["<SOURCE MIDI", "HASDATA 1 960 QN", "<X 960 0", "AAAA", ">", "E 0 90 3c 64", "E 960 80 3c 00", ">"]
    assert played(placed(data, 0.0, 4.0)) == [(0.5, "903c64"), (1.0, "803c00")]


def test_an_own_tempo_overrides_the_projects() -> None:
    data = [*NOTE[:-1], "IGNTEMPO 1 60 4 4", ">"]
    assert played(placed(data, 1.0, 9.0))[2] == (2.0, "904064")


def tempo(*points: str, bpm: float = 120.0) -> TempoMap:
    lines = [f"TEMPO {bpm} 4 4", "<TEMPOENVEX", "ACT 1 -1", *(f"PT {point}" for point in points), ">"]
    root = Document(project(lines, head=())).root
    assert root is not None
    return TempoMap(root)


def test_a_tempo_map_jumps_and_glides() -> None:
    jumps = tempo("0 120 1", "2 60 1")
    assert [jumps.quarters_at(time_s) for time_s in (1.0, 2.0, 4.0)] == [2.0, 4.0, 6.0]
    glides = tempo("0 60 0", "4 120 1")
    assert glides.quarters_at(4.0) == pytest.approx(6.0)  # 90 on average
    assert glides.bpm_at(2.0) == pytest.approx(90.0)
    for time_s in (0.0, 0.7, 3.9, 4.0, 9.0):
        assert glides.seconds_at(glides.quarters_at(time_s)) == pytest.approx(time_s, abs=1e-9)


def test_notes_follow_a_tempo_that_changes_within_the_item() -> None:
    head = (*HEAD[:2], "TEMPO 120 4 4", "<TEMPOENVEX", "ACT 1 -1", "PT 0 120 1", "PT 1.5 60 1", ">")
    assert played(placed(NOTE, 1.0, 9.0), head=head)[2:] == [(1.5, "904064"), (2.5, "804000")]


def standard_file(*tracks: bytes, division: int = 480) -> bytes:
    chunks = [b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks]
    return b"MThd" + bytes((0, 0, 0, 6, 0, 1, 0, len(tracks))) + division.to_bytes(2, "big") + b"".join(chunks)


TEMPO_TRACK = bytes.fromhex("00ff5103 07a120 00ff2f00")
NOTES_TRACK = bytes.fromhex("00903c64 8170 3c00 00f00201f7 8170 904064 8170 4000 00ff2f00")


def test_a_file_of_its_own_is_read(tmp_path: Path) -> None:
    (tmp_path / "song.mid").write_bytes(standard_file(TEMPO_TRACK, NOTES_TRACK))
    media = ["<SOURCE MIDI", 'FILE "song.mid" 1', ">"]
    project_of = project(track(1, fx(SYNTH), placed(media, 0.0, 4.0)))
    effect = load(project_of, tmp_path / "song.RPP").session(hosted=True).tracks[0].effects[0]
    assert effect.plugin is not None
    events = [(event.time_s, event.message.hex()) for event in effect.plugin.midi]
    assert events == [(0.0, "903c64"), (0.25, "903c00"), (0.5, "904064"), (0.75, "904000")]
    assert not effect.notes


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"RIFF", "no MIDI file"),
        (standard_file(NOTES_TRACK)[:-9], "cut off"),
        (standard_file(NOTES_TRACK, division=0xE728), "in seconds"),
        (standard_file(bytes.fromhex("003c64")), "damaged"),
    ],
)
def test_files_that_are_none_say_so(data: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "bad.mid").write_bytes(data)
    with pytest.raises(midi_file.NotMidi, match=why):
        midi_file.read(str(tmp_path / "bad.mid"))
    media = ["<SOURCE MIDI", 'FILE "bad.mid" 1', ">"]
    read = load(project(track(1, fx(SYNTH), placed(media, 0.0, 4.0))), tmp_path / "song.RPP").session(hosted=True)
    assert read.tracks[0].effects[0].notes == ("MIDI file that cannot be read",)


def test_notes_come_by_sends_and_out_of_folders() -> None:
    """All channels, one channel that becomes another, none; a muted source and a send in a circle."""

    def keys(flags: int, *, lines: tuple[str, ...] = ()) -> list[list[str]]:
        send = (f"AUXRECV 1 0 1 0 0 0 0 0 0 -1:U {flags} -1 ''", *lines)
        return [track(1, fx(SYNTH), lines=send), track(2, placed(NOTE, 0.0, 0.3), name="notes")]

    def heard(*tracks: list[str]) -> list[str]:
        return [event.message.hex() for event in events_of(project(*tracks))]

    assert heard(*keys(0)) == ["903c64", "803c00"]
    assert heard(*keys(1 | 3 << 5)) == ["923c64", "823c00"]
    assert heard(*keys(2)) == heard(*keys(31)) == []
    muted = [line.replace("MUTESOLO 0", "MUTESOLO 1") for line in keys(0)[1]]
    assert heard(keys(0)[0], muted) == []
    circle = track(2, placed(NOTE, 0.0, 0.3), lines=("AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''",))
    assert heard(keys(0)[0], circle) == ["903c64", "803c00"]
    assert heard(track(1, fx(SYNTH), bus="1 1"), track(2, placed(NOTE, 0.0, 0.3), bus="2 -1")) == ["903c64", "803c00"]


def layered(layers: int, width: int, notes: bool = True) -> bytes:
    """An instrument, and layers of tracks that each send to all of the layer before; the last one has the notes."""
    tracks = [[0], *([1 + width * layer + number for number in range(width)] for layer in range(layers))]
    texts = [track(1, fx(SYNTH), lines=_sends(tracks[1]))]
    for layer, numbers in enumerate(tracks[1:], 1):
        senders = tracks[layer + 1] if layer < layers else []
        item_lines = [placed(NOTE, 0.0, 0.3)] if notes and layer == layers else []
        texts += [track(number + 1, *item_lines, lines=_sends(senders)) for number in numbers]
    return project(*texts)


def _sends(senders: list[int]) -> tuple[str, ...]:
    return tuple(f"AUXRECV {sender} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''" for sender in senders)


def test_events_by_many_ways_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand ways of a long item each would fill the memory."""
    monkeypatch.setattr(notes_played, "MAX_EVENTS", 10)
    many = load(layered(3, 3)).session(hosted=True).tracks[0].effects[0]
    assert many.plugin is not None and 10 <= len(many.plugin.midi) < 2 * 3**3
    assert many.notes == ("notes by further ways of sends: there are 10 events already",)


def test_ways_through_layers_of_sends_are_bounded_and_what_is_left_out_is_named() -> None:
    few = load(layered(3, 3)).session(hosted=True).tracks[0].effects[0]
    assert few.plugin is not None and len(few.plugin.midi) == 2 * 3**3  # as often as there are ways
    assert few.notes == ()
    many = load(layered(12, 6)).session(hosted=True).tracks[0].effects[0]  # two thousand million ways
    assert many.plugin is not None and 0 < len(many.plugin.midi) <= 2 * MAX_WAYS
    assert many.notes == (f"notes by more than {MAX_WAYS} ways of sends",)
    assert load(layered(12, 6, notes=False)).session(hosted=True).tracks[0].effects[0].notes == ()

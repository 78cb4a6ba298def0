"""What the MIDI items of a track play, as messages at times of the session.

``<SOURCE MIDI`` holds ``HASDATA 1 ticks QN`` and events, ``E ticks-since-the-last status data data``: lower case where
selected, with an ``m`` behind where muted; the last one, all notes off, marks the end. Copies that share their events
(``MIDIPOOL``) name them by ``POOLEDEVTS``; others lie in a ``FILE``. ``IGNTEMPO 1 bpm`` plays by a tempo of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mixengine.hosts.rpp import midi_file
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.tempo import TempoMap
from mixengine.hosts.rpp.words import Line
from mixengine.model.effects import MidiEvent
from mixengine.model.session import Clip

Resolve = Callable[[str], tuple[str, bool]]
"""Turns a path as written in the project into (path on this machine, whether it exists)."""
_NOTE_OFF, _NOTE_ON, _PROGRAM, _SYSTEM = 0x80, 0x90, 0xC0, 0xF0
_TWO_BYTES = (_PROGRAM, 0xD0)
_DEFAULT_TICKS = 960
_MAX_REPEATS = 100_000
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class MidiSource:
    """The events of a source, in quarter notes from its start, and its length; ``own_bpm`` is a tempo of its own."""

    events: tuple[tuple[float, bytes], ...]
    length: float
    own_bpm: float | None = None


class MidiReader:
    """Reads the MIDI items of a project."""

    def __init__(self, root: Block, resolve: Resolve) -> None:
        self._tempo, self._resolve = TempoMap(root), resolve
        self._pool: dict[str, Block] = {}
        for track in root.all("TRACK"):
            for item in track.all("ITEM"):
                for source in _sources(item):
                    pool = source.line("POOLEDEVTS")
                    if pool is not None and source.line("HASDATA") is not None:
                        self._pool.setdefault(pool.text(1), source)

    def events(self, clip: Clip, source: Block, transposed: int = 0) -> list[MidiEvent] | None:
        """What an item plays, in order of time; notes end with it, and with each round of a loop. ``None`` where the
        events are neither in the project nor in a file that can be read.

        Parameters
        ----------
        clip : Clip
            Of kind ``midi``: place, length, offset, rate and loop count.
        source : Block
            The take's ``SOURCE``.
        transposed : int
            Semitones.
        """
        read = self._read(source)
        if read is None or clip.length_s <= 0.0:
            return None if read is None else []
        clock = _Clock(self._tempo, clip, read.own_bpm)
        begin, end = clock.source_at(0.0), clock.source_at(clip.length_s)
        events: list[MidiEvent] = []
        held: dict[tuple[int, int], None] = {}
        for at, written in _played(read, begin, end, clip.loop):
            message = _transposed(written, transposed)
            if _keep(held, message):
                events.append(MidiEvent(clip.position_s + clock.clip_s(at), message))
        events += [MidiEvent(clip.end_s, bytes((_NOTE_OFF | channel, note, 0))) for channel, note in held]
        return events

    def _read(self, source: Block) -> MidiSource | None:
        """The events of a source; ``None`` where they cannot be read."""
        own = source
        while source.opening.text(1).upper() == "SECTION":  # its limits are not in ticks
            inner = source.first("SOURCE")
            if inner is None:
                return None
            source = inner
        head = source.line("HASDATA")
        if head is None:
            pool = source.line("POOLEDEVTS")
            source = self._pool.get(pool.text(1), source) if pool else source
            head = source.line("HASDATA")
        tempo = own.line("IGNTEMPO") or source.line("IGNTEMPO")
        own_bpm = tempo.number(2, 120.0) if tempo is not None and tempo.integer(1) else None
        if head is not None:
            events, length = _events(source, max(head.integer(2, _DEFAULT_TICKS), 1))
            return MidiSource(tuple(events), length, own_bpm)
        file = source.line("FILE")
        if file is None:
            return None
        try:
            events, length = midi_file.read(self._resolve(file.text(1))[0])
        except midi_file.NotMidi:
            return None
        return MidiSource(tuple(events), length, own_bpm)


class _Clock:
    """Between quarter notes of an item's source and seconds from the item's start."""

    def __init__(self, tempo: TempoMap, clip: Clip, own_bpm: float | None) -> None:
        self._tempo, self._clip, self._own_bpm = tempo, clip, own_bpm
        self._begin = tempo.quarters_at(clip.position_s)
        bpm = own_bpm or tempo.bpm_at(clip.position_s)
        self._offset = clip.offset_s * bpm / 60.0

    def source_at(self, seconds: float) -> float:
        """Where in the source, whose rounds count on, the item is after so many seconds."""
        if self._own_bpm:
            passed = seconds * self._own_bpm / 60.0
        else:
            passed = self._tempo.quarters_at(self._clip.position_s + seconds) - self._begin
        return self._offset + passed * self._clip.rate

    def clip_s(self, quarters: float) -> float:
        """The reverse of `source_at`."""
        passed = (quarters - self._offset) / self._clip.rate
        if self._own_bpm:
            return passed * 60.0 / self._own_bpm
        return self._tempo.seconds_at(self._begin + passed) - self._clip.position_s


def _sources(item: Block) -> Iterator[Block]:
    for source in item.all("SOURCE"):
        yield source
        yield from source.all("SOURCE")


def _events(source: Block, ticks: int) -> tuple[list[tuple[float, bytes]], float]:
    """Events that sound, in quarter notes, and the length of the source."""
    at, last, events = 0, None, []
    for entry in source.entries:
        line = entry if isinstance(entry, Line) else entry.opening
        name = line.name.lstrip("<")
        if name not in ("E", "e", "Em", "em", "X", "x", "Xm", "xm"):
            continue
        at += line.integer(1)
        if name[0] in "Ee":
            last = at
            message = _message(line)
            if message and not name.endswith("m"):
                events.append((at / ticks, message))
    if events and last is not None and events[-1][1][0] & 0xF0 == 0xB0 and events[-1][1][1] == 0x7B:
        del events[-1]  # the mark of the end
    return events, (last or 0) / ticks


def _message(line: Line) -> bytes:
    try:
        data = bytes(int(word, 16) for word in line.words[2:5])
    except ValueError:
        return b""
    if len(data) < 2 or not _NOTE_OFF <= data[0] < _SYSTEM or max(data[1:]) > 127:
        return b""
    return data[:2] if data[0] & 0xF0 in _TWO_BYTES else data if len(data) == 3 else b""


def _played(source: MidiSource, begin: float, end: float, loop: bool) -> Iterator[tuple[float, bytes]]:
    """Events from ``begin`` up to ``end``, both counted through the rounds of a loop; notes end with each round."""
    if not loop or source.length <= 0.0:
        yield from ((at, data) for at, data in source.events if begin - _TOLERANCE <= at < end - _TOLERANCE)
        return
    first = int(begin // source.length)
    for round_number in range(first, first + _MAX_REPEATS):
        start = round_number * source.length
        if start >= end - _TOLERANCE:
            return
        held: dict[tuple[int, int], None] = {}
        for at, data in source.events:
            if begin - _TOLERANCE <= start + at < end - _TOLERANCE and _keep(held, data):
                yield start + at, data
        if start + source.length < end - _TOLERANCE:
            yield from ((start + source.length, bytes((_NOTE_OFF | channel, note, 0))) for channel, note in held)


def _keep(held: dict[tuple[int, int], None], message: bytes) -> bool:
    """Count which notes are held; whether a message is to be sent: no end of a note that did not begin."""
    kind, key = message[0] & 0xF0, (message[0] & 0x0F, message[1])
    if kind == _NOTE_ON and message[2]:
        held[key] = None
    elif kind in (_NOTE_ON, _NOTE_OFF):
        return held.pop(key, False) is None
    return True


def _transposed(message: bytes, semitones: int) -> bytes:
    if not semitones or message[0] & 0xF0 not in (_NOTE_OFF, _NOTE_ON, 0xA0):
        return message
    return bytes((message[0], min(max(message[1] + semitones, 0), 127), *message[2:]))

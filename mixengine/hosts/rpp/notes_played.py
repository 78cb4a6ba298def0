"""The notes that instruments play: of the track's MIDI items, of tracks that send to it, and of those in its folder.

A send (``AUXRECV``) carries notes unless the lowest five bits of its MIDI flags are all set; they name the one channel
that is sent (0: all), the next five the channel that it becomes (0: the same). That a folder gets the notes of the
tracks in it by their main sends, and that notes pass instruments, is inferred. A track that sends in several ways is
played as often; in layers of tracks the ways multiply, so that no more than `MAX_WAYS` are followed, and none of the
others once there are `MAX_EVENTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from mixengine.hosts.rpp import items
from mixengine.hosts.rpp.midi import MidiReader
from mixengine.hosts.rpp.syntax import Block
from mixengine.model import near
from mixengine.model.effects import Effect, MidiEvent
from mixengine.model.session import Track

MAX_WAYS = 1000
"""Ways by which notes reach one instrument, its own items among them; what comes by more is left out and named."""
MAX_EVENTS = 1_000_000
"""Of one instrument: an hour at 280 a second. The items of one track are played whole in any case."""
_NOTE_ON = 0x90
_ROUNDED_S = 1e-6
_NONE, _CHANNEL_BITS = 31, 5

ItemsOf = Callable[[Block], Mapping[str, Block]]
"""Item id → its block, of a track's block."""


def given(
    tracks: Sequence[Track], blocks: Mapping[str, Block], items_of: ItemsOf, reader: MidiReader
) -> tuple[Track, ...]:
    """The tracks whose hosted instruments know what they play.

    Parameters
    ----------
    tracks : sequence of Track
        All of the project.
    blocks : mapping of str to Block
        Track id → its block, in the same order.
    items_of : callable
    reader : MidiReader
    """
    played = _Played(tracks, blocks, items_of, reader)
    return tuple(played.given(track) if any(map(_is_instrument, track.effects)) else track for track in tracks)


def _is_instrument(effect: Effect) -> bool:
    return effect.plugin is not None and effect.plugin.is_instrument


class _Played:
    """What the tracks of a project play."""

    def __init__(
        self, tracks: Sequence[Track], blocks: Mapping[str, Block], items_of: ItemsOf, reader: MidiReader
    ) -> None:
        self._tracks = {track.id: track for track in tracks}
        self._names = list(blocks)
        self._blocks, self._items_of, self._reader = blocks, items_of, reader
        self._sending = {track.id: list(self._senders(track)) for track in tracks}
        self._carriers = self._reached_by_notes(tracks)
        self._of_items: dict[str, tuple[list[MidiEvent], dict[str, None]]] = {}
        self._ways = self._many = 0

    def given(self, track: Track) -> Track:
        lost: dict[str, None] = {}
        self._ways = self._many = 0
        together = near.runs(self._events(track, lost, frozenset()), lambda event: event.time_s, _ROUNDED_S)
        events = [event for run in together for event in sorted(run, key=_begins)]
        return replace(track, effects=tuple(_with_notes(effect, tuple(events), lost) for effect in track.effects))

    def _events(self, track: Track, lost: dict[str, None], around: frozenset[str]) -> list[MidiEvent]:
        """All that a track gets; tracks in ``around`` are being asked already."""
        self._ways += 1
        around |= {track.id}
        events, troubles = self._own(track)
        events = [*events]
        self._many += len(events)
        lost.update(troubles)
        for name, flags in self._sending[track.id]:
            source = self._tracks[name]
            if source.mute or name in around or name not in self._carriers:
                continue
            if self._ways >= MAX_WAYS:
                lost[f"notes by more than {MAX_WAYS} ways of sends"] = None
                break
            if self._many >= MAX_EVENTS:
                lost[f"notes by further ways of sends: there are {MAX_EVENTS} events already"] = None
                break
            events += _sent(self._events(source, lost, around), flags)
        return events

    def _reached_by_notes(self, tracks: Sequence[Track]) -> set[str]:
        """Tracks that have MIDI items, or to which one of these sends, directly or through others."""
        receivers: dict[str, list[str]] = {}
        for receiver, senders in self._sending.items():
            for sender, _ in senders:
                receivers.setdefault(sender, []).append(receiver)
        waiting = [track.id for track in tracks if any(clip.source.kind == "midi" for clip in track.clips)]
        reached = set(waiting)
        while waiting:
            fresh = set(receivers.get(waiting.pop(), ())) - reached
            reached |= fresh
            waiting += fresh
        return reached

    def _senders(self, track: Track) -> Iterator[tuple[str, int]]:
        """Tracks that send notes into a track, each with the flags of its send."""
        for line in self._blocks[track.id].lines:
            if line.name == "AUXRECV" and not line.integer(5) and 0 <= line.integer(1, -1) < len(self._names):
                yield self._names[line.integer(1)], line.integer(11)
        yield from ((other.id, 0) for other in self._tracks.values() if other.parent == track.id and other.main_send)

    def _own(self, track: Track) -> tuple[list[MidiEvent], dict[str, None]]:
        """What the items of a track play that are not muted, of each the active take, and what of it is lost."""
        if track.id not in self._of_items:
            self._of_items[track.id] = self._read(track)
        return self._of_items[track.id]

    def _read(self, track: Track) -> tuple[list[MidiEvent], dict[str, None]]:
        blocks = self._items_of(self._blocks[track.id])
        events: list[MidiEvent] = []
        lost: dict[str, None] = {}
        for clip in sorted(track.clips, key=lambda clip: clip.position_s):
            if clip.mute or clip.source.kind != "midi" or clip.id not in blocks:
                continue
            all_takes, active = items.takes(blocks[clip.id])
            source, pitch = all_takes[active].source, all_takes[active].lines.get("PLAYRATE")
            if source is None:
                continue
            semitones = pitch.number(3) if pitch is not None else 0.0
            played = self._reader.events(clip, source, round(semitones))
            events += played or []
            troubles = {
                "MIDI file that cannot be read": played is None,
                "volume of MIDI items": clip.gain_db != 0.0,
                "transposition by parts of a semitone": semitones != round(semitones),
            }
            lost.update(dict.fromkeys(trouble for trouble, is_so in troubles.items() if is_so))
        return events, lost


def _sent(events: Iterable[MidiEvent], flags: int) -> Iterator[MidiEvent]:
    """Events as a send lets them through."""
    source, target = flags & _NONE, flags >> _CHANNEL_BITS & _NONE
    for event in events:
        status = event.message[0]
        if source == _NONE or (source and status & 0x0F != source - 1):
            continue
        channel = (target - 1) & 0x0F if target else status & 0x0F
        yield replace(event, message=bytes((status & 0xF0 | channel, *event.message[1:])))


def _begins(event: MidiEvent) -> bool:
    """Whether it begins a note: what else comes at the same time is said before."""
    return event.message[0] & 0xF0 == _NOTE_ON and event.message[2] > 0


def _with_notes(effect: Effect, events: tuple[MidiEvent, ...], lost: Iterable[str]) -> Effect:
    if effect.plugin is None or not effect.plugin.is_instrument:
        return effect
    return replace(effect, plugin=replace(effect.plugin, midi=events), notes=(*effect.notes, *lost))

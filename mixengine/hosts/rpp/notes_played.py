"""The notes that a track's MIDI items play, given to the instruments of the track."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mixengine.hosts.rpp import items
from mixengine.hosts.rpp.midi import MidiReader
from mixengine.hosts.rpp.syntax import Block
from mixengine.model.effects import Effect, MidiEvent
from mixengine.model.session import Track

_NOTE_ON = 0x90
_ROUNDED_S = 1e-6


def given(track: Track, item_blocks: Mapping[str, Block], reader: MidiReader) -> Track:
    """A track whose hosted instruments know what they play: the items that are not muted, of each the active take.

    Parameters
    ----------
    item_blocks : mapping of str to Block
        Item id → its block.
    """
    if not any(effect.plugin is not None and effect.plugin.is_instrument for effect in track.effects):
        return track
    events: list[MidiEvent] = []
    lost: dict[str, None] = {}
    for clip in sorted(track.clips, key=lambda clip: clip.position_s):
        if clip.mute or clip.source.kind != "midi" or clip.id not in item_blocks:
            continue
        all_takes, active = items.takes(item_blocks[clip.id])
        source, pitch = all_takes[active].source, all_takes[active].lines.get("PLAYRATE")
        if source is None:
            continue
        semitones = pitch.number(3) if pitch is not None else 0.0
        if (played := reader.events(clip, source, round(semitones))) is None:
            lost["MIDI file that cannot be read"] = None
            continue
        events += played
        if clip.gain_db:
            lost["volume of MIDI items"] = None
        if semitones != round(semitones):
            lost["transposition by parts of a semitone"] = None
    if track.receives and any(receive.source_channel < 0 for receive in track.receives):
        lost["MIDI from other tracks"] = None
    events.sort(key=lambda event: (round(event.time_s / _ROUNDED_S), _begins(event)))
    return replace(track, effects=tuple(_with_notes(effect, tuple(events), tuple(lost)) for effect in track.effects))


def _begins(event: MidiEvent) -> bool:
    """Whether it begins a note: what else comes at the same time is said before."""
    return event.message[0] & 0xF0 == _NOTE_ON and event.message[2] > 0


def _with_notes(effect: Effect, events: tuple[MidiEvent, ...], lost: tuple[str, ...]) -> Effect:
    if effect.plugin is None or not effect.plugin.is_instrument:
        return effect
    return replace(effect, plugin=replace(effect.plugin, midi=events), notes=(*effect.notes, *lost))

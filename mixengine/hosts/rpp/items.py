"""Items of a project file as clips: the active take of each, or all takes where the item plays them together.

An item's lines up to the first ``TAKE`` line belong to take 1; ``TAKE [NULL] [SEL]`` begins another. The first take
is the active one unless a ``TAKE`` line says ``SEL``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from mixengine.hosts.rpp import envelopes, fx_chains, switches
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import EQUAL_POWER, Clip, Fade, Source
from mixengine.model.units import decibels

_SILENT_KINDS = {
    "MIDI": "midi",
    "MIDIPOOL": "midi",
    "CLICK": "click",
    "VIDEO": "video",
    "RPP_PROJECT": "subproject",
    "EMPTY": "empty",
    "LTC": "timecode",
}
_SUBPROJECT = "RPP_PROJECT"
_IN_FILES = ("VIDEO", _SUBPROJECT)
_MAX_SECONDS = 1e7
_TOLERANCE = 1e-6
"""Of a pitch in semitones: project files keep 14 decimals."""
_MAX_TAKES_BEHIND = 8
"""Up to this many takes before the active one are read too."""

Resolve = Callable[[str], tuple[str, bool]]
"""Turns a path as written in the project into (path on this machine, whether it exists)."""


@dataclass
class Take:
    """The lines and blocks of one take, the ``TAKE`` line that begins it (none for the first), and where it ends."""

    mark: Line | None = None
    end: int = 0
    empty: bool = False
    lines: dict[str, Line] = field(default_factory=dict)
    source: Block | None = None
    envelopes: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stretch_markers: bool = False

    @property
    def guid(self) -> str:
        """REAPER's id of the take; very old files have none."""
        return _text(self.lines, "GUID")

    @property
    def levels(self) -> tuple[float, float, float]:
        """Volume (negative: inverted), pan and pan law: in the item's VOLPAN for the first take, else in TAKEVOLPAN."""
        line = self.lines.get("VOLPAN" if self.mark is None else "TAKEVOLPAN")
        if line is None:
            return 1.0, 0.0, -1.0
        volume_at, pan_at, law_at = (3, 2, 4) if self.mark is None else (2, 1, 3)
        return line.number(volume_at, 1.0), line.number(pan_at), line.number(law_at, -1.0)


def takes(item: Block) -> tuple[list[Take], int]:
    """The takes of an item and the index of the active one."""
    result, active = [Take(end=item.inside)], 0
    for entry in item.entries:
        take = result[-1]
        if isinstance(entry, Block):
            _add_block(take, entry)
        elif entry.name == "TAKE":
            words = entry.words[1:]
            take = Take(entry, empty="NULL" in words)
            result.append(take)
            if "SEL" in words:
                active = len(result) - 1
        elif entry.name in switches.TAKE_LINES:
            take.notes.append(switches.TAKE_LINES[entry.name])
            take.stretch_markers |= entry.name == "SM"
        elif entry.name:
            take.lines.setdefault(entry.name, entry)
        take.end = entry.end
    for take in result:
        take.empty = take.empty or take.source is None
    return result, active


def _add_block(take: Take, block: Block) -> None:
    if block.name == "SOURCE":
        take.source = take.source or block
    elif block.name in envelopes.TAKE_ENVELOPES:
        take.envelopes.append(block)
        if envelopes.is_active(block) and envelopes.has_automation_items(block):
            take.notes.append(switches.TAKE_AUTOMATION_ITEMS)
    elif block.name in switches.TAKE_BLOCKS and switches.asks(block):
        take.notes.append(switches.TAKE_BLOCKS[block.name])
    elif block.name == "TAKEFX" and any(not effect.bypassed for effect in fx_chains.effects_of(block)):
        take.notes.append("take FX (not heard by mixengine)")


def read_clips(item: Block, item_id: str, resolve: Resolve) -> tuple[Clip, ...]:
    """An item as clips: one, under the id from `Project.items`, with the active take; where all takes play
    (``ALLTAKES``), one for each of the other takes too. An empty active take has an ``empty`` source.
    """
    all_takes, active = takes(item)
    clip = None
    for place in range(max(active - _MAX_TAKES_BEHIND, 0), active):
        clip = _read_take(all_takes, place, item_id, resolve, clip)
    clip = _read_take(all_takes, active, item_id, resolve, clip)
    together = all_takes[0].lines.get("ALLTAKES")
    others = [place for place, take in enumerate(all_takes) if place != active and not take.empty]
    if together is None or not together.integer(1) or not others:
        return (clip,)
    names = [f"{item_id}/take {place + 1}" for place in others]
    rest = (_read_take(all_takes, place, name, resolve, None) for place, name in zip(others, names, strict=True))
    return tuple(replace(each, beside=item_id) for each in (clip, *rest))


def _read_take(all_takes: list[Take], active: int, item_id: str, resolve: Resolve, behind: Clip | None) -> Clip:
    """The item as a `Clip` with the take at index ``active``."""
    first, take = all_takes[0].lines, all_takes[active]
    volpan = first.get("VOLPAN")
    item_volume = volpan.number(1, 1.0) if volpan else 1.0
    volume, pan, _ = take.levels
    playrate = take.lines.get("PLAYRATE")
    rate = playrate.number(1, 1.0) if playrate else 1.0
    resampled = playrate is None or _is_resampled(playrate, rate)
    notes = list(dict.fromkeys(take.notes))
    if not 1e-3 <= rate <= 1e3:
        notes.append(f"play rate {rate:g} (played at 1)")
        rate = 1.0
    elif not resampled:
        notes.append("time stretch or pitch shift (played by resampling)")
    loop, selected, locked = (first.get(name) for name in ("LOOP", "SEL", "LOCK"))
    return Clip(
        id=item_id,
        source=_source(take.source, resolve) if take.source else Source("", "empty"),
        position_s=_seconds(first, "POSITION"),
        length_s=max(_seconds(first, "LENGTH"), 0.0),
        name=_text(take.lines, "NAME"),
        offset_s=_seconds(take.lines, "SOFFS"),
        rate=rate,
        gain_db=decibels(item_volume * volume),
        inverted=item_volume * volume < 0,
        pan=min(max(pan, -1.0), 1.0),
        channel_mode=take.lines["CHANMODE"].integer(1) if "CHANMODE" in take.lines else 0,
        resampled=resampled,
        stretch_markers=take.stretch_markers,
        fade_in=_fade(first.get("FADEIN")),
        fade_out=_fade(first.get("FADEOUT")),
        loop=loop is not None and loop.integer(1) != 0,
        mute=switches.is_silent(first.get("MUTE")),
        automation=tuple(envelopes.read(block, envelopes.TAKE_ENVELOPES[block.name]) for block in take.envelopes),
        notes=tuple(notes),
        selected=selected is not None and selected.integer(1) != 0,
        take=take.guid,
        behind=behind,
        locked=locked is not None and locked.integer(1) != 0,
    )


def _is_resampled(playrate: Line, rate: float) -> bool:
    """Whether a take is merely played faster or slower: it keeps its pitch and is shifted by as much, or neither."""
    if rate <= 0.0:
        return False
    keeps_pitch, pitch = playrate.integer(2) != 0, playrate.number(3)
    return abs(pitch - (12.0 * math.log2(rate) if keeps_pitch else 0.0)) < _TOLERANCE


def _fade(line: Line | None) -> Fade:
    """FADEIN shape, length, automatic length (counts when > 0), ?, ?, curve. Shape ``1.1`` is equal power."""
    if line is None:
        return Fade()
    automatic = line.number(3)
    length_s = automatic if automatic > 0 else line.number(2)
    shape = EQUAL_POWER if line.text(1) == "1.1" else line.integer(1)
    return Fade(max(length_s, 0.0), shape if 0 <= shape <= EQUAL_POWER else 0, min(max(line.number(6), -1.0), 1.0))


def _source(block: Block, resolve: Resolve) -> Source:
    """Follow SECTION wrappers to the file. MODE bit 1: play backwards; bit 0: ignore the section's limits."""
    start_s, length_s, backwards = 0.0, None, False
    kind = block.opening.text(1).upper()
    while kind == "SECTION":
        start = block.line("STARTPOS")
        length = block.line("LENGTH")
        mode = block.line("MODE")
        bits = mode.integer(1) if mode else 0
        backwards = backwards != bool(bits & 2)
        if not bits & 1:
            start_s += start.number(1) if start else 0.0
            length_s = length.number(1) if length and length.number(1) > 0 else length_s
        inner = block.first("SOURCE")
        if inner is None:
            return Source("", "empty")
        block, kind = inner, inner.opening.text(1).upper()
    file = block.line("FILE")
    written = file.text(1) if file else ""
    if (kind in _SILENT_KINDS and kind not in _IN_FILES) or not written:
        return Source(written, _SILENT_KINDS.get(kind, "empty"))
    path, exists = resolve(written)
    if kind == _SUBPROJECT:
        return Source(path if exists else written, _SILENT_KINDS[kind], start_s, length_s, backwards)
    sort = "offline" if kind.startswith("_OFFLINE") else "audio" if exists else "missing"
    return Source(path, sort, start_s, length_s, backwards)


def _seconds(lines: dict[str, Line], name: str) -> float:
    value = lines[name].number(1) if name in lines else 0.0
    return value if abs(value) < _MAX_SECONDS else 0.0


def _text(lines: dict[str, Line], name: str) -> str:
    return lines[name].text(1) if name in lines else ""

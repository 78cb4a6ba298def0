"""Switches of a project that decide what sounds: obeyed here, or named in a note.

``GLOBAL_AUTO`` (6 bypasses every envelope of tracks, sends and the master, 0 to 5 impose one automation mode), and the
project's ``PLAYRATE``; blocks and lines of a take that mixengine does not play.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from mixengine.hosts.rpp import envelopes, mixer
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import Automation, Session, Track

BYPASS_ALL = 6
SOLOED_ITEM, SILENCED_ITEM = -1, 1
"""Second number of an item's ``MUTE``: it is soloed, or another one on its track is."""
_EDITED = "edited samples (not played)"
TAKE_BLOCKS: Mapping[str, str] = MappingProxyType(
    {"PITCHENV": "pitch envelope of the take (not played)", "SAMPLEEDITS": _EDITED, "SPLS": _EDITED}
)
"""Block of a take → the note about it, where it is active."""
TAKE_LINES: Mapping[str, str] = MappingProxyType(
    {"SM": "stretch markers (played as if there were none)", "SAMPLEEDITS": _EDITED, "SPLS": _EDITED}
)
"""Line of a take → the note about it."""
TAKE_AUTOMATION_ITEMS = "automation items of a take envelope (not evaluated)"
MODES = ("trim/read", "read", "touch", "write", "latch", "latch preview")
"""Names of automation modes by REAPER's number."""


def is_silent(mute: Line | None) -> bool:
    """Whether an item's ``MUTE`` line keeps it from sounding: a soloed item plays even where it is muted."""
    if mute is None:
        return False
    solo = mute.integer(2)
    return solo != SOLOED_ITEM and (mute.integer(1) != 0 or solo == SILENCED_ITEM)


def asks(block: Block) -> bool:
    """Whether a block of `TAKE_BLOCKS` changes the sound: not bypassed, and no pitch envelope that lies at 0."""
    if not envelopes.is_envelope(block):
        return envelopes.is_active(block)
    points = [line.number(2) for line in block.lines if line.name == "PT"]
    return envelopes.moves(block) and (any(points) or envelopes.has_automation_items(block))


def imposed_mode(root: Block) -> int | None:
    """The automation mode that the project imposes on all tracks (`BYPASS_ALL` or 0 to 5), if any."""
    line = root.line("GLOBAL_AUTO")
    mode = line.integer(1, -1) if line else -1
    return mode if 0 <= mode <= BYPASS_ALL else None


def obeyed(session: Session, root: Block) -> Session:
    """The session as the project's switches let it sound, with a note for each that is on."""
    notes, mode = [], imposed_mode(root)
    if mode == BYPASS_ALL:
        notes.append("all envelopes are bypassed (global automation override)")
        session = replace(
            session,
            envelopes_bypassed=True,
            tracks=tuple(map(_without_envelopes, session.tracks)),
            master_automation=_off(session.master_automation),
        )
    elif mode is not None:
        notes.append(f"one automation mode is imposed on all tracks (global automation override): {MODES[mode]}")
        session = replace(
            session,
            tracks=tuple(replace(track, automation_mode=mode) for track in session.tracks),
            master_automation_mode=mode,
        )
    notes += _speed(root)
    return replace(session, notes=(*session.notes, *notes)) if notes else session


def _speed(root: Block) -> list[str]:
    """Notes about a project that does not play at its own speed."""
    rate = root.line("PLAYRATE")
    speed = rate.number(1, 1.0) if rate else 1.0
    notes = [] if speed == 1.0 else [f"the project plays at {speed:g} times its speed: heard at 1"]
    drawn = root.first("MASTERPLAYSPEEDENV")
    if drawn is not None and envelopes.is_active(drawn) and imposed_mode(root) != BYPASS_ALL:
        notes.append("an envelope moves the project's play rate: heard at 1")
    return notes


def _without_envelopes(track: Track) -> Track:
    receives = tuple(replace(receive, automation=_off(receive.automation)) for receive in track.receives)
    notes = tuple(note for note in track.notes if note not in mixer.UNREAD_ENVELOPES.values())
    return replace(track, automation=_off(track.automation), receives=receives, notes=notes)


def _off(automation: Iterable[Automation]) -> tuple[Automation, ...]:
    return tuple(replace(entry, active=False) for entry in automation)

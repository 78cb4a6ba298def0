"""Switches of a project that decide what sounds: obeyed here, or named in a note.

``GLOBAL_AUTO`` (6 bypasses every envelope of tracks, sends and the master, 0 to 5 impose one automation mode),
the project's ``PLAYRATE``, and items that say ``ALLTAKES``; blocks and lines of a take that mixengine does not play.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

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


def is_silent(mute: Line | None) -> bool:
    """Whether an item's ``MUTE`` line keeps it from sounding: a soloed item plays even where it is muted."""
    if mute is None:
        return False
    solo = mute.integer(2)
    return solo != SOLOED_ITEM and (mute.integer(1) != 0 or solo == SILENCED_ITEM)


def imposed_mode(root: Block) -> int | None:
    """The automation mode that the project imposes on all tracks (`BYPASS_ALL` or 0 to 5), if any."""
    line = root.line("GLOBAL_AUTO")
    mode = line.integer(1, -1) if line else -1
    return mode if 0 <= mode <= BYPASS_ALL else None


def obeyed(session: Session, root: Block) -> Session:
    """The session as the project's switches let it sound, with a note for each that is on."""
    notes, mode, rate = [], imposed_mode(root), root.line("PLAYRATE")
    if mode == BYPASS_ALL:
        notes.append("all envelopes are bypassed (global automation override)")
        session = replace(
            session,
            envelopes_bypassed=True,
            tracks=tuple(map(_without_envelopes, session.tracks)),
            master_automation=_off(session.master_automation),
        )
    elif mode is not None:
        notes.append("one automation mode is imposed on all tracks (global automation override)")
        session = replace(session, tracks=tuple(replace(track, automation_mode=mode) for track in session.tracks))
    if rate is not None and rate.number(1, 1.0) != 1.0:
        notes.append(f"the project plays at {rate.number(1, 1.0):g} times its speed: heard at 1")
    return replace(session, notes=(*session.notes, *notes)) if notes else session


def _without_envelopes(track: Track) -> Track:
    receives = tuple(replace(receive, automation=_off(receive.automation)) for receive in track.receives)
    return replace(track, automation=_off(track.automation), receives=receives)


def _off(automation: Iterable[Automation]) -> tuple[Automation, ...]:
    return tuple(replace(entry, active=False) for entry in automation)

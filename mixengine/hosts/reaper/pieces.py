"""A track that holds the user's own plug-ins: written piece by piece, so that no plug-in is loaded anew.

Envelopes by their own state, our plug-ins through REAPER's effect functions, items one by one.
"""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper.api import TEXT_SIZE, is_null
from mixengine.hosts.reaper.chains import write_chain
from mixengine.hosts.rpp.envelopes import TRACK_ENVELOPES
from mixengine.hosts.rpp.syntax import Block

_SHOW_COMMANDS = {"VOLENV2": 40406, "VOLENV": 40408, "VOLENV3": 42020}
"""REAPER's actions that show a track's envelope, and make it when there is none."""
_UNSELECT_ALL = 40297
"""REAPER's action that unselects all tracks."""


def show_envelopes(api: Any, project: str, tracks: list[tuple[str, Block, Block]]) -> None:
    """Make the envelopes that tracks (pointer, before, after) lack, by the actions that show them.

    The actions work on all selected tracks at once; the selection is put back.
    """
    for block_name, command in _SHOW_COMMANDS.items():
        lacking = [
            pointer for pointer, before, after in tracks if after.first(block_name) and not before.first(block_name)
        ]
        if not lacking:
            continue
        selected = [api.GetSelectedTrack(project, index) for index in range(int(api.CountSelectedTracks(project)))]
        master = api.GetMasterTrack(project)
        master_too = bool(api.GetMediaTrackInfo_Value(master, "I_SELECTED"))
        api.SetOnlyTrackSelected(lacking[0])
        for pointer in lacking[1:]:
            api.SetTrackSelected(pointer, True)
        api.Main_OnCommandEx(command, 0, project)
        api.Main_OnCommandEx(_UNSELECT_ALL, 0, project)
        for pointer in selected:
            api.SetTrackSelected(pointer, True)
        if master_too:
            api.SetTrackSelected(master, True)


def write_in_pieces(api: Any, pointer: str, blocks: tuple[Block, Block], skipped: list[str]) -> None:
    """Write what differs between two states of a track; what REAPER refuses is added to ``skipped``."""
    before, after = blocks
    name = after.line("NAME")
    what = f"'{name.text(1) if name else pointer}'"
    _write_envelopes(api, pointer, blocks, what, skipped)
    write_chain(api, pointer, (before.first("FXCHAIN"), after.first("FXCHAIN")), what, skipped)
    _write_items(api, pointer, before, after, what, skipped)


def lines_of(block: Block) -> list[str]:
    """A block as lines without indentation."""
    raw = block.data[block.start : block.end].decode("utf-8", "surrogateescape")
    return [line.strip() for line in raw.splitlines() if line.strip()]


def _write_envelopes(api: Any, pointer: str, blocks: tuple[Block, Block], what: str, skipped: list[str]) -> None:
    before, after = blocks
    for block_name, kind in TRACK_ENVELOPES.items():
        old, new = before.first(block_name), after.first(block_name)
        if (lines_of(old) if old else None) == (lines_of(new) if new else None):
            continue
        envelope = api.GetTrackEnvelopeByChunkName(pointer, f"<{block_name}")
        if is_null(envelope):
            skipped.append(f"REAPER has no {kind} envelope for {what}: nothing was drawn")
        elif new is None:
            _empty(api, envelope, 0.0 if kind.startswith("pan") else 1.0)
        elif not api.SetEnvelopeStateChunk(envelope, "\n".join(lines_of(new)) + "\n", False):
            skipped.append(f"REAPER refused the new points of the {kind} envelope of {what}")


def _empty(api: Any, envelope: str, neutral: float) -> None:
    """An envelope that was made for us: hidden and back at one neutral point, as REAPER cannot delete it. It stays
    active, so that the next run finds it free.
    """
    text = api.GetEnvelopeStateChunk(envelope, "", TEXT_SIZE, False)[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith("PT ")]
    hidden = ["VIS 0 1 1" if line.startswith("VIS ") else line for line in kept]
    api.SetEnvelopeStateChunk(envelope, "\n".join([*hidden[:-1], f"PT 0 {neutral:g} 0", hidden[-1]]) + "\n", False)


def _write_items(api: Any, pointer: str, before: Block, after: Block, what: str, skipped: list[str]) -> None:
    old, new = _items(before), _items(after)
    for index in reversed(range(int(api.CountTrackMediaItems(pointer)) if old != new else 0)):
        item = api.GetTrackMediaItem(pointer, index)
        guid = api.GetSetMediaItemInfo_String(item, "GUID", "", False)[3]
        if guid in old and guid not in new:
            api.DeleteTrackMediaItem(pointer, item)
        elif guid in old and old[guid] != new[guid] and not api.SetItemStateChunk(item, _text(new[guid]), False):
            skipped.append(f"REAPER refused the new state of an item on {what}")
    for guid in [key for key in new if key not in old]:
        item = api.AddMediaItemToTrack(pointer)
        if not api.SetItemStateChunk(item, _text(new[guid]), False):
            api.DeleteTrackMediaItem(pointer, item)
            skipped.append(f"REAPER refused a new item on {what}")


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _items(track: Block) -> dict[str, list[str]]:
    found = {}
    for block in track.all("ITEM"):
        line = block.line("IGUID") or block.line("GUID")
        found[line.text(1) if line else ""] = lines_of(block)
    return found

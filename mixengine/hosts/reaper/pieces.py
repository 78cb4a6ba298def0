"""A track that holds the user's own plug-ins: written piece by piece, so that no plug-in is loaded anew.

Envelopes by their own state, our equaliser through REAPER's effect functions, items one by one.
"""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper.api import TEXT_SIZE, is_null
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.hosts.rpp.envelopes import TRACK_ENVELOPES
from mixengine.hosts.rpp.project import read_reaeq
from mixengine.hosts.rpp.reaeq import data_text
from mixengine.hosts.rpp.syntax import Block

_SHOW_COMMANDS = {"VOLENV2": 40406, "VOLENV": 40408, "VOLENV3": 42020}
"""REAPER's actions that show a track's envelope, and make it when there is none."""
_ALWAYS_NEW = -1


def write_in_pieces(
    api: Any, snapshot: Snapshot, pointer: str, blocks: tuple[Block, Block], skipped: list[str]
) -> None:
    """Write what differs between two states of a track; what REAPER refuses is added to ``skipped``."""
    before, after = blocks
    name = after.line("NAME")
    what = f"'{name.text(1) if name else pointer}'"
    _write_envelopes(api, snapshot, pointer, blocks, what, skipped)
    _write_equalizers(api, pointer, before, after, what, skipped)
    _write_items(api, snapshot, pointer, before, after)


def lines_of(block: Block) -> list[str]:
    """A block as lines without indentation."""
    raw = block.data[block.start : block.end].decode("utf-8", "surrogateescape")
    return [line.strip() for line in raw.splitlines() if line.strip()]


def _write_envelopes(
    api: Any, snapshot: Snapshot, pointer: str, blocks: tuple[Block, Block], what: str, skipped: list[str]
) -> None:
    before, after = blocks
    for block_name, kind in TRACK_ENVELOPES.items():
        old, new = before.first(block_name), after.first(block_name)
        if (lines_of(old) if old else None) == (lines_of(new) if new else None):
            continue
        envelope = api.GetTrackEnvelopeByChunkName(pointer, f"<{block_name}")
        if is_null(envelope) and new is not None:
            _show(api, snapshot, pointer, block_name)
            envelope = api.GetTrackEnvelopeByChunkName(pointer, f"<{block_name}")
        if is_null(envelope):
            skipped.append(f"REAPER has no {kind} envelope for {what}: nothing was drawn")
        elif new is None:
            _empty(api, envelope)
        elif not api.SetEnvelopeStateChunk(envelope, "\n".join(lines_of(new)) + "\n", False):
            skipped.append(f"REAPER refused the new points of the {kind} envelope of {what}")


def _show(api: Any, snapshot: Snapshot, pointer: str, block_name: str) -> None:
    """Make an envelope by the action that shows it, with the selection put back."""
    if block_name not in _SHOW_COMMANDS:
        return
    count = int(api.CountTracks(snapshot.project))
    tracks = [api.GetTrack(snapshot.project, index) for index in range(count)]
    selected = [track for track in tracks if api.GetMediaTrackInfo_Value(track, "I_SELECTED")]
    api.SetOnlyTrackSelected(pointer)
    api.Main_OnCommandEx(_SHOW_COMMANDS[block_name], 0, snapshot.project)
    for track in tracks:
        api.SetTrackSelected(track, track in selected)


def _empty(api: Any, envelope: str) -> None:
    """An envelope that was made for us: bypassed and back at its one neutral point, as REAPER cannot delete it."""
    text = api.GetEnvelopeStateChunk(envelope, "", TEXT_SIZE, False)[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    kept = [line for line in lines if not line.startswith("PT ")]
    switched = ["ACT 0 -1" if line.startswith("ACT ") else line for line in kept]
    shown = ["VIS 0 1 1" if line.startswith("VIS ") else line for line in switched]
    api.SetEnvelopeStateChunk(envelope, "\n".join([*shown[:-1], "PT 0 1 0", shown[-1]]) + "\n", False)


def _equalizers(track: Block) -> dict[str, Block]:
    """Label → block of our equalisers."""
    chain = track.first("FXCHAIN")
    plugins = chain.children if chain else []
    return {
        plugin.opening.text(4): plugin
        for plugin in plugins
        if plugin.opening.text(4).startswith("mixengine") and read_reaeq(plugin) is not None
    }


def _write_equalizers(api: Any, pointer: str, before: Block, after: Block, what: str, skipped: list[str]) -> None:
    old, new = _equalizers(before), _equalizers(after)
    for label in {**old, **new}:
        if label in old and label in new and lines_of(old[label]) == lines_of(new[label]):
            continue
        index = _index_of(api, pointer, label)
        if label not in new:
            if index is not None:
                api.TrackFX_Delete(pointer, index)
            continue
        if index is None:
            index = int(api.TrackFX_AddByName(pointer, "ReaEQ", False, _ALWAYS_NEW))
            api.TrackFX_SetNamedConfigParm(pointer, index, "renamed_name", label)
        state = read_reaeq(new[label])
        data = data_text(state) if state else ""
        if not api.TrackFX_SetNamedConfigParm(pointer, index, "vst_chunk", data):
            skipped.append(f"REAPER refused the bands of '{label}' on {what}")


def _index_of(api: Any, pointer: str, label: str) -> int | None:
    """Where the plug-in of this name stands in the chain."""
    for index in range(int(api.TrackFX_GetCount(pointer))):
        if api.TrackFX_GetNamedConfigParm(pointer, index, "renamed_name", "", 1024)[4] == label:
            return index
    return None


def _write_items(api: Any, snapshot: Snapshot, pointer: str, before: Block, after: Block) -> None:
    old, new = _items(before), _items(after)
    for index in reversed(range(int(api.CountTrackMediaItems(pointer)) if old != new else 0)):
        item = api.GetTrackMediaItem(pointer, index)
        guid = api.GetSetMediaItemInfo_String(item, "GUID", "", False)[3]
        if guid in old and guid not in new:
            api.DeleteTrackMediaItem(pointer, item)
        elif guid in old and old[guid] != new[guid]:
            api.SetItemStateChunk(item, "\n".join(new[guid]) + "\n", False)
    for guid in [key for key in new if key not in old]:
        api.SetItemStateChunk(api.AddMediaItemToTrack(pointer), "\n".join(new[guid]) + "\n", False)


def _items(track: Block) -> dict[str, list[str]]:
    found = {}
    for block in track.all("ITEM"):
        line = block.line("IGUID") or block.line("GUID")
        found[line.text(1) if line else ""] = lines_of(block)
    return found

"""ReaScript functions about media items."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from typing import Any

from mixengine.hosts.rpp.lanes import plays
from mixengine.hosts.rpp.words import decode, format_number
from reaper_sim.api_tracks import project_of
from reaper_sim.binding import api
from reaper_sim.extblock import get_ext, set_ext
from reaper_sim.items import ITEM, Take, activate, active_number, take_marks, takes
from reaper_sim.tree import Node, build, chunk, from_chunk, get_word, set_word


@api
def CountMediaItems(sim, proj):
    return len(proj.items)


@api
def GetMediaItem(sim, proj, itemidx):
    return proj.items[itemidx] if 0 <= itemidx < len(proj.items) else None


@api
def CountTrackMediaItems(sim, track):
    return len(track.all("ITEM")) if isinstance(track, Node) else 0


@api
def GetTrackMediaItem(sim, tr, itemidx):
    items = tr.all("ITEM") if isinstance(tr, Node) else []
    return items[itemidx] if 0 <= itemidx < len(items) else None


def _selected(proj: Any) -> list[Node]:
    return [item for item in proj.items if ITEM["B_UISEL"].read(item)]


@api
def CountSelectedMediaItems(sim, proj):
    return len(_selected(proj))


@api
def GetSelectedMediaItem(sim, proj, selitem):
    result = _selected(proj)
    return result[selitem] if 0 <= selitem < len(result) else None


@api
def IsMediaItemSelected(sim, item):
    return item is not None and bool(ITEM["B_UISEL"].read(item))


@api
def SetMediaItemSelected(sim, item, selected):
    if item is not None:
        ITEM["B_UISEL"].write(item, int(selected))


@api
def SelectAllMediaItems(sim, proj, selected):
    for item in proj.items:
        ITEM["B_UISEL"].write(item, int(selected))


@api
def GetMediaItem_Track(sim, item):
    return item.parent if item is not None else None


@api
def GetMediaItemTrack(sim, item):
    return GetMediaItem_Track(sim, item)


@api
def GetItemProjectContext(sim, item):
    return project_of(item) if item is not None else None


def _value(item: Node, name: str) -> float | None:
    track = item.parent
    assert track is not None
    if name in ("D_FADEINLEN_AUTO", "D_FADEOUTLEN_AUTO"):
        length = ITEM[name].read(item)
        return length if length > 0 else -1.0
    if name == "B_MUTE_ACTUAL":
        return float(bool(ITEM["B_MUTE"].read(item)) and ITEM["C_MUTE_SOLO"].read(item) >= 0)
    if name == "I_CURTAKE":
        return float(active_number(item))
    if name == "IP_ITEMNUMBER":
        return float(track.all("ITEM").index(item))
    if name == "C_LANEPLAYS":
        return 1.0 if plays(item, track) else 0.0  # type: ignore[arg-type]
    if name == "I_FIXEDLANE":
        lanes = int(get_word(track, "ITEMLANES", 1) or 1)
        return float(min(round(ITEM["F_FREEMODE_Y"].read(item) * lanes), lanes - 1))
    return ITEM[name].read(item) if name in ITEM else None


@api
def GetMediaItemInfo_Value(sim, item, parmname):
    value = _value(item, parmname) if item is not None else 0.0
    if value is None:
        sim.problem(f"GetMediaItemInfo_Value: unknown {parmname}")
    return value or 0.0


@api
def SetMediaItemInfo_Value(sim, item, parmname, newvalue):
    if item is None:
        return False
    if parmname == "I_CURTAKE":
        activate(item, int(newvalue))
        return True
    if parmname not in ITEM:
        sim.problem(f"SetMediaItemInfo_Value: unknown or read-only {parmname}")
        return False
    if parmname.endswith("LEN_AUTO"):
        newvalue = max(newvalue, 0.0)
    ITEM[parmname].write(item, newvalue)
    return True


@api
def SetMediaItemPosition(sim, item, position, refreshui):
    return SetMediaItemInfo_Value(sim, item, "D_POSITION", position)


@api
def SetMediaItemLength(sim, item, length, refreshui):
    return SetMediaItemInfo_Value(sim, item, "D_LENGTH", length)


def _own_span(item: Node) -> tuple[int, int | None]:
    marks = take_marks(item)
    return 0, marks[0] if marks else None


@api
def GetSetMediaItemInfo_String(sim, item, parmname, text, is_set):
    if item is None:
        return False
    if parmname.startswith("P_EXT:"):
        if is_set:
            set_ext(item, parmname[6:], text, _own_span(item))
            return True, text
        value = get_ext(item, parmname[6:], _own_span(item))
        return (True, value) if value is not None else (False, "")
    if parmname == "GUID":
        if is_set:
            set_word(item, "IGUID", 1, text, 'IGUID ""')
        return True, get_word(item, "IGUID", 1) or ""
    if parmname == "P_NOTES":
        notes = item.first("NOTES")
        if is_set:
            if notes is not None:
                item.drop(notes)
            lines = ["|" + line for line in text.splitlines()]
            item.adopt(0, build(["<NOTES", *lines, ">"], item)) if text else None
            return True, text
        bodies = [decode(e).strip("\r\n").lstrip(" ")[1:] for e in (notes.entries if notes else []) if type(e) is bytes]
        return True, "\n".join(bodies)
    sim.problem(f"GetSetMediaItemInfo_String: unknown {parmname}")
    return False


@api
def GetItemStateChunk(sim, item, text, size, isundo):
    return (True, chunk(item)) if item is not None else False


@api
def SetItemStateChunk(sim, item, text, isundo):
    if item is None:
        return False
    new = from_chunk(text, item.parent)
    if new is None or new.name != "ITEM":
        sim.problem("SetItemStateChunk: the chunk is not one whole <ITEM block")
        return False
    item.become(new)
    return True


@api
def AddMediaItemToTrack(sim, tr):
    if not isinstance(tr, Node):
        return None
    fade = f"1 {format_number(sim.default_fade_s)} 0 1 0 0 0"
    lines = ["<ITEM", "POSITION 0", "SNAPOFFS 0", "LENGTH 0", "LOOP 1", "ALLTAKES 0", f"FADEIN {fade}"]
    lines += [f"FADEOUT {fade}", "MUTE 0 0", "SEL 0", f"IGUID {sim.guid()}", "VOLPAN 1 0 1 -1", ">"]
    item = build(lines, tr)
    tr.adopt(len(tr.entries), item)
    return item


@api
def AddTakeToMediaItem(sim, item):
    if item is None:
        return None
    had = takes(item)
    lines = ['NAME ""', "SOFFS 0", "PLAYRATE 1 1 0 -1 0 0.0025", "CHANMODE 0", f"GUID {sim.guid()}"]
    if had:
        lines = ["TAKE", lines[0], "TAKEVOLPAN 0 1 -1", *lines[1:]]
    for line in lines:
        item.adopt(len(item.entries), item.raw(line))
    item.takes = [*had, Take(item)]
    return item.takes[-1]


@api
def DeleteTrackMediaItem(sim, tr, it):
    if not isinstance(tr, Node) or it is None or it.parent is not tr:
        if it is not None:
            sim.problem("DeleteTrackMediaItem: the item is not on this track")
        return False
    tr.drop(it)
    return True


@api
def MoveMediaItemToTrack(sim, item, desttr):
    if item is None or not isinstance(desttr, Node):
        return False
    item.parent.drop(item)
    desttr.adopt(len(desttr.entries), item)
    return True


@api
def UpdateItemInProject(sim, item):
    sim.updates["UpdateItemInProject"] += 1

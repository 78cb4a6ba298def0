"""ReaScript functions about tracks."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from typing import Any

from mixengine.hosts.rpp.words import quote
from reaper_sim.binding import api
from reaper_sim.extblock import get_ext, set_ext
from reaper_sim.items import MASTER, TRACK
from reaper_sim.pointers import Guid
from reaper_sim.project import Master, SimProject
from reaper_sim.tree import Node, chunk, from_chunk, get_word, set_word

Track = Node | Master
_NO_COLOUR = 16576
MASTER_MONO = 40917
"""Action: master track: toggle stereo/mono (L+R)."""
_MONO_FLAG = 4
_UNSAVED = frozenset({"SEL"})
"""Lines of a track that stand in project files only, not in chunks."""


def home(track: Track) -> Node:
    """The node whose lines hold a track's numbers."""
    return track.project.root if isinstance(track, Master) else track


def project_of(node: Node) -> SimProject:
    return node.root().owner


@api
def CountTracks(sim, proj):
    return len(proj.tracks)


@api
def GetTrack(sim, proj, trackidx):
    return proj.tracks[trackidx] if 0 <= trackidx < len(proj.tracks) else None


@api
def GetMasterTrack(sim, proj):
    return proj.master


def _selected(proj: SimProject, with_master: bool) -> list[Track]:
    result: list[Track] = [track for track in proj.tracks if TRACK["I_SELECTED"].read(track)]
    return [proj.master] * bool(with_master and MASTER["I_SELECTED"].read(proj.root)) + result


@api
def CountSelectedTracks(sim, proj):
    return len(_selected(proj, False))


@api
def CountSelectedTracks2(sim, proj, wantmaster):
    return len(_selected(proj, wantmaster))


@api
def GetSelectedTrack(sim, proj, seltrackidx):
    return GetSelectedTrack2(sim, proj, seltrackidx, False)


@api
def GetSelectedTrack2(sim, proj, seltrackidx, wantmaster):
    result = _selected(proj, wantmaster)
    return result[seltrackidx] if 0 <= seltrackidx < len(result) else None


@api
def SetTrackSelected(sim, track, selected):
    if track is not None:
        table = MASTER if isinstance(track, Master) else TRACK
        table["I_SELECTED"].write(home(track), int(selected))


@api
def SetOnlyTrackSelected(sim, track):
    proj = project_of(home(track)) if track else sim.current
    for other in [proj.master, *proj.tracks]:
        if other is not proj.master or MASTER["I_SELECTED"].read(proj.root):
            SetTrackSelected(sim, other, other is track)


@api
def IsTrackSelected(sim, track):
    return track is not None and bool(_value(sim, track, "I_SELECTED"))


@api
def GetTrackName(sim, track, buf, size):
    if track is None:
        return False
    if isinstance(track, Master):
        return True, "MASTER"
    return True, get_word(track, "NAME", 1) or f"Track {project_of(track).tracks.index(track) + 1}"


@api
def GetParentTrack(sim, track):
    if isinstance(track, Node):
        open_folders: list[Node] = []
        for other in project_of(track).tracks:
            if other is track:
                return open_folders[-1] if open_folders else None
            depth = int(TRACK["I_FOLDERDEPTH"].read(other))
            if depth > 0:
                open_folders.append(other)
            elif depth < 0:
                del open_folders[max(len(open_folders) + depth, 0) :]
    return None


@api
def GetTrackDepth(sim, track):
    depth, parent = 0, GetParentTrack(sim, track)
    while parent is not None:
        depth, parent = depth + 1, GetParentTrack(sim, parent)
    return depth


def _value(sim: Any, track: Track, name: str) -> float | None:
    """A parameter; ``None`` when the simulation does not know it."""
    node = home(track)
    if isinstance(track, Master):
        flags = _master_flags(track.project)
        own = {"IP_TRACKNUMBER": -1, "I_FOLDERDEPTH": 0, "B_MUTE": flags & 1, "I_SOLO": flags >> 1 & 1, "B_PHASE": 0}
        own |= {"I_FREEZECOUNT": 0, "I_CUSTOMCOLOR": 0, "I_FREEMODE": 0}
        return MASTER[name].read(node) if name in MASTER else own.get(name)
    if name == "IP_TRACKNUMBER":
        return project_of(track).tracks.index(track) + 1
    if name == "I_FREEZECOUNT":
        return len(track.all("FREEZE"))
    if name == "I_CUSTOMCOLOR":
        colour = TRACK[name].read(node)
        return 0 if colour == _NO_COLOUR else colour
    return TRACK[name].read(node) if name in TRACK else None


@api
def GetMediaTrackInfo_Value(sim, tr, parmname):
    if tr is None:
        return 0.0
    if parmname == "P_PROJECT":
        return 0.0
    value = _value(sim, tr, parmname)
    if value is None:
        sim.problem(f"GetMediaTrackInfo_Value: unknown {parmname}")
    return value or 0.0


@api
def SetMediaTrackInfo_Value(sim, tr, parmname, newvalue):
    if tr is None:
        return False
    if isinstance(tr, Master) and parmname == "B_MUTE":
        flags = _master_flags(tr.project)
        set_word(tr.project.root, "MASTERMUTESOLO", 1, str(flags & ~1 | bool(newvalue)), "MASTERMUTESOLO 0")
        return True
    place = (MASTER if isinstance(tr, Master) else TRACK).get(parmname)
    if place is None:
        sim.problem(f"SetMediaTrackInfo_Value: unknown or read-only {parmname}")
        return False
    node = home(tr)
    if parmname == "I_CUSTOMCOLOR" and not int(newvalue) & 0x1000000:
        newvalue = _NO_COLOUR
    place.write(node, newvalue)
    if parmname == "I_FOLDERDEPTH":
        state = "1" if newvalue > 0 else "2" if newvalue < 0 else "0"
        if get_word(node, "ISBUS", 1) != state:
            set_word(node, "ISBUS", 1, state, "ISBUS 0 0")
    return True


@api
def GetToggleCommandState(sim, command_id):
    """Of the project in front; -1 where an action has no state."""
    if command_id != MASTER_MONO:
        sim.problem(f"GetToggleCommandState: the state of action {command_id} is not simulated")
        return -1
    return int(bool(_master_flags(sim.current) & _MONO_FLAG))


def toggle_master_mono(sim: Any, proj: SimProject) -> None:
    flags = _master_flags(proj) ^ _MONO_FLAG
    set_word(proj.root, "MASTERMUTESOLO", 1, str(flags), "MASTERMUTESOLO 0")


def _master_flags(proj: SimProject) -> int:
    return int(get_word(proj.root, "MASTERMUTESOLO", 1) or 0)


@api
def GetSetMediaTrackInfo_String(sim, tr, parmname, text, is_set):
    if tr is None:
        return False
    if isinstance(tr, Master):
        return (True, "MASTER") if parmname == "P_NAME" and not is_set else False
    if parmname.startswith("P_EXT:"):
        return _ext(tr, parmname, text, is_set)
    if parmname == "P_NAME":
        if is_set:
            set_word(tr, "NAME", 1, quote(text), 'NAME ""')
        return True, get_word(tr, "NAME", 1) or ""
    if parmname == "GUID":
        if is_set and len(tr.words) > 1:
            tr.opening = tr.opening.replace(tr.words[1].encode(), text.encode())
            set_word(tr, "TRACKID", 1, text, 'TRACKID ""')
            tr.mark()
        return True, tr.words[1] if len(tr.words) > 1 else ""
    sim.problem(f"GetSetMediaTrackInfo_String: unknown {parmname}")
    return False


def _ext(node: Node, name: str, text: str, is_set: bool) -> Any:
    if is_set:
        set_ext(node, name[6:], text)
        return True, text
    value = get_ext(node, name[6:])
    return (True, value) if value is not None else (False, "")


@api
def GetTrackGUID(sim, tr):
    if not isinstance(tr, Node):
        return None
    return tr.guids.setdefault("track", Guid(tr.words[1]))


@api
def GetTrackStateChunk(sim, track, text, size, isundo):
    return (True, chunk(track, _UNSAVED)) if isinstance(track, Node) else False


@api
def SetTrackStateChunk(sim, track, text, isundo):
    if not isinstance(track, Node) or sim.refuses_states:
        return False
    assert track.parent is not None
    new = from_chunk(text, track.parent)
    if new is None or new.name != "TRACK":
        sim.problem("SetTrackStateChunk: the chunk is not one whole <TRACK block")
        return False
    selected = track.find("SEL")
    if selected >= 0 and new.find("SEL") < 0:
        new.entries.insert(min(selected, len(new.entries)), track.entries[selected])
    track.become(new)
    return True

"""ReaScript functions that add and delete tracks, and those about automation modes."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from typing import Any

from reaper_sim.api_tracks import SetMediaTrackInfo_Value, _value, project_of
from reaper_sim.binding import api
from reaper_sim.project import SimProject
from reaper_sim.tree import Node, build


def new_track(sim: Any, proj: SimProject, index: int) -> Node:
    """An empty track as REAPER makes it."""
    guid = sim.guid()
    lines = [f"<TRACK {guid}", 'NAME ""', "PEAKCOL 16576", "BEAT -1", "AUTOMODE 0", "VOLPAN 1 0 -1 -1 1"]
    lines += [
        "MUTESOLO 0 0 0",
        "IPHASE 0",
        "PLAYOFFS 0 1",
        "ISBUS 0 0",
        "BUSCOMP 0 0 0 0 0",
        "SHOWINMIX 1 0.6667 0.5 1",
    ]
    lines += ["SEL 0", "REC 0 0 1 0 0 0 0 0", "VU 2", "TRACKHEIGHT 0 0 0 0 0 0", "INQ 0 0 0 0.5 100 0 0 100", "NCHAN 2"]
    lines += ["FX 1", f"TRACKID {guid}", "PERF 0", "MIDIOUT -1", "MAINSEND 1 0", ">"]
    tracks, root = proj.tracks, proj.root
    follower = tracks[index] if index < len(tracks) else None
    if follower is not None:
        at = next(i for i, entry in enumerate(root.entries) if entry is follower)
    else:
        last = tracks[-1] if tracks else None
        ends = [i for i, e in enumerate(root.entries) if isinstance(e, Node) and e.name in ("EXTENSIONS", "EXTSTATE")]
        at = next(i + 1 for i, e in enumerate(root.entries) if e is last) if last else [*ends, len(root.entries)][0]
    track = build(lines, root)
    root.adopt(at, track)
    return track


def _renumber_sends(proj: SimProject, start: int, by: int) -> None:
    for track in proj.tracks:
        for at, entry in enumerate(track.entries):
            if isinstance(entry, bytes) and entry.lstrip().startswith(b"AUXRECV"):
                words = entry.split(None, 2)
                if int(words[1]) >= start:
                    track.entries[at] = entry.replace(words[1], str(int(words[1]) + by).encode(), 1)


@api
def InsertTrackAtIndex(sim, idx, wantdefaults):
    proj = sim.current
    index = min(max(idx, 0), len(proj.tracks))
    _renumber_sends(proj, index, 1)
    new_track(sim, proj, index)


@api
def DeleteTrack(sim, tr):
    if isinstance(tr, Node):
        proj, index = project_of(tr), project_of(tr).tracks.index(tr)
        for track in proj.tracks:
            mark = f"AUXRECV {index} ".encode()
            track.entries = [e for e in track.entries if not (isinstance(e, bytes) and e.lstrip().startswith(mark))]
        _renumber_sends(proj, index + 1, -1)
        proj.root.drop(tr)


@api
def GetTrackAutomationMode(sim, tr):
    return _value(sim, tr, "I_AUTOMODE") if tr is not None else 0


@api
def SetTrackAutomationMode(sim, tr, mode):
    SetMediaTrackInfo_Value(sim, tr, "I_AUTOMODE", mode)

"""ReaScript functions about sends: ``AUXRECV`` lines of the track that receives."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from typing import Any

from mixengine.hosts.rpp.words import Line, format_number, parse_number
from reaper_sim.api_tracks import project_of
from reaper_sim.binding import api
from reaper_sim.tree import Node

_SEND, _RECEIVE = 0, -1
_WORDS = {
    "I_SENDMODE": 2,
    "D_VOL": 3,
    "D_PAN": 4,
    "B_MUTE": 5,
    "B_MONO": 6,
    "B_PHASE": 7,
    "I_SRCCHAN": 8,
    "I_DSTCHAN": 9,
    "I_MIDIFLAGS": 11,
    "I_AUTOMODE": 12,
}


def _receives(track: Node) -> list[tuple[Node, int]]:
    lines = ((at, entry) for at, entry in enumerate(track.entries) if isinstance(entry, bytes))
    return [(track, at) for at, entry in lines if entry.lstrip().startswith(b"AUXRECV ")]


def _line(place: tuple[Node, int]) -> Line:
    return Line(place[0].entries[place[1]], 0)  # type: ignore[arg-type]


def sends(track: Any, category: int) -> list[tuple[Node, int]]:
    """Sends (0) or receives (-1) of a track: the receiving track and the position of the line."""
    if not isinstance(track, Node):
        return []
    if category == _RECEIVE:
        return _receives(track)
    tracks = project_of(track).tracks
    mine = tracks.index(track)
    result = (place for other in tracks for place in _receives(other)) if category == _SEND else iter(())
    return [place for place in result if _line(place).integer(1, -1) == mine]


@api
def GetTrackNumSends(sim, tr, category):
    if category > 0:
        return sum(line.name == "HWOUT" for line in tr.lines) if isinstance(tr, Node) else 0
    return len(sends(tr, category))


@api
def CreateTrackSend(sim, tr, desttr):
    """A post-fader send of channels 1/2; its number among the sends of ``tr``."""
    if not isinstance(tr, Node) or not isinstance(desttr, Node):
        sim.problem("CreateTrackSend: hardware outputs and the master are not simulated")
        return -1
    number = project_of(tr).tracks.index(tr)
    last = _receives(desttr)
    anchor = last[-1][1] if last else max(desttr.find("PERF"), desttr.find("TRACKID"), desttr.find("NCHAN"))
    desttr.adopt(anchor + 1, desttr.raw(f"AUXRECV {number} 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"))
    return next(i for i, place in enumerate(sends(tr, _SEND)) if place == (desttr, anchor + 1))


@api
def RemoveTrackSend(sim, tr, category, sendidx):
    result = sends(tr, category)
    if not 0 <= sendidx < len(result):
        return False
    node, at = result[sendidx]
    node.drop(node.entries[at])
    return True


@api
def GetTrackSendInfo_Value(sim, tr, category, sendidx, parmname):
    result = sends(tr, category)
    if not 0 <= sendidx < len(result) or parmname not in _WORDS:
        sim.problem(f"GetTrackSendInfo_Value: no send {sendidx} or unknown {parmname}")
        return 0.0
    return _line(result[sendidx]).number(_WORDS[parmname])


@api
def SetTrackSendInfo_Value(sim, tr, category, sendidx, parmname, newvalue):
    result = sends(tr, category)
    if not 0 <= sendidx < len(result) or parmname not in _WORDS:
        sim.problem(f"SetTrackSendInfo_Value: no send {sendidx} or unknown {parmname}")
        return False
    node, at = result[sendidx]
    raw, token = _line(result[sendidx]).raw, _line(result[sendidx]).tokens[_WORDS[parmname]]
    if parse_number(token.text) != newvalue:
        node.entries[at] = raw[: token.start] + format_number(newvalue).encode() + raw[token.end :]
        node.mark()
    return True

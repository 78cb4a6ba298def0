"""A track whose state is longer than REAPER's Python can take from one call: put together from what can be read.

REAPER cuts such a state off. Its beginning holds the track's own lines and envelopes; plug-ins and items follow one by
one. What is still missing stands in a line `PARTLY_READ` of the block, which is how the reader of projects names it and
`write` knows that such a track never gets a whole new state.
"""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper.api import TEXT_SIZE, is_null
from mixengine.hosts.reaper.chains import read_chain
from mixengine.hosts.rpp.envelopes import TRACK_ENVELOPES
from mixengine.hosts.rpp.project import PARTLY_READ
from mixengine.hosts.rpp.syntax import format_number, quote

_FOLLOWERS = ("<FXCHAIN", "<FREEZE", "<TAKEFX", "<ITEM")
"""What follows a track's own lines and envelopes."""


def is_whole(text: str) -> bool:
    """Whether a state came whole: shorter than the buffer, and closed."""
    return len(text.encode("utf-8", "replace")) < TEXT_SIZE - 1 and text.rstrip().endswith(">")


def read(api: Any, track: str, text: str) -> str:
    """The block of a track from the beginning ``text`` of its state and from single calls."""
    lines, missing = _beginning(text), ["the states of its plug-ins"]
    if not lines:
        lines = _from_values(api, track)
        envelopes, lost = _envelopes(api, track)
        lines += [*(["LOCK 1"] if lost else []), *envelopes]
        missing += ["its sends", *(["all its envelopes, so that it is left as it is"] if lost else [])]
    items, lost = _items(api, track)
    if lost:
        missing.append(f"{lost} of its items")
    note = f"more than REAPER's Python can read at once (4 MB); not read: {', '.join(missing)}"
    lines[1:1] = [f"{PARTLY_READ} {quote(note)}"]
    return "\n".join([*lines, *read_chain(api, track, "FXCHAIN"), *items, ">"])


def _beginning(text: str) -> list[str]:
    """A track's own lines and envelopes; nothing when the text was cut before they end."""
    found: list[str] = []
    level = 0
    for line in map(str.strip, text.splitlines()):
        if level == 1 and line.startswith(_FOLLOWERS):
            return found
        level += line.startswith("<") - (line == ">")
        found.append(line)
    return []


def _from_values(api: Any, track: str) -> list[str]:
    def value(name: str) -> float:
        return float(api.GetMediaTrackInfo_Value(track, name))

    def text(name: str) -> str:
        return quote(str(api.GetSetMediaTrackInfo_String(track, name, "", False)[3]))

    depth = int(value("I_FOLDERDEPTH"))
    return [
        f"<TRACK {text('GUID')}",
        f"NAME {text('P_NAME')}",
        f"AUTOMODE {int(value('I_AUTOMODE'))}",
        f"VOLPAN {format_number(value('D_VOL'))} {format_number(value('D_PAN'))} -1 -1 1",
        f"MUTESOLO {int(value('B_MUTE'))} {int(value('I_SOLO'))} 0",
        f"IPHASE {int(value('B_PHASE'))}",
        f"ISBUS {1 if depth > 0 else 2 if depth < 0 else 0} {depth}",
        f"NCHAN {int(value('I_NCHAN'))}",
        f"TRACKID {text('GUID')}",
    ]


def _envelopes(api: Any, track: str) -> tuple[list[str], int]:
    """The states of the envelopes, and how many of them are too long themselves: those must not be written over."""
    lines: list[str] = []
    lost = 0
    for name in TRACK_ENVELOPES:
        envelope = api.GetTrackEnvelopeByChunkName(track, f"<{name}")
        if is_null(envelope):
            continue
        ok, _, text, *_ = api.GetEnvelopeStateChunk(envelope, "", TEXT_SIZE, False)
        if ok and is_whole(text):
            lines.append(text.rstrip())
        else:
            lost += 1
    return lines, lost


def _items(api: Any, track: str) -> tuple[list[str], int]:
    """The states of the items, and how many of them are too long themselves."""
    lines: list[str] = []
    lost = 0
    for index in range(int(api.CountTrackMediaItems(track))):
        ok, _, text, *_ = api.GetItemStateChunk(api.GetTrackMediaItem(track, index), "", TEXT_SIZE, False)
        if ok and is_whole(text):
            lines.append(text.rstrip())
        else:
            lost += 1
    return lines, lost

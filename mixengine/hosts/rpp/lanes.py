"""REAPER 7's fixed item lanes of a track: which lane an item lies in, which lanes play, whether higher ones mask.

``FREEMODE 2`` turns lanes on; ``LANESOLO`` holds 32-bit words of which bit N says that lane N plays (without the line
all play); an item's lane follows from ``YPOS top`` and the track's ``ITEMLANES``. The fourth number of ``FIXEDLANES``
says that items in higher numbered lanes mask the lower ones.

References
----------
ReaTeam, State Chunk Definitions (``FREEMODE``, ``FIXEDLANES``, ``LANESOLO``, ``YPOS``).
"""

from __future__ import annotations

from mixengine.hosts.rpp.syntax import Block

_FREE, _FIXED = 1, 2
_MASK = 4
_WORD = 32


def has_lanes(track: Block) -> bool:
    """Whether a track's items lie in fixed lanes."""
    return _mode(track) == _FIXED


def is_free(track: Block) -> bool:
    """Whether a track's items are placed freely."""
    return _mode(track) == _FREE


def masks(track: Block) -> bool:
    """Whether items in higher lanes silence what lies under them in lower ones."""
    line = track.line("FIXEDLANES")
    return has_lanes(track) and line is not None and line.integer(_MASK) != 0


def lane_of(item: Block, track: Block) -> int:
    """The lane that an item lies in, counted from 0 at the top; 0 on tracks without lanes."""
    lanes, place = track.line("ITEMLANES"), item.line("YPOS")
    if not has_lanes(track) or lanes is None or place is None:
        return 0
    count = max(lanes.integer(1, 1), 1)
    return min(round(min(max(place.number(1), 0.0), 1.0) * count), count - 1)


def plays(item: Block, track: Block) -> bool:
    """Whether an item's lane plays; true on tracks without lanes."""
    solo = track.line("LANESOLO")
    if not has_lanes(track) or solo is None or track.line("ITEMLANES") is None or item.line("YPOS") is None:
        return True
    lane = lane_of(item, track)
    return solo.integer(1 + lane // _WORD) >> (lane % _WORD) & 1 != 0


def _mode(track: Block) -> int:
    line = track.line("FREEMODE")
    return line.integer(1) if line else 0

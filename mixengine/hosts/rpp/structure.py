"""Add and remove tracks, and adjust folder depths and the numbering of sends.

A track's ``ISBUS state change`` says how the folder level changes after it (1 opens, -n closes n levels), and
``AUXRECV`` names its source by the track's zero-based position, so adding or removing a track changes both.
"""

from __future__ import annotations

from mixengine.hosts.rpp import new
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import Track


def add_track(project: Project, track: Track, parent: Block | None) -> None:
    """Insert ``track`` as last child of ``parent`` (which becomes a folder), or after all tracks."""
    document, blocks = project.document, project.root.all("TRACK")
    if parent is None:
        at = blocks[-1].end if blocks else project.root.close
        follower = len(blocks)
        depth = 0
        if blocks and (open_levels := sum(_depth(block) for block in blocks)) > 0:
            _set_depth(project, blocks[-1], _depth(blocks[-1]) - open_levels)
    else:
        last = _last_inside(blocks, blocks.index(parent))
        closed = _depth(blocks[last])
        if blocks[last] is parent:
            _set_depth(project, parent, 1)
            depth = closed - 1
        else:
            inner = sum(_depth(block) for block in blocks[blocks.index(parent) : last])
            # `inner` levels are open before the last child; it closes all but the parent's, which the new track closes
            _set_depth(project, blocks[last], -(inner - 1))
            depth = closed + inner - 1
        at, follower = blocks[last].end, last + 1
    _renumber_sends(project, blocks, lambda source: source + 1 if source >= follower else source)
    document.insert(at, [*new.track_lines(track, (_state(depth), depth)), ">"], project.root)


def remove_track(project: Project, block: Block) -> None:
    """Remove a track; the track before it closes the levels it closed, and its last child the level it opened."""
    blocks = project.root.all("TRACK")
    index = blocks.index(block)
    change = _depth(block)
    if change > 0:
        last = _last_inside(blocks, index)
        if last != index:
            _set_depth(project, blocks[last], _depth(blocks[last]) + change)
    elif index and change:
        _set_depth(project, blocks[index - 1], _depth(blocks[index - 1]) + change)
    for other in blocks:
        if other is not block:
            _remove_sends(project, other, index)
    _renumber_sends(
        project, [b for b in blocks if b is not block], lambda source: source - 1 if source > index else source
    )
    project.document.edit(block.start, block.end, b"")


def _remove_sends(project: Project, block: Block, source: int) -> None:
    """Remove the sends into a track from the track at position ``source``, with their envelopes."""
    removing = False
    for entry in block.entries:
        if isinstance(entry, Line):
            removing = entry.name == "AUXRECV" and entry.integer(1, -1) == source
        elif not entry.name.startswith("AUX"):
            removing = False
        if removing:
            project.document.edit(entry.start, entry.end, b"")


def _depth(block: Block) -> int:
    line = block.line("ISBUS")
    return line.integer(2) if line else 0


def _set_depth(project: Project, block: Block, depth: int) -> None:
    line = block.line("ISBUS")
    if line is None:
        project.document.insert(block.inside, [f"ISBUS {_state(depth)} {depth}"], block)
    elif line.integer(2) != depth:
        project.document.set_words(line, {1: str(_state(depth)), 2: str(depth)})


def _state(depth: int) -> int:
    """First number of ``ISBUS``: 1 opens a folder, 2 closes some, 0 neither."""
    return 1 if depth > 0 else 2 if depth < 0 else 0


def _last_inside(blocks: list[Block], folder: int) -> int:
    """Position of the last track inside the folder at ``folder`` (itself when it holds none)."""
    level = _depth(blocks[folder])
    last = folder
    while level > 0 and last + 1 < len(blocks):
        last += 1
        level += _depth(blocks[last])
    return last


def _renumber_sends(project: Project, blocks: list[Block], number) -> None:
    for block in blocks:
        for line in block.lines:
            if line.name == "AUXRECV" and number(line.integer(1, -1)) != line.integer(1, -1):
                project.document.set_word(line, 1, str(number(line.integer(1, -1))))

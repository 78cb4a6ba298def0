"""VCA leads of tracks: fields 21 to 23 of ``GROUP_FLAGS`` (groups 1 to 32) and ``GROUP_FLAGS_HIGH`` (33 to 64).

Each field is a word of which bit N stands for group N + 1: 21 leads as a VCA, 22 follows one, 23 follows one before the
effects. Which field is which is known from projects that REAPER saved.
"""

from __future__ import annotations

from collections.abc import Mapping

from mixengine.hosts.rpp.syntax import Block

_LINES = {"GROUP_FLAGS": 0, "GROUP_FLAGS_HIGH": 32}
_LEADS, _FOLLOWS, _FOLLOWS_EARLY = 21, 22, 23

Leads = tuple[tuple[str, bool], ...]
"""Ids of leads, each with whether it acts before the effects."""


def vca_leads(tracks: Mapping[str, Block]) -> dict[str, Leads]:
    """Track id → the tracks that it follows as VCA leads, also through other leads; each once, in mixer order."""
    leading = {name: mask for name, block in tracks.items() if (mask := _groups(block, _LEADS))}
    if not leading:
        return {}
    direct = {name: _direct(name, block, leading) for name, block in tracks.items()}
    result = {name: _through(name, direct) for name, own in direct.items() if own}
    return {name: tuple((lead, early[lead]) for lead in tracks if lead in early) for name, early in result.items()}


def _direct(name: str, block: Block, leading: Mapping[str, int]) -> dict[str, bool]:
    early = _groups(block, _FOLLOWS_EARLY)
    follows = _groups(block, _FOLLOWS) | early
    return {lead: bool(mask & early) for lead, mask in leading.items() if lead != name and mask & follows}


def _through(name: str, direct: Mapping[str, dict[str, bool]]) -> dict[str, bool]:
    """All leads of a track; those of a lead act where it acts."""
    reached = dict(direct[name])
    waiting = list(reached)
    while waiting:
        lead = waiting.pop()
        onward = [further for further in direct[lead] if further not in reached and further != name]
        reached |= dict.fromkeys(onward, reached[lead])
        waiting += onward
    return reached


def _groups(block: Block, field: int) -> int:
    """The groups in which a track has a flag, as bits."""
    return sum(_words(block, name, field) << shift for name, shift in _LINES.items())


def _words(block: Block, name: str, field: int) -> int:
    line = block.line(name)
    return line.integer(field) & 0xFFFFFFFF if line else 0

"""Offsets of tracks from the common level that respect folders and sections.

``all`` treats every track alike. ``folder`` balances inside a folder first and then folders against each other: the
target of a folder is that of one track of its role, however many tracks it holds. In both, N players of one section
(``violin 1``, ``violin 2``, …) together have the target of one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from mixengine.jobs.balance.solve import FaderEquation
from mixengine.model.presets import Preset
from mixengine.model.roles import role_of, words_of
from mixengine.model.session import Session, Track

_SIDES = {"l", "r", "left", "right", "dbl", "double"}


def with_groups(
    session: Session, equations: list[FaderEquation], shares: Mapping[str, float], preset: Preset, mode: str
) -> list[FaderEquation]:
    """The equations with offsets that respect sections and, for ``folder``, groups.

    Parameters
    ----------
    shares : mapping
        Track id → share of the time in which it plays; rare tracks count little in their folder's sum.
    """
    sizes = _section_sizes(session, equations)
    offsets = {equation.track: equation.offset_lu - 10.0 * math.log10(sizes[equation.track]) for equation in equations}
    if mode == "folder":
        offsets = _balanced_folders(session, offsets, shares, preset)
    return [replace(equation, offset_lu=offsets[equation.track]) for equation in equations]


def _section_sizes(session: Session, equations: list[FaderEquation]) -> dict[str, int]:
    """How many tracks of the same folder and the same name but for numbers and sides each track belongs to."""

    def key(track: Track) -> tuple[str | None, tuple[str, ...]]:
        words = tuple(word for word in words_of(track.name) if word not in _SIDES)
        return track.parent, words or (track.id,)

    keys = {equation.track: key(session.track(equation.track)) for equation in equations}
    counts = Counter(keys.values())
    return {track: counts[key] for track, key in keys.items()}


def _balanced_folders(
    session: Session, offsets: dict[str, float], shares: Mapping[str, float], preset: Preset
) -> dict[str, float]:
    """Shift what is inside each folder so that its sum has the folder's own target; inner folders first."""
    offsets = dict(offsets)
    folders = [track for track in session.tracks if track.is_folder]
    inside: dict[str, list[str]] = {folder.id: [] for folder in folders}
    for track in session.tracks:
        if track.id in offsets:
            for folder in session.ancestors(track):
                inside[folder.id].append(track.id)
    for folder in reversed(folders):  # mixer order: a folder stands before the folders inside it
        members = inside[folder.id]
        if not members:
            continue
        role = folder.role or role_of(folder.name)
        target_lu = preset.offset_lu(role) if role else max(offsets[member] for member in members)
        shift_lu = target_lu - _sum_lu([(offsets[member], shares[member]) for member in members])
        for member in members:
            offsets[member] += shift_lu
    return offsets


def _sum_lu(members: list[tuple[float, float]]) -> float:
    """Loudness of tracks together: powers add, each weighted by how much of the busiest one's time it plays."""
    busiest = max(share for _, share in members) or 1.0
    return 10.0 * math.log10(sum(10.0 ** (level / 10.0) * max(share / busiest, 1e-3) for level, share in members))

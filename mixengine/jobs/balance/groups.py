"""Offsets of tracks from the common level that respect instruments, sections and folders.

Microphones of one instrument keep the relation in which they were recorded and move as one (`as_instruments`).
``folder`` balances inside a folder first and then folders against each other: the target of a folder is that of one
track of its role, however many tracks it holds; ``all`` treats folders as if they were not there.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from mixengine.jobs.balance.solve import FaderEquation
from mixengine.model.presets import Preset
from mixengine.model.roles import role_of
from mixengine.model.session import Session

MAX_RELATION_DB = 20.0
"""A microphone that stands further below those that make the sound than the rule wants, by more than this, is brought
nearer. On recorded sessions larger values bring nothing more, smaller ones are further from people."""


def as_instruments(
    equations: list[FaderEquation], groups: Iterable[Iterable[str]], *, as_recorded: bool = False
) -> list[FaderEquation]:
    """Give the tracks of each group one common move: the mean of what the rule wants of each, by their powers.

    A line counts by its power beside what the rule wants of it: what makes the sound of an instrument decides where it
    goes, and a spare microphone that is turned down decides nothing.

    Parameters
    ----------
    groups : iterable of iterable of str
        Ids of tracks that are microphones of one instrument, or one part played twice.
    as_recorded : bool
        They keep the relation that they have with all faders at 0 dB, not that in which the user left them.
    """
    by_track = {equation.track: equation for equation in equations}
    for group in groups:
        members = [by_track[track] for track in group if track in by_track]
        if len(members) < 2:
            continue
        levels = {each.track: each.level_lufs if as_recorded else each.present_lufs for each in members}
        moves = {member.track: member.offset_lu - levels[member.track] for member in members}
        least = min(moves.values())
        weights = {member.track: member.weight * 10.0 ** ((least - moves[member.track]) / 10.0) for member in members}
        common = sum(weights[track] * move for track, move in moves.items()) / sum(weights.values())
        for member in members:
            apart = moves[member.track] - common
            excess = math.copysign(max(abs(apart) - MAX_RELATION_DB, 0.0), apart)
            by_track[member.track] = replace(member, offset_lu=levels[member.track] + common + excess)
    return [by_track[equation.track] for equation in equations]


def evened(equations: list[FaderEquation], alike: Collection[str]) -> list[FaderEquation]:
    """Bring tracks that are one kind of sound to one level beside what is wanted of each, whatever else is kept.

    Their mean distance from the rule stays, or that of those that are held.

    Parameters
    ----------
    alike : collection of str
        Track ids, of speakers.
    """
    kind = [equation for equation in equations if equation.track in alike]
    if len(kind) < 2:
        return equations
    leading = [equation for equation in kind if equation.locked] or kind
    distances = {equation.track: equation.offset_lu - equation.present_lufs for equation in kind}
    common = sum(one.weight * distances[one.track] for one in leading) / sum(one.weight for one in leading)
    return [
        replace(equation, evened_db=distances[equation.track] - common)
        if equation.track in distances and not equation.locked
        else equation
        for equation in equations
    ]


def balanced_folders(
    session: Session, equations: list[FaderEquation], shares: Mapping[str, float], preset: Preset
) -> list[FaderEquation]:
    """Shift what is inside each folder so that its sum has the folder's own target; inner folders first.

    Parameters
    ----------
    shares : mapping
        Track id → share of the time in which it plays; rare tracks count little in their folder's sum.
    """
    offsets = {equation.track: equation.offset_lu for equation in equations}
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
    return [replace(equation, offset_lu=offsets[equation.track]) for equation in equations]


def _sum_lu(members: list[tuple[float, float]]) -> float:
    """Loudness of tracks together: powers add, each weighted by how much of the busiest one's time it plays."""
    busiest = max(share for _, share in members) or 1.0
    return 10.0 * math.log10(sum(10.0 ** (level / 10.0) * max(share / busiest, 1e-3) for level, share in members))

"""Which tracks are worth comparing sample by sample: related ones, and those that move together.

Comparing all pairs of a hundred tracks would take an hour; levels per 100 ms say cheaply who cannot share a sound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.jobs.lint.context import PLAYING_DB, SEGMENT_S, LintContext, levels_db, session_hops
from mixengine.jobs.lint.track_stats import HOP_S, SILENT_DB
from mixengine.model import roles
from mixengine.model.session import Track

MIC_WORDS = frozenset(
    "in inside out outside top bottom btm bot up down under over di line amp cab mic mics micro close near far room "
    "l r left right front back a b".split()
)
"""Words that tell two recordings of one source apart."""
DRUM_ROLES = frozenset("kick snare hats toms cymbals percussion drums".split())

MOST_PAIRS = 200
MOST_BLEEDS = 150
SEGMENTS = 4
"""20 s of a pair are compared."""
MOVES_TOGETHER = 0.95
"""Correlation of levels from which unrelated tracks are compared too: copies have 1, a band's tracks up to 0.8."""
BLEED_MOVES = 0.2
"""The same of a source with a track it may have leaked into, where that is quiet: bleed planted 30 dB down on real
stems has 0.25 and more. Neighbours get a bonus: loud decays of their own hide the bleed in their levels."""
_NEIGHBOUR_BONUS = 0.5
QUIET_DB = 12.0
"""A track is itself quiet where it is this far below its playing level."""
PAUSES_DB = (QUIET_DB, 25.0)
"""What leaks in is looked for where a track is so quiet: between its notes, and where its decays do not hide more."""
_RANGE_DB = 60.0
_FEWEST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tracks to compare; ``named`` when their names say that they are microphones of one source. Of a bleed pair
    ``first`` is the source.
    """

    first: Track
    second: Track
    named: bool = False


@dataclass(frozen=True, slots=True)
class _Levels:
    """Levels of all tracks relative to their loudest 100 ms [shape=(tracks, hops)], and who they are."""

    tracks: list[Track]
    relative_db: np.ndarray
    silent: np.ndarray


def source_name(name: str) -> str:
    """A name without what tells microphones apart: ``Kick In`` and ``kick_out`` are both ``kick``."""
    return " ".join(word for word in roles.words_of(name) if word not in MIC_WORDS)


def close_pairs(case: LintContext) -> list[Pair]:
    """Pairs that may share a sound: microphones of one source first, then neighbours, then whatever moves together."""
    levels = _levels(case)
    if len(levels.tracks) < 2:
        return []
    together = np.corrcoef(levels.relative_db)
    ranked = []
    for i, first in enumerate(levels.tracks):
        for j in range(i + 1, len(levels.tracks)):
            second = levels.tracks[j]
            named = bool(source_name(first.name)) and source_name(first.name) == source_name(second.name)
            near = _near(first, second)
            if named or near or together[i, j] > MOVES_TOGETHER:
                ranked.append(((not named, -round(float(together[i, j]), 6), first.id, second.id), i, j, named))
    return [Pair(levels.tracks[i], levels.tracks[j], named) for _, i, j, named in sorted(ranked)[:MOST_PAIRS]]


def _near(first: Track, second: Track) -> bool:
    """Whether two tracks sit in one folder or are drums of one kit."""
    same_folder = first.parent is not None and first.parent == second.parent
    return same_folder or {roles.role_of(first.name), roles.role_of(second.name)} <= DRUM_ROLES


def bleed_pairs(case: LintContext) -> list[Pair]:
    """Sources and tracks they may have leaked into: neighbours, or those that move along where they are quiet."""
    levels = _levels(case)
    ranked = []
    for j, target in enumerate(levels.tracks):
        moves = np.max([_moves(levels, j, pause_db) for pause_db in PAUSES_DB], axis=0)
        if np.isneginf(moves).all():
            continue
        for i, source in enumerate(levels.tracks):
            if i == j:
                continue
            weight = float(moves[i]) + _NEIGHBOUR_BONUS * _near(source, target)
            if weight > BLEED_MOVES:
                ranked.append(((-round(weight, 6), source.id, target.id), Pair(source, target)))
    return [pair for _, pair in sorted(ranked, key=lambda item: item[0])[:MOST_BLEEDS]]


def _moves(levels: _Levels, row: int, pause_db: float) -> np.ndarray:
    """Correlation of all tracks' levels with those of one where it is quiet; -inf where it hardly ever is."""
    quiet = (levels.relative_db[row] < -pause_db) & ~levels.silent[row]
    if quiet.sum() < _FEWEST_HOPS:
        return np.full(len(levels.tracks), -np.inf)
    part = levels.relative_db[:, quiet]
    part = part - part.mean(axis=1, keepdims=True)
    length = np.sqrt(np.square(part).sum(axis=1))
    return part @ part[row] / np.maximum(length * length[row], 1e-9)


def shared_segments(case: LintContext, pair: Pair, *, pause_db: float | None = None) -> list[int]:
    """The up to `SEGMENTS` segments of the session in which both play most; with ``pause_db``, in which the first plays
    and the second is quieter than that.
    """
    levels = _levels(case)
    rows = {track.id: row for track, row in zip(levels.tracks, levels.relative_db, strict=True)}
    silent = {track.id: row for track, row in zip(levels.tracks, levels.silent, strict=True)}
    first, second = rows[pair.first.id], rows[pair.second.id]
    good = first > -PLAYING_DB
    if pause_db is None:
        good &= second > -PLAYING_DB
    else:
        good &= (second < -pause_db) & ~silent[pair.second.id]
    size = round(SEGMENT_S / HOP_S)
    counts = np.add.reduceat(good.astype(int), np.arange(0, len(good), size))
    best = np.argsort(-counts, kind="stable")[:SEGMENTS]
    return sorted(int(index) for index in best if counts[index] >= round(1.0 / HOP_S)) if len(best) else []


def _levels(case: LintContext) -> _Levels:
    return case.once("levels", lambda: _gathered(case))  # type: ignore[return-value]


def _gathered(case: LintContext) -> _Levels:
    hops = session_hops(case)
    chosen = [(track, heard) for track, heard in case.heard if heard.peak > 0.0]
    rows = np.stack([levels_db(heard, hops) for _, heard in chosen]) if chosen else np.zeros((0, hops))
    relative = np.maximum(rows - rows.max(axis=1, keepdims=True), -_RANGE_DB)
    # a track of one constant level has no shape that could be compared
    relative = relative + 1e-6 * np.sin(np.arange(hops) * 0.7)
    return _Levels([track for track, _ in chosen], relative, rows <= SILENT_DB)

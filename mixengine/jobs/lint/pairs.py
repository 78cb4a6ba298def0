"""Which pairs of tracks to compare sample by sample: related tracks, and tracks with correlated levels.

Comparing all pairs of a hundred tracks would take an hour; levels per 100 ms show quickly which cannot share a source.
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
"""Words that distinguish two recordings of one source."""
_NO_SOURCE = frozenset("track audio untitled item recording rec new".split())
"""Words that name no source: "Track 1" and "Track 2" are not two microphones of a track."""
DRUM_ROLES = frozenset("kick snare hats toms cymbals percussion drums".split())

MAX_PAIRS = 200
MAX_BLEED_PAIRS = 150
SEGMENTS = 4
"""Segments compared of a pair: 20 s."""
MIN_LEVEL_CORRELATION = 0.95
"""Correlation of levels from which unrelated tracks are compared too: copies have 1, tracks of a band up to 0.8."""
MIN_BLEED_CORRELATION = 0.2
"""The same between a source and a track that it may bleed into, where that track is quiet: bleed mixed into real stems
at −30 dB has 0.25 and more. Related tracks get a bonus: their own loud decays hide the bleed in their levels."""
_RELATED_BONUS = 0.5
QUIET_DB = 12.0
"""A track is quiet where it is this far below its loudest 100 ms."""
PAUSES_DB = (QUIET_DB, 25.0)
"""Bleed is searched where a track is this far below its loudest 100 ms: between notes, and after their decay."""
_RANGE_DB = 60.0
_MIN_QUIET_HOPS = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tracks to compare.

    Attributes
    ----------
    first, second : Track
        Of a bleed pair ``first`` is the source.
    named : bool
        Their names say that they are microphones of one source.
    """

    first: Track
    second: Track
    named: bool = False


@dataclass(frozen=True, slots=True)
class _Levels:
    """Levels of all tracks relative to their loudest 100 ms [shape=(tracks, hops)], and where they are silent."""

    tracks: list[Track]
    relative_db: np.ndarray
    silent: np.ndarray


def source_name(name: str) -> str:
    """A name without the words that distinguish microphones: ``Kick In`` and ``kick_out`` are both ``kick``."""
    words = [word for word in roles.words_of(name) if word not in MIC_WORDS]
    return "" if _NO_SOURCE.issuperset(words) else " ".join(words)


def close_pairs(context: LintContext) -> list[Pair]:
    """Pairs that may share a source: first by names, then related tracks, then tracks with correlated levels."""
    levels = _levels(context)
    if len(levels.tracks) < 2:
        return []
    correlation = np.corrcoef(levels.relative_db)
    ranked = []
    for i, first in enumerate(levels.tracks):
        for j in range(i + 1, len(levels.tracks)):
            second = levels.tracks[j]
            named = bool(source_name(first.name)) and source_name(first.name) == source_name(second.name)
            related = _related(first, second)
            if named or related or correlation[i, j] > MIN_LEVEL_CORRELATION:
                ranked.append(((not named, -round(float(correlation[i, j]), 6), first.id, second.id), i, j, named))
    return [Pair(levels.tracks[i], levels.tracks[j], named) for _, i, j, named in sorted(ranked)[:MAX_PAIRS]]


def _related(first: Track, second: Track) -> bool:
    """Whether two tracks are in the same folder or both drums."""
    same_folder = first.parent is not None and first.parent == second.parent
    return same_folder or {roles.role_of(first.name), roles.role_of(second.name)} <= DRUM_ROLES


def bleed_pairs(context: LintContext) -> list[Pair]:
    """Sources and tracks they may bleed into: related tracks, or tracks whose level follows the source while quiet."""
    levels = _levels(context)
    ranked = []
    for j, target in enumerate(levels.tracks):
        correlations = np.max([_level_correlations(levels, j, pause_db) for pause_db in PAUSES_DB], axis=0)
        if np.isneginf(correlations).all():
            continue
        for i, source in enumerate(levels.tracks):
            if i == j:
                continue
            weight = float(correlations[i]) + _RELATED_BONUS * _related(source, target)
            if weight > MIN_BLEED_CORRELATION:
                ranked.append(((-round(weight, 6), source.id, target.id), Pair(source, target)))
    return [pair for _, pair in sorted(ranked, key=lambda item: item[0])[:MAX_BLEED_PAIRS]]


def _level_correlations(levels: _Levels, row: int, pause_db: float) -> np.ndarray:
    """Correlation of all tracks' levels with those of one while it is quiet; -inf where it hardly ever is."""
    quiet = (levels.relative_db[row] < -pause_db) & ~levels.silent[row]
    if quiet.sum() < _MIN_QUIET_HOPS:
        return np.full(len(levels.tracks), -np.inf)
    part = levels.relative_db[:, quiet]
    part = part - part.mean(axis=1, keepdims=True)
    length = np.sqrt(np.square(part).sum(axis=1))
    return part @ part[row] / np.maximum(length * length[row], 1e-9)


def shared_segments(context: LintContext, pair: Pair, *, pause_db: float | None = None) -> list[int]:
    """Indices of up to `SEGMENTS` segments of the session in which both tracks play the most.

    With ``pause_db``: in which the first plays while the second is quieter than that.
    """
    levels = _levels(context)
    rows = {track.id: row for track, row in zip(levels.tracks, levels.relative_db, strict=True)}
    silent = {track.id: row for track, row in zip(levels.tracks, levels.silent, strict=True)}
    first, second = rows[pair.first.id], rows[pair.second.id]
    suitable = first > -PLAYING_DB
    if pause_db is None:
        suitable &= second > -PLAYING_DB
    else:
        suitable &= (second < -pause_db) & ~silent[pair.second.id]
    size = round(SEGMENT_S / HOP_S)
    counts = np.add.reduceat(suitable.astype(int), np.arange(0, len(suitable), size))
    best = np.argsort(-counts, kind="stable")[:SEGMENTS]
    return sorted(int(index) for index in best if counts[index] >= round(1.0 / HOP_S)) if len(best) else []


def _levels(context: LintContext) -> _Levels:
    return context.once("levels", lambda: _all_levels(context))  # type: ignore[return-value]


def _all_levels(context: LintContext) -> _Levels:
    hops = session_hops(context)
    sounding = [(track, stats) for track, stats in context.track_stats if stats.peak > 0.0]
    rows = np.stack([levels_db(stats, hops) for _, stats in sounding]) if sounding else np.zeros((0, hops))
    relative = np.maximum(rows - rows.max(axis=1, keepdims=True), -_RANGE_DB)
    # the correlation of a constant level would be undefined
    relative = relative + 1e-6 * np.sin(np.arange(hops) * 0.7)
    return _Levels([track for track, _ in sounding], relative, rows <= SILENT_DB)

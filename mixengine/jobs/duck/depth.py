"""How deep to duck: the minimum that keeps speech a given number of LU above the background.

Loudness while ducking is measured over speech only: the short-term loudness at a moment is the K-weighted power of the
3 s around it, counting just the hops in which somebody speaks, for the speech and for the background alike. A plain 3 s
window would be diluted by the pauses.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mixengine.audio.loudness import to_lufs
from mixengine.jobs.duck import envelope
from mixengine.jobs.duck.envelope import Piece
from mixengine.model.duck_style import DuckStyle

HOP_S = 0.05
"""Time step of all power series of the duck job."""
WINDOW_S = 3.0
MARGIN_LU = 0.1
"""A target counts as met within this."""
SAFETY_LU = 0.3
"""Extra depth beyond the target, for windows at other offsets."""
MIN_DEPTH_DB = 0.1
"""Smaller depths are not ducked."""
_EDGE_S = 0.1
_WORD_GAP_S = 0.4
_CELL_S = 0.5
_STEP_COST_DB_S = 10.0
_MAX_PIECE_S = 90.0
_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Scene:
    """Powers of speech and background over time, per hop [shape=(hops,)].

    Attributes
    ----------
    active : ndarray
        Share of the hop in which somebody speaks, 0 … 1.
    speech, background, rest : ndarray
        K-weighted mean squares as heard, channels summed; ``rest`` is background that may not be ducked.
    """

    active: np.ndarray
    speech: np.ndarray
    background: np.ndarray
    rest: np.ndarray | float = 0.0

    @property
    def times_s(self) -> np.ndarray:
        """Middle of each hop."""
        return (np.arange(len(self.active)) + 0.5) * HOP_S

    def difference_lu(self, gain: np.ndarray | float = 1.0) -> np.ndarray:
        """Short-term speech loudness minus background loudness at each hop, with a gain on the background.

        ``inf`` where the background is silent, NaN where nobody speaks around the hop.
        """
        speech = _around(self.active * self.speech)
        background = _around(self.active * (self.background * np.square(gain) + self.rest))
        talking = _around(self.active) > 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            difference = 10.0 * np.log10(speech / background)
        return np.where(talking, np.where(background > 0.0, difference, np.inf), np.nan)

    def loudness_lufs(self, start_s: float, end_s: float) -> tuple[float, float]:
        """Loudness of speech and background over the speech between two times."""
        part = slice(max(round(start_s / HOP_S), 0), max(round(end_s / HOP_S), round(start_s / HOP_S) + 1))
        weights = self.active[part]
        total = weights.sum()
        if not total:
            return -np.inf, -np.inf
        background = self.background[part] + np.broadcast_to(self.rest, self.active.shape)[part]
        return float(to_lufs(weights @ self.speech[part] / total)), float(to_lufs(weights @ background / total))


def _around(values: np.ndarray) -> np.ndarray:
    """Sum over the window around each hop."""
    half = round(WINDOW_S / HOP_S / 2)
    total = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    last = np.minimum(index + half + 1, len(values))
    return np.maximum(total[last] - total[np.maximum(index - half, 0)], 0.0)


def activity_share(regions: list[tuple[float, float]], hops: int) -> np.ndarray:
    """Share of each hop that lies inside one of the regions [shape=(hops,)]."""
    share = np.zeros(hops)
    for start_s, end_s in regions:
        first, last = max(int(start_s / HOP_S), 0), min(int(np.ceil(end_s / HOP_S)), hops)
        edges = np.clip(np.arange(first, last + 1) * HOP_S, start_s, end_s)
        share[first:last] += np.diff(edges) / HOP_S
    return np.clip(share, 0.0, 1.0)


def spoken(regions: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Regions over which the loudness of speech is measured: detected regions with their soft beginnings and ends and
    the pauses between words, which detectors treat differently. Regions that are too long make speech softer and the
    duck deeper, which is the safe side.
    """
    return merged([(max(start_s - _EDGE_S, 0.0), end_s + _EDGE_S) for start_s, end_s in regions], _WORD_GAP_S)


def merged(regions: list[tuple[float, float]], gap_s: float) -> list[tuple[float, float]]:
    """Regions in time order, those closer than ``gap_s`` joined."""
    joined: list[tuple[float, float]] = []
    for start_s, end_s in sorted(regions):
        if joined and start_s - joined[-1][1] < gap_s:
            joined[-1] = joined[-1][0], max(joined[-1][1], end_s)
        else:
            joined.append((start_s, end_s))
    return joined


def constant(regions: list[tuple[float, float]], style: DuckStyle, depth_db: float) -> list[list[Piece]]:
    """The same depth under all speech."""
    if depth_db < MIN_DEPTH_DB:
        return []
    return [[Piece(start_s, end_s, depth_db)] for start_s, end_s in merged(regions, envelope.bridge_s(style, depth_db))]


def to_target(
    scene: Scene, regions: list[tuple[float, float]], style: DuckStyle, target_lu: float
) -> list[list[Piece]]:
    """The shallowest duck in each stretch of speech that keeps it ``target_lu`` above the background.

    Where nothing needs to be ducked, the depth is 0. It is constant over pieces: a step between two must save more than
    a certain dB · seconds of ducking beyond what is needed. The finished envelope is measured, and pieces that miss the
    target are lowered.
    """
    spans = merged(regions, envelope.bridge_s(style, style.max_duck_db))
    need_db = np.nan_to_num(target_lu + SAFETY_LU - scene.difference_lu(), nan=-np.inf, neginf=-np.inf, posinf=np.inf)
    need_db = np.where(scene.active > 0.0, need_db, -np.inf)
    stretches = [_stepped(need_db, span, style) for span in spans]
    for _ in range(_ROUNDS):
        ducked = drawn_regions(stretches)
        short_lu = (
            target_lu + SAFETY_LU - scene.difference_lu(envelope.gain(scene.times_s, envelope.points(ducked, style)))
        )
        short_lu = np.where(scene.active > 0.0, np.nan_to_num(short_lu, nan=0.0, neginf=0.0), 0.0)
        deeper = [[_deepened(piece, short_lu, style) for piece in pieces] for pieces in stretches]
        if deeper == stretches:
            break
        stretches = deeper
    return [_joined(pieces) for pieces in stretches]


def _stepped(need_db: np.ndarray, span: tuple[float, float], style: DuckStyle) -> list[Piece]:
    """Cut one stretch of speech into pieces of constant depth (dynamic programming over cells of 0.5 s)."""
    start_s, end_s = span
    cells = max(int((end_s - start_s) / _CELL_S), 1)
    edges = np.append(start_s + np.arange(cells) * _CELL_S, end_s)
    index = np.clip((edges / HOP_S).astype(int), 0, len(need_db))
    need = np.array([need_db[a : max(b, a + 1)].max(initial=-np.inf) for a, b in pairwise(index)])
    need = np.clip(need, 0.0, style.max_duck_db)
    spoken = np.array([np.isfinite(need_db[a : max(b, a + 1)]).any() for a, b in pairwise(index)])
    min_cells = int(np.ceil(envelope.bridge_s(style, style.max_duck_db) / _CELL_S))
    if cells < 2 * min_cells:
        return [Piece(start_s, end_s, float(need.max()))]
    origin = _cheapest_cuts(need, spoken * _CELL_S, min_cells, max(int(_MAX_PIECE_S / _CELL_S), 2 * min_cells))
    cuts, at = [cells], cells
    while at:
        at = int(origin[at])
        cuts.append(at)
    cuts.reverse()
    pieces = [Piece(float(edges[a]), float(edges[b]), float(need[a:b].max())) for a, b in pairwise(cuts)]
    return _joined(pieces)


def _cheapest_cuts(need: np.ndarray, seconds: np.ndarray, min_cells: int, max_cells: int) -> np.ndarray:
    """For each cell edge, the start of the piece that ends there in the cut of least cost."""
    cells = len(need)
    cost = np.full(cells + 1, np.inf)
    origin = np.zeros(cells + 1, dtype=int)
    cost[0] = 0.0
    # sums from the end backwards turn the excess of every possible last piece into two subtractions
    spoken = np.concatenate([[0.0], np.cumsum(seconds)])
    needed = np.concatenate([[0.0], np.cumsum(need * seconds)])
    for end in range(min_cells, cells + 1):
        first = max(end - max_cells, 0)
        starts = np.arange(end - min_cells, first - 1, -1)
        depth = np.maximum.accumulate(need[first:end][::-1])[min_cells - 1 :][: len(starts)]
        excess = depth * (spoken[end] - spoken[starts]) - (needed[end] - needed[starts])
        total = cost[starts] + excess + _STEP_COST_DB_S
        best = int(np.argmin(total))
        cost[end], origin[end] = total[best], starts[best]
    return origin


def _deepened(piece: Piece, short_lu: np.ndarray, style: DuckStyle) -> Piece:
    """The piece lowered by the largest shortfall inside it, within the limit."""
    inside = slice(int(piece.start_s / HOP_S), max(int(np.ceil(piece.end_s / HOP_S)), int(piece.start_s / HOP_S) + 1))
    shortfall_lu = float(short_lu[inside].max(initial=0.0))
    if shortfall_lu <= MARGIN_LU / 2.0 or piece.depth_db >= style.max_duck_db:
        return piece
    # A piece too shallow to be drawn was measured without any ducking: its shortfall is its depth.
    drawn_db = piece.depth_db if piece.depth_db >= MIN_DEPTH_DB else 0.0
    return Piece(piece.start_s, piece.end_s, min(max(drawn_db + shortfall_lu, piece.depth_db), style.max_duck_db))


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Join neighbours of nearly equal depth into one piece of the greater depth."""
    joined = [pieces[0]]
    for piece in pieces[1:]:
        if abs(piece.depth_db - joined[-1].depth_db) < 2.0 * MIN_DEPTH_DB:
            depth_db = max(piece.depth_db, joined[-1].depth_db)
            joined[-1] = Piece(joined[-1].start_s, piece.end_s, depth_db)
        else:
            joined.append(piece)
    return joined


def drawn_regions(stretches: list[list[Piece]]) -> list[list[Piece]]:
    """Regions for `envelope.points`: runs of pieces that are deep enough to be drawn."""
    regions: list[list[Piece]] = []
    for pieces in stretches:
        run: list[Piece] = []
        for piece in [*pieces, None]:
            if piece is not None and piece.depth_db >= MIN_DEPTH_DB:
                run.append(piece)
            elif run:
                regions.append(run)
                run = []
    return regions

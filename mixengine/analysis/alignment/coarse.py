"""Where two fingerprints may fit: offsets to a hundredth of a second, window by window.

A window of one is slid along the other. What counts is how far the best offset stands above all others: two songs of
one tempo fit a little at every beat, one recording fits itself at one place.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment.fingerprint import BANDS, FRAME_S

WINDOW_S = 24.0
"""Long enough for a sentence or four bars; a drift of 1,000 ppm moves by one frame in it."""
MAX_OFFSET_S = 30.0
MIN_SCORE = 6.0
"""Deviations of the best offset from all others, from which it is worth a closer look. Unrelated speech and music stay
below 5 in a window."""
_MIN_MOVING = 0.04
"""Share of a window's steps that must be more than noise."""
_STEP = 20
_NOTHING = 1e-4
_AWAY = round(0.15 / FRAME_S)


@dataclass(frozen=True, slots=True)
class Fit:
    """An offset that a window suggests.

    Attributes
    ----------
    time_s : float
        Middle of the window in the first sound.
    offset_s : float
        How much later the same stands in the second.
    score : float
        Deviations by which it stands above other offsets.
    """

    time_s: float
    offset_s: float
    score: float


@dataclass(frozen=True)
class Print:
    """A fingerprint on the session's time axis: its first frame begins at ``first`` frames of `FRAME_S`."""

    first: int
    steps: np.ndarray

    @property
    def end(self) -> int:
        """The frame after its last one."""
        return self.first + len(self.steps)

    def part(self, start: int, count: int) -> np.ndarray:
        """Frames of session time, zeros outside [shape=(bands, count), dtype=float32]."""
        out = np.zeros((BANDS, count), np.float32)
        first, last = max(start, self.first), min(start + count, self.end)
        if first < last:
            out[:, first - start : last - start] = self.steps[first - self.first : last - self.first].T
        return out

    def moving(self, start: int, count: int) -> float:
        """Share of a stretch in which anything moves."""
        first, last = max(start, self.first), min(start + count, self.end)
        if first >= last:
            return 0.0
        sums = self._sums
        return float(sums[last - self.first] - sums[first - self.first]) / (count * BANDS)

    @functools.cached_property
    def _sums(self) -> np.ndarray:
        """How many bands moved up to each frame."""
        moved = np.count_nonzero(np.abs(self.steps.astype(np.int16)) > _STEP, axis=1)
        return np.concatenate([[0], np.cumsum(moved)])


def windows(one: Print, other: Print, max_offset_s: float = MAX_OFFSET_S, count: int = 12) -> list[int]:
    """First frames of up to ``count`` windows of ``one``, spread over the time that it may share with ``other``."""
    size, reach = round(WINDOW_S / FRAME_S), round(max_offset_s / FRAME_S)
    first, last = max(one.first, other.first - reach), min(one.end, other.end + reach)
    if last - first <= size:
        return [first] if last - first > round(1.0 / FRAME_S) else []
    places = np.unique(np.linspace(first, last - size, max(min(4 * count, (last - first) // size + 1), 2)).astype(int))
    moving = np.array([min(one.moving(at, size), 1.0) for at in places])
    good = np.flatnonzero(moving > _MIN_MOVING)
    if len(good) <= count:
        return places[good].tolist()
    groups = np.array_split(good, count)
    return [int(places[group[np.argmax(moving[group])]]) for group in groups]


@dataclass(frozen=True)
class WindowSpectra:
    """A window of a fingerprint, and the stretch around it in which others may hold the same.

    Attributes
    ----------
    begin : int
        First frame of the window.
    reach : int
        Frames before and after it.
    own, around : ndarray [shape=(bands, bins)]
        Spectra of the window, and of it with what is around it.
    own_energy : float
    events : float
        In how many frames something moves; a few loud ones count as few.
    energies : ndarray [shape=(2 · reach + 1,)]
        Energy of each stretch of the window's size.
    """

    begin: int
    reach: int
    own: np.ndarray
    around: np.ndarray
    own_energy: float
    events: float
    energies: np.ndarray

    @classmethod
    def of(cls, print_: Print, begin: int, max_offset_s: float = MAX_OFFSET_S) -> WindowSpectra:
        """The window of `WINDOW_S` that begins at a frame."""
        from scipy import fft

        size, reach = round(WINDOW_S / FRAME_S), round(max_offset_s / FRAME_S)
        wide = size + 2 * reach
        length = fft.next_fast_len(wide, real=True)
        part = print_.part(begin - reach, wide)
        mine = part[:, reach : reach + size]
        sums = np.concatenate([[0.0], np.cumsum(np.square(part).sum(axis=0, dtype=np.float64))])
        frames = sums[reach + 1 : reach + size + 1] - sums[reach : reach + size]
        squares = float(np.square(frames).sum())
        return cls(
            begin,
            reach,
            fft.rfft(mine, length, axis=1),
            fft.rfft(part, length, axis=1),
            float(frames.sum()),
            float(frames.sum()) ** 2 / squares if squares > 0.0 else 0.0,
            sums[size:] - sums[: wide - size + 1],
        )


def fits(one: Print, other: Print, at: int, max_offset_s: float = MAX_OFFSET_S, peaks: int = 2) -> list[Fit]:
    """The best offsets of the window of ``one`` that begins at frame ``at``, best first."""
    first, second = (WindowSpectra.of(each, at, max_offset_s) for each in (one, other))
    return best_fits(first, second, peaks)


def best_fits(one: WindowSpectra, other: WindowSpectra, peaks: int = 2) -> list[Fit]:
    """`fits` of two windows that begin at the same frame."""
    from scipy import fft

    reach, under = one.reach, other.energies
    if not one.own_energy > 0.0 or not under.max() > 0.0:
        return []
    length = fft.next_fast_len(len(under) - 1 + round(WINDOW_S / FRAME_S), real=True)
    spectrum = np.einsum("ij,ij->j", np.conj(one.own), other.around)
    products = fft.irfft(spectrum, length)[: len(under)]
    # where hardly anything moves in the second, a chance fit of little would count as much as one of all
    least = 0.05 * max(one.own_energy, float(under.max()))
    scores = products / np.sqrt(one.own_energy * np.maximum(under, least))
    deviation = _deviation(scores, one.events)
    left = scores.copy()
    result = []
    for _ in range(peaks):
        best = int(np.argmax(left))
        if not left[best] > 0.0 or not np.isfinite(left[best]):
            break
        offset = best - reach + _vertex(scores, best)
        time_s = one.begin * FRAME_S + WINDOW_S / 2.0
        result.append(Fit(time_s, offset * FRAME_S, float(scores[best]) / deviation))
        left[max(best - _AWAY, 0) : best + _AWAY + 1] = -np.inf
    return result


def _deviation(scores: np.ndarray, events: float) -> float:
    """How far offsets stand above zero by chance: as most do, and no less than so few events can tell."""
    best = int(np.argmax(scores))
    rest = np.concatenate([scores[: max(best - _AWAY, 0)], scores[best + _AWAY :]])
    sounding = rest[np.abs(rest) > _NOTHING]
    spread = float(np.sqrt(np.mean(np.square(sounding)))) if len(sounding) else 0.0
    return max(spread, 0.5 / np.sqrt(BANDS * max(events, 1.0)))


def _vertex(values: np.ndarray, at: int) -> float:
    """Where between its neighbours a maximum really lies, -0.5 … 0.5."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = (float(value) for value in values[at - 1 : at + 2])
    bend = before - 2.0 * here + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0

"""Clicks and drop-outs inside the sound: what a bad cable, a full disk or a missed clock leaves in a recording.

A click is a sample, or a step, that sticks out of a short surrounding on both sides; the attack of a drum does not, as
what follows is as loud. A drop-out is a few milliseconds of exact silence, or of one value held, in the middle of the
sound.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from mixengine.analysis import recurrence
from mixengine.audio.jit import njit

CLICK_OVER_NEARBY = 8.0
"""Curvature of a possible click over its RMS nearby (18 dB)."""
CLICK_OVER_PREDICTED = 45.0
"""… and its distance from what linear prediction expects there, over the RMS of such distances nearby (33 dB): the
pulses of a voice stay below 20 dB, its plosives below 33 dB."""
CLICK_OF_PEAK = 0.1
"""… and over the track's peak: what is lower than -20 dB is hardly heard."""
DROP_OUT_S = (0.002, 0.1)
"""Shorter silence is a crossing of zero, longer silence may be meant."""
_SILENT = 1e-6
_OF_TOP = 0.8
"""A value held so near the largest around it is the flat top of something clipped, or of a square wave."""
_EDGE_OF_NEARBY, _EDGE_OF_PEAK = 0.25, 0.003
_AROUND_S = 0.02
_ORDER = 12
_NEARBY_S = 0.005
_EDGE_S = 0.002
_CELL = 64
_OWN_CELL = 12.0
"""A click is so far above the mean square of its own 64 samples; most others need no further look."""
_MAX_LOOKS = 100
"""… of clicks in any one second, and drop-outs kept: far more than are faults (`recurrence.crowded`)."""


@njit(fastmath=True)
def _bend(samples: np.ndarray, i: int) -> np.float32:  # pragma: no cover
    """Square of the second difference at a sample."""
    value = samples[i + 1] - np.float32(2.0) * samples[i] + samples[i - 1]
    return value * value


@njit(fastmath=True)
def _mean_bend(samples: np.ndarray, first: int, last: int) -> float:  # pragma: no cover
    total = np.float32(0.0)
    for i in range(first, last):
        total += _bend(samples, i)
    return total / max(last - first, 1)


@njit(fastmath=True)
def _search(
    samples: np.ndarray, near: int, places: np.ndarray, heights: np.ndarray
) -> tuple[int, bool]:  # pragma: no cover
    """Clicks, at most one for each 64 samples: how many were put into ``places`` and ``heights``; whether two samples
    in a row are silent.
    """
    count, silent = 0, False
    over = np.float32(CLICK_OVER_NEARBY**2)
    for start in range(1, len(samples) - _CELL - 1, _CELL):
        top, total, lowest = np.float32(0.0), np.float32(0.0), np.float32(np.inf)
        for i in range(start, start + _CELL):
            square = _bend(samples, i)
            total += square
            top = max(top, square)
            lowest = min(lowest, abs(samples[i]) + abs(samples[i + 1]))
        silent |= lowest <= _SILENT
        if top <= _OWN_CELL * total / _CELL or count >= len(places):
            continue
        at = start
        while _bend(samples, at) < top and at < start + _CELL - 1:
            at += 1
        if at - near < 1 or at + near > len(samples) - 1:
            continue
        before, after = _mean_bend(samples, at - near, at - 4), _mean_bend(samples, at + 5, at + near)
        # in digital silence every start is a click, and none that is heard as a fault
        if max(before, after) > 0.0 and top > over * max(before, after):
            places[count], heights[count] = at, top
            count += 1
    return count, silent


@njit()
def _held(samples: np.ndarray, shortest: int, places: np.ndarray) -> int:  # pragma: no cover
    """Runs of one value other than zero, of ``shortest`` samples and more: how many starts and ends are in ``places``.

    Such a run holds one of every ``shortest // 2`` samples, so that few samples need a look.
    """
    count, at, step = 0, 1, max(shortest // 2, 1)
    while at < len(samples) - 1 and count < len(places):
        value = samples[at]
        if value != samples[at + 1] or value != samples[at - 1] or abs(value) <= _SILENT:
            at += step
            continue
        first, last = at - 1, at + 2
        while first > 0 and samples[first - 1] == value:
            first -= 1
        while last < len(samples) and samples[last] == value:
            last += 1
        if last - first >= shortest:
            places[count, 0], places[count, 1] = first, last
            count += 1
        at = max(last, at + step)
    return count


@njit()
def _error(part: np.ndarray, taps: np.ndarray, i: int) -> float:  # pragma: no cover
    """What a sample is above its prediction."""
    value = 0.0
    for k in range(len(taps)):
        value += taps[k] * part[i - k]
    return value


@njit()
def _prediction(lags: np.ndarray) -> np.ndarray:  # pragma: no cover
    """Taps of the prediction error, the first of which is 1, by Levinson and Durbin."""
    taps, last = np.zeros(len(lags)), np.zeros(len(lags))
    taps[0], rest = 1.0, lags[0]
    for order in range(1, len(lags)):
        if not rest > 0.0:
            break
        reflection = 0.0
        for k in range(order):
            reflection -= taps[k] * lags[order - k]
        reflection /= rest
        for k in range(len(taps)):  # as a copy of arrays this takes the compiler ten times as long as all the rest
            last[k] = taps[k]
        for k in range(1, order + 1):
            taps[k] = last[k] + reflection * last[order - k]
        rest *= 1.0 - reflection * reflection
    return taps


@njit()
def _surprise(samples: np.ndarray, place: int, near: int) -> float:  # pragma: no cover
    """How far the samples at a place are from what linear prediction of their surroundings expects, over its RMS."""
    wide = 3 * near
    begin, end = max(place - wide, 0), min(place + wide, len(samples))
    before, after = samples[begin : place - 3].astype(np.float64), samples[place + 4 : end].astype(np.float64)
    if min(len(before), len(after)) < 4 * _ORDER:
        return 0.0
    lags = np.zeros(_ORDER + 1)
    for lag in range(_ORDER + 1):
        for part in (before, after):
            for i in range(len(part) - lag):
                lags[lag] += part[i] * part[i + lag]
    lags[0] *= 1.0 + 1e-9
    if not lags[0] > 0.0:
        return 0.0
    taps = _prediction(lags)
    total, count = 0.0, 0
    for part in (before, after):
        for i in range(_ORDER, len(part)):
            total += _error(part, taps, i) ** 2
            count += 1
    rms = np.sqrt(total / count)
    at = samples[place - 2 - _ORDER : place + 3].astype(np.float64)
    top = 0.0
    for i in range(_ORDER, len(at)):
        top = max(top, abs(_error(at, taps, i)))
    return top / rms if rms > 0.0 else 0.0


class ImpulseMeter:
    """Finds the clicks and drop-outs of one channel, or of a mean of channels.

    What it finds does not depend on the lengths of the blocks, nor on what is far away, but for the peak.

    Attributes
    ----------
    crowded : tuple of tuple of float
        After `finish`: times in s of what looks like clicks, and like drop-outs, and comes too often to be faults.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._before = round(max(_AROUND_S, 4 * _NEARBY_S) * rate) + 2 * _CELL
        self._after = round((DROP_OUT_S[1] + max(_AROUND_S, 4 * _NEARBY_S)) * rate) + 2 * _CELL
        self._tail = np.zeros(0, np.float32)
        self._at = 0
        self._done = 0
        self._clicks: list[tuple[int, float]] = []
        self._drop_outs: list[tuple[int, int, float]] = []
        self._peak = 0.0
        self._looks: Counter[int] = Counter()
        self._gaps: Counter[int] = Counter()
        self.crowded: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())

    def add(self, samples: np.ndarray, top: float | None = None) -> None:
        """Process the next samples [shape=(frames,), float32]; ``top`` is their largest absolute value, if known."""
        top = float(np.abs(samples).max(initial=0.0)) if top is None else top
        joined = np.concatenate([self._tail, samples.astype(np.float32, copy=False)])
        first = self._at - len(self._tail)
        self._peak = max(self._peak, top)
        self._at += len(samples)
        end = max(self._at - self._after, self._done)
        if top > 0.0 or self._tail.any():
            self._find(joined, first, end)
        self._done = end
        self._keep(joined, first)

    def skip(self, frames: int) -> None:
        """Silence: nothing but time goes by, once what came before is looked at."""
        sounding = min(frames, self._before + self._after) if self._tail.any() else 0
        if sounding:
            self.add(np.zeros(sounding, np.float32), 0.0)
        if frames > sounding:
            joined = np.zeros(self._before + self._after + _CELL, np.float32)[: self._at + frames - sounding]
            self._at += frames - sounding
            self._done = max(self._at - self._after, self._done)
            self._keep(joined, self._at - len(joined))

    def _keep(self, joined: np.ndarray, first: int) -> None:
        """Keep what is looked at again; from a whole cell on, so that cells lie the same for blocks of any length."""
        start = max(self._done - self._before, 0) // _CELL * _CELL
        self._tail = joined[max(start - first, 0) :].copy()

    def _find(self, samples: np.ndarray, first: int, end: int) -> None:
        """Look at what begins between ``self._done`` and ``end``, which the rest of ``samples`` surrounds."""
        span = range(self._done - first, end - first)
        near = round(_NEARBY_S * self._rate)
        cells = len(samples) // _CELL + 1
        places, heights = np.empty(cells, np.int64), np.empty(cells, np.float32)
        count, silent = _search(samples, near, places, heights)
        for place, height in zip(places[:count].tolist(), np.sqrt(heights[:count]).tolist(), strict=True):
            second = (first + place) // self._rate
            if place not in span or self._looks[second] >= _MAX_LOOKS:
                continue
            self._looks[second] += 1
            if _surprise(samples, place, near) > CLICK_OVER_PREDICTED:
                self._clicks.append((first + place, height))
        shortest = round(DROP_OUT_S[0] * self._rate)
        runs = np.empty((len(samples) // max(shortest, 1) + 1, 2), np.int64)
        spans = [(start, stop, samples[start]) for start, stop in runs[: _held(samples, shortest, runs)].tolist()]
        if silent:
            edges = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(samples) <= _SILENT, [0]]).astype(np.int8)))
            spans += [(start, stop, np.float32(0.0)) for start, stop in edges.reshape(-1, 2).tolist()]
        for start, stop, value in sorted(spans):
            second = (first + start) // self._rate
            if start not in span or not DROP_OUT_S[0] <= (stop - start) / self._rate <= DROP_OUT_S[1]:
                continue
            edge = self._edge(samples, start, stop, value)
            if edge > 0.0 and self._gaps[second] < _MAX_LOOKS:
                self._gaps[second] += 1
                self._drop_outs.append((first + start, stop - start, edge))

    def _edge(self, samples: np.ndarray, start: int, stop: int, value: np.float32) -> float:
        """RMS around a value that is held in the middle of the sound; 0 where the sound fades or is silent."""
        count, wide = round(_EDGE_S * self._rate), round(_AROUND_S * self._rate)
        before, after = samples[max(start - wide, 0) : start], samples[stop : stop + wide]
        if len(before) < count or len(after) < count:
            return 0.0
        if abs(value) > _OF_TOP * max(np.abs(before).max(), np.abs(after).max()):
            return 0.0
        before, after = before - value, after - value
        edge = float(min(np.abs(before[-count:]).max(), np.abs(after[:count]).max()))
        rms = float(np.sqrt(np.mean(np.square(np.concatenate([before, after]), dtype=np.float64))))
        return rms if edge > _EDGE_OF_NEARBY * rms else 0.0

    def finish(self) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
        """Times of the clicks, and start and length of the drop-outs, in seconds from the first sample."""
        self._find(self._tail, self._at - len(self._tail), self._at)
        self._done = self._at
        clicks = sorted({at for at, height in self._clicks if height > CLICK_OF_PEAK * self._peak})
        clicks = [at for number, at in enumerate(clicks) if not number or at - clicks[number - 1] > 8]
        gaps = [(at, count) for at, count, edge in sorted(set(self._drop_outs)) if edge > _EDGE_OF_PEAK * self._peak]
        ends = {place for at, count in gaps for place in range(at - 8, at + 9)} | {
            place for at, count in gaps for place in range(at + count - 8, at + count + 9)
        }
        clicks_s = [at / self._rate for at in clicks if at not in ends]
        gaps_s = [(at / self._rate, count / self._rate) for at, count in gaps]
        often = recurrence.crowded(clicks_s), recurrence.crowded([at_s for at_s, _ in gaps_s])
        self.crowded = (
            tuple(at_s for at_s, many in zip(clicks_s, often[0], strict=True) if many),
            tuple(at_s for (at_s, _), many in zip(gaps_s, often[1], strict=True) if many),
        )
        return (
            tuple(at_s for at_s, many in zip(clicks_s, often[0], strict=True) if not many),
            tuple(gap for gap, many in zip(gaps_s, often[1], strict=True) if not many),
        )

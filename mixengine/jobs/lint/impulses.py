"""Clicks and drop-outs inside the sound: what a bad cable, a full disk or a missed clock leaves in a recording.

A click is a sample, or a step, that sticks out of a short surrounding on both sides; the attack of a drum does not, as
what follows is as loud. A drop-out is a few milliseconds of exact silence in the middle of the sound.
"""

from __future__ import annotations

import numpy as np

from mixengine.audio.jit import njit

CLICK_OVER_NEARBY = 20.0
"""Curvature of a click over its RMS nearby (26 dB)."""
CLICK_OF_PEAK = 0.02
"""… and over the track's peak: what is lower than -34 dB is masked."""
MAX_PER_S = 2.0
"""More clicks or drop-outs than this are the waveform itself: a saw-tooth bass, a chopped sample."""
DROP_OUT_S = (0.002, 0.1)
"""Shorter silence is a crossing of zero, longer silence may be meant."""
_SILENT = 1e-6
_EDGE_OF_PEAK = 0.05
_NEARBY_S = 0.005
_EDGE_S = 0.002
_CELL = 64
_CELL_FACTOR = 4.0
_MAX_KEPT = 2000


@njit(fastmath=True)
def _curvature(samples: np.ndarray, largest: np.ndarray, powers: np.ndarray) -> None:  # pragma: no cover
    """Largest second difference and its mean square, for cells of 64 samples."""
    for cell in range(len(largest)):
        top, total = np.float32(0.0), np.float32(0.0)
        for i in range(cell * _CELL, cell * _CELL + _CELL):
            value = samples[i + 1] - np.float32(2.0) * samples[i] + samples[i - 1] if i > 0 else np.float32(0.0)
            total += value * value
            top = max(top, abs(value))
        largest[cell], powers[cell] = top, total / np.float32(_CELL)


class ImpulseMeter:
    """Finds the clicks and drop-outs of one channel, or of a mean of channels."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._reach = round((DROP_OUT_S[1] + 2 * _NEARBY_S) * rate) + 2 * _CELL
        self._tail = np.zeros(0, np.float32)
        self._at = 0
        self._clicks: list[tuple[int, float]] = []
        self._drop_outs: list[tuple[int, int, float]] = []
        self._peak = 0.0

    def add(self, samples: np.ndarray) -> None:
        """Process the next samples [shape=(frames,)]."""
        joined = np.concatenate([self._tail, samples.astype(np.float32, copy=False)])
        first = self._at - len(self._tail)
        top = float(np.abs(samples).max(initial=0.0))
        self._peak = max(self._peak, top)
        if top > 0.0 or self._tail.any():
            self._find(joined, first, last=False)
        self._at += len(samples)
        self._tail = joined[-self._reach :]

    def _find(self, samples: np.ndarray, first: int, *, last: bool) -> None:
        """Look at all but the end of ``samples``, which is looked at again with what follows."""
        begin, end = self._reach // 2 - 1 if first else 0, len(samples) - (0 if last else self._reach // 2)
        near = round(_NEARBY_S * self._rate)
        cells = max((len(samples) - 1) // _CELL, 0)
        largest, powers = np.empty(cells, np.float32), np.empty(cells, np.float32)
        _curvature(samples, largest, powers)
        around = np.pad(powers, 2, mode="edge")
        quiet = np.minimum(np.minimum(around[:-4], around[1:-3]), np.minimum(around[3:-1], around[4:]))
        for cell in np.flatnonzero(np.square(largest) > np.square(_CELL_FACTOR) * quiet + 1e-9):
            place = self._click(samples, int(cell) * _CELL, near)
            if place is not None and begin <= place[0] < end and len(self._clicks) < _MAX_KEPT:
                self._clicks.append((first + place[0], place[1]))
        silent = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(samples) <= _SILENT, [0]]).astype(np.int8)))
        for start, stop in silent.reshape(-1, 2).tolist():
            if begin <= start < end and DROP_OUT_S[0] <= (stop - start) / self._rate <= DROP_OUT_S[1]:
                edge = self._edge(samples, start, stop)
                if edge > 0.0 and len(self._drop_outs) < _MAX_KEPT:
                    self._drop_outs.append((first + start, stop - start, edge))

    def _click(self, samples: np.ndarray, start: int, near: int) -> tuple[int, float] | None:
        """Place and height of a click in the cell from ``start``."""
        begin, stop = max(start - near - 8, 0), min(start + _CELL + near + 8, len(samples))
        curve = np.abs(np.diff(samples[begin:stop], n=2))
        inside = slice(max(start - begin - 1, 0), start - begin + _CELL)
        if not len(curve[inside]):
            return None
        place = inside.start + int(curve[inside].argmax())
        before, after = curve[max(place - near, 0) : max(place - 4, 0)], curve[place + 5 : place + near]
        if len(before) < near // 2 or len(after) < near // 2:
            return None
        rms = max(float(np.sqrt(np.mean(np.square(part, dtype=np.float64)))) for part in (before, after))
        height = float(curve[place])
        # in digital silence every start is a click, and none that is heard as a fault
        return (begin + place + 1, height) if rms > 0.0 and height > CLICK_OVER_NEARBY * rms else None

    def _edge(self, samples: np.ndarray, start: int, stop: int) -> float:
        """Level of the quieter of the two sides of a silence; 0 where one of them is silent."""
        count = round(_EDGE_S * self._rate)
        before, after = samples[max(start - count, 0) : start], samples[stop : stop + count]
        if len(before) < count or len(after) < count:
            return 0.0
        return float(min(np.abs(before).max(), np.abs(after).max()))

    def finish(self) -> tuple[tuple[float, ...], tuple[tuple[float, float], ...]]:
        """Times of the clicks, and start and length of the drop-outs, in seconds from the first sample."""
        self._find(self._tail, self._at - len(self._tail), last=True)
        length_s = max(self._at / self._rate, 1.0)
        clicks = sorted({at for at, height in self._clicks if height > CLICK_OF_PEAK * self._peak})
        clicks = [at for number, at in enumerate(clicks) if not number or at - clicks[number - 1] > 8]
        gaps = [(at, count) for at, count, edge in sorted(set(self._drop_outs)) if edge > _EDGE_OF_PEAK * self._peak]
        ends = {place for at, count in gaps for place in range(at - 8, at + 9)} | {
            place for at, count in gaps for place in range(at + count - 8, at + count + 9)
        }
        clicks = [at for at in clicks if at not in ends]
        few = MAX_PER_S * length_s
        return (
            tuple(at / self._rate for at in clicks) if len(clicks) <= few else (),
            tuple((at / self._rate, count / self._rate) for at, count in gaps) if len(gaps) <= few else (),
        )

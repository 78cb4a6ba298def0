"""The loops of the limiter, compiled: true peaks of cells, the gain that follows them, and its application."""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.jit import njit

_GROUP = 64
"""Frames that are judged together: whether they can reach the ceiling."""
_LARGEST_STEP = 1.09
"""How far 8-fold oversampling can lie above 4-fold: 1/cos(pi/8) at half the sample rate."""
_SNAP = 1e-6
"""A reduction below this many nepers (0.00001 dB) ends."""


@njit(fastmath=True)
def _max_abs(samples: np.ndarray) -> np.float32:  # pragma: no cover
    largest = np.float32(0.0)
    for i in range(len(samples)):
        largest = max(largest, abs(samples[i]))
    return largest


@njit(fastmath=True)
def _phase(  # pragma: no cover
    row: np.ndarray, start: int, count: int, taps: np.ndarray, between: np.ndarray, largest: np.ndarray
) -> np.float32:
    """Raise ``largest`` [shape=(count,)] to what one phase shows between the samples; returns the largest of all."""
    between[:count] = 0.0
    for tap in range(0, len(taps), 4):  # four at a time: the sums then stand in registers as often as in memory
        a, b, c, d = taps[tap], taps[tap + 1], taps[tap + 2], taps[tap + 3]
        samples = row[start + tap : start + tap + count + 3]
        for i in range(count):
            between[i] += (a * samples[i] + b * samples[i + 1]) + (c * samples[i + 2] + d * samples[i + 3])
    top = np.float32(0.0)
    for i in range(count):
        value = abs(between[i])
        largest[i] = max(largest[i], value)
        top = max(top, value)
    return top


@njit(fastmath=True)
def peaks(  # pragma: no cover
    rows: np.ndarray, phases: np.ndarray, threshold: float, rising: bool, cell: int, frames: int, cells: np.ndarray
) -> None:
    """Raise ``cells`` to the largest of all channels at each frame and between it and the next.

    Where nothing can reach the threshold only the samples count; ``rising``: it follows the largest so far.
    """
    taps = phases.shape[1]
    before = taps // 2 - 1
    largest_gain = np.float32(0.0)  # in loops: a sum along an axis takes the compiler longer than all the rest
    for phase in range(phases.shape[0]):
        gain = np.float32(0.0)
        for tap in range(taps):
            gain += abs(phases[phase, tap])
        largest_gain = max(largest_gain, gain)
    between, largest = np.empty(_GROUP, np.float32), np.empty(_GROUP, np.float32)
    for c in range(rows.shape[0]):
        row = rows[c]
        for start in range(0, frames, _GROUP):
            count = min(_GROUP, frames - start)
            around = row[start : start + count + taps - 1]
            for i in range(count):
                largest[i] = abs(around[before + i])
            if largest_gain * _max_abs(around) > threshold:
                top = _max_abs(around[before : before + count + 1])
                for phase in range(1, phases.shape[0], 2):
                    top = max(top, _phase(row, start, count, phases[phase], between, largest))
                if top * _LARGEST_STEP > threshold:
                    for phase in range(0, phases.shape[0], 2):
                        top = max(top, _phase(row, start, count, phases[phase], between, largest))
                if rising:
                    threshold = max(threshold, top)
            for i in range(count):
                place = (start + i) // cell
                cells[place] = max(cells[place], largest[i])


@njit()
def follow(  # pragma: no cover
    cells: np.ndarray,
    level: float,
    rates: np.ndarray,
    ahead: int,
    queue: np.ndarray,
    places: np.ndarray,
    boxes: np.ndarray,
    sums: np.ndarray,
    counts: np.ndarray,
    values: np.ndarray,
    out: np.ndarray,
) -> int:
    """The next ``cells``: hold, release in two stages, three boxes; reductions in nepers at their borders into ``out``.

    ``level`` brings the ceiling to 1. All other arrays are the state: of ``queue``, candidates for the hold's maximum,
    falling, and their ``places``; of the ``boxes``; ``counts`` (head and length of the queue, place in the boxes,
    borders without reduction, borders so far) and ``values`` (fast and slow stage, last cell). Returns how many
    reductions there are: a border's is known ``ahead`` borders later.
    """
    hold, box = len(queue) - 1, boxes.shape[1]
    head, length, place, quiet, border = counts[0], counts[1], counts[2], counts[3], counts[4]
    fast, slow, last_cell = values[0], values[1], values[2]
    known = 0
    for cell in cells:
        here = max(cell, last_cell) * level  # a border belongs to the cells on both sides
        last_cell = cell
        value = 0.0
        if here > 1.0 or quiet <= 3 * box:
            need = math.log(here) if here > 1.0 else 0.0
            while length and border - places[head] >= hold:
                head = (head + 1) % (hold + 1)
                length -= 1
            if need > 0.0:
                while length and queue[(head + length - 1) % (hold + 1)] <= need:
                    length -= 1
                last = (head + length) % (hold + 1)
                queue[last], places[last] = need, border
                length += 1
            fast = max(queue[head] if length else 0.0, fast * (1.0 - rates[0]))
            if fast < _SNAP:
                fast = 0.0
            slow += (fast - slow) * (rates[1] if fast > slow else rates[2])
            if slow < _SNAP and fast == 0.0:
                slow = 0.0
            value = max(fast, slow)
            quiet = quiet + 1 if value == 0.0 else 0
            for k in range(3):
                sums[k] += value - boxes[k, place]
                boxes[k, place] = value
                value = max(sums[k], 0.0) / box
            place = (place + 1) % box
            if quiet > 3 * box:  # rounding of the running sums ends with what it came from
                value = 0.0
                sums[:] = 0.0
                boxes[:] = 0.0
        if border >= ahead - 1:
            out[known] = value
            known += 1
        border += 1
    counts[0], counts[1], counts[2], counts[3], counts[4] = head, length, place, quiet, border
    values[0], values[1], values[2] = fast, slow, last_cell
    return known


@njit()
def apply(  # pragma: no cover
    block: np.ndarray, at: int, gains: np.ndarray, cell: int, level: np.float32, out: np.ndarray
) -> None:
    """Fill ``out`` [shape=(frames, channels)]: straight lines between the gains at the borders of the cells."""
    frames, channels = block.shape
    i = 0
    while i < frames:
        place, inside = divmod(at + i, cell)
        count = min(cell - inside, frames - i)
        here, after = gains[place], gains[place + 1]
        if here == 1.0 and after == 1.0:
            while i + count < frames and gains[place + 2] == 1.0:  # all that follows alike at once
                place += 1
                count = min(count + cell, frames - i)
            flat, scaled = block[i : i + count].ravel(), out[i : i + count].ravel()
            for k in range(count * channels):
                scaled[k] = flat[k] * level
        else:
            for k in range(count):
                gain = np.float32(level * (here + (after - here) * ((inside + k) / cell)))
                for c in range(channels):
                    out[i + k, c] = block[i + k, c] * gain
        i += count

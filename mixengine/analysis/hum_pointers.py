"""How a hum goes through a recording: its frequency, and the slow length and phase of each line."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.analysis import line_frames
from mixengine.analysis.line_frames import Lines

DRIFT_HZ = 0.6
"""Grids keep within 0.2 Hz; tape and wrong clocks add some."""
_STEP_HZ = 0.01
_TRACK_S, _TRACK_HOP_S = 4.0, 1.0
_MAX_SLOPE = 2
"""Steps of frequency from one second to the next."""
WANDER = 0.2
"""How far a line's pointer goes in a second, as a share of its length."""
LAG = 3
"""Frames that far apart tell of each other little."""
_ASTRAY = 8.0
"""How many times the doubt of a pointer a reading may be away from it and count as one."""
_TIMES = 2
"""How often that is asked: the second time beside what the first left."""
_FADED = (0.25, 0.5)
"""Doubt of a pointer against its power: from the first on it counts less, from the second on not at all."""


def drift(lines: Lines, hop_s: float) -> np.ndarray:
    """How far the lowest line is from its nominal frequency, in Hz [shape=(frames,)].

    In each 4 s the frequency at which the lines add up, each weighted by how little else there is; from second to
    second it goes by few steps (dynamic programming).
    """
    steps_hz = np.arange(-round(DRIFT_HZ / _STEP_HZ), round(DRIFT_HZ / _STEP_HZ) + 1) * _STEP_HZ
    size, hop = round(_TRACK_S / hop_s), round(_TRACK_HOP_S / hop_s)
    count = len(lines.values)
    size = min(size, count)
    starts = np.arange(0, count - size + 1, hop)
    at_s = np.arange(size) * hop_s
    score = np.zeros((len(starts), len(steps_hz)))
    for line in range(lines.values.shape[2]):
        noise = lines.noise[:, line].astype(np.float64)
        weight = 1.0 / (noise + 1e-3 * float(np.median(noise)) + 1e-20)
        turn = np.exp(-2j * np.pi * (line + 1) * at_s[:, None] * steps_hz[None, :]).astype(np.complex64)
        total = np.stack([weight[start : start + size].sum() for start in starts])
        for channel in range(lines.values.shape[1]):
            weighted = lines.values[:, channel, line] * (weight * ~lines.blank[:, channel])
            pieces = np.lib.stride_tricks.sliding_window_view(weighted, size)[::hop]
            score += np.square(np.abs(pieces @ turn)) / total[:, None]
    best, came = score[0], np.zeros(score.shape, np.int64)
    for at in range(1, len(score)):
        choices = np.stack([_shifted(best, by) for by in range(-_MAX_SLOPE, _MAX_SLOPE + 1)])
        from_ = choices.argmax(axis=0)
        came[at] = np.arange(len(steps_hz)) + from_ - _MAX_SLOPE
        best = score[at] + np.take_along_axis(choices, from_[None], axis=0)[0]
    path = [int(best.argmax())]
    for at in range(len(score) - 1, 0, -1):
        path.append(int(came[at, path[-1]]))
    path.reverse()
    drift_hz = np.array([steps_hz[step] + _STEP_HZ * _vertex(score[at], step) for at, step in enumerate(path)])
    smooth_hz = ndimage.gaussian_filter1d(drift_hz, 1.0, mode="nearest")
    answer: np.ndarray = np.interp(np.arange(count), starts + size // 2, smooth_hz)
    return answer


def tuned(
    frequency_hz: np.ndarray, pointers: np.ndarray, orders: np.ndarray, hop_s: float
) -> tuple[np.ndarray, np.ndarray]:
    """The frequency with which the pointers stand still, and the phase by which it leads the one before."""
    turns = (np.conj(pointers[:-1]) * pointers[1:]).imag.sum(axis=1) @ orders
    lengths = np.square(np.abs(pointers[:-1])).sum(axis=1) @ np.square(orders)
    off_hz = turns / np.maximum(lengths, 1e-30) / (2.0 * np.pi * hop_s)
    off_hz = ndimage.gaussian_filter1d(np.concatenate([off_hz, off_hz[-1:]]), 0.5 / hop_s, mode="nearest")
    return frequency_hz + off_hz, line_frames.phase_of(off_hz, hop_s)


def smoothed(lines: Lines, pause: np.ndarray, hop_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Length and phase of each line as they go slowly, and the power in which they may err.

    Each is a pointer that wanders at random, seen through the noise beside its line: a Kalman filter forwards and the
    smoother of Rauch, Tung and Striebel backwards. What is far longer than in the pauses is a note or a voice. Far from
    where anything was seen a pointer fades to nothing: its phase may be any by then.

    Returns
    -------
    ndarray of complex64 [shape=(frames, channels, lines)]
    ndarray of float32 [shape=(frames, channels, lines)]
    """
    usual = np.median(np.square(np.abs(lines.values[pause])), axis=0)
    over = np.where(pause[:, None, None], np.float32(0.0), np.float32(line_frames.NO_WORD))
    states, doubts = _smoothed(lines, np.broadcast_to(over, lines.values.shape), pause, hop_s)
    # what is far from where the pauses before and after point is another sound, though it be no louder
    loud, near = np.square(np.abs(lines.values)) - 4.0 * usual, _ASTRAY * doubts
    for _ in range(_TIMES):
        over = np.maximum(loud, np.square(np.abs(lines.values - states)) - near)
        over[pause] = 0.0
        states, doubts = _smoothed(lines, np.maximum(over, 0.0), pause, hop_s)
    first, last = _FADED
    states *= np.clip((last - doubts / (usual + 1e-20).astype(np.float32)) / (last - first), 0.0, 1.0)
    return states, doubts


def _smoothed(lines: Lines, over: np.ndarray, pause: np.ndarray, hop_s: float) -> tuple[np.ndarray, np.ndarray]:
    """`smoothed` with power ``over`` [shape=(frames, channels, lines)] of other sounds, without fading."""
    values = lines.values
    usual = np.median(np.square(np.abs(values[pause])), axis=0)
    wander = usual * WANDER**2 * hop_s + 1e-24
    state, doubt = values[pause].mean(axis=0), usual + 1e-20
    states, doubts = np.empty(values.shape, np.complex64), np.empty(values.shape, np.float32)
    for at in range(len(values)):
        other = lines.noise[at] + over[at] + line_frames.NO_WORD * lines.blank[at][:, None]
        noise = line_frames.OVERLAP * other + 1e-20
        doubt = doubt + wander
        gain = doubt / (doubt + noise)
        state = state + gain * (values[at] - state)
        doubt = (1.0 - gain) * doubt
        states[at], doubts[at] = state, doubt
    for at in range(len(values) - 2, -1, -1):
        back = doubts[at] / (doubts[at] + wander)
        states[at] += back * (states[at + 1] - states[at])
        doubts[at] += np.square(back) * (doubts[at + 1] - doubts[at] - wander)
    return states, doubts


def lagged(pause: np.ndarray) -> np.ndarray:
    """Frames from which a pause goes on for `LAG` frames."""
    return np.flatnonzero(ndimage.minimum_filter1d(pause, LAG + 1, origin=-((LAG + 1) // 2))[:-LAG])


def _shifted(values: np.ndarray, by: int) -> np.ndarray:
    """``values[i + by]`` at i; -inf beyond the ends."""
    out = np.full(len(values), -np.inf)
    first, last = max(-by, 0), len(values) - max(by, 0)
    out[first:last] = values[first + by : last + by]
    return out


def _vertex(values: np.ndarray, at: int) -> float:
    """Where the parabola through a value and its neighbours has its top, in steps from it."""
    if not 0 < at < len(values) - 1:
        return 0.0
    low, middle, high = values[at - 1 : at + 2]
    bend = low - 2.0 * middle + high
    return float(np.clip(0.5 * (low - high) / bend, -0.5, 0.5)) if bend < 0.0 else 0.0

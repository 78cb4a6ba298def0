"""Hum of the mains: lines at multiples of 50 or 60 Hz that stay in the pauses.

`hum_db` is a quick look at an excerpt. `find` follows the hum through a whole recording: its frequency as it drifts,
then the slow length and phase of each line, both from where little else sounds there. It is hum where at least three
lines hold their length through all pauses: a bass or a low voice at 100 Hz stops or changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mixengine.analysis import line_frames
from mixengine.analysis.line_frames import HOP_S, LineFrames, Lines
from mixengine.audio.reading import Read

MAINS_HZ = (50.0, 60.0)
HUM_S = 2.0
"""Length of an excerpt for `hum_db`: lines are half a hertz wide then."""
LINE_DB = 12.0
"""A line of hum stands out of its surrounding by so much."""
PAUSE_DB = 12.0
"""A passage is a pause where it is so far below the playing level: music has notes at 50 and 100 Hz, too."""
HARMONICS = 8
MIN_LINES = 3
MIN_HUM_DBFS = -80.0

DRIFT_HZ = 0.6
"""Grids keep within 0.2 Hz; tape and wrong clocks add some."""
_STEP_HZ = 0.01
_TRACKED = 6
_TRACK_S, _TRACK_HOP_S = 4.0, 1.0
_MAX_SLOPE = 2
"""Steps of frequency from one second to the next."""
_MAX_LINES = 60
_WINDOW = 10
_MIN_FRAMES = 3
"""Frames of a pause that make a window of 1 s worth looking at."""
_QUIETEST, _PLAYING, _NEAR_QUIETEST_DB = 5.0, 90.0, 10.0
_MAX_SPREAD_DB = 2.0
_LINE_ALSO_DB = 9.0
"""Beside three clear lines weaker ones count too."""
_MIN_WINDOWS = 0.9
_SPREAD_DOUBT, _FEW_DOUBT, _OFF_DOUBT = 0.05, 0.1, 0.1
_USUAL_HZ = 0.2
"""Deviation of a grid, beyond which only a wrong clock or a tape explains it."""
_WANDER = 0.2
"""How far a line's pointer goes in a second, as a share of its length."""


@dataclass(frozen=True, slots=True)
class Hum:
    """Hum of a recording.

    Attributes
    ----------
    mains_hz : float
        50 or 60.
    sure : float
        0 … 1.
    level_db : float
        Of all lines together in the pauses, dBFS.
    after_db : float
        The same when it is subtracted, with the noise that hides what is left.
    frequency_hz : ndarray [shape=(frames,)]
        Of the lowest line, each `HOP_S`.
    phase : ndarray [shape=(frames,)]
        Of a pointer of that frequency, in radians.
    orders : ndarray of int [shape=(lines,)]
        Multiples that are there.
    pointers : ndarray of complex [shape=(frames, channels, lines)]
        Length and phase of each line against that pointer's power.
    hop : int
        Frames of the recording between two of these.
    """

    mains_hz: float
    sure: float
    level_db: float
    after_db: float
    frequency_hz: np.ndarray
    phase: np.ndarray
    orders: np.ndarray
    pointers: np.ndarray
    hop: int


def spectrum(samples: np.ndarray, rate: int) -> np.ndarray:
    """Power of each line of 1 / `HUM_S` Hz of an excerpt [shape=(lines,)], so that a sine's is its mean square."""
    count = round(HUM_S * rate)
    padded = np.pad(samples[:count].astype(np.float64), (0, max(count - len(samples), 0)))
    window = np.hanning(count)
    power: np.ndarray = 2.0 * np.square(np.abs(np.fft.rfft(padded * window))) / window.sum() ** 2
    return power


def hum_db(power: np.ndarray, mains_hz: float) -> float | None:
    """Level of the hum in dBFS; ``None`` where too few multiples stand out."""
    total, lines = 0.0, 0
    for harmonic in range(1, HARMONICS + 1):
        at = round(harmonic * mains_hz * HUM_S)
        line = float(power[at - 2 : at + 3].max())
        around = np.concatenate([power[at - 14 : at - 5], power[at + 6 : at + 15]])
        if line > 10.0 ** (LINE_DB / 10.0) * float(np.median(around)) and line > 2.0 * float(around.max()):
            lines, total = lines + 1, total + line
    level_db = 10.0 * np.log10(total) if total > 0.0 else -np.inf
    return float(level_db) if lines >= MIN_LINES and level_db > MIN_HUM_DBFS else None


def find(read: Read, rate: int, channels: int, frames: int) -> Hum | None:
    """Follow the hum through a recording; the surest of 50 and 60 Hz, or ``None``.

    Parameters
    ----------
    read : callable
        Reads the recording, twice from its start.
    rate, channels, frames : int > 0
    """
    of = LineFrames(rate, channels, frames)
    if of.count < 4 * _WINDOW or rate < 1000:
        return None
    candidates = []
    for mains_hz, lines in zip(
        MAINS_HZ, of.at(read, [np.full(of.count, hz) for hz in MAINS_HZ], _TRACKED), strict=True
    ):
        pause = _pauses(lines.between)
        if pause.sum() < _MIN_FRAMES * 2:
            continue
        frequency_hz = mains_hz + _drift(lines)
        if _clear(lines.turned(_phase(frequency_hz) - _phase(np.full(of.count, mains_hz))), pause, LINE_DB).any():
            candidates.append((mains_hz, frequency_hz))
    if not candidates:
        return None
    followed = of.at(read, [frequency_hz for _, frequency_hz in candidates], _MAX_LINES)
    hums = [
        hum
        for (mains_hz, frequency_hz), lines in zip(candidates, followed, strict=True)
        if (hum := _judged(mains_hz, frequency_hz, lines, of.hop)) is not None
    ]
    return max(hums, key=lambda hum: hum.sure, default=None)


def _judged(mains_hz: float, frequency_hz: np.ndarray, lines: Lines, hop: int) -> Hum | None:
    pause = _pauses(lines.between)
    means, noise = _windows(lines, pause)
    over_db = 10.0 * np.log10(np.square(np.abs(means)).sum(axis=1) / noise)
    lengths_db = 10.0 * np.log10(np.square(np.abs(means)).sum(axis=1) + 1e-30)
    spread_db = lengths_db.std(axis=0)
    steady = (spread_db < _MAX_SPREAD_DB) | (len(means) < 2)
    clear = (over_db > LINE_DB).mean(axis=0) >= _MIN_WINDOWS
    also = (over_db > _LINE_ALSO_DB).mean(axis=0) >= _MIN_WINDOWS
    orders = np.flatnonzero(also & steady)
    level_db = 10.0 * float(np.log10(np.mean(10.0 ** (lengths_db[:, orders] / 10.0), axis=0).sum() / 2.0 + 1e-30))
    if (clear & steady).sum() < MIN_LINES or level_db < MIN_HUM_DBFS:
        return None
    best = np.argsort(-np.where(clear & steady, np.median(over_db, axis=0), -np.inf))[:MIN_LINES]
    doubt = _SPREAD_DOUBT * float(np.median(spread_db[best])) ** 2 + _FEW_DOUBT / max(len(means) - 1, 0.5)
    off_hz = abs(float(np.median(frequency_hz)) - mains_hz)
    doubt += _OFF_DOUBT * max(off_hz / _USUAL_HZ - 1.0, 0.0)
    kept = Lines(lines.values[:, :, orders], lines.noise[:, orders], lines.between)
    frequency_hz, turn = _tuned(frequency_hz, _smoothed(kept, pause), orders + 1)
    kept = Lines(kept.values * np.exp(-1j * turn[:, None] * (orders + 1))[:, None, :], kept.noise, kept.between)
    pointers = _smoothed(kept, pause)
    rest, beside = _windows(Lines(kept.values - pointers, kept.noise, kept.between), pause)
    power = (np.square(np.abs(rest)).sum(axis=1) + beside).mean(axis=0).sum()
    after_db = 10.0 * float(np.log10(power / 2.0 + 1e-30))
    phase = _phase(frequency_hz)
    sure = round(max(1.0 - doubt, 0.0), 2)
    return Hum(mains_hz, sure, level_db, after_db, frequency_hz, phase, orders + 1, pointers, hop)


def _tuned(frequency_hz: np.ndarray, pointers: np.ndarray, orders: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The frequency with which the pointers stand still, and the phase by which it leads the one before."""
    turns = (np.conj(pointers[:-1]) * pointers[1:]).imag.sum(axis=1) @ orders
    lengths = np.square(np.abs(pointers[:-1])).sum(axis=1) @ np.square(orders)
    off_hz = turns / np.maximum(lengths, 1e-30) / (2.0 * np.pi * HOP_S)
    off_hz = ndimage.gaussian_filter1d(np.concatenate([off_hz, off_hz[-1:]]), 0.5 / HOP_S, mode="nearest")
    return frequency_hz + off_hz, _phase(off_hz)


def _phase(frequency_hz: np.ndarray) -> np.ndarray:
    """Phase of a pointer of that frequency, which is linear from frame to frame."""
    steps = 0.5 * (frequency_hz[1:] + frequency_hz[:-1]) * (2.0 * np.pi * HOP_S)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _pauses(between: np.ndarray) -> np.ndarray:
    """Frames in which little sounds between the lines; digital silence is none [shape=(frames,)]."""
    level_db = 10.0 * np.log10(between + 1e-30)
    sounding = between > line_frames.SILENT
    if not sounding.any():
        return sounding
    quietest_db, playing_db = np.percentile(level_db[sounding], [_QUIETEST, _PLAYING])
    pause: np.ndarray = sounding & (level_db < min(quietest_db + _NEAR_QUIETEST_DB, playing_db - PAUSE_DB))
    return pause


def _windows(lines: Lines, pause: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean pointers over the pauses of each second [shape=(windows, channels, lines)], and the noise in their power."""
    number = np.arange(len(pause)) // _WINDOW
    counts = np.bincount(number, pause)
    windows = [np.flatnonzero(pause & (number == at)) for at in np.flatnonzero(counts >= _MIN_FRAMES)]
    if not windows:
        return np.zeros((0, *lines.values.shape[1:]), complex), np.ones((0, lines.values.shape[2]))
    means = np.stack([lines.values[at].mean(axis=0) for at in windows])
    noise = np.stack([lines.noise[at].mean(axis=0) * line_frames.OVERLAP / len(at) for at in windows])
    return means, noise + 1e-30


def _clear(lines: Lines, pause: np.ndarray, over_db: float) -> np.ndarray:
    """Which lines stand out in nearly all windows."""
    means, noise = _windows(lines, pause)
    if not len(means):
        return np.zeros(lines.values.shape[2], dtype=bool)
    over = np.square(np.abs(means)).sum(axis=1) > noise * 10.0 ** (over_db / 10.0)
    clear: np.ndarray = over.mean(axis=0) >= _MIN_WINDOWS
    return clear


def _drift(lines: Lines) -> np.ndarray:
    """How far the lowest line is from its nominal frequency, in Hz [shape=(frames,)].

    In each 4 s the frequency at which the lines add up, each weighted by how little else there is; from second to
    second it goes by few steps (dynamic programming).
    """
    steps_hz = np.arange(-round(DRIFT_HZ / _STEP_HZ), round(DRIFT_HZ / _STEP_HZ) + 1) * _STEP_HZ
    size, hop = round(_TRACK_S / HOP_S), round(_TRACK_HOP_S / HOP_S)
    count = len(lines.values)
    size = min(size, count)
    starts = np.arange(0, count - size + 1, hop)
    at_s = np.arange(size) * HOP_S
    score = np.zeros((len(starts), len(steps_hz)))
    for line in range(lines.values.shape[2]):
        noise = lines.noise[:, line].astype(np.float64)
        weight = 1.0 / (noise + 1e-3 * float(np.median(noise)) + 1e-20)
        turn = np.exp(-2j * np.pi * (line + 1) * at_s[:, None] * steps_hz[None, :]).astype(np.complex64)
        total = np.stack([weight[start : start + size].sum() for start in starts])
        for channel in range(lines.values.shape[1]):
            weighted = lines.values[:, channel, line] * weight
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


def _smoothed(lines: Lines, pause: np.ndarray) -> np.ndarray:
    """Length and phase of each line as they go slowly [shape=(frames, channels, lines)].

    Each is a pointer that wanders at random, seen through the noise beside its line: a Kalman filter forwards and the
    smoother of Rauch, Tung and Striebel backwards. What is far longer than in the pauses is a note or a voice.
    """
    values, noise = lines.values, np.repeat(lines.noise[:, None, :], lines.values.shape[1], axis=1)
    usual = np.median(np.square(np.abs(values[pause])), axis=0)
    noise = line_frames.OVERLAP * (noise + np.maximum(np.square(np.abs(values)) - 4.0 * usual, 0.0)) + 1e-20
    wander = usual * _WANDER**2 * HOP_S + 1e-24
    state, doubt = values[pause].mean(axis=0), usual + 1e-20
    states, doubts = np.empty_like(values), np.empty(values.shape)
    for at in range(len(values)):
        doubt = doubt + wander
        gain = doubt / (doubt + noise[at])
        state = state + gain * (values[at] - state)
        doubt = (1.0 - gain) * doubt
        states[at], doubts[at] = state, doubt
    for at in range(len(values) - 2, -1, -1):
        states[at] += doubts[at] / (doubts[at] + wander) * (states[at + 1] - states[at])
    return states

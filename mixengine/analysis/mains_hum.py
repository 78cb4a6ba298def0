"""Hum of the mains: lines at multiples of 50 or 60 Hz that stay in the pauses.

`hum_db` is a quick look at an excerpt. `find` follows the hum through a whole recording: its frequency as it drifts,
then the slow length and phase of each line, both from where little else sounds there. It is hum where at least three
lines hold their length through all pauses: a bass or a low voice at 100 Hz stops or changes. Digital silence is no
pause but an end: what stops in it may be notes, so beside it only dips between louder sound tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from mixengine.analysis import hum_pointers, line_frames
from mixengine.analysis.hum_pointers import DRIFT_HZ, LAG
from mixengine.analysis.line_frames import LineFrames, Lines
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

MIN_S = 4.0
"""In less nothing can be said."""
_TRACKED = 6
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
_FAR_S, _FAR_DOUBT, _HALF_DOUBT = 15.0, 1.0, 0.15
"""What lies farther from all pauses may be anything; so may a half without one, if it is not short."""
_MAX_HUM_DB = -3.0
"""Level of a pause with its hum beside the playing level."""
_FOLLOWED = 2.66
"""Noise of a frame in its pointer, over the pointer's own doubt, as frames overlap by three quarters."""
_LOBE, _MAX_OF_LINES = 1.5, 0.6
"""Power of a line in all its bins; share of lines in what plays: beside hum a voice or music has much between them."""
_DECAY_DOUBT = 0.1
"""For each dB in a second beyond the first."""
_NOTE_DOUBT, _MAX_STEP = 0.3, 2
"""Hum of rectifiers is the even multiples; lines farther apart are those of a note."""
_LEAST_WANDER = 0.06
"""Even a steady hum is followed no better than so, as a share of the power in which a pointer may err."""
_REST, _MAX_SILENT = 6, 0.1
"""Sounds stop where so many frames in a row, or such a share of all, hold digital silence: a drop-out is less."""


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
        Of what is left of them when they are subtracted: as seen in the pauses, and between these by how they wander.
    frequency_hz : ndarray [shape=(frames,)]
        Of the lowest line, each ``hop``.
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
    if frames < MIN_S * rate or rate < 1000:
        return None
    candidates = []
    for mains_hz, lines in zip(
        MAINS_HZ, of.at(read, [np.full(of.count, hz) for hz in MAINS_HZ], _TRACKED), strict=True
    ):
        pause = _pauses(lines)
        if pause.sum() < _MIN_FRAMES * 2:
            continue
        off_hz = hum_pointers.drift(lines, of.hop_s)
        frequency_hz = mains_hz + off_hz
        if _clear(lines.turned(line_frames.phase_of(off_hz, of.hop_s)), pause, LINE_DB).any():
            candidates.append((mains_hz, frequency_hz))
    if not candidates:
        return None
    followed = of.at(read, [frequency_hz for _, frequency_hz in candidates], _MAX_LINES)
    hums = [
        hum
        for (mains_hz, frequency_hz), lines in zip(candidates, followed, strict=True)
        if (hum := _judged(mains_hz, frequency_hz, lines, of)) is not None
    ]
    return max(hums, key=lambda hum: hum.sure, default=None)


def _judged(mains_hz: float, frequency_hz: np.ndarray, lines: Lines, of: LineFrames) -> Hum | None:
    pause = _pauses(lines)
    means, noise = _windows(lines, pause)
    if not len(means):
        return None
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
    doubt += _spread_doubt(lines, pause, of.hop_s) + _note_doubt(lines, pause, orders, best, of.hop_s)
    kept = replace(lines, values=lines.values[:, :, orders], noise=lines.noise[:, orders])
    frequency_hz, turn = hum_pointers.tuned(
        frequency_hz, hum_pointers.smoothed(kept, pause, of.hop_s)[0], orders + 1, of.hop_s
    )
    if abs(float(frequency_hz.mean()) - mains_hz) > DRIFT_HZ:
        return None
    line_frames.turn_back(kept.values, turn, orders + 1)
    pointers, doubts = hum_pointers.smoothed(kept, pause, of.hop_s)
    after_db = min(_rest_db(kept, pointers, doubts, pause, of.hop_s), level_db)
    phase = line_frames.phase_of(frequency_hz, of.hop_s)
    sure = round(float(max(1.0 - doubt, 0.0)), 2)
    return Hum(mains_hz, sure, level_db, after_db, frequency_hz, phase, orders + 1, pointers, of.hop)


def _rest_db(lines: Lines, pointers: np.ndarray, doubts: np.ndarray, pause: np.ndarray, hop_s: float) -> float:
    """Level of what is left.

    In the pauses, frame by frame, less the noise, of which the pointers follow some. Elsewhere the doubt of the
    pointers, as far as these wander within pauses, or from one to the next, as much as that supposes.
    """
    over = np.square(np.abs(lines.values[pause] - pointers[pause])).sum(axis=1) - lines.noise[pause]
    doubt = doubts[pause].sum(axis=1)
    seen = max(float((over + _FOLLOWED * doubt).sum()), 0.5 * float(doubt.sum()))
    means, noise = _windows(lines, pause)
    moves = []
    if len(means) > 1:
        frames_apart = float(np.diff([at.mean() for at in _seen(pause)]).mean())
        moves.append((means[:-1], means[1:], noise[1:] + noise[:-1], frames_apart))
    near = hum_pointers.lagged(pause)
    if len(near):
        here, there = lines.values[near], lines.values[near + LAG]
        moves.append((here, there, lines.noise[near] + lines.noise[near + LAG], float(LAG)))
    usual = np.median(np.square(np.abs(lines.values[pause])), axis=0)
    wander = np.full(usual.shape[1], _LEAST_WANDER)
    for before, after, of_noise, apart in moves:
        went = (np.square(np.abs(after - before)).sum(axis=1) - of_noise).mean(axis=0)
        wander = np.maximum(wander, went / (usual.sum(axis=0) * hum_pointers.WANDER**2 * apart * hop_s + 1e-30))
    unseen = _heard(lines) & ~pause
    power = seen + float(np.minimum(wander * doubts[unseen], usual).sum())
    return 10.0 * float(np.log10(power / (2.0 * (pause.sum() + unseen.sum())) + 1e-30))


def _spread_doubt(lines: Lines, pause: np.ndarray, hop_s: float) -> float:
    """Doubt where pauses are far from most of what sounds, or in one half of it only."""
    heard = np.flatnonzero(_heard(lines))
    unseen = np.ones(len(pause), bool)
    unseen[np.concatenate(_seen(pause))] = False
    far = ndimage.distance_transform_edt(unseen)[heard] > _FAR_S / hop_s
    late = np.flatnonzero(~unseen) > 0.5 * (heard[0] + heard[-1])
    one_half = heard[-1] - heard[0] > _FAR_S / hop_s and (late.all() or not late.any())
    return _FAR_DOUBT * float(far.mean()) + _HALF_DOUBT * float(one_half)


def _note_doubt(lines: Lines, pause: np.ndarray, orders: np.ndarray, best: np.ndarray, hop_s: float) -> float:
    """Doubt where what plays is made of the lines themselves, where they decay in the pauses, or are a note's."""
    louder = _heard(lines) & (lines.level > 2.0 * lines.level[pause].mean())
    of_lines = _LOBE * np.square(np.abs(lines.values[louder])).sum(axis=(1, 2)) / lines.level[louder]
    doubt = float(len(of_lines) > 0 and np.median(of_lines) > _MAX_OF_LINES)
    near = hum_pointers.lagged(pause)
    if len(near):
        here, there = (float(np.square(np.abs(lines.values[at][:, :, best])).sum()) for at in (near, near + LAG))
        decay_db = abs(10.0 * np.log10((there + 1e-30) / (here + 1e-30))) / (LAG * hop_s)
        doubt += _DECAY_DOUBT * max(decay_db - 1.0, 0.0)
    return doubt + _NOTE_DOUBT * float(np.gcd.reduce(orders + 1) > _MAX_STEP)


def _heard(lines: Lines) -> np.ndarray:
    """Frames without digital silence in any channel that sounds at all [shape=(frames,)]."""
    sounding = ~lines.blank.all(axis=0)
    heard: np.ndarray = (lines.between > 0.0) & ~lines.blank[:, sounding].any(axis=1)
    return heard


def _pauses(lines: Lines) -> np.ndarray:
    """Frames in which little sounds, between the lines and with them; digital silence is none [shape=(frames,)].

    Where sounds stop in digital silence, a pause lies between louder sound on both sides: the end of a note does not.
    """
    heard = _heard(lines)
    if not heard.any():
        return heard
    between_db, level_db = (10.0 * np.log10(power + 1e-30) for power in (lines.between, lines.level))
    quietest_db, playing_db = np.percentile(between_db[heard], [_QUIETEST, _PLAYING])
    pause: np.ndarray = heard & (between_db < min(quietest_db + _NEAR_QUIETEST_DB, playing_db - PAUSE_DB))
    first, last = np.flatnonzero(heard)[[0, -1]]
    silent = ~heard[first : last + 1]
    stops = bool(silent.mean() > _MAX_SILENT or ndimage.binary_erosion(silent, np.ones(_REST)).any())
    quiet = level_db < np.percentile(level_db[heard], _PLAYING) + (-PAUSE_DB if stops else _MAX_HUM_DB)
    if stops:
        loud = np.pad(heard & ~quiet, 1)
        dips, _ = ndimage.label(heard & quiet)
        for (span,) in ndimage.find_objects(dips):
            if not (loud[span.start] and loud[span.stop + 1]):
                quiet[span] = False
    return pause & quiet


def _seen(pause: np.ndarray) -> list[np.ndarray]:
    """The frames of pauses in each second that has enough of them."""
    number = np.arange(len(pause)) // _WINDOW
    counts = np.bincount(number, pause)
    return [np.flatnonzero(pause & (number == at)) for at in np.flatnonzero(counts >= _MIN_FRAMES)]


def _windows(lines: Lines, pause: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean pointers over the pauses of each second [shape=(windows, channels, lines)], and the noise in their power."""
    windows = _seen(pause)
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

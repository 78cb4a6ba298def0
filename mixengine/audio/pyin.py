"""pYIN: fundamental frequency with voicing, the same frames as librosa's and many times sooner.

The procedure is librosa's, parameters included (it follows the authors' own program more than the paper). Two things
make it quick. The candidates of all frames are found together. And the hidden Markov model is decoded with what is
known of it: a pitch moves by a few semitones per frame at most, an unvoiced state is as likely at every pitch, and of
the voiced states only the candidates of a frame can be on the path.

References
----------
.. [1] A. de Cheveigné, H. Kawahara, "YIN, a fundamental frequency estimator for speech and music", JASA 111 (2002).
.. [2] M. Mauch, S. Dixon, "pYIN: A fundamental frequency estimator using probabilistic threshold distributions",
   ICASSP 2014.
"""

from __future__ import annotations

import functools

import numpy as np
from scipy import fft, signal, stats

from mixengine.audio.jit import njit

_THRESHOLDS = 100
_BETA = (2.0, 18.0)
_BOLTZMANN = 2.0
_BINS_PER_SEMITONE = 10
_OCTAVES_PER_S = 35.92
_SWITCH = 0.01
_NO_TROUGH = 0.01
_BATCH = 64
_TINY = np.finfo(np.float64).tiny


def f0_hz(
    mono: np.ndarray, rate: int, *, fmin_hz: float, fmax_hz: float, frame: int = 2048, hop: int = 512
) -> np.ndarray:
    """Pitch of each frame [2]_; NaN where it is unvoiced.

    Parameters
    ----------
    mono : ndarray [shape=(samples,)]
    rate : int > 0
    fmin_hz, fmax_hz : float
        Range of the search; ``fmax_hz`` at most half the rate.
    frame, hop : int > 0
        Samples of a frame (two periods of ``fmin_hz`` should fit) and between frames. Frames are centred; the signal
        is continued with zeros.

    Returns
    -------
    ndarray [shape=(1 + samples // hop,)]
    """
    bins = int(np.floor(12 * _BINS_PER_SEMITONE * np.log2(fmax_hz / fmin_hz))) + 1
    padded = np.pad(mono.astype(np.float32), frame // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    shortest, longest = int(np.floor(rate / fmax_hz)), min(int(np.ceil(rate / fmin_hz)), frame - 1)
    parts = [
        _troughs(_difference(frames[at : at + _BATCH], shortest, longest), *_thresholds())
        for at in range(0, len(frames), _BATCH)
    ]
    counts, lags, chances = (np.concatenate(column) for column in zip(*parts, strict=True))
    pitches = np.round(12 * _BINS_PER_SEMITONE * np.log2(rate / (shortest + lags) / fmin_hz))
    width = round(_OCTAVES_PER_S * 12 * hop / rate) * _BINS_PER_SEMITONE + 1
    path = _decode(counts, np.clip(pitches, 0, bins).astype(np.int64), chances, *_moves(bins, width))
    return np.where(path >= 0, fmin_hz * 2.0 ** (path / (12.0 * _BINS_PER_SEMITONE)), np.nan)


def _difference(frames: np.ndarray, shortest: int, longest: int) -> np.ndarray:
    """Cumulative mean normalised difference of each frame at lags ``shortest`` … ``longest`` ([1]_, eq. 8)."""
    size = fft.next_fast_len(frames.shape[1] + longest, real=True)
    spectrum = fft.rfft(frames, size, axis=1)
    acf = fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size, axis=1)[:, : longest + 1]
    energy = np.cumsum(np.square(frames[:, :longest]), axis=1)
    difference = 2.0 * (acf[:, :1] - acf[:, 1:]) - energy
    mean = np.cumsum(difference, axis=1) / np.arange(1, longest + 1, dtype=np.float32)
    return difference[:, shortest - 1 :] / (mean[:, shortest - 1 :] + np.finfo(np.float32).tiny)


@functools.cache
def _thresholds() -> tuple[np.ndarray, np.ndarray]:
    """Thresholds of the difference, and how probable each is."""
    edges = np.linspace(0.0, 1.0, _THRESHOLDS + 1)
    return edges[1:], np.diff(stats.beta.cdf(edges, *_BETA))


@functools.cache
def _moves(bins: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Log probability of moving by -width/2 … width/2 bins, and for each bin the logarithm of what all moves that stay
    inside the range add up to.
    """
    triangle = signal.windows.triang(width)
    inside = np.convolve(np.ones(bins), triangle)[width // 2 : width // 2 + bins]
    return np.log(triangle), np.log(inside)


@njit()
def _troughs(  # pragma: no cover
    frames: np.ndarray, thresholds: np.ndarray, chances: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Troughs that may be a frame's period: how many per frame, all lags (refined) in a row, their probabilities."""
    rows, lags = frames.shape
    counts = np.zeros(rows, np.int64)
    where = np.empty(rows * (lags // 2 + 1))
    chance = np.empty(rows * (lags // 2 + 1))
    decay = np.exp(-_BOLTZMANN)
    index = np.zeros(lags, np.int64)
    height = np.zeros(lags, np.float32)
    total = 0
    for row in range(rows):
        frame = frames[row]
        found = 0
        lowest = 0
        for lag in range(lags):
            falls = frame[lag] < frame[lag - 1] if lag else frame[0] < frame[1]
            if falls and (lag + 1 == lags or frame[lag] <= frame[lag + 1]):
                index[found], height[found] = lag, frame[lag]
                if height[found] < height[lowest]:
                    lowest = found
                found += 1
        probability = np.zeros(found)
        for k in range(len(thresholds) if found else 0):
            below = 0
            for i in range(found):
                if height[i] < thresholds[k]:
                    below += 1
            if not below:
                probability[lowest] += _NO_TROUGH * chances[k]
                continue
            # short periods first: a Boltzmann distribution over the troughs below this threshold
            prior = (1.0 - decay) / (1.0 - decay**below) * chances[k]
            for i in range(found):
                if height[i] < thresholds[k]:
                    probability[i] += prior
                    prior *= decay
        for i in range(found):
            if probability[i] > 0.0:
                lag = index[i]
                shift = 0.0
                if 0 < lag < lags - 1:
                    bend = frame[lag + 1] + frame[lag - 1] - 2.0 * frame[lag]
                    slope = (frame[lag + 1] - frame[lag - 1]) / 2.0
                    if abs(slope) < abs(bend):
                        shift = -slope / bend
                where[total], chance[total] = lag + shift, probability[i]
                counts[row] += 1
                total += 1
    return counts, where[:total], chance[:total]


@njit()
def _decode(  # pragma: no cover
    counts: np.ndarray, pitches: np.ndarray, chances: np.ndarray, move: np.ndarray, inside: np.ndarray
) -> np.ndarray:
    """Most probable pitch bin of each frame, -1 where it is unvoiced (Viterbi)."""
    bins, half, frames = len(inside), len(move) // 2, len(counts)
    stay, switch = np.log(1.0 - _SWITCH), np.log(_SWITCH)
    silent = np.empty((frames, bins))
    voiced = np.full(len(pitches), -np.inf)
    best = np.empty(bins)
    owner = np.full(bins + 1, -1, np.int64)
    first, before = 0, 0
    for row in range(frames):
        last = first + counts[row]
        # several candidates in one bin: the longest period counts, those above the range do not
        for k in range(first, last):
            owner[pitches[k]] = k
        voicing = 0.0
        for k in range(first, last):
            if pitches[k] < bins and owner[pitches[k]] == k:
                voicing += chances[k]
        seen = np.log((1.0 - min(voicing, 1.0)) / bins + _TINY)
        if row:
            _reach(silent[row - 1] - inside, move, best)
            silent[row] = best + (stay + seen)
        else:
            silent[0] = seen - np.log(2.0 * bins)
        for k in range(first, last):
            j = pitches[k]
            if j == bins or owner[j] != k:
                continue
            value = best[j] + switch if row else -np.log(2.0 * bins)
            for c in range(before, first):
                if voiced[c] > -np.inf and abs(j - pitches[c]) <= half:
                    value = max(value, voiced[c] - inside[pitches[c]] + move[j - pitches[c] + half] + stay)
            voiced[k] = value + np.log(chances[k] + _TINY)
        for c in range(before, first):
            if voiced[c] > -np.inf:
                centre = pitches[c]
                for j in range(max(centre - half, 0), min(centre + half + 1, bins)):
                    value = voiced[c] - inside[centre] + move[j - centre + half] + (switch + seen)
                    silent[row, j] = max(silent[row, j], value)
        for k in range(first, last):
            owner[pitches[k]] = -1
        before, first = first, last
    return _trace(counts, pitches, voiced, silent, move, inside)


@njit(fastmath={"nnan", "nsz"})  # no NaN in here: lets the maximum run in vectors
def _reach(base: np.ndarray, move: np.ndarray, best: np.ndarray) -> None:  # pragma: no cover
    """For each bin the best value that arrives from an unvoiced state; ``base`` is what leaves each."""
    bins, half = len(base), len(move) // 2
    best[:] = -np.inf
    for offset in range(-half, half + 1):
        low, high, chance = max(offset, 0), min(bins, bins + offset), move[offset + half]
        to, come = best[low:high], base[low - offset : high - offset]
        for j in range(high - low):
            value = come[j] + chance
            to[j] = value if value > to[j] else to[j]


@njit()
def _trace(  # pragma: no cover
    counts: np.ndarray,
    pitches: np.ndarray,
    voiced: np.ndarray,
    silent: np.ndarray,
    move: np.ndarray,
    inside: np.ndarray,
) -> np.ndarray:
    """The path back from the best last state; where a state came from is found again from the values before it."""
    bins, half, frames = len(inside), len(move) // 2, len(counts)
    stay, switch = np.log(1.0 - _SWITCH), np.log(_SWITCH)
    path = np.full(frames, -1, np.int64)
    first = len(pitches) - counts[frames - 1]
    pitch, is_voiced = int(np.argmax(silent[frames - 1])), False
    top = silent[frames - 1, pitch]
    for k in range(first, len(pitches)):
        if voiced[k] >= top:
            top, pitch, is_voiced = voiced[k], pitches[k], True
    for row in range(frames - 1, -1, -1):
        if is_voiced:
            path[row] = pitch
        if not row:
            break
        target, was_voiced = pitch, is_voiced
        value = -np.inf
        for c in range(first - counts[row - 1], first):
            if voiced[c] > -np.inf and abs(target - pitches[c]) <= half:
                other = voiced[c] - inside[pitches[c]] + move[target - pitches[c] + half]
                other += stay if was_voiced else switch
                if other > value:
                    value, pitch, is_voiced = other, pitches[c], True
        for i in range(max(target - half, 0), min(target + half + 1, bins)):
            other = silent[row - 1, i] - inside[i] + move[target - i + half] + (switch if was_voiced else stay)
            if other > value:
                value, pitch, is_voiced = other, i, False
        first -= counts[row - 1]
    return path

"""pYIN: fundamental frequency with voicing, the same frames as librosa's and many times faster.

The procedure is librosa's, parameters included (it follows the authors' program where that differs from [2]_). Two
things make it fast. The candidates of all frames are computed together. And decoding makes use of the structure of the
hidden Markov model: a pitch moves by a few semitones per frame at most, an unvoiced state is as likely at every pitch,
and of the voiced states only the candidates of a frame can be on the path.

The hidden Markov model: two states per pitch bin, ``(bin, voiced)`` and ``(bin, unvoiced)``, bins 0 … ``n_bins`` - 1
from ``fmin_hz`` upwards, some to a semitone. A transition changes the bin by at most ``half`` bins (triangular
probabilities, cut off and normalised at the ends of the range) and, independently, the voicing with probability 0.01.
A voiced state is observed with the probability of the frame's candidate in that bin, every unvoiced state with an equal
share of what the candidates leave. Decoded are log probabilities ``voiced[candidate]`` and ``unvoiced[frame, bin]``.

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
"""Prior of the thresholds: a beta distribution with these two parameters."""
_BOLTZMANN = 2.0
"""Parameter of the Boltzmann distribution that prefers short periods among the troughs below a threshold."""
_MAX_OCTAVES_PER_S = 35.92
_SWITCH_PROBABILITY = 0.01
"""Probability that voicing changes from one frame to the next."""
_NO_TROUGH_PROBABILITY = 0.01
"""Weight of the lowest trough at thresholds that no trough is below."""
_FRAMES_PER_BATCH = 64
_TINY = np.finfo(np.float64).tiny


def f0_hz(
    mono: np.ndarray, rate: int, *, fmin_hz: float, fmax_hz: float, frame: int = 2048, hop: int = 512
) -> np.ndarray:
    """Pitch of each frame [2]_ in steps of a tenth of a semitone; NaN where it is unvoiced.

    Parameters are those of `f0_and_voicing`.

    Returns
    -------
    ndarray [shape=(1 + samples // hop,)]
    """
    return f0_and_voicing(mono, rate, fmin_hz=fmin_hz, fmax_hz=fmax_hz, frame=frame, hop=hop)[0]


def f0_and_voicing(
    mono: np.ndarray,
    rate: int,
    *,
    fmin_hz: float,
    fmax_hz: float,
    frame: int = 2048,
    hop: int = 512,
    bins_per_semitone: int = 10,
) -> tuple[np.ndarray, np.ndarray]:
    """Pitch of each frame [2]_, and how probable it is that the frame has one.

    Parameters
    ----------
    mono : ndarray [shape=(samples,)]
    rate : int > 0
    fmin_hz, fmax_hz : float
        Range of the search; ``fmax_hz`` at most half the rate.
    frame, hop : int > 0
        Samples of a frame (two periods of ``fmin_hz`` should fit) and between frames. Frames are centred; the signal
        is continued with zeros.
    bins_per_semitone : int > 0
        How finely pitches are told apart; librosa calls its inverse ``resolution``.

    Returns
    -------
    f0_hz : ndarray [shape=(1 + samples // hop,)]
        NaN where the most probable path is unvoiced.
    voicing : ndarray [shape=(1 + samples // hop,), range=[0, 1]]
        Probability of a period within the range, by the frame's candidates alone.
    """
    bins_per_octave = 12 * bins_per_semitone
    n_bins = int(np.floor(bins_per_octave * np.log2(fmax_hz / fmin_hz))) + 1
    padded = np.pad(mono.astype(np.float32), frame // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    min_lag, max_lag = int(np.floor(rate / fmax_hz)), min(int(np.ceil(rate / fmin_hz)), frame - 1)
    batches = [
        _candidates(_normalized_difference(frames[at : at + _FRAMES_PER_BATCH], min_lag, max_lag), *_thresholds())
        for at in range(0, len(frames), _FRAMES_PER_BATCH)
    ]
    counts, lags, probabilities = (np.concatenate(column) for column in zip(*batches, strict=True))
    bins = np.round(bins_per_octave * np.log2(rate / (min_lag + lags) / fmin_hz))
    transition_width = round(_MAX_OCTAVES_PER_S * 12 * hop / rate) * bins_per_semitone + 1
    path, voicing = _viterbi(
        counts, np.clip(bins, 0, n_bins).astype(np.int64), probabilities, *_transitions(n_bins, transition_width)
    )
    return np.where(path >= 0, fmin_hz * 2.0 ** (path / bins_per_octave), np.nan), voicing


def _normalized_difference(frames: np.ndarray, min_lag: int, max_lag: int) -> np.ndarray:
    """Cumulative mean normalised difference of each frame at lags ``min_lag`` … ``max_lag`` ([1]_, eq. 8)."""
    size = fft.next_fast_len(frames.shape[1] + max_lag, real=True)
    spectrum = fft.rfft(frames, size, axis=1)
    acf = fft.irfft(np.square(spectrum.real) + np.square(spectrum.imag), size, axis=1)[:, : max_lag + 1]
    energy = np.cumsum(np.square(frames[:, :max_lag]), axis=1)
    difference = 2.0 * (acf[:, :1] - acf[:, 1:]) - energy
    mean = np.cumsum(difference, axis=1) / np.arange(1, max_lag + 1, dtype=np.float32)
    return difference[:, min_lag - 1 :] / (mean[:, min_lag - 1 :] + np.finfo(np.float32).tiny)


@functools.cache
def _thresholds() -> tuple[np.ndarray, np.ndarray]:
    """Thresholds of the difference, and how probable each is."""
    edges = np.linspace(0.0, 1.0, _THRESHOLDS + 1)
    return edges[1:], np.diff(stats.beta.cdf(edges, *_BETA))


@functools.cache
def _transitions(n_bins: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Log probability of moving by -width/2 … width/2 bins, and for each bin the logarithm of what all moves that stay
    inside the range add up to, by which they are normalised.
    """
    triangle = signal.windows.triang(width)
    inside = np.convolve(np.ones(n_bins), triangle)[width // 2 : width // 2 + n_bins]
    return np.log(triangle), np.log(inside)


@njit()
def _candidates(  # pragma: no cover
    frames: np.ndarray, thresholds: np.ndarray, threshold_probabilities: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Troughs that may be a frame's period: how many per frame, all lags (refined) in a row, their probabilities."""
    n_frames, n_lags = frames.shape
    counts = np.zeros(n_frames, np.int64)
    candidate_lag = np.empty(n_frames * (n_lags // 2 + 1))
    candidate_probability = np.empty(n_frames * (n_lags // 2 + 1))
    decay = np.exp(-_BOLTZMANN)
    trough_lag = np.zeros(n_lags, np.int64)
    trough_height = np.zeros(n_lags, np.float32)
    total = 0
    for row in range(n_frames):
        frame = frames[row]
        n_troughs = 0
        lowest = 0
        for lag in range(n_lags):
            falls = frame[lag] < frame[lag - 1] if lag else frame[0] < frame[1]
            if falls and (lag + 1 == n_lags or frame[lag] <= frame[lag + 1]):
                trough_lag[n_troughs], trough_height[n_troughs] = lag, frame[lag]
                if trough_height[n_troughs] < trough_height[lowest]:
                    lowest = n_troughs
                n_troughs += 1
        probability = np.zeros(n_troughs)
        for k in range(len(thresholds) if n_troughs else 0):
            n_below = 0
            for i in range(n_troughs):
                if trough_height[i] < thresholds[k]:
                    n_below += 1
            if not n_below:
                probability[lowest] += _NO_TROUGH_PROBABILITY * threshold_probabilities[k]
                continue
            # short periods first: a Boltzmann distribution over the troughs below this threshold
            prior = (1.0 - decay) / (1.0 - decay**n_below) * threshold_probabilities[k]
            for i in range(n_troughs):
                if trough_height[i] < thresholds[k]:
                    probability[i] += prior
                    prior *= decay
        for i in range(n_troughs):
            if probability[i] > 0.0:
                lag = trough_lag[i]
                shift = 0.0
                if 0 < lag < n_lags - 1:
                    # parabola through the trough and its neighbours
                    curvature = frame[lag + 1] + frame[lag - 1] - 2.0 * frame[lag]
                    slope = (frame[lag + 1] - frame[lag - 1]) / 2.0
                    if abs(slope) < abs(curvature):
                        shift = -slope / curvature
                candidate_lag[total], candidate_probability[total] = lag + shift, probability[i]
                counts[row] += 1
                total += 1
    return counts, candidate_lag[:total], candidate_probability[:total]


@njit()
def _viterbi(  # pragma: no cover
    counts: np.ndarray, bins: np.ndarray, probabilities: np.ndarray, log_move: np.ndarray, log_inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Most probable pitch bin of each frame, -1 where it is unvoiced; and the probability of being voiced.

    ``bins`` and ``probabilities`` hold the candidates of all frames in a row, ``counts`` how many each frame has;
    ``log_move`` and ``log_inside`` come from `_transitions`.
    """
    n_bins, half, n_frames = len(log_inside), len(log_move) // 2, len(counts)
    log_stay, log_switch = np.log(1.0 - _SWITCH_PROBABILITY), np.log(_SWITCH_PROBABILITY)
    log_initial = -np.log(2.0 * n_bins)
    voicing = np.zeros(n_frames)
    unvoiced = np.empty((n_frames, n_bins))
    voiced = np.full(len(bins), -np.inf)
    leaving, from_unvoiced = np.empty(n_bins), np.empty(n_bins)
    candidate_of_bin = np.full(n_bins + 1, -1, np.int64)
    first, first_before = 0, 0
    for row in range(n_frames):
        last = first + counts[row]
        # several candidates in one bin: the longest period counts, those above the range do not
        for k in range(first, last):
            candidate_of_bin[bins[k]] = k
        for k in range(first, last):
            if bins[k] < n_bins and candidate_of_bin[bins[k]] == k:
                voicing[row] += probabilities[k]
        voicing[row] = min(voicing[row], 1.0)
        log_unvoiced = np.log((1.0 - voicing[row]) / n_bins + _TINY)
        # unvoiced → unvoiced; bin by bin, as compiling sums of arrays takes longer than all the rest
        if row:
            for j in range(n_bins):
                leaving[j] = unvoiced[row - 1, j] - log_inside[j]
            _best_arrival(leaving, log_move, from_unvoiced)
        for j in range(n_bins):
            unvoiced[row, j] = from_unvoiced[j] + (log_stay + log_unvoiced) if row else log_unvoiced + log_initial
        # unvoiced or voiced → voiced
        for k in range(first, last):
            j = bins[k]
            if j == n_bins or candidate_of_bin[j] != k:
                continue
            value = from_unvoiced[j] + log_switch if row else log_initial
            for c in range(first_before, first):
                if voiced[c] > -np.inf and abs(j - bins[c]) <= half:
                    value = max(value, voiced[c] - log_inside[bins[c]] + log_move[j - bins[c] + half] + log_stay)
            voiced[k] = value + np.log(probabilities[k] + _TINY)
        # voiced → unvoiced
        for c in range(first_before, first):
            if voiced[c] > -np.inf:
                centre = bins[c]
                for j in range(max(centre - half, 0), min(centre + half + 1, n_bins)):
                    value = voiced[c] - log_inside[centre] + log_move[j - centre + half] + (log_switch + log_unvoiced)
                    unvoiced[row, j] = max(unvoiced[row, j], value)
        for k in range(first, last):
            candidate_of_bin[bins[k]] = -1
        first_before, first = first, last
    return _backtrack(counts, bins, voiced, unvoiced, log_move, log_inside), voicing


@njit(fastmath={"nnan", "nsz"})  # no NaN in here: lets the maximum run in vectors
def _best_arrival(departure: np.ndarray, log_move: np.ndarray, best: np.ndarray) -> None:  # pragma: no cover
    """For each bin the best value that arrives from an unvoiced state; ``departure`` is what leaves each."""
    n_bins, half = len(departure), len(log_move) // 2
    best[:] = -np.inf
    for offset in range(-half, half + 1):
        low, high, log_probability = max(offset, 0), min(n_bins, n_bins + offset), log_move[offset + half]
        target, source = best[low:high], departure[low - offset : high - offset]
        for j in range(high - low):
            value = source[j] + log_probability
            target[j] = value if value > target[j] else target[j]


@njit()
def _backtrack(  # pragma: no cover
    counts: np.ndarray,
    bins: np.ndarray,
    voiced: np.ndarray,
    unvoiced: np.ndarray,
    log_move: np.ndarray,
    log_inside: np.ndarray,
) -> np.ndarray:
    """The path back from the best last state; where a state came from is found again from the values before it."""
    n_bins, half, n_frames = len(log_inside), len(log_move) // 2, len(counts)
    log_stay, log_switch = np.log(1.0 - _SWITCH_PROBABILITY), np.log(_SWITCH_PROBABILITY)
    path = np.full(n_frames, -1, np.int64)
    first = len(bins) - counts[n_frames - 1]
    bin_now, is_voiced = int(np.argmax(unvoiced[n_frames - 1])), False
    best = unvoiced[n_frames - 1, bin_now]
    for k in range(first, len(bins)):
        if voiced[k] >= best:
            best, bin_now, is_voiced = voiced[k], bins[k], True
    for row in range(n_frames - 1, -1, -1):
        if is_voiced:
            path[row] = bin_now
        if not row:
            break
        bin_after, voiced_after = bin_now, is_voiced
        best = -np.inf
        for c in range(first - counts[row - 1], first):
            if voiced[c] > -np.inf and abs(bin_after - bins[c]) <= half:
                value = voiced[c] - log_inside[bins[c]] + log_move[bin_after - bins[c] + half]
                value += log_stay if voiced_after else log_switch
                if value > best:
                    best, bin_now, is_voiced = value, bins[c], True
        for i in range(max(bin_after - half, 0), min(bin_after + half + 1, n_bins)):
            value = unvoiced[row - 1, i] - log_inside[i] + log_move[bin_after - i + half]
            value += log_switch if voiced_after else log_stay
            if value > best:
                best, bin_now, is_voiced = value, i, False
        first -= counts[row - 1]
    return path

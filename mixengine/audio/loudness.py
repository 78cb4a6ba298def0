"""Loudness after ITU-R BS.1770-5 and EBU R 128, measured on a stream.

Variables follow the recommendation: z is the mean square of a K-weighted channel, G the channel weight, Gamma a gate.

Conventions
-----------
Loudness in LUFS, differences in LU; silence is ``-inf``. Blocks are ``(frames, channels)``.

References
----------
.. [1] ITU-R BS.1770-5 (2023), Algorithms to measure audio programme loudness and true-peak audio level.
.. [2] EBU Tech 3341 (2023), Loudness metering: 'EBU mode'. EBU Tech 3342 (2023), Loudness range.
"""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.k_weighting import HopPowers, k_weighting

ABSOLUTE_GATE_LUFS = -70.0
"""Gamma_a (BS.1770-5, annex 1)."""
RELATIVE_GATE_LU = -10.0
"""Gamma_r against the absolutely gated loudness (BS.1770-5, eq. 6)."""
_OFFSET = -0.691
"""Makes a 0 dBFS sine of 997 Hz in one channel read -3.01 LKFS (BS.1770-5, eq. 2)."""
_SURROUND = 1.41
"""G of Ls and Rs (BS.1770-5, table 3)."""


def channel_weights(channels: int) -> np.ndarray:
    """Weights G of the channels, by the usual order of files with that many.

    4 is L R Ls Rs, 5 is L R C Ls Rs, 6 and 8 are WAV's 5.1 and 7.1: the LFE does not count, and of 7.1 the side pair
    (60° to 120°) counts 1.41, the back pair 1 (BS.1770-5, table 4). Others count 1 each.
    """
    weights = {
        4: [1, 1, _SURROUND, _SURROUND],
        5: [1, 1, 1, _SURROUND, _SURROUND],
        6: [1, 1, 1, 0, _SURROUND, _SURROUND],
        8: [1, 1, 1, 0, 1, 1, _SURROUND, _SURROUND],
    }
    return np.array(weights.get(channels, [1] * channels), dtype=float)


class PowerMeter:
    """Loudness statistics of K-weighted power in hops of 100 ms. Memory grows by one number per hop.

    Parameters
    ----------
    rate : int > 0
        Frames per second.
    """

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.hop = max((rate + 5) // 10, 1)
        self._hops: list[np.ndarray] = []

    def add_hops(self, powers: np.ndarray) -> None:
        """Take the mean power of the next hops of 100 ms, channels summed [shape=(hops,)]."""
        self._hops.append(powers)  # parts of z_ij, eq. 3

    def powers(self, window_s: float = 0.4) -> np.ndarray:
        """Weighted mean square in a window of ``window_s`` that moves in steps of 100 ms; only whole windows."""
        hops = np.concatenate(self._hops) if self._hops else np.zeros(0)
        count = max(round(window_s * 10), 1)
        if len(hops) < count:
            return np.zeros(0)
        # z_ij of the gating blocks (eq. 3), channels weighted and summed already. Not a difference of running sums: a
        # loud passage would leave its rounding error in every quiet window after.
        return np.lib.stride_tricks.sliding_window_view(hops, count).mean(axis=1)

    def momentary(self) -> np.ndarray:
        """Momentary loudness (400 ms), one value per 100 ms, in LUFS."""
        return to_lufs(self.powers(0.4))

    def short_term(self) -> np.ndarray:
        """Short-term loudness (3 s), one value per 100 ms, in LUFS."""
        return to_lufs(self.powers(3.0))

    def integrated(self) -> float:
        """Gated programme loudness in LUFS; ``-inf`` for silence or less than 400 ms."""
        return gated_lufs(self.powers(0.4))

    def loudness_range(self) -> float:
        """Loudness range LRA in LU (EBU Tech 3342); 0 when nothing passes the gates."""
        powers = self.powers(3.0)
        powers = powers[powers >= _power(ABSOLUTE_GATE_LUFS)]  # Tech 3342, section 2.2: absolute gate
        if not len(powers):
            return 0.0
        powers = powers[powers >= powers.mean() * 10.0 ** (-20.0 / 10.0)]  # relative gate, 20 LU below
        low, high = np.percentile(to_lufs(powers), [10.0, 95.0])
        return float(high - low)


class LoudnessMeter(PowerMeter):
    """Loudness of a stream of samples.

    Parameters
    ----------
    rate : int > 0
        Frames per second.
    channels : int > 0
    dual_mono : bool
        Count a single channel twice: a mono track sounds from both loudspeakers (+3.01 LU).
    weighting : str
        See `mixengine.audio.k_weighting.k_weighting`.

    Attributes
    ----------
    mono : PowerMeter
        The same of the mean of all channels.
    first : PowerMeter
        The same of the first channel alone, counted once.

    Examples
    --------
    >>> meter = LoudnessMeter(48000, 1, dual_mono=True)
    >>> t = np.arange(5 * 48000) / 48000
    >>> meter.add(10 ** (-23 / 20) * np.sin(2 * np.pi * 997 * t)[:, None])
    >>> round(meter.integrated(), 1)
    -23.0
    """

    def __init__(self, rate: int, channels: int, *, dual_mono: bool = False, weighting: str = "bs1770") -> None:
        super().__init__(rate)
        self.channels = channels
        self.mono, self.first = PowerMeter(rate), PowerMeter(rate)
        weights = channel_weights(channels) * (2.0 if dual_mono and channels == 1 else 1.0)  # G_i, eq. 2
        self._filter = HopPowers(k_weighting(rate, weighting), weights, self.hop)

    def add(self, block: np.ndarray) -> None:
        """Measure the next frames [shape=(frames, channels)]."""
        precision = np.float32 if block.dtype == np.float32 else np.float64
        powers, mono_powers, first_powers = self._filter.add(np.ascontiguousarray(block.T, dtype=precision))
        self.add_hops(powers)
        self.mono.add_hops(mono_powers)
        self.first.add_hops(first_powers)

    def shares(self, windows: np.ndarray) -> tuple[float, float]:
        """Share of the first of two channels in the power of both, and of their product (-0.5 … 0.5).

        Half each for other numbers of channels than two, and for silence.

        Parameters
        ----------
        windows : ndarray of bool
            Which of the windows of `powers` count.
        """
        both = float(self.powers()[windows].sum())
        if self.channels != 2 or not both > 0.0:
            return 0.5, 0.5
        first, mean = (float(meter.powers()[windows].sum()) / both for meter in (self.first, self.mono))
        return min(first, 1.0), min(max(2.0 * mean - 0.5, -0.5), 0.5)


def gated_lufs(powers: np.ndarray) -> float:
    """Integrated loudness of gating blocks (BS.1770-5, eq. 4 to 7).

    Parameters
    ----------
    powers : ndarray [shape=(blocks,)]
        Weighted mean square of 400 ms blocks with 75 % overlap.
    """
    above_absolute = powers[powers >= _power(ABSOLUTE_GATE_LUFS)]  # J_g = {j : l_j > Gamma_a}, eq. 5
    if not len(above_absolute):
        return -math.inf
    relative_gate = above_absolute.mean() * 10.0 ** (RELATIVE_GATE_LU / 10.0)  # Gamma_r as a power, eq. 6
    return float(to_lufs(above_absolute[above_absolute >= relative_gate].mean()))  # eq. 7


def to_lufs(power):
    """-0.691 + 10 log10(power) (BS.1770-5, eq. 2); 0 gives -inf."""
    with np.errstate(divide="ignore"):
        return _OFFSET + 10.0 * np.log10(power)


def _power(lufs: float) -> float:
    return 10.0 ** ((lufs - _OFFSET) / 10.0)

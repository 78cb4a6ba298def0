"""The equaliser of [SpectralDucker]: three Butterworth bands, the middle one turned up or down, summed.

Below 300 Hz, 300 … 4000 Hz and above 4000 Hz, each a fourth-order Butterworth filter as `scipy.signal.butter` designs
it (the band pass therefore falls with order four on each side). Two such neighbours are in phase where they cross and
each lies at -3 dB there, so that their plain sum is not flat: even with all gains at 0 dB it rises by 3 dB around
300 Hz and 4 kHz. As part of the published method this is kept, in `ThreeBand` and in the bands of `as_reaeq`.
"""

from __future__ import annotations

import functools

import numpy as np
from scipy import signal

from mixengine.audio import reaeq
from mixengine.model.session import EqBand

SPEECH_MID_DB = 2.0
"""Gain of the middle band of speech."""
MUSIC_MID_DB = -3.0
"""Gain of the middle band of everything else."""

_ORDER = 4
_LOW_HZ, _HIGH_HZ = 300.0, 4000.0
_MAX_FREQUENCY = 0.45
"""Share of the sample rate: at 8 kHz and less it limits the upper crossover."""
_FIT_HZ = (20.0, 20000.0)
_FIT_POINTS = 200


class ThreeBand:
    """The three bands as a streaming filter; ``mid_db`` is the gain of the middle band."""

    def __init__(self, rate: int, mid_db: float) -> None:
        self._branches = _branches(rate, mid_db)
        self._states: list[np.ndarray] | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Filter the next frames [shape=(frames, channels)]."""
        if not block.size:
            return block
        if self._states is None:
            self._states = [np.zeros((len(sos), 2, block.shape[1])) for sos, _ in self._branches]
        out = np.zeros(block.shape)
        for index, (sos, gain) in enumerate(self._branches):
            part, self._states[index] = signal.sosfilt(sos, block, axis=0, zi=self._states[index])
            out += gain * part
        return out


def response_db(frequencies_hz: np.ndarray, rate: int, mid_db: float) -> np.ndarray:
    """Gain in dB of the summed bands at ``frequencies_hz`` (0 … half the rate), bumps at the crossovers included."""
    frequencies_hz = np.asarray(frequencies_hz, dtype=float)
    total = np.zeros(frequencies_hz.shape, dtype=complex)
    for sos, gain in _branches(rate, mid_db):
        total += gain * signal.sosfreqz(sos, worN=frequencies_hz, fs=rate)[1]
    return 20.0 * np.log10(np.maximum(np.abs(total), 1e-12))


@functools.lru_cache(maxsize=64)
def as_reaeq(mid_db: float, rate: int) -> tuple[EqBand, ...]:
    """Four ReaEQ bands with nearly the response of the three bands.

    Two bands fit the bumps at the crossovers, two the middle; all are peaks, the kind of band best known in shape. They
    are fitted by least squares from a fixed start, so that the same input gives the same bands.

    Parameters
    ----------
    mid_db : float
        Gain of the middle band, -6 … 6 dB.
    rate : int > 0
        Sample rate in Hz at which the responses are compared.

    Returns
    -------
    tuple of EqBand
        Within 0.5 dB of `response_db` from 20 Hz to 20 kHz (or to 0.45 of the rate): 0.1 dB for -3 dB, 0.25 dB for
        +2 dB, 0.45 dB for +6 dB.
    """
    from scipy import optimize

    limit_hz = min(_FIT_HZ[1], _MAX_FREQUENCY * rate)
    frequencies_hz = np.geomspace(_FIT_HZ[0], limit_hz, _FIT_POINTS)
    wanted_db = response_db(frequencies_hz, rate, mid_db)
    low_hz, high_hz = _crossovers_hz(rate)
    bump_db = 2.0 + mid_db / 4
    start = [
        (low_hz, bump_db, 1.0),
        (high_hz, bump_db, 1.0),
        (2.0 * low_hz, 0.7 * mid_db, 1.5),
        (high_hz / 2.0, 0.7 * mid_db, 1.5),
    ]
    bounds = [(np.log2(25.0), np.log2(limit_hz)), (-12.0, 12.0), (np.log2(0.15), 2.0)] * len(start)
    fit = optimize.least_squares(
        lambda numbers: reaeq.response_db(_bands(numbers), frequencies_hz, rate) - wanted_db,
        [number for hz, gain_db, octaves in start for number in (np.log2(hz), gain_db, np.log2(octaves))],
        bounds=tuple(zip(*bounds, strict=True)),
        max_nfev=300,
    )
    return tuple(sorted(map(_rounded, _bands(fit.x)), key=lambda band: band.frequency_hz))


def _bands(numbers: np.ndarray) -> list[EqBand]:
    """Peaks from log2 Hz, dB and log2 octaves, band by band."""
    triples = np.asarray(numbers).reshape(-1, 3).tolist()
    return [EqBand("band", 2.0**log_hz, gain_db, 2.0**log_octaves) for log_hz, gain_db, log_octaves in triples]


def _rounded(band: EqBand) -> EqBand:
    """Rounded to digits that one would type."""
    return EqBand(band.kind, round(band.frequency_hz, 1), round(band.gain_db, 2), round(band.bandwidth_oct, 2))


def _crossovers_hz(rate: int) -> tuple[float, float]:
    return _LOW_HZ, min(_HIGH_HZ, _MAX_FREQUENCY * rate)


def _branches(rate: int, mid_db: float) -> list[tuple[np.ndarray, float]]:
    """Sections and linear gain of the low, the middle and the high band."""
    low_hz, high_hz = _crossovers_hz(rate)
    shapes = ((low_hz, "low", 0.0), ([low_hz, high_hz], "band", mid_db), (high_hz, "high", 0.0))
    return [
        (signal.butter(_ORDER, edges, kind, fs=rate, output="sos"), 10.0 ** (gain_db / 20.0))
        for edges, kind, gain_db in shapes
    ]

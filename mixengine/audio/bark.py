"""A simple loudness model on the Bark scale.

Long-term band powers are gathered into 24 critical bands, spread upwards, compared with the threshold in quiet,
compressed with exponent 0.23 and added, after Zwicker. The result is expressed as a level, by the gain that makes the
sound as loud as a reference sound. So it moves exactly 1 dB per dB, as a measure for balancing must.

References
----------
.. [1] H. Fastl, E. Zwicker, Psychoacoustics: Facts and Models, 3rd ed., ch. 8.
.. [2] E. Terhardt, "Calculating virtual pitch", Hearing Research 1 (1979): threshold in quiet.
"""

from __future__ import annotations

import functools

import numpy as np

CALIBRATION_DB_SPL = 103.0
"""Sound pressure level of 0 dB mean square: speech-like material at −23 LUFS then sounds at about 80 dB SPL."""

EDGES_HZ = np.array(
    "0 100 200 300 400 510 630 770 920 1080 1270 1480 1720 2000 2320 2700 3150 3700 4400 5300 6400 7700 9500 12000 "
    "15500".split(),
    dtype=float,
)
"""Edges of the 24 critical bands ([1]_, table 6.1)."""
_CENTRES_HZ = (EDGES_HZ[:-1] + EDGES_HZ[1:]) / 2
_SPREAD_DB_PER_BARK = 8.0
"""Upper slope of excitation at about 80 dB SPL (Terhardt: 24 − 0.2 L)."""
_EXPONENT = 0.23
_REFERENCE_LUFS = -23.0


def level_db(frequencies_hz: np.ndarray, powers: np.ndarray) -> float:
    """Level of a long-term spectrum, in dB on the scale of LUFS; ``-inf`` for silence.

    Parameters
    ----------
    frequencies_hz, powers : ndarray [shape=(bands,)]
        Centre and mean square of each band; any division finer than Bark.

    Returns
    -------
    float
        −23 minus the gain in dB that makes the sound as loud as pink noise at −23 LUFS; 1 dB per dB of input.
    """
    bark = np.bincount(_band_of(frequencies_hz), powers, minlength=len(_CENTRES_HZ))[: len(_CENTRES_HZ)]
    if not bark.sum() > 0:
        return float("-inf")
    reference_loudness = _reference_loudness()
    low_db, high_db = -200.0, 200.0
    base_db = 10.0 * np.log10(bark.sum())
    bark = bark / bark.sum()
    for _ in range(50):
        middle_db = (low_db + high_db) / 2
        if _loudness(bark * 10.0 ** (middle_db / 10.0)) < reference_loudness:
            low_db = middle_db
        else:
            high_db = middle_db
    return float(_REFERENCE_LUFS - (high_db - base_db))


def _band_of(frequencies_hz: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(EDGES_HZ, frequencies_hz, side="right") - 1, 0, len(_CENTRES_HZ) - 1)


def _loudness(bark: np.ndarray) -> float:
    """Sum of specific loudness over critical bands, in arbitrary units."""
    excitation = _spreading() @ bark * 10.0 ** (CALIBRATION_DB_SPL / 10.0)
    quiet = 10.0 ** (_threshold_db() / 10.0)
    specific = quiet**_EXPONENT * ((0.5 + 0.5 * excitation / quiet) ** _EXPONENT - 0.5**_EXPONENT)
    return float(np.maximum(specific, 0.0).sum())


@functools.cache
def _threshold_db() -> np.ndarray:
    khz = _CENTRES_HZ / 1000.0
    return 3.64 * khz**-0.8 - 6.5 * np.exp(-0.6 * (khz - 3.3) ** 2) + 1e-3 * khz**4


@functools.cache
def _spreading() -> np.ndarray:
    """Upward spread of excitation from band (column) to band (row)."""
    distance = np.arange(len(_CENTRES_HZ))[:, None] - np.arange(len(_CENTRES_HZ))[None, :]
    return np.where(distance >= 0, 10.0 ** (-_SPREAD_DB_PER_BARK * np.maximum(distance, 0) / 10.0), 0.0)


@functools.cache
def _reference_loudness() -> float:
    """Loudness of pink noise of −23 LUFS (its level is 1.4 dB above its mean square)."""
    octaves = np.log2(EDGES_HZ[1:] / np.maximum(EDGES_HZ[:-1], 20.0))
    pink = octaves / octaves.sum()
    return _loudness(pink * 10.0 ** ((_REFERENCE_LUFS + 0.691 - 1.4) / 10.0))

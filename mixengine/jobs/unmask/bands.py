"""What equaliser bands do to critical bands."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mixengine.analysis.spectra import BANDS, EDGES_HZ
from mixengine.audio import reaeq
from mixengine.model.session import EqBand

_POINTS = 5


def gains_of(cuts: Mapping[str, tuple[EqBand, ...]], rate: int) -> dict[str, np.ndarray]:
    """Track id → power gain of its cuts in each critical band [shape=(bands,)]."""
    return {name: band_gains(bands, rate) for name, bands in cuts.items()}


def band_gains(bands: Sequence[EqBand], rate: int) -> np.ndarray:
    """Mean power gain of equaliser bands in each critical band, of moving ones at their deepest [shape=(bands,)]."""
    still = [replace(band, points=()) for band in bands]
    return np.prod([_gains_of_one(band, rate) for band in still], axis=0) if bands else np.ones(BANDS, np.float32)


def half_depth(band: EqBand, rate: int) -> np.ndarray:
    """1 for the critical bands that a cut lowers by half its depth or more, at least the deepest [shape=(bands,)]."""
    lowered_db = 10.0 * np.log10(band_gains([band], rate))
    return (lowered_db <= max(band.gain_db / 2, lowered_db.min())).astype(np.float32)


@functools.lru_cache(maxsize=4096)
def _gains_of_one(band: EqBand, rate: int) -> np.ndarray:
    inside = (np.arange(_POINTS) + 0.5) / _POINTS
    frequencies_hz = EDGES_HZ[:-1, None] + (EDGES_HZ[1:] - EDGES_HZ[:-1])[:, None] * inside
    response_db = reaeq.response_db([band], frequencies_hz, rate)
    return (10.0 ** (response_db / 10.0)).mean(axis=1).astype(np.float32)

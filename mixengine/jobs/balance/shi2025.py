"""The loudness measures of [Shi 2025] (docs/prior-work.md): full band, narrow band around the pitch, centroid band."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.bands import BandPowers, band_response
from mixengine.audio.filters import Band
from mixengine.audio.loudness import LoudnessMeter
from mixengine.audio.spectrum import CentroidMeter
from mixengine.model.session import Track

_WIDE_BAND_HZ = (50.0, 10000.0)
"""The narrow band of a track without a pitch."""


@dataclass(frozen=True, slots=True)
class Shi2025Measures:
    """Loudness of the mono mix in three bands, and what the bands follow from; fields as in `Reading`."""

    lufs: float
    p_lufs: float | None
    c_lufs: float
    centroid_hz: float
    bandwidth_hz: float
    band_hz: tuple[float, float] | None
    centroid_band_hz: tuple[float, float]

    @classmethod
    def from_bands(
        cls,
        lufs: float,
        band_powers: BandPowers,
        centroid: tuple[float, float],
        band_hz: tuple[float, float] | None,
    ) -> Shi2025Measures:
        """From band powers: the filters are applied to spectra. Without ``band_hz`` the narrow band is left out."""

        def loudness(edges_hz: tuple[float, float]) -> float:
            return band_powers.lufs(band_response(band_powers.rate, *edges_hz))

        around_hz = _centroid_band_hz(*centroid)
        narrow = None if band_hz is None else loudness(band_hz)
        return cls(lufs, narrow, loudness(around_hz), *centroid, band_hz, around_hz)

    @classmethod
    def from_audio(cls, track: Track, rate: int, start_s: float, f0_hz: float | None) -> Shi2025Measures:
        """From the audio: filtered sample by sample, with pyloudnorm's coefficients."""
        centroid = CentroidMeter(rate)
        for block in timeline.blocks(track, rate, start_s=start_s):
            centroid.add(timeline.mono(block)[:, 0])
        edges = narrow_band_hz(f0_hz), _centroid_band_hz(*centroid.result())
        filters = [None, *(Band(rate, *pair) for pair in edges)]
        meters = [LoudnessMeter(rate, 1, weighting="pyloudnorm") for _ in filters]
        for block in timeline.blocks(track, rate, start_s=start_s):
            mono = timeline.mono(block).astype(np.float64)
            for band, meter in zip(filters, meters, strict=True):
                meter.add(band(mono) if band else mono)
        lufs, p_lufs, c_lufs = (meter.integrated() for meter in meters)
        return cls(lufs, p_lufs, c_lufs, *centroid.result(), *edges)


def narrow_band_hz(f0_hz: float | None) -> tuple[float, float]:
    """Edges of the narrow band around a pitch, or of the wide one without a pitch."""
    return (2.0 * f0_hz, 4.0 * f0_hz) if f0_hz else _WIDE_BAND_HZ


def _centroid_band_hz(centroid_hz: float, bandwidth_hz: float) -> tuple[float, float]:
    return max(centroid_hz - bandwidth_hz / 2, 1.0), min(centroid_hz + bandwidth_hz / 2, 22000.0)

"""Measurements of the report: one pass over one version of the mix gives every number and curve of it.

Tracks are measured on the way into the sum, so that nothing is read twice. Memory grows by some hundred bytes per
second of mix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixengine.audio.fourier import rfft
from mixengine.audio.loudness import LoudnessMeter
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.spectrum import hann
from mixengine.audio.waveform_peaks import WaveformPeaks
from mixengine.mixer.engine import Engine
from mixengine.mixer.routing import Graph
from mixengine.model import signal_path
from mixengine.model.session import Session
from mixengine.model.units import amplitude, decibels
from mixengine.report.html.columns import TrackLevels

SPECTRUM_FRAME = 8192
POINTS_PER_OCTAVE = 6
OUTLINE_COLUMNS = 800
_MIN_HZ, _MAX_HZ = 20.0, 20000.0
_TICKS = 50


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the mix, the master included.

    Attributes
    ----------
    integrated_lufs, true_peak_dbtp, sample_peak_dbfs : float
        ``-inf`` for silence.
    range_lu : float
        Loudness range LRA.
    correlation : float or None
        Of left and right over the whole length, -1 … 1; ``None`` when one of them is silent.
    momentary_lufs, short_term_lufs : ndarray
        One value per 100 ms; the first windows end at 0.4 s and 3 s.
    spectrum_hz, spectrum_db : ndarray
        Long-term power in sixths of an octave, dB relative to full scale.
    outline : ndarray [shape=(OUTLINE_COLUMNS, 2)]
        Lowest and highest sample of the mix in equal parts of the time.
    tracks : dict of str to ndarray [shape=(columns,)]
        K-weighted mean square of each track as it goes into the mix, by track id.
    """

    integrated_lufs: float
    range_lu: float
    true_peak_dbtp: float
    sample_peak_dbfs: float
    correlation: float | None
    momentary_lufs: np.ndarray
    short_term_lufs: np.ndarray
    spectrum_hz: np.ndarray
    spectrum_db: np.ndarray
    outline: np.ndarray
    tracks: dict[str, np.ndarray]


def measure(session: Session, graph: Graph, end_s: float, columns: int, tick: Callable[[float], None]) -> Version:
    """Stream the mix to ``end_s`` and measure it; ``tick`` is called with the share done, now and then.

    Raises
    ------
    UnreadableAudio
        A file breaks off.
    """
    rate = session.sample_rate
    levels = {name: TrackLevels(rate, end_s, columns) for name in graph.playing}
    loudness, peaks = LoudnessMeter(rate, 2), PeakMeter(rate, 2)
    products, spectrum = np.zeros(3), Spectrum(rate)
    outline = WaveformPeaks(OUTLINE_COLUMNS, max(round(end_s * rate), 1))
    master = amplitude(signal_path.master_level_db(session))
    done, total = 0, max(round(end_s * rate), 1)
    every = max(total // _TICKS, 1)
    for mix, _ in Engine(session, graph, end_s=end_s, taps=levels).blocks():
        loudness.add(mix)
        peaks.add(mix)
        spectrum.add(mix)
        outline.add(mix)
        left, right = mix[:, 0], mix[:, 1]
        products += float(left @ left), float(left @ right), float(right @ right)
        if done // every != (done + len(mix)) // every:
            tick(done / total)
        done += len(mix)
    frequencies_hz, powers_db = spectrum.finish()
    return Version(
        integrated_lufs=loudness.integrated(),
        range_lu=loudness.loudness_range(),
        true_peak_dbtp=peaks.true_peak_dbtp,
        sample_peak_dbfs=decibels(peaks.sample_peak),
        correlation=_correlation(products),
        momentary_lufs=loudness.momentary(),
        short_term_lufs=loudness.short_term(),
        spectrum_hz=frequencies_hz,
        spectrum_db=powers_db,
        outline=outline.values,
        tracks={
            name: track_levels.powers(session, session.track(name)) * master**2 for name, track_levels in levels.items()
        },
    )


def _correlation(products: np.ndarray) -> float | None:
    left, both, right = products
    return float(np.clip(both / math.sqrt(left * right), -1.0, 1.0)) if left > 0.0 and right > 0.0 else None


class Spectrum:
    """Long-term power spectrum of a stereo stream."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._window = hann(SPECTRUM_FRAME)
        self._sum = np.zeros(SPECTRUM_FRAME // 2 + 1)
        self._rest = np.zeros((2, 0), np.float32)
        self._frames = 0

    def add(self, block: np.ndarray) -> None:
        """Take the next frames [shape=(frames, 2)]."""
        joined = np.concatenate([self._rest, block.T], axis=1)
        whole = joined.shape[1] // SPECTRUM_FRAME
        frames = joined[:, : whole * SPECTRUM_FRAME].reshape(2 * whole, SPECTRUM_FRAME)
        self._rest = joined[:, whole * SPECTRUM_FRAME :]
        if frames.any():
            bins = rfft(frames * self._window, axis=1)
            self._sum += (np.square(bins.real) + np.square(bins.imag)).sum(axis=0, dtype=np.float64)
        self._frames += whole

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Centres of sixths of an octave, and the mean power in each in dB."""
        if self._rest.shape[1]:
            self.add(np.zeros((SPECTRUM_FRAME - self._rest.shape[1], 2), np.float32))
        scale = 2.0 / (SPECTRUM_FRAME * float(np.square(self._window).sum()) * max(self._frames, 1))
        width_hz = self._rate / SPECTRUM_FRAME
        octaves = math.log2(min(_MAX_HZ, 0.45 * self._rate) / _MIN_HZ)
        centres_hz = _MIN_HZ * 2.0 ** (np.arange(int(octaves * POINTS_PER_OCTAVE) + 1) / POINTS_PER_OCTAVE)
        # density between running sums of the bins, so that bands narrower than a bin get their part of it
        edges = (np.arange(len(self._sum) + 1) - 0.5) * width_hz
        running = np.concatenate([[0.0], np.cumsum(self._sum * scale)])
        half = 2.0 ** (0.5 / POINTS_PER_OCTAVE)
        power = np.interp(centres_hz * half, edges, running) - np.interp(centres_hz / half, edges, running)
        with np.errstate(divide="ignore"):
            return centres_hz, 10.0 * np.log10(np.maximum(power, 0.0))

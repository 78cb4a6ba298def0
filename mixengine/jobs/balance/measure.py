"""Measure one track: everything a balance method may ask for, in one pass over its audio.

The pass measures loudness as heard, peaks, and short-time band powers; every band-limited measure follows from
those, and pitch from a bounded amount of active audio. ``exact`` instead filters the audio in a second pass and
searches every frame for pitch, as the paper does. Nothing here decides anything; `Reading` is plain data that
travels between processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.audio import bark, pitch, robust_pitch, timeline
from mixengine.audio.bands import BandMeter, BandPowers, band_response
from mixengine.audio.filters import Band
from mixengine.audio.loudness import LoudnessMeter, PowerMeter, gated_lufs
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.spectrum import CentroidMeter
from mixengine.model.session import Track

VERSION = 5
"""Raise when a measurement changes: cached readings of other versions are not used."""
PLAYING_RANGE_LU = 25.0
"""A track plays where its momentary loudness is within this of its loudest moment; quieter is pause or bleed."""

_WIDE_BAND_HZ = (50.0, 10000.0)
_PITCH_WINDOW_S = 2.0
_PITCH_WINDOWS = 18
_DIGITAL_SILENCE = 1e-15
_EXACT_CHUNK_S = 120.0
_LOWEST_HZ = 20.0
_SHORTEST_S = 0.5
_MULTITRACK_WINDOW_S = 0.28


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to measure.

    Attributes
    ----------
    exact : bool
        Reproduce the paper: pitch over every frame, filters run on the audio, pyloudnorm's coefficients.
    pesto : bool
        Ask PESTO too (extra ``neural``).
    robust : bool
        Find the robust pitch, which the ``robust`` method needs.
    """

    exact: bool = False
    pesto: bool = False
    robust: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured of a track before its fader.

    Attributes
    ----------
    heard_lufs : float
        BS.1770 loudness of the parts in which the track plays, as it sounds: stereo, a mono track from both
        loudspeakers, gates relative to its own loudest moment so that a quiet recording is judged like a loud one.
    active_s : float
        Seconds in which it plays.
    lufs, p_lufs, c_lufs : float
        Loudness of the mono mix as the paper takes it: full band, narrow band (2 f0 … 4 f0), centroid band.
    robust_lufs, energy_lufs, multitrack_lufs, bark_lufs : float
        Loudness of the mono mix in the order-4 band of the robust pitch (``None`` when not asked for), around the
        energy centroid, after the multitrack modification of BS.1770, and on the Bark scale.
    sample_peak : float
        Largest sample (linear).
    true_peak_dbtp : float
    f0_hz, pyin_hz, pesto_hz, robust_f0_hz : float or None
        Pitch of the paper (the larger of the two means), both means, and the robust pitch.
    centroid_hz, bandwidth_hz : float
        Means over frames, as the paper takes them.
    energy_centroid_hz : float
        Mean log-frequency of the energy while the track plays.
    band_hz, centroid_band_hz : (float, float)
        Edges of the paper's two bands.
    """

    heard_lufs: float
    active_s: float
    lufs: float
    p_lufs: float
    c_lufs: float
    robust_lufs: float | None
    energy_lufs: float
    multitrack_lufs: float
    bark_lufs: float
    sample_peak: float
    true_peak_dbtp: float
    f0_hz: float | None
    pyin_hz: float | None
    pesto_hz: float | None
    robust_f0_hz: float | None
    centroid_hz: float
    bandwidth_hz: float
    energy_centroid_hz: float
    band_hz: tuple[float, float]
    centroid_band_hz: tuple[float, float]


def measure(track: Track, rate: int, wanted: Wanted) -> Reading:
    """Measure a track.

    Parameters
    ----------
    track : Track
        Must have audio clips.
    rate : int > 0
        Rate at which to analyse, see `timeline.analysis_rate`.
    wanted : Wanted
        How.

    Raises
    ------
    UnreadableAudio
        A file cannot be decoded.
    """
    channels = timeline.channel_count(track)
    start_s, end_s = timeline.span(track)
    heard = LoudnessMeter(rate, channels, dual_mono=True)
    full = PowerMeter(rate)
    peaks = PeakMeter(rate, channels)
    bands = BandMeter(rate)
    for block in timeline.blocks(track, rate, start_s=start_s, channels=channels):
        weighted = heard.add(block)
        full.add_power(np.square(_mono(weighted)[:, 0]))
        peaks.add(block)
        bands.add(_mono(block)[:, 0])
    short = math.ceil(_SHORTEST_S * rate) - timeline.frame_at(end_s - start_s, rate)
    if short > 0:  # loudness needs a window of 400 ms: a shorter sound is heard with silence after it
        silence = np.zeros((short, channels))
        full.add_power(np.square(_mono(heard.add(silence))[:, 0]))
    powers, band_powers = heard.powers(), bands.finish()
    playing = _playing(powers)
    pitches = _Pitches(track, rate, start_s, end_s, powers, wanted)
    paper = _Paper.exact(track, rate, start_s, pitches.f0_hz) if wanted.exact else None
    if paper is None:
        paper = _Paper.fast(full.integrated(), band_powers, bands.centroid_and_bandwidth, pitches.f0_hz)
    spectrum = band_powers.active_spectrum(PLAYING_RANGE_LU)
    energy_hz, octaves = _energy_centroid(band_powers.frequencies_hz, spectrum)
    around = band_response(rate, energy_hz * 2.0**-octaves, energy_hz * 2.0**octaves)
    return Reading(
        heard_lufs=_own_gate_lufs(powers),
        active_s=float(playing.sum()) * 0.1,
        lufs=paper.lufs,
        p_lufs=paper.p_lufs,
        c_lufs=paper.c_lufs,
        robust_lufs=_robust_lufs(band_powers, pitches.robust_f0_hz) if wanted.robust else None,
        energy_lufs=band_powers.lufs(around),
        multitrack_lufs=band_powers.lufs(weighting="multitrack", window_s=_MULTITRACK_WINDOW_S),
        bark_lufs=bark.level_db(band_powers.frequencies_hz, spectrum),
        sample_peak=peaks.sample_peak,
        true_peak_dbtp=peaks.true_peak_dbtp,
        f0_hz=pitches.f0_hz,
        pyin_hz=pitches.pyin_hz,
        pesto_hz=pitches.pesto_hz,
        robust_f0_hz=pitches.robust_f0_hz,
        centroid_hz=paper.centroid_hz,
        bandwidth_hz=paper.bandwidth_hz,
        energy_centroid_hz=energy_hz,
        band_hz=paper.band_hz,
        centroid_band_hz=paper.centroid_band_hz,
    )


def _mono(block: np.ndarray) -> np.ndarray:
    """Mean of the channels, as one column. A product with weights is much faster than a mean over two columns."""
    channels = block.shape[1]
    return block if channels == 1 else block @ np.full((channels, 1), 1.0 / channels, dtype=block.dtype)


def _playing(powers: np.ndarray) -> np.ndarray:
    """For each 400 ms window (every 100 ms) whether the track plays."""
    loudest = powers.max(initial=0.0)
    return powers > loudest * 10.0 ** (-PLAYING_RANGE_LU / 10.0) if loudest > 0 else np.zeros(len(powers), bool)


def _own_gate_lufs(powers: np.ndarray) -> float:
    """Gated loudness with the absolute gate set 60 LU under the loudest moment: the same for every input gain."""
    loudest = powers.max(initial=0.0)
    if loudest <= 0:
        return -math.inf
    return gated_lufs(powers / loudest) + 10.0 * math.log10(loudest)


def _energy_centroid(frequencies_hz: np.ndarray, spectrum: np.ndarray) -> tuple[float, float]:
    """Mean log-frequency of a power spectrum as Hz, and its standard deviation in octaves; (0, 0) for silence."""
    total = spectrum.sum()
    if not total > 0:
        return 0.0, 0.0
    octaves = np.log2(np.maximum(frequencies_hz, _LOWEST_HZ))
    mean = float(spectrum @ octaves / total)
    spread = float(np.sqrt(max(spectrum @ np.square(octaves - mean) / total, 0.0)))
    return 2.0**mean, spread


def _robust_lufs(band_powers: BandPowers, f0_hz: float | None) -> float:
    low_hz, high_hz = (2.0 * f0_hz, 4.0 * f0_hz) if f0_hz else _WIDE_BAND_HZ
    return band_powers.lufs(band_response(band_powers.rate, low_hz, high_hz, order=4))


@dataclass(frozen=True, slots=True)
class _Paper:
    """The measurements of the paper's procedure."""

    lufs: float
    p_lufs: float
    c_lufs: float
    centroid_hz: float
    bandwidth_hz: float
    band_hz: tuple[float, float]
    centroid_band_hz: tuple[float, float]

    @classmethod
    def fast(cls, lufs: float, band_powers: BandPowers, centroid: tuple[float, float], f0_hz: float | None) -> _Paper:
        """From band powers: the filters are applied to spectra."""
        edges = _paper_bands(f0_hz, *centroid)
        narrow, around = (band_powers.lufs(band_response(band_powers.rate, *pair)) for pair in edges)
        return cls(lufs, narrow, around, *centroid, *edges)

    @classmethod
    def exact(cls, track: Track, rate: int, start_s: float, f0_hz: float | None) -> _Paper:
        """From the audio: filtered sample by sample, with pyloudnorm's coefficients."""
        centroid = CentroidMeter(rate)
        for block in timeline.blocks(track, rate, start_s=start_s):
            centroid.add(_mono(block)[:, 0])
        edges = _paper_bands(f0_hz, *centroid.result())
        filters = [None, *(Band(rate, *pair) for pair in edges)]
        meters = [LoudnessMeter(rate, 1, weighting="pyloudnorm") for _ in filters]
        for block in timeline.blocks(track, rate, start_s=start_s):
            mono = _mono(block).astype(np.float64)
            for band, meter in zip(filters, meters, strict=True):
                meter.add(band(mono) if band else mono)
        lufs, p_lufs, c_lufs = (meter.integrated() for meter in meters)
        return cls(lufs, p_lufs, c_lufs, *centroid.result(), *edges)


def _paper_bands(
    f0_hz: float | None, centroid_hz: float, bandwidth_hz: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    narrow = (2.0 * f0_hz, 4.0 * f0_hz) if f0_hz else _WIDE_BAND_HZ
    return narrow, (max(centroid_hz - bandwidth_hz / 2, 1.0), min(centroid_hz + bandwidth_hz / 2, 22000.0))


class _Pitches:
    """The pitches of a track; a long exact analysis goes in pieces, weighted by their length.

    Otherwise up to 36 s are searched, in windows spread evenly over what is not digital silence: the paper's means are
    over all frames, so that bleed and pauses count as much as the parts that play. What PESTO says of silence is known.
    """

    def __init__(
        self, track: Track, rate: int, start_s: float, end_s: float, powers: np.ndarray, wanted: Wanted
    ) -> None:
        sounding = _sounding(powers)
        silence = 0.0 if wanted.exact or not sounding.any() else float(1.0 - sounding.mean())
        found: dict[str, list[tuple[float, float]]] = {"pyin": [], "pesto": [], "robust": []}
        for mono in _pitch_audio(track, rate, start_s, end_s, sounding, wanted.exact):
            estimates = {
                "pyin": pitch.pyin_hz(mono, rate),
                "pesto": pitch.pesto_hz(mono, rate, exact=wanted.exact) if wanted.pesto else None,
                "robust": robust_pitch.f0_hz(mono, rate) if wanted.robust else None,
            }
            for name, value in estimates.items():
                if value is not None:
                    found[name].append((value, len(mono) * (1.0 - silence)))
            if estimates["pesto"] is not None and silence:
                found["pesto"].append((pitch.pesto_silence_hz(), len(mono) * silence))
        self.pyin_hz, self.pesto_hz, self.robust_f0_hz = map(_weighted_mean, found.values())
        means = [value for value in (self.pyin_hz, self.pesto_hz) if value is not None]
        self.f0_hz = max(means, default=None)


def _weighted_mean(values: list[tuple[float, float]]) -> float | None:
    total = sum(weight for _, weight in values)
    return sum(value * weight for value, weight in values) / total if total else None


def _sounding(powers: np.ndarray) -> np.ndarray:
    """For each window of 2 s whether anything at all sounds in it."""
    hops = int(_PITCH_WINDOW_S * 10)
    return np.array([powers[at : at + hops].max() > _DIGITAL_SILENCE for at in range(0, len(powers), hops)], dtype=bool)


def _pitch_audio(
    track: Track, rate: int, start_s: float, end_s: float, sounding: np.ndarray, exact: bool
) -> Iterator[np.ndarray]:
    """Everything for ``exact``; else up to 36 s of what sounds, as one piece."""
    if not sounding.any():
        return
    if exact:
        for index in range(max(math.ceil((end_s - start_s) / _EXACT_CHUNK_S), 1)):
            at = start_s + index * _EXACT_CHUNK_S
            yield _mono_between(track, rate, at, min(at + _EXACT_CHUNK_S, end_s))
        return
    candidates = np.flatnonzero(sounding)
    picks = np.unique(np.linspace(0, len(candidates) - 1, _PITCH_WINDOWS).round().astype(int))
    starts = [start_s + index * _PITCH_WINDOW_S for index in candidates[picks]]
    yield np.concatenate([_mono_between(track, rate, at, min(at + _PITCH_WINDOW_S, end_s)) for at in starts])


def _mono_between(track: Track, rate: int, start_s: float, end_s: float) -> np.ndarray:
    stream = timeline.blocks(track, rate, start_s=start_s, end_s=end_s)
    return np.concatenate([np.zeros(0, np.float32), *(_mono(block)[:, 0] for block in stream)])

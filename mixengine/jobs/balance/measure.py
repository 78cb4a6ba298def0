"""Measure one track: everything that the balance methods need, in one pass over its audio.

The pass measures loudness as heard, peaks, and short-time band powers; every band-limited measure follows from
those. Pitch is searched only where it is asked for, because that takes longer than all the rest. ``exact`` filters the
audio in a second pass and searches every frame for pitch, as [Shi 2025] does (docs/prior-work.md). `Reading` is plain
data that travels between processes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis import spectra
from mixengine.audio import bark, timeline
from mixengine.audio.bands import BandMeter, BandPowers, band_response, k_response
from mixengine.audio.loudness import LoudnessMeter, gated_lufs
from mixengine.audio.outliers import Outlier
from mixengine.audio.peaks import PeakMeter
from mixengine.jobs.balance.pitches import Pitches
from mixengine.jobs.balance.shi2025 import Shi2025Measures, narrow_band_hz
from mixengine.model.session import Track

VERSION = 11
"""Raise when a measurement changes: cached readings of other versions are not used."""
PLAYING_RANGE_LU = 25.0
"""A track plays where its momentary loudness is within this of its loudest moment; quieter is pause or bleed."""

_MIN_HZ = 20.0
_MIN_LENGTH_S = 0.5
_SPECTRUM_STEP_DB = 0.5
_OPPOSITE_RATIO = 1.5
"""The difference of the channels is measured where it has more power than their mean by this: else the mean tells which
bands sound, and a second transform of every stereo track would cost as much as the first."""
_MULTITRACK_WINDOW_S = 0.28
_MAX_GAP_WINDOWS = 9
"""Windows of 400 ms that begin so many steps of 100 ms apart leave half a second between them."""


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How to measure.

    Attributes
    ----------
    shi2025 : bool
        Estimate the pitch of [Shi 2025] and measure the loudness in the narrow band that follows from it.
    exact : bool
        Reproduce [Shi 2025]: pitch over every frame, filters applied to the audio, pyloudnorm's coefficients. Includes
        ``shi2025``.
    pesto : bool
        Estimate the pitch of [Shi 2025] with PESTO too (extra ``neural``).
    robust : bool
        Estimate the robust pitch, which the ``robust`` method needs.
    """

    shi2025: bool = False
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
    crest_db : float
        Sample peak over the RMS of the mono mix while it plays.
    playing_s : tuple of (float, float)
        Stretches in which it plays, from the start of its first item; shorter gaps than half a second are filled.
    lufs, p_lufs, c_lufs : float
        Loudness of the mono mix as in [Shi 2025]: full band, narrow band (2 f0 … 4 f0; ``None`` without ``shi2025``),
        centroid band.
    robust_lufs, energy_lufs, multitrack_lufs, bark_lufs : float
        Loudness of the mono mix in the order-4 band of the robust pitch (``None`` without ``robust``), around the
        energy centroid, after the multitrack modification of BS.1770, and on the Bark scale.
    sample_peak : float
        Largest sample (linear).
    true_peak_dbtp : float
    f0_hz, pyin_hz, pesto_hz, robust_f0_hz : float or None
        Pitch as in [Shi 2025] (the larger of the two means), both means, and the robust pitch. ``None`` where there is
        none, and where it was not asked for (``shi2025``, ``pesto``, ``robust``).
    centroid_hz, bandwidth_hz : float
        Means over frames, as in [Shi 2025].
    energy_centroid_hz : float
        Mean log-frequency of the energy while the track plays.
    band_hz, centroid_band_hz : (float, float)
        Edges of the narrow band (``None`` without ``shi2025``) and the centroid band.
    outliers : tuple of Outlier
        Single samples far above everything else, which are not in the other measures.
    left_share, in_step_share : float
        Power of the left channel, and of the product of both, in the power of both while the track plays: the loudness
        of any panning follows from them. 0.5 each for a mono track.
    spectrum : Spectra or None
        Critical bands over time, of the mono mix and of what its channels cancel in it, as loud as ``heard_lufs``; not
        kept in plans.
    """

    heard_lufs: float
    active_s: float
    crest_db: float
    playing_s: tuple[tuple[float, float], ...]
    lufs: float
    p_lufs: float | None
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
    band_hz: tuple[float, float] | None
    centroid_band_hz: tuple[float, float]
    outliers: tuple[Outlier, ...] = ()
    left_share: float = 0.5
    in_step_share: float = 0.5
    spectrum: spectra.Spectra | None = None


def measure(track: Track, rate: int, options: MeasureOptions) -> Reading:
    """Measure a track.

    Parameters
    ----------
    track : Track
        Must have audio clips.
    rate : int > 0
        Rate at which to analyse, see `timeline.analysis_rate`.
    options : MeasureOptions

    Raises
    ------
    UnreadableAudio
        A file cannot be decoded.
    """
    channels = timeline.channel_count(track)
    start_s, end_s = timeline.span(track)
    meter = LoudnessMeter(rate, channels, dual_mono=True)
    peaks = PeakMeter(rate, channels)
    bands, opposite = BandMeter(rate), _Opposite(rate)
    for interleaved in timeline.blocks(track, rate, start_s=start_s, channels=channels):
        block = np.asfortranarray(interleaved)  # the meters run along channels
        meter.add(block)
        peaks.add(block)
        mean = timeline.mono(block)[:, 0]
        bands.add(mean)
        if channels == 2:
            opposite.add(block, mean)
    short = math.ceil(_MIN_LENGTH_S * rate) - timeline.frame_at(end_s - start_s, rate)
    if short > 0:  # loudness needs a window of 400 ms: a shorter sound is padded with silence
        meter.add(np.zeros((short, channels), dtype=np.float32))
    powers, band_powers = meter.powers(), bands.finish()
    playing = _playing(powers)
    pitches = Pitches(
        track,
        rate,
        start_s,
        end_s,
        powers,
        shi2025=options.shi2025 or options.exact,
        exact=options.exact,
        pesto=options.pesto,
        robust=options.robust,
    )
    if options.exact:
        shi2025 = Shi2025Measures.from_audio(track, rate, start_s, pitches.f0_hz)
    else:
        shi2025 = Shi2025Measures.from_bands(
            meter.mono.integrated(),
            band_powers,
            bands.centroid_and_bandwidth,
            narrow_band_hz(pitches.f0_hz) if options.shi2025 else None,
        )
    spectrum = band_powers.active_spectrum(PLAYING_RANGE_LU)
    energy_hz, octaves = _energy_centroid(band_powers.frequencies_hz, spectrum)
    around = band_response(rate, energy_hz * 2.0**-octaves, energy_hz * 2.0**octaves)
    heard_lufs = own_gate_lufs(powers)
    left_share, in_step_share = meter.shares(playing)
    return Reading(
        heard_lufs=heard_lufs,
        active_s=float(playing.sum()) * 0.1,
        crest_db=_crest_db(peaks.sample_peak, float(spectrum.sum())),
        playing_s=_stretches(playing),
        lufs=shi2025.lufs,
        p_lufs=shi2025.p_lufs,
        c_lufs=shi2025.c_lufs,
        robust_lufs=_robust_lufs(band_powers, pitches.robust_f0_hz) if options.robust else None,
        energy_lufs=band_powers.lufs(around),
        multitrack_lufs=band_powers.lufs(weighting="multitrack", window_s=_MULTITRACK_WINDOW_S),
        bark_lufs=bark.level_db(band_powers.frequencies_hz, spectrum),
        sample_peak=peaks.sample_peak,
        true_peak_dbtp=peaks.true_peak_dbtp,
        f0_hz=pitches.f0_hz,
        pyin_hz=pitches.pyin_hz,
        pesto_hz=pitches.pesto_hz,
        robust_f0_hz=pitches.robust_f0_hz,
        centroid_hz=shi2025.centroid_hz,
        bandwidth_hz=shi2025.bandwidth_hz,
        energy_centroid_hz=energy_hz,
        band_hz=shi2025.band_hz,
        centroid_band_hz=shi2025.centroid_band_hz,
        left_share=left_share,
        in_step_share=in_step_share,
        spectrum=_spectrum(opposite.added_to(band_powers), start_s, heard_lufs),
    )


def _playing(powers: np.ndarray) -> np.ndarray:
    """For each 400 ms window (every 100 ms) whether the track plays."""
    loudest = powers.max(initial=0.0)
    return powers > loudest * 10.0 ** (-PLAYING_RANGE_LU / 10.0) if loudest > 0 else np.zeros(len(powers), bool)


def _stretches(playing: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Where windows of 400 ms, every 100 ms, play: start and end in seconds, with gaps under half a second filled."""
    windows = np.flatnonzero(playing)
    if not len(windows):
        return ()
    breaks = np.flatnonzero(np.diff(windows) > _MAX_GAP_WINDOWS)
    first, last = windows[np.append(0, breaks + 1)], windows[np.append(breaks, len(windows) - 1)]
    return tuple(
        (round(0.1 * a, 1), round(0.1 * b + 0.4, 1)) for a, b in zip(first.tolist(), last.tolist(), strict=True)
    )


def _crest_db(peak: float, mean_square: float) -> float:
    """Peak over RMS in dB; 0 for silence."""
    return 20.0 * math.log10(peak) - 10.0 * math.log10(mean_square) if peak > 0.0 and mean_square > 0.0 else 0.0


def own_gate_lufs(powers: np.ndarray) -> float:
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
    octaves = np.log2(np.maximum(frequencies_hz, _MIN_HZ))
    mean = float(spectrum @ octaves / total)
    spread = float(np.sqrt(max(spectrum @ np.square(octaves - mean) / total, 0.0)))
    return 2.0**mean, spread


def _spectrum(band_powers: BandPowers, start_s: float, heard_lufs: float) -> spectra.Spectra:
    """Critical bands over time, raised to the loudness as heard: what is wide counts whole."""
    mono_lufs = own_gate_lufs(band_powers.windows(k_response(band_powers.rate)(band_powers.frequencies_hz)))
    wider_db = heard_lufs - mono_lufs if math.isfinite(heard_lufs) and math.isfinite(mono_lufs) else 0.0
    return spectra.from_bands(band_powers, start_s, gain=10.0 ** (wider_db / 10.0), step_db=_SPECTRUM_STEP_DB)


class _Opposite:
    """Band powers of half the difference of two channels, where they cancel each other in the mean."""

    def __init__(self, rate: int) -> None:
        self._meter: BandMeter | None = None
        self._rate, self._before = rate, 0

    def add(self, block: np.ndarray, mean: np.ndarray) -> None:
        """Analyse the next samples of both channels [shape=(frames, 2)], of which ``mean`` is the mono mix."""
        difference = (block[:, 0] - block[:, 1]) * np.float32(0.5)
        cancel = np.vdot(difference, difference) > _OPPOSITE_RATIO * np.vdot(mean, mean)
        if cancel and self._meter is None:  # most tracks never need it
            self._meter = BandMeter(self._rate)
            self._meter.add(np.zeros(self._before, np.float32))
        if self._meter is not None:
            self._meter.add(difference if cancel else np.zeros_like(difference))
        self._before += len(block)

    def added_to(self, bands: BandPowers) -> BandPowers:
        """Powers of the mono mix and of this."""
        return bands if self._meter is None else replace(bands, powers=bands.powers + self._meter.finish().powers)


def _robust_lufs(band_powers: BandPowers, f0_hz: float | None) -> float:
    return band_powers.lufs(band_response(band_powers.rate, *narrow_band_hz(f0_hz), order=4))

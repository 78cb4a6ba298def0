"""Measure one track: everything a balance method may ask for, in two passes over its audio.

The first pass measures the full band and finds pitch and centroid; the second measures the two bands that follow
from them. Nothing here decides anything; `Reading` is plain data that travels between processes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.audio import pitch, timeline
from mixengine.audio.filters import Band
from mixengine.audio.loudness import LoudnessMeter, gated_lufs
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.spectrum import CentroidMeter
from mixengine.session import Track

PLAYING_RANGE_LU = 25.0
"""A track plays where its momentary loudness is within this of its loudest moment."""

_WIDE_BAND_HZ = (50.0, 10000.0)
_PITCH_WINDOW_S = 5.0
_PITCH_WINDOWS = 12
_EXACT_CHUNK_S = 600.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured of a track before its fader.

    Attributes
    ----------
    heard_lufs : float
        BS.1770 loudness as the track sounds: stereo, a mono track from both loudspeakers, gates relative to its own
        loudest moment so that a quiet recording is judged like a loud one.
    active_s : float
        Seconds in which it plays.
    lufs, p_lufs, c_lufs : float
        Loudness of the mono mix: full band, narrow band (2 f0 … 4 f0), centroid band.
    sample_peak : float
        Largest sample (linear).
    true_peak_dbtp : float
    f0_hz, pyin_hz, pesto_hz : float or None
        Pitch: the larger of the two means, and both.
    centroid_hz, bandwidth_hz : float
    band_hz, centroid_band_hz : (float, float)
        Edges of the two bands.
    """

    heard_lufs: float
    active_s: float
    lufs: float
    p_lufs: float
    c_lufs: float
    sample_peak: float
    true_peak_dbtp: float
    f0_hz: float | None
    pyin_hz: float | None
    pesto_hz: float | None
    centroid_hz: float
    bandwidth_hz: float
    band_hz: tuple[float, float]
    centroid_band_hz: tuple[float, float]


def measure(track: Track, rate: int, *, exact: bool = False, pesto: bool = False) -> Reading:
    """Measure a track.

    Parameters
    ----------
    track : Track
        Must have audio clips.
    rate : int > 0
        Rate at which to analyse, see `timeline.analysis_rate`.
    exact : bool
        Pitch over every frame and the loudness filters of pyloudnorm, to reproduce the paper; else at most a minute of
        active audio is searched for pitch, and the filters are BS.1770's.
    pesto : bool
        Ask PESTO too (extra ``neural``).

    Raises
    ------
    UnreadableAudio
        A file cannot be decoded.
    """
    channels = timeline.channel_count(track)
    weighting = "pyloudnorm" if exact else "bs1770"
    start_s, end_s = timeline.span(track)
    heard = LoudnessMeter(rate, channels, dual_mono=True)
    full = LoudnessMeter(rate, 1, weighting=weighting)
    peaks = PeakMeter(rate, channels)
    centroid = CentroidMeter(rate)
    for block in timeline.blocks(track, rate, start_s=start_s, channels=channels):
        mono = _mono(block)
        heard.add(block)
        full.add(mono)
        peaks.add(block)
        centroid.add(mono[:, 0])
    powers = heard.powers()
    playing = _playing(powers)
    pyin_hz, pesto_hz = _pitch(track, rate, start_s, end_s, playing, exact=exact, pesto=pesto)
    f0_hz = max((value for value in (pyin_hz, pesto_hz) if value is not None), default=None)
    centroid_hz, bandwidth_hz = centroid.result()
    band_hz = (2.0 * f0_hz, 4.0 * f0_hz) if f0_hz else _WIDE_BAND_HZ
    c_band_hz = (max(centroid_hz - bandwidth_hz / 2, 1.0), min(centroid_hz + bandwidth_hz / 2, 22000.0))
    narrow, around = _band_loudness(track, rate, start_s, weighting, (band_hz, c_band_hz))
    return Reading(
        heard_lufs=_own_gate_lufs(powers),
        active_s=float(playing.sum()) * 0.1,
        lufs=full.integrated(),
        p_lufs=narrow,
        c_lufs=around,
        sample_peak=peaks.sample_peak,
        true_peak_dbtp=peaks.true_peak_dbtp,
        f0_hz=f0_hz,
        pyin_hz=pyin_hz,
        pesto_hz=pesto_hz,
        centroid_hz=centroid_hz,
        bandwidth_hz=bandwidth_hz,
        band_hz=band_hz,
        centroid_band_hz=c_band_hz,
    )


def _mono(block: np.ndarray) -> np.ndarray:
    return block if block.shape[1] == 1 else block.mean(axis=1, keepdims=True)


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


def _band_loudness(
    track: Track, rate: int, start_s: float, weighting: str, bands: tuple[tuple[float, float], ...]
) -> list[float]:
    filters = [Band(rate, *edges) for edges in bands]
    meters = [LoudnessMeter(rate, 1, weighting=weighting) for _ in bands]
    for block in timeline.blocks(track, rate, start_s=start_s):
        mono = _mono(block).astype(np.float64)
        for band, meter in zip(filters, meters, strict=True):
            meter.add(band(mono))
    return [meter.integrated() for meter in meters]


def _pitch(
    track: Track, rate: int, start_s: float, end_s: float, playing: np.ndarray, *, exact: bool, pesto: bool
) -> tuple[float | None, float | None]:
    """Means by pYIN and PESTO; a long exact analysis goes in pieces, weighted by their length."""
    if not playing.any():
        return None, None
    found: tuple[list, list] = ([], [])
    for mono in _pitch_audio(track, rate, start_s, end_s, playing, exact):
        estimates = (
            pitch.pyin_hz(mono, rate, exact=exact),
            pitch.pesto_hz(mono, rate, exact=exact) if pesto else None,
        )
        for values, value in zip(found, estimates, strict=True):
            if value is not None:
                values.append((value, len(mono)))
    return _weighted_mean(found[0]), _weighted_mean(found[1])


def _weighted_mean(values: list[tuple[float, int]]) -> float | None:
    total = sum(weight for _, weight in values)
    return sum(value * weight for value, weight in values) / total if total else None


def _pitch_audio(
    track: Track, rate: int, start_s: float, end_s: float, playing: np.ndarray, exact: bool
) -> Iterator[np.ndarray]:
    """Everything for ``exact``; else up to a minute, from windows spread evenly over the parts that play."""
    if exact or end_s - start_s <= _PITCH_WINDOW_S * _PITCH_WINDOWS:
        step = _EXACT_CHUNK_S
        windows = [start_s + i * step for i in range(max(math.ceil((end_s - start_s) / step), 1))]
        for at in windows:
            yield _mono_between(track, rate, at, min(at + step, end_s))
        return
    hops = int(_PITCH_WINDOW_S * 10)
    share = [playing[i : i + hops].mean() for i in range(0, len(playing), hops)]
    candidates = [i for i, active in enumerate(share) if active >= 0.5] or [int(np.argmax(share))]
    picks = np.unique(np.linspace(0, len(candidates) - 1, _PITCH_WINDOWS).round().astype(int))
    starts = [start_s + candidates[i] * _PITCH_WINDOW_S for i in picks]
    yield np.concatenate([_mono_between(track, rate, at, min(at + _PITCH_WINDOW_S, end_s)) for at in starts])


def _mono_between(track: Track, rate: int, start_s: float, end_s: float) -> np.ndarray:
    stream = timeline.blocks(track, rate, start_s=start_s, end_s=end_s)
    return np.concatenate([np.zeros(0, np.float32), *(_mono(block)[:, 0] for block in stream)])

"""One matrix for everything that audio may be: through every meter, the timeline and the reading of a track.

Policy: a number or -inf comes out, never NaN, never an exception, never a warning.
"""

from __future__ import annotations

import dataclasses
import math
import warnings

import numpy as np
import pytest

from mixengine.analysis.spectra import Spectra
from mixengine.audio.filters import Band
from mixengine.audio.loudness import LoudnessMeter
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.spectrum import CentroidMeter
from mixengine.jobs.balance.measure import MeasureOptions, measure
from tests.helpers.signals import clip, noise, render, sine, track, write

SECONDS = 0.7


def clipped(rate: int) -> np.ndarray:
    return np.clip(sine(rate, SECONDS, 40.0, 220.0), -1.0, 1.0)


def damaged(rate: int) -> np.ndarray:
    samples = noise(round(rate * SECONDS))[:, 0].copy()
    samples[::50], samples[1::77], samples[2::91] = np.nan, np.inf, -np.inf
    return samples


MATERIAL = {
    "silence": lambda rate: np.zeros(round(rate * SECONDS)),
    "nothing": lambda rate: np.zeros(0),
    "one_sample": lambda rate: np.array([0.5]),
    "399_ms": lambda rate: noise(round(rate * 0.399))[:, 0],
    "only_nan": lambda rate: np.full(round(rate * SECONDS), np.nan),
    "damaged": damaged,
    "clipped": clipped,
    "absurd_overs": lambda rate: noise(round(rate * SECONDS))[:, 0] * 1e15,
    "denormal": lambda rate: np.full(round(rate * SECONDS), 1e-42),
    "dc": lambda rate: np.full(round(rate * SECONDS), 0.7),
}


def numbers(value) -> list[float]:
    """Every number inside a result."""
    if isinstance(value, Spectra):
        return numbers([float(value.first), value.peak, *value.powers().ravel()])
    if dataclasses.is_dataclass(value):
        return [n for f in dataclasses.fields(value) for n in numbers(getattr(value, f.name))]
    if isinstance(value, (tuple, list, np.ndarray)):
        return [n for item in value for n in numbers(item)]
    return [] if value is None else [float(value)]


def fine(*values) -> bool:
    return all(math.isfinite(n) or n == -math.inf for value in values for n in numbers(value))


CHANNELS, RATES = (1, 2, 6, 8), (8000, 11025, 22050, 44100, 96000, 192000)


@pytest.mark.parametrize(
    "kind, channels, rate",
    [
        (kind, CHANNELS[(row + column) % len(CHANNELS)], rate)  # every pair of two values, not every three
        for row, kind in enumerate(MATERIAL)
        for column, rate in enumerate(RATES)
    ],
)
def test_meters_and_timeline(kind, channels, rate, tmp_path):
    mono = MATERIAL[kind](rate)
    samples = np.stack([mono * (1.0 - 0.05 * c) for c in range(channels)], axis=1)
    path = write(tmp_path / "a.wav", samples, rate)
    of = track(clip(path, 0.0, max(len(mono), 1) / rate), channels=channels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sound = render(of, rate, channels=channels)
        resampled = render(
            track(dataclasses.replace(of.clips[0], rate=1.1), channels=channels), rate, channels=channels
        )
        loudness, peaks, centroid = LoudnessMeter(rate, channels), PeakMeter(rate, channels), CentroidMeter(rate)
        band = Band(rate, 100.0, 5000.0)
        loudness.add(band(sound))
        loudness.add(sound)
        peaks.add(sound)
        centroid.add(sound.mean(axis=1))
        results = [loudness.integrated(), loudness.momentary(), loudness.short_term(), loudness.loudness_range()]
        results += [peaks.sample_peak, peaks.true_peak_dbtp, centroid.result()]
    assert sound.shape == (max(len(mono), 1), channels)
    assert np.isfinite(sound).all()
    assert np.isfinite(resampled).all()
    assert fine(*results)
    if kind in ("silence", "nothing", "only_nan"):
        assert peaks.true_peak_dbtp == -math.inf
        assert loudness.integrated() == -math.inf
    if kind == "clipped":
        assert peaks.sample_peak == pytest.approx(1.0)
        assert peaks.true_peak_dbtp >= 0.0


@pytest.mark.parametrize(
    "kind, channels, rate",
    [(kind, 1 + i % 2, (8000, 11025)[i % 2]) for i, kind in enumerate(MATERIAL)]
    + [("clipped", channels, 22050) for channels in (2, 6, 8)]
    + [("damaged", 2, rate) for rate in (44100, 96000, 192000)],
)
def test_reading_of_a_track(kind, channels, rate, tmp_path):
    mono = MATERIAL[kind](rate)
    path = write(tmp_path / "a.wav", np.repeat(mono[:, None], channels, axis=1), rate)
    of = track(clip(path, 0.25, max(len(mono), 1) / rate), channels=channels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        reading = measure(of, rate, MeasureOptions(shi2025=True, robust=True))
    assert fine(reading)
    assert reading.active_s <= SECONDS + 0.1
    if kind in ("silence", "nothing", "only_nan"):
        assert reading.heard_lufs == -math.inf
        assert reading.active_s == 0.0
    if kind == "clipped":
        assert reading.sample_peak == pytest.approx(1.0)
        assert reading.f0_hz == pytest.approx(220.0, rel=0.05)


@pytest.mark.parametrize("exact", (False, True))
def test_reading_of_a_track_whose_clip_has_no_length(exact, tmp_path):
    path = write(tmp_path / "a.wav", noise(100), 8000)
    reading = measure(track(clip(path, 0.0, 0.0)), 8000, MeasureOptions(exact=exact))
    assert reading.heard_lufs == -math.inf
    assert fine(reading)

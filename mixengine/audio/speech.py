"""Speech activity detection on a mono stream.

All detectors but ``psd`` measure how far a frame stands above the track's own background, so they depend neither on
the track's level nor on a threshold that has to be set. ``psd`` reproduces the detector of [SpectralDucker]
(docs/prior-work.md) for comparison.

References
----------
.. [1] N. Otsu, "A threshold selection method from gray-level histograms", IEEE Trans. SMC 9 (1979).
.. [2] R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum statistics", IEEE
   Trans. SAP 9 (2001): a voice leaves gaps in which each band shows its background.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import ndimage, signal

from mixengine.audio import silero
from mixengine.audio.speech_features import (
    HOP_S,
    RANGE_DB,
    SPEECH_RANGE_DB,
    FeatureStream,
    excess_over_background_db,
    finite,
    relative_db,
)

PSD_THRESHOLD = -5.4738
"""Threshold of [SpectralDucker]: midway between its means of speech (-5.6106) and music (-5.3369)."""

_PSD_FRAME_S = 0.1
_PSD_BAND_HZ = (300.0, 3000.0)
_PSD_BOXCAR = 5

_ON_DB, _OFF_DB = 5.0, 3.0
_OTSU_ON, _OTSU_OFF = 1.0, 0.6
_VOICED_DB = 2.0


@dataclass(frozen=True, slots=True)
class Shaping:
    """How frames become regions: these steps in this order; all in seconds, 0 or more.

    Attributes
    ----------
    bridge_s : float
        Gaps up to this length are filled.
    min_speech_s : float
        Shorter regions are then dropped.
    before_s, after_s : float
        How far each region is extended at its start and end; regions that then touch are joined.
    """

    bridge_s: float = 0.3
    min_speech_s: float = 0.1
    before_s: float = 0.0
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Activity:
    """Result of a detector.

    Attributes
    ----------
    hop_s : float
        Frame i lasts from ``i * hop_s`` to ``(i + 1) * hop_s``.
    score : ndarray [shape=(frames,), range 0 to 1]
        How speech-like a frame is; comparable only within one track and detector.
    speech : ndarray of bool [shape=(frames,)]
        The frames classified as speech, before any shaping.
    shaping : Shaping
        The detector's default.
    """

    hop_s: float
    score: np.ndarray
    speech: np.ndarray
    shaping: Shaping = Shaping()

    @property
    def times(self) -> np.ndarray:
        """Middle of each frame in seconds."""
        return (np.arange(len(self.speech)) + 0.5) * self.hop_s

    def regions(self, shaping: Shaping | None = None) -> list[tuple[float, float]]:
        """Start and end of each speech region in seconds, ascending and disjoint."""
        shaping = shaping or self.shaping
        spans = _bridged(_runs(self.speech) * self.hop_s, shaping.bridge_s)
        spans = spans[spans[:, 1] - spans[:, 0] >= shaping.min_speech_s - 1e-9]
        end_s = len(self.speech) * self.hop_s
        spans = np.clip(spans + np.array([-shaping.before_s, shaping.after_s]), 0.0, end_s)
        return [(float(start), float(stop)) for start, stop in _bridged(spans, 0.0)]


def _runs(mask: np.ndarray) -> np.ndarray:
    """Start and stop index of each run of true [shape=(runs, 2)]."""
    return np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]))).reshape(-1, 2)


def _bridged(spans: np.ndarray, gap: float) -> np.ndarray:
    """Spans [shape=(spans, 2)], those at most ``gap`` apart joined."""
    if not len(spans):
        return spans
    apart = spans[1:, 0] - spans[:-1, 1] > gap + 1e-9
    return np.stack([spans[np.r_[True, apart], 0], spans[np.r_[apart, True], 1]], axis=1)


def _hysteresis(values: np.ndarray, on: float, off: float) -> np.ndarray:
    """Runs of frames above ``off`` that contain a frame above ``on``."""
    runs, count = ndimage.label(values > off)
    keep = np.zeros(count + 1, dtype=bool)
    keep[runs[values > on]] = True
    keep[0] = False
    return keep[runs]


class Meter(Protocol):
    """A running detector."""

    def add(self, mono: np.ndarray) -> None:
        """Take the next samples [shape=(samples,)], any number of them."""

    def finish(self) -> Activity:
        """Close the stream and return the result, which does not depend on block sizes."""


class PsdMeter:
    """The detector of [SpectralDucker]: log power density of 300 to 3000 Hz of the peak-normalised signal, a threshold.

    Frames of 0.1 s, Welch's method with segments of 1024 samples at the stream's own rate, a moving average over 5
    frames (``score``), speech where that is at least a half. An incomplete last frame is dropped.

    Parameters
    ----------
    rate : int > 0
    threshold : float
        Of ``log10(power density + 1e-12)``.
    """

    def __init__(self, rate: int, threshold: float = PSD_THRESHOLD) -> None:
        self._rate = rate
        self._threshold = threshold
        self._frame = max(int(rate * _PSD_FRAME_S), 1)
        self._peak = 0.0
        self._rest = np.zeros(0)
        self._densities: list[np.ndarray] = [np.zeros(0)]

    def add(self, mono: np.ndarray) -> None:
        """Take the next samples [shape=(samples,)]."""
        mono = finite(np.asarray(mono, dtype=np.float64))
        self._peak = max(self._peak, float(np.abs(mono).max(initial=0.0)))
        mono = np.concatenate([self._rest, mono])
        whole = len(mono) // self._frame * self._frame
        self._rest = mono[whole:]
        if not whole:
            return
        segment = min(1024, self._frame)
        hz, density = signal.welch(mono[:whole].reshape(-1, self._frame), self._rate, nperseg=segment, axis=1)
        band = (hz >= _PSD_BAND_HZ[0]) & (hz <= _PSD_BAND_HZ[1])
        self._densities.append(density[:, band].mean(axis=1))

    def features(self) -> np.ndarray:
        """The feature of each frame so far, normalised by the peak so far [shape=(frames,)]."""
        densities = np.concatenate(self._densities)
        return np.log10(densities / (self._peak**2 or 1.0) + 1e-12)

    def finish(self) -> Activity:
        """Close the stream and return the result."""
        on = (self.features() > self._threshold).astype(float)
        # Not mode "same": that is as long as the kernel where the signal is shorter.
        padded = np.pad(on, _PSD_BOXCAR // 2)
        control = np.convolve(padded, np.full(_PSD_BOXCAR, 1.0 / _PSD_BOXCAR), "valid")[: len(on)]
        # Three fifths or two fifths, never a half: rounding of the sum does not matter.
        return Activity(self._frame / self._rate, control, control >= 0.5, Shaping(0.0, 0.0))


class EnergyMeter:
    """Level between 200 and 3700 Hz against a threshold midway between the quiet and the loud frames of the track.

    The threshold is at most 36 dB below the loud frames, the dynamic range of a voice. Where quiet and loud frames are
    less than 6 dB apart there is no speech.
    """

    def __init__(self, rate: int) -> None:
        self._stream = FeatureStream(rate)
        self.add = self._stream.add

    def finish(self) -> Activity:
        """Close the stream and return the result."""
        powers = self._stream.finish().powers
        level_db = relative_db(powers.sum(axis=1)[:, None])[:, 0]
        sounding = level_db > -RANGE_DB
        if not sounding.any():
            return _no_speech(len(level_db))
        quiet_db, loud_db = np.percentile(level_db[sounding], [10.0, 95.0])
        threshold_db = max((quiet_db + loud_db) / 2.0, loud_db - SPEECH_RANGE_DB)
        if loud_db - quiet_db < 6.0:
            return _no_speech(len(level_db))
        speech = _hysteresis(level_db, threshold_db + 1.5, threshold_db - 1.5)
        ratio = 10.0 ** ((level_db - threshold_db) / 10.0)
        return Activity(HOP_S, ratio / (1.0 + ratio), speech)


class AdaptiveMeter:
    """Excess of eight bands between 200 and 3700 Hz over their own background, supported by voicing.

    Each band is compared with its 10th percentile in the 20 s around (it follows a drifting background) or with 36 dB
    below its loud frames of the minute around, whichever is higher: in a clean recording breath and room stay out. The
    mean excess, capped at 15 dB per band so that a single band cannot decide, is the evidence; voiced frames get up to
    2 dB more. Frames are on above 5 dB and off below 3 dB, or higher where the track's own histogram falls into two
    modes (Otsu [1]_): then the lower one is other people or passing noise. A steady background alone is never detected.
    The detector measures levels, not voices: on a track without speech, any intermittent sound is detected as speech.
    """

    def __init__(self, rate: int) -> None:
        self._stream = FeatureStream(rate)
        self.add = self._stream.add

    def finish(self) -> Activity:
        """Close the stream and return the result."""
        features = self._stream.finish()
        excess_db = excess_over_background_db(features.powers)
        if not excess_db.any():
            return _no_speech(len(excess_db))
        evidence_db = 0.5 * (excess_db + ndimage.uniform_filter1d(excess_db, 21, mode="constant"))
        near = ndimage.maximum_filter1d(
            ndimage.uniform_filter1d(features.voicing, 5, mode="constant"), 31, mode="constant"
        )
        evidence_db += _VOICED_DB * np.clip((near - 0.35) / 0.3, 0.0, 1.0) * np.minimum(excess_db / 3.0, 1.0)
        # Silent frames are included: whether a moving average leaves 0 or 1e-16 there depends on rounding.
        between_db = _otsu_db(np.trim_zeros(excess_db, "f"))
        on_db, off_db = max(_ON_DB, _OTSU_ON * between_db), max(_OFF_DB, _OTSU_OFF * between_db)
        return Activity(HOP_S, evidence_db / (evidence_db + on_db), _hysteresis(evidence_db, on_db, off_db))


def _no_speech(frames: int) -> Activity:
    return Activity(HOP_S, np.zeros(frames), np.zeros(frames, dtype=bool))


def _otsu_db(values_db: np.ndarray) -> float:
    """Otsu's threshold [1]_: the largest value of the lower class, at the split of least within-class variance.

    Each value is its own bin. With wider bins, rounding in the resampler moves values across an edge, and where
    two splits are nearly as good the other one wins: the threshold would jump by a bin or more.
    """
    values_db = np.sort(values_db)
    moment = np.cumsum(values_db)
    below = np.arange(1, len(values_db) + 1) / len(values_db)
    between = np.square(moment[-1] * below - moment) / np.maximum(below * (1.0 - below), 1e-9)
    return float(values_db[np.argmax(between)])


class SileroMeter:
    """The network Silero VAD (see `mixengine.audio.silero`) with the thresholds its authors use, 0.5 and 0.35."""

    def __init__(self, rate: int) -> None:
        self._stream = silero.SileroStream(rate)
        self.add = self._stream.add

    def finish(self) -> Activity:
        """Close the stream and return the result."""
        score = self._stream.finish()
        return Activity(silero.HOP_S, score, _hysteresis(score, 0.5, 0.35))


@dataclass(frozen=True, slots=True)
class Detector:
    """A speech detector: a summary in words, and its constructor from a sample rate in Hz."""

    summary: str
    start: Callable[[int], Meter]


DETECTORS: dict[str, Detector] = {
    "psd-adaptive": Detector("bands above their own background, and voicing", AdaptiveMeter),
    "silero": Detector('neural network Silero VAD; needs the extra "neural"', SileroMeter),
    "energy": Detector("level above the middle between quiet and loud", EnergyMeter),
    "psd": Detector("fixed threshold on 300 to 3000 Hz, as in SpectralDucker", PsdMeter),
}
"""Name → detector."""

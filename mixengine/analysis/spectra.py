"""The spectrum of a track over time: the power in each critical band every 0.2 s.

Frames are aligned to session time, so that tracks can be compared frame by frame. The powers of all channels are summed
(left and right may be swapped or out of phase), and a mono track counts for both loudspeakers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis.packing import RANGE_DB, SILENT, packed, steps_of
from mixengine.audio import bark, timeline
from mixengine.audio.bands import BandMeter, BandPowers
from mixengine.model.session import Track

VERSION = 1
"""Increment when a measurement changes: cached results of other versions are ignored."""
FRAME_S = 0.2
"""Length of a frame: about a syllable."""
EDGES_HZ = bark.EDGES_HZ
BANDS = len(EDGES_HZ) - 1
CENTRES_HZ = np.array([50.0, *np.sqrt(EDGES_HZ[1:-1] * EDGES_HZ[2:])])

_STEP_DB = 0.01


@dataclass(frozen=True, slots=True)
class Spectra:
    """Band powers of one track before its fader; plain data for the cache and for other processes.

    Attributes
    ----------
    first : int
        Index of the first frame; frame n begins at n · `FRAME_S` of session time.
    peak : float
        Largest power of a band in a frame (mean square, summed over channels).
    levels : str
        Powers relative to ``peak`` in steps of ``step_db``, compressed. Being relative, they do not change with the
        track's gain.
    step_db : float > 0
    """

    first: int
    peak: float
    levels: str
    step_db: float = _STEP_DB

    def powers(self, gain: float = 1.0) -> np.ndarray:
        """Mean square in each critical band through a power gain, by frame [shape=(frames, bands), float32]."""
        return np.float32(self.peak * gain) * self.relative()

    def relative(self) -> np.ndarray:
        """Like `powers`, with the largest at 1 [shape=(frames, bands), float32]."""
        steps = steps_of(self.levels, BANDS)
        # a table: there are far fewer steps than powers
        below = -np.arange(math.ceil(RANGE_DB / self.step_db) + 1, dtype=np.float32)
        powers = np.append(np.float32(10.0) ** (below * np.float32(self.step_db / 10.0)), np.float32(0.0))
        return powers[np.where(steps == SILENT, len(powers) - 1, -steps)]


def measure(track: Track, rate: int) -> Spectra:
    """Measure a track.

    Parameters
    ----------
    track : Track
        Must have audio clips.
    rate : int > 0
        Rate at which to analyse, see `timeline.analysis_rate`.

    Raises
    ------
    UnreadableAudio
        A file cannot be decoded.
    """
    channels = timeline.channel_count(track)
    first = math.floor(timeline.span(track)[0] / FRAME_S + 1e-9)
    meters = [BandMeter(rate) for _ in range(channels)]
    for block in timeline.blocks(track, rate, start_s=first * FRAME_S, channels=channels):
        for channel, meter in enumerate(meters):
            meter.add(block[:, channel])
    total = np.sum([_frames(meter.finish()) for meter in meters], axis=0)
    return Spectra(first, *packed(total * (2.0 if channels == 1 else 1.0), _STEP_DB))


def from_bands(bands: BandPowers, start_s: float, *, gain: float = 1.0, step_db: float = _STEP_DB) -> Spectra:
    """Spectra from band powers that were measured already.

    Parameters
    ----------
    bands : BandPowers
    start_s : float
        Session time at which they begin.
    gain : float > 0
        Power gain.
    step_db : float > 0
        Resolution.
    """
    first = math.floor(start_s / FRAME_S + 1e-9)
    aligned = replace(bands, times_s=bands.times_s + max(start_s - first * FRAME_S, 0.0))
    return Spectra(first, *packed(_frames(aligned) * gain, step_db), step_db)


def _frames(bands: BandPowers) -> np.ndarray:
    """Mean powers of the session's frames in critical bands [shape=(frames, bands)]."""
    number = np.floor(bands.times_s / FRAME_S + 1e-9).astype(int)
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    counts = np.diff(np.append(starts, len(number)))
    means = np.add.reduceat(bands.powers, starts, axis=0) / counts[:, None]
    # no frame is empty: there are about nine transforms in each
    return np.asarray(means @ _band_matrix(bands.frequencies_hz), dtype=np.float64)


def _band_matrix(frequencies_hz: np.ndarray) -> np.ndarray:
    """Share of each measured band that falls into each critical band [shape=(measured, bands)].

    A measured band extends halfway to its neighbours and is divided in proportion to the overlap: transform bins do
    not coincide with the edges of critical bands, and their position depends on the sample rate.
    """
    halfway = (frequencies_hz[1:] + frequencies_hz[:-1]) / 2
    low = np.concatenate([[0.0], halfway])[:, None]
    high = np.append(halfway, 2 * frequencies_hz[-1] - halfway[-1])[:, None]
    shared = np.minimum(high, EDGES_HZ[None, 1:]) - np.maximum(low, EDGES_HZ[None, :-1])
    return np.maximum(shared, 0.0) / (high - low)

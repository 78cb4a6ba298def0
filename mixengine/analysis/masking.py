"""How much of a track is masked by others: excitation on the Bark scale, compared frame by frame.

The sound of each critical band excites its neighbours, 25 dB less for every Bark downwards and 10 dB less for every
Bark upwards [1]_. Where the excitation of the other tracks (the maskers) approaches that of the track to be heard (the
target), the target loses loudness; about 4 dB above it, the target is inaudible [2]_. Slopes are fixed and there is no
threshold in quiet: the listening level is unknown, so that a gain common to all tracks changes nothing.

Bands are weighted. Speech: the band importance of the Speech Intelligibility Index [3]_, wherever the band is no more
than 15 dB below its own long-term level (the lower half of the 30 dB range that the index assigns to speech). Any other
sound: its power to the 0.23, with which loudness grows. Only frames in which the target plays count.

References
----------
.. [1] M. R. Schroeder, B. S. Atal, J. L. Hall, "Optimizing digital speech coders by exploiting masking properties of
       the human ear", JASA 66 (1979).
.. [2] H. Fastl, E. Zwicker, Psychoacoustics: Facts and Models, 3rd ed., ch. 4.
.. [3] ANSI S3.5-1997, table 1: critical bands from 100 to 9500 Hz.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis.spectra import BANDS

COVERED_DB = 0.0
"""A band is covered when the others' excitation is more than this above the target's."""

_FREE_DB, _INAUDIBLE_DB = -8.0, 4.0
"""Excitation of the others relative to the target's: no masking below the first, complete masking above the second."""
_DOWN_DB_PER_BARK, _UP_DB_PER_BARK = 25.0, 10.0
_SPEECH_IMPORTANCE = np.array(
    "0 .0103 .0261 .0419 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0577 .0460 "
    ".0343 .0226 .0110 0 0".split(),
    dtype=np.float32,
)
_SPEECH_RANGE_DB = 15.0
_NOISE_DB = 45.0
"""A band this far below the strongest one of a voice is noise of the recording: speech itself spans 35 dB."""
_LOUDNESS_EXPONENT = 0.23
_PLAYING_DB = 25.0
_MAX_FRAMES = 4000
_MIN_FRAMES_PER_TARGET = 500
TINY = np.float32(1e-30)
"""Power that counts as silence, relative to a loudest power of 1."""


@dataclass(frozen=True, slots=True)
class TrackPowers:
    """Band powers of one track as it reaches the master.

    Attributes
    ----------
    id : str
    rank : int
        Priority, 0 first: a track is unmasked from all tracks of larger rank.
    speech : bool
        Weigh its bands as speech (spoken or sung).
    first : int
        Index of its first frame.
    powers : ndarray [shape=(frames, bands)]
        Mean square in each critical band, faders included.
    """

    id: str
    rank: int
    speech: bool
    first: int
    powers: np.ndarray


@dataclass(frozen=True, slots=True)
class Target:
    """A track to be heard, in at most a few thousand frames in which it plays, spread evenly over time.

    Attributes
    ----------
    id : str
    powers : ndarray [shape=(frames, bands)]
        Mean square of the target itself.
    excitation : ndarray [shape=(frames, bands)]
        Excitation of the target itself.
    weights : ndarray [shape=(frames, bands)]
        Weight of each band in each frame; the sum is 1.
    maskers : dict of str to ndarray [shape=(frames, bands)]
        Powers of each track of larger rank in the same frames.
    """

    id: str
    powers: np.ndarray
    excitation: np.ndarray
    weights: np.ndarray
    maskers: Mapping[str, np.ndarray]

    def excess_db(self, others: np.ndarray) -> np.ndarray:
        """Excitation ``others`` relative to the target's, in dB [shape=(frames, bands)]."""
        return 10.0 * np.log10(np.maximum(others, TINY) / np.maximum(self.excitation, TINY))

    def masking(self, others: np.ndarray) -> float:
        """Weighted share of the target that an excitation masks, 0 … 1; grows smoothly with level."""
        return float((self.weights * degree(self.excess_db(others))).sum())

    def covered(self, others: np.ndarray, bands: np.ndarray | None = None) -> float:
        """Weighted share of the target (in some ``bands``) where an excitation is above its own, 0 … 1."""
        bands = np.ones(BANDS, dtype=np.float32) if bands is None else bands
        total = float(self.weights.sum(axis=0) @ bands)
        return float(self.covered_weights(others) @ bands) / total if total > 0.0 else 0.0

    def covered_weights(self, others: np.ndarray) -> np.ndarray:
        """Sum of the target's weights in each band where an excitation is above its own [shape=(bands,)]."""
        return (self.weights * (self.excess_db(others) > COVERED_DB)).sum(axis=0)

    def covered_by(self, name: str, gains: Mapping[str, np.ndarray], bands: np.ndarray | None = None) -> float:
        """Share that one masker covers alone (see `covered` and `together`)."""
        powers = self.maskers[name] * gains[name] if name in gains else self.maskers[name]
        return self.covered(spread(powers), bands)

    def through(self, gains: Mapping[str, np.ndarray]) -> Target:
        """The target through its own power gain per band, if it has one; what its cells count stays the same."""
        if self.id not in gains:
            return self
        powers = self.powers * gains[self.id]
        return replace(self, powers=powers, excitation=spread(powers))

    def together(self, gains: Mapping[str, np.ndarray]) -> np.ndarray:
        """Excitation of all maskers, each with its power gain per band (default 1) [shape=(frames, bands)]."""
        # in an order that does not depend on the order of tracks, so that rounding does not either
        total = np.zeros_like(self.excitation)
        for name in sorted(self.maskers):
            total += self.maskers[name] * gains[name] if name in gains else self.maskers[name]
        return spread(total)


def spread(powers: np.ndarray) -> np.ndarray:
    """Excitation of band powers [shape=(…, bands)]."""
    return powers @ _SPREADING


def spread_back(slopes: np.ndarray) -> np.ndarray:
    """Slope over the powers of a function whose slope over the excitation is ``slopes`` [shape=(…, bands)]."""
    return np.asarray(slopes @ _SPREADING.T)


def degree(excess_db: np.ndarray) -> np.ndarray:
    """Degree of masking, 0 … 1, by an excitation ``excess_db`` above the band's own."""
    return np.clip((excess_db - _FREE_DB) / (_INAUDIBLE_DB - _FREE_DB), 0.0, 1.0)


def targets(tracks: Sequence[TrackPowers]) -> list[Target]:
    """The tracks that sound and have tracks of larger rank, in order of rank, then id."""
    lowest = max((track.rank for track in tracks), default=0)
    upper = sorted((t for t in tracks if t.rank < lowest and t.powers.any()), key=lambda track: (track.rank, track.id))
    count = max(_MAX_FRAMES // max(len(upper), 1), _MIN_FRAMES_PER_TARGET)
    return [_target(track, [other for other in tracks if other.rank > track.rank], count) for track in upper]


def loudness_weights(powers: np.ndarray) -> np.ndarray:
    """Share of each band of each frame in the loudness; the sum is 1 (all 0 for silence) [shape as powers]."""
    weights = (powers / max(float(powers.max(initial=0.0)), float(TINY))) ** np.float32(_LOUDNESS_EXPONENT)
    return _normalised(weights)


def playing(powers: np.ndarray) -> np.ndarray:
    """Whether a track plays in each frame: no further below its loudest than its reverberation [shape=(frames,)]."""
    total = powers.sum(axis=1)
    return np.asarray(total > total.max(initial=0.0) * 10.0 ** (-_PLAYING_DB / 10.0))


def _target(track: TrackPowers, maskers: list[TrackPowers], count: int) -> Target:
    frames = np.flatnonzero(playing(track.powers))
    chosen = frames[np.unique(np.linspace(0, len(frames) - 1, min(count, len(frames))).round().astype(int))]
    powers = track.powers[chosen]
    return Target(
        id=track.id,
        powers=powers,
        excitation=spread(powers),
        weights=_speech_weights(powers) if track.speech else loudness_weights(powers),
        maskers={other.id: _at(other, chosen + track.first) for other in maskers},
    )


def _at(track: TrackPowers, frames: np.ndarray) -> np.ndarray:
    """Powers of a track in frames of the session; 0 where it has none."""
    places = frames - track.first
    inside = (places >= 0) & (places < len(track.powers))
    powers = np.zeros((len(frames), BANDS), dtype=np.float32)
    powers[inside] = track.powers[places[inside]]
    return powers


def _speech_weights(powers: np.ndarray) -> np.ndarray:
    mean = powers.mean(axis=0)
    loud_enough = powers > mean * 10.0 ** (-_SPEECH_RANGE_DB / 10.0)
    has_speech = mean > mean.max() * 10.0 ** (-_NOISE_DB / 10.0)
    weights = _SPEECH_IMPORTANCE * (loud_enough & has_speech)
    # without energy between 100 and 9500 Hz there are no speech weights
    return _normalised(weights) if weights.any() else loudness_weights(powers)


def _normalised(weights: np.ndarray) -> np.ndarray:
    total = float(weights.sum(dtype=np.float64))
    return weights / total if total > 0.0 else weights


def _spreading() -> np.ndarray:
    """Spreading matrix: rows are bands that sound, columns bands that are excited."""
    distance = np.arange(BANDS)[None, :] - np.arange(BANDS)[:, None]
    loss_db = np.where(distance >= 0, _UP_DB_PER_BARK * distance, -_DOWN_DB_PER_BARK * distance)
    return (10.0 ** (-loss_db / 10.0)).astype(np.float32)


_SPREADING = _spreading()

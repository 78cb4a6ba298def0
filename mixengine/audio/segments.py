"""Stretches of 2 s described by what tells speech, song, music and noise apart, from the features of speech detection.

Syllables come about four times a second, speech has pauses, vowels alternate with fricatives and their pitch glides;
notes have a steady pitch and repeat with the beat; rain does neither.

References
----------
.. [1] E. Scheirer, M. Slaney, "Construction and evaluation of a robust multifeature speech/music discriminator",
   ICASSP 1997: 4 Hz modulation, share of low-energy frames, spectral flux.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mixengine.audio.speech_features import HOP_S, Features, excess_over_background_db, relative_db

MIN_SOUND_S = 3.0
"""Minimum duration of sound, without pauses, for a judgement."""
STEP_S = 1.0
"""From the start of one segment to the next."""

_SEGMENT = 200
_STEP = 100
_SOUNDING_DB = -50.0
_MIN_SOUNDING_SHARE = 0.3
_ACTIVE_DB = 4.0
_MIN_ACTIVE_SHARE, _MAX_ACTIVE_SHARE = 0.5, 0.7
_SYLLABLES_HZ = (3.0, 7.0)
_MODULATION_HZ = (0.6, 20.0)
_BLOCK = 2000
_VOICED = 0.5
_STEADY_OCTAVES = 0.04

FEATURES = (
    "syllable_share",
    "low_energy_share",
    "level_spread_db",
    "flux_db",
    "flux_spread_db",
    "standing",
    "voicing",
    "voicing_spread",
    "voiced_share",
    "centroid",
    "centroid_spread",
    "beat",
    "steady_pitch_share",
)
"""What `describe` says about a segment."""


def starts(features: Features) -> np.ndarray | None:
    """First frames of the segments that hold enough sound [shape=(segments,)]; None for less than 3 s of sound."""
    sounding = relative_db(features.powers.sum(axis=1)[:, None])[:, 0] > _SOUNDING_DB
    if sounding.sum() * HOP_S < MIN_SOUND_S:
        return None
    first = int(np.argmax(sounding))
    at = np.arange(first, len(sounding) - _SEGMENT + 1, _STEP)
    inside = np.concatenate([[0], np.cumsum(sounding)])
    at = at[inside[at + _SEGMENT] - inside[at] >= _MIN_SOUNDING_SHARE * _SEGMENT]
    return at if len(at) else None


def active_starts(features: Features) -> np.ndarray | None:
    """Those of `starts` in which something stands above the track's own background, unless it mostly does.

    Somebody on a telephone line who listens most of the time is judged by what is said, not by the hiss between. What
    is steady, like rain, or fills the track, like a song, is judged as a whole.
    """
    at = starts(features)
    if at is None:
        return None
    active = excess_over_background_db(features.powers) > _ACTIVE_DB
    sounding = relative_db(features.powers.sum(axis=1)[:, None])[:, 0] > _SOUNDING_DB
    if active.sum() * HOP_S < MIN_SOUND_S or active.sum() >= _MAX_ACTIVE_SHARE * sounding.sum():
        return at
    inside = np.concatenate([[0], np.cumsum(active)])
    kept = at[inside[at + _SEGMENT] - inside[at] >= _MIN_ACTIVE_SHARE * _SEGMENT]
    return kept if len(kept) > 1 else at


def describe(features: Features, starts: np.ndarray) -> np.ndarray:
    """The `FEATURES` of the segments that begin at these frames [shape=(segments, features)]."""
    level_db = np.maximum(relative_db(features.powers), _SOUNDING_DB - 10.0)
    total_db = np.maximum(relative_db(features.powers.sum(axis=1)[:, None])[:, 0], _SOUNDING_DB)
    pitch = np.log2(np.maximum(features.periods, 1))
    rows = [np.zeros((0, len(FEATURES)))]
    for at in range(0, len(starts), _BLOCK):
        frames = starts[at : at + _BLOCK, None] + np.arange(_SEGMENT)
        rows.append(_segment_features(level_db[frames], total_db[frames], features.voicing[frames], pitch[frames]))
    return np.concatenate(rows)


def _segment_features(level_db: np.ndarray, total_db: np.ndarray, voicing: np.ndarray, pitch: np.ndarray) -> np.ndarray:
    """The `FEATURES` of segments [shape=(segments, features)].

    Parameters
    ----------
    level_db : ndarray [shape=(segments, frames, bands)]
    total_db, voicing, pitch : ndarray [shape=(segments, frames)]
        Pitch as the binary logarithm of the period.
    """
    hz = np.fft.rfftfreq(_SEGMENT, HOP_S)
    centred = (total_db - total_db.mean(axis=1, keepdims=True)) * np.hanning(_SEGMENT)
    modulation = np.square(np.abs(np.fft.rfft(centred, axis=1)))
    inside = (hz >= _MODULATION_HZ[0]) & (hz <= _MODULATION_HZ[1])
    syllables = (hz >= _SYLLABLES_HZ[0]) & (hz <= _SYLLABLES_HZ[1])
    power = 10.0 ** (total_db / 10.0)
    flux_db = np.abs(level_db[:, 3:] - level_db[:, :-3]).mean(axis=2)
    shape_db = level_db - level_db.mean(axis=2, keepdims=True)
    apart = (shape_db[:, 20:] * shape_db[:, :-20]).sum(axis=(1, 2))
    norm = np.sqrt(np.square(shape_db[:, 20:]).sum(axis=(1, 2)) * np.square(shape_db[:, :-20]).sum(axis=(1, 2)))
    smooth = ndimage.uniform_filter1d(voicing, 5, axis=1)
    weights = 10.0 ** (level_db / 20.0)
    centroid = weights @ np.arange(level_db.shape[2]) / weights.sum(axis=2)
    onsets_db = np.maximum(level_db[:, 2:] - level_db[:, :-2], 0.0).mean(axis=2)
    onsets_db -= onsets_db.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(onsets_db, 2 * _SEGMENT, axis=1)
    beating = np.fft.irfft(np.square(np.abs(spectrum)), axis=1)
    voiced = smooth[:, 8:] > _VOICED
    steady = voiced & (np.abs(pitch[:, 8:] - pitch[:, :-8]) < _STEADY_OCTAVES)
    columns = [
        modulation[:, syllables].sum(axis=1) / (modulation[:, inside].sum(axis=1) + 1e-9),
        (power < 0.25 * power.mean(axis=1, keepdims=True)).mean(axis=1),
        total_db.std(axis=1),
        flux_db.mean(axis=1),
        flux_db.std(axis=1),
        apart / (norm + 1e-9),
        smooth.mean(axis=1),
        smooth.std(axis=1),
        (smooth > _VOICED).mean(axis=1),
        centroid.mean(axis=1),
        centroid.std(axis=1),
        beating[:, 20:100].max(axis=1) / (beating[:, 0] + 1e-9),
        steady.mean(axis=1),
    ]
    return np.stack(columns, axis=1)

"""The compressor of the console: by transform (differentiable), and as a stream.

It has two detectors. ``published`` is that of dasp-pytorch (`mixengine.audio.compressor`): the static curve of single
samples of the summed channels, its gain smoothed. ``reaper`` is ReaComp's (`mixengine.audio.reacomp`), with one time
for rise and fall.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from mixengine.audio.arrays import namespace
from mixengine.audio.compressor import GainComputer, curve_db, level_db
from mixengine.audio.delay import Delay
from mixengine.audio.reacomp import MIN_KNEE_DB, ReaCompGain
from mixengine.jobs.match.console.envelope import follow
from mixengine.jobs.match.console.transform import one_pole
from mixengine.model.session import CompressorSettings

RMS_MS = 5.0
"""Window of ReaComp's detector in a match: its default, and the one seen in REAPER's renders."""
TEN_TO_NINETY = math.log(9.0)
"""A time from 10 to 90 % (published) over the time to 1/e (ReaComp)."""
_FLOOR = 1e-16


def compressed(
    x: Any, values: Any, rate: int, *, lookahead: int, detector: str = "published", tail: int | None = None
) -> Any:
    """A signal [shape=(…, channels, frames)] through the compressor, from rest.

    Parameters
    ----------
    values : array or tensor [shape=(…, 6)]
        Threshold in dB, ratio, attack in ms, release (not used), knee in dB, make-up in dB.
    lookahead : int ≥ 0
        Frames by which the audio is delayed relative to its gain.
    detector : str
        A name of `DETECTORS`.
    tail : int, optional
        See `transform.transform_length`.
    """
    return delayed(x, lookahead) * DETECTORS[detector](x, values, rate, tail)[..., None, :]


def _published(x: Any, values: Any, rate: int, tail: int | None) -> Any:
    """Amplitudes [shape=(…, frames)]."""
    threshold_db, ratio, attack_ms, _, knee_db, makeup_db = (values[..., index, None] for index in range(6))
    side = namespace(x).sum(x, -2)
    gain_db = one_pole(curve_db(level_db(side), threshold_db, ratio, knee_db), attack_ms, rate, tail)
    return 10.0 ** ((gain_db + makeup_db) / 20.0)


def _reaper(x: Any, values: Any, rate: int, _tail: int | None) -> Any:
    """Amplitudes [shape=(…, frames)]."""
    if namespace(x) is np:
        gains = np.empty((*x.shape[:-2], x.shape[-1]), dtype=x.dtype)
        for place in np.ndindex(*x.shape[:-2]):
            gains[place] = ReaCompGain(as_reacomp(values[place]), rate)(x[place].T)
        return gains
    window = max(math.floor(RMS_MS * rate / 1000.0), 1)
    sums = x.square().cumsum(-1)  # a running sum: the window's is the difference of two
    past = namespace(x).zeros_like(sums[..., :window])
    power = sums - namespace(x).cat([past, sums[..., : max(sums.shape[-1] - window, 0)]], -1)[..., : sums.shape[-1]]
    return smoothed(power / window, values, rate)


def smoothed(power: Any, values: Any, rate: float) -> Any:
    """ReaComp's gain from the channels' mean squares [tensor of shape=(…, channels, frames)], for gradients."""
    threshold_db, ratio, attack_ms, _, knee_db, makeup_db = (values[..., index, None] for index in range(6))
    knee_db = knee_db.clamp(min=MIN_KNEE_DB)
    loudest = power.clamp(min=_FLOOR).max(-2).values.sqrt()
    rest = 10.0 ** ((threshold_db - knee_db / 2.0) / 20.0)
    envelope = follow(loudest, (-1000.0 / (attack_ms * rate)).exp(), rest)
    return 10.0 ** ((curve_db(level_db(envelope), threshold_db, ratio, knee_db) + makeup_db) / 20.0)


DETECTORS: Mapping[str, Callable[[Any, Any, int, int | None], Any]] = MappingProxyType(
    {"published": _published, "reaper": _reaper}
)
"""Name of a detector → the gain it gives."""


def as_reacomp(values: np.ndarray) -> CompressorSettings:
    """The console's values as settings of ReaComp."""
    threshold_db, ratio, attack_ms, _, knee_db, makeup_db = map(float, values)
    return CompressorSettings(threshold_db, ratio, attack_ms, attack_ms, knee_db, makeup_db, rms_ms=RMS_MS)


def delayed(x: Any, frames: int) -> Any:
    """The signal delayed by ``frames``, zeros before, of unchanged length."""
    if not frames:
        return x
    xp = namespace(x)
    silence = xp.zeros_like(x[..., : min(frames, x.shape[-1])])
    return xp.concatenate([silence, x[..., : max(x.shape[-1] - frames, 0)]], -1)


class Compressor:
    """Audio through the compressor, block by block, in double precision; delayed by ``lookahead`` frames.

    Parameters
    ----------
    values : ndarray [shape=(6,)]
        As `compressed` takes them.
    """

    def __init__(self, values: np.ndarray, rate: int, *, lookahead: int, detector: str = "published") -> None:
        self._gain = _STREAMS[detector](values, rate)
        self._delay = Delay(lookahead)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames [shape=(channels, frames)]."""
        return self._delay(block.T).T * self._gain(block)


def _reacomp_stream(values: np.ndarray, rate: int) -> Callable[[np.ndarray], np.ndarray]:
    gain = ReaCompGain(as_reacomp(values), rate)
    return lambda block: gain(block.T)


_STREAMS: Mapping[str, Callable[[np.ndarray, int], Callable[[np.ndarray], np.ndarray]]] = MappingProxyType(
    {"published": GainComputer, "reaper": _reacomp_stream}
)

"""How similar two stereo mixes sound: the audio-feature loss of [Diff-MST], and repaired features.

Each feature is compared by its mean squared error over channels or bands; the loss is the weighted sum [1]_. All
functions take numpy arrays or torch tensors and are differentiable with the latter.

Conventions
-----------
A mix is ``(…, 2, frames)`` at 44.1 kHz; leading axes are a batch. The features depend on level: both mixes must be
brought to the level at which they are compared (published: the reference at −16 LUFS).

Feature sets
------------
`PUBLISHED` : ``rms`` (linear), ``crest_factor``, ``stereo_width`` (side over mid power, unbounded),
    ``stereo_imbalance``, ``barkspectrum`` (mid and side in 24 bands, natural logarithm).
`REPAIRED` : the same five with the RMS in dB, so that quiet mixes differ too; the width as the side's share of the
    power, 0 … 1; a crest factor from the 99.9th percentile, which does not depend on a single click; and a Bark
    spectrum with a floor 60 dB below the mid's loudest band, so that the missing side of a mono mix does not dominate.

References
----------
.. [1] S. S. Vanka, C. Steinmetz, J.-B. Rolland, J. Reiss, G. Fazekas, "Diff-MST: differentiable mixing style
   transfer", ISMIR 2024.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixengine.audio.arrays import constant, frames_of, namespace
from mixengine.jobs.match.bark_filters import filterbank

RATE = 44100
"""The only rate at which the features are defined, in Hz."""
N_FFT, HOP = 32768, 8192
MIN_FRAMES = N_FFT // 2 + 1
"""The shortest mix whose Bark spectrum exists: the transform is centred and mirrored at the ends."""
_EPS = 1e-8
FLOOR = 1e-3
"""−60 dB: how far below the mid's loudest band the repaired spectrum goes."""
_PEAK_QUANTILE = 0.999


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature and its weight in the loss; ``of`` computes it for a mix and keeps the mix's leading axes."""

    weight: float
    of: Callable[[Any], Any]


def mean_square(mix: Any) -> Any:
    """Power of each channel [shape=(…, 2)]."""
    return namespace(mix).mean(mix * mix, -1)


def rms(mix: Any) -> Any:
    """√max(mean x², 1e-8), linear, so never below −80 dB [shape=(…, 2)]."""
    xp = namespace(mix)
    return xp.sqrt(xp.clip(mean_square(mix), _EPS, None))


def rms_db(mix: Any) -> Any:
    """`rms` in dB."""
    return 20.0 * namespace(mix).log10(rms(mix))


def crest_factor(mix: Any) -> Any:
    """20 log10(max |x| / rms) in dB [shape=(…, 2)]; meaningless near silence, as `rms` ends at −80 dB."""
    xp = namespace(mix)
    return 20.0 * xp.log10(xp.clip(xp.amax(xp.abs(mix), -1) / rms(mix), _EPS, None))


def robust_crest_factor(mix: Any) -> Any:
    """The crest factor with the mean of the largest 0.1 % of the samples as the peak."""
    xp = namespace(mix)
    count = max(round((1.0 - _PEAK_QUANTILE) * mix.shape[-1]), 1)
    loud = np.partition(np.abs(mix), -count, -1) if xp is np else xp.topk(xp.abs(mix), count, -1).values
    peak = xp.mean(loud[..., -count:], -1)
    return 20.0 * xp.log10(xp.clip(peak / rms(mix), _EPS, None))


def stereo_width(mix: Any) -> Any:
    """Mean (L − R)² / max(mean (L + R)², 1e-8) [shape=(…,)]; out of phase it grows without bound."""
    mid, side = _mid_side_power(mix)
    return side / namespace(mix).clip(mid, _EPS, None)


def side_share(mix: Any) -> Any:
    """Mean (L − R)² over that of L − R and L + R together, 0 (mono) … 1 (out of phase) [shape=(…,)]."""
    mid, side = _mid_side_power(mix)
    return side / namespace(mix).clip(mid + side, _EPS, None)


def stereo_imbalance(mix: Any) -> Any:
    """(R − L) / max(R + L, 1e-8) of the mean squares, −1 (left) … 1 (right) [shape=(…,)]."""
    power = mean_square(mix)
    left, right = power[..., 0], power[..., 1]
    return (right - left) / namespace(mix).clip(right + left, _EPS, None)


def bark_bands(mix: Any) -> Any:
    """Mean magnitude of L + R and of L − R through the Bark filters [shape=(…, 2, 24)].

    Raises
    ------
    ValueError
        The mix has fewer than `MIN_FRAMES` frames.
    """
    xp = namespace(mix)
    if mix.shape[-1] < MIN_FRAMES:
        raise ValueError(f"{mix.shape[-1]} frames; a Bark spectrum needs at least {MIN_FRAMES}")
    left, right = mix[..., 0, :], mix[..., 1, :]
    both = xp.stack([left + right, left - right], -2)
    half = N_FFT // 2
    before, after = xp.flip(both[..., 1 : half + 1], (-1,)), xp.flip(both[..., -half - 1 : -1], (-1,))
    frames = frames_of(xp.concatenate([before, both, after], -1), N_FFT, HOP)
    magnitude = xp.mean(xp.abs(xp.fft.rfft(frames * constant(_hann(), mix))), -2)
    return magnitude @ constant(filterbank(N_FFT // 2 + 1, RATE).T, mix)


def barkspectrum(mix: Any) -> Any:
    """ln(X + 1e-8) of the Bark bands [shape=(…, 2, 24)]; the side of a mono mix is −18.4 in every band."""
    return namespace(mix).log(bark_bands(mix) + _EPS)


def floored_barkspectrum(mix: Any) -> Any:
    """`barkspectrum` with a floor: −60 dB relative to the mid's loudest band is added to all bands."""
    xp = namespace(mix)
    bands = bark_bands(mix)
    floor = FLOOR * xp.amax(bands[..., :1, :], -1)[..., None]
    return xp.log(bands + floor + _EPS)


PUBLISHED: Mapping[str, Feature] = {
    "rms": Feature(0.1, rms),
    "crest_factor": Feature(0.001, crest_factor),
    "stereo_width": Feature(1.0, stereo_width),
    "stereo_imbalance": Feature(1.0, stereo_imbalance),
    "barkspectrum": Feature(0.1, barkspectrum),
}
REPAIRED: Mapping[str, Feature] = {
    "rms_db": Feature(0.005, rms_db),
    "robust_crest_factor": Feature(0.01, robust_crest_factor),
    "side_share": Feature(4.0, side_share),
    "stereo_imbalance": Feature(1.0, stereo_imbalance),
    "floored_barkspectrum": Feature(0.1, floored_barkspectrum),
}
SETS: Mapping[str, Mapping[str, Feature]] = {"published": PUBLISHED, "repaired": REPAIRED}


def measure(mix: Any, features: Mapping[str, Feature] = PUBLISHED) -> dict[str, Any]:
    """All features of a mix by name.

    Raises
    ------
    ValueError
        As `bark_bands`.
    """
    return {name: feature.of(mix) for name, feature in features.items()}


def terms(
    measured: Mapping[str, Any], target: Mapping[str, Any], features: Mapping[str, Feature] = PUBLISHED
) -> dict[str, Any]:
    """Weighted mean squared error of each feature; a leading axis of several mixes is averaged over.

    Parameters
    ----------
    measured, target : mapping
        Results of `measure` for the mix and for the reference.
    """
    return {
        name: feature.weight * namespace(measured[name]).mean((measured[name] - target[name]) ** 2)
        for name, feature in features.items()
    }


def loss(mix: Any, reference: Any, features: Mapping[str, Feature] = PUBLISHED) -> Any:
    """The published audio-feature loss between two mixes, or the loss of another set of features.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0.0, 0.1, (2, 65536))
    >>> float(loss(noise, noise))
    0.0
    """
    return sum(terms(measure(mix, features), measure(reference, features), features).values())


def residuals(mix: Any, reference: Any, features: Mapping[str, Feature] = PUBLISHED) -> dict[str, float]:
    """How far each feature is off, in its own unit: the root of its mean squared error, without weight."""
    weighted = terms(measure(mix, features), measure(reference, features), features)
    return {name: float(term / features[name].weight) ** 0.5 for name, term in weighted.items()}


@functools.cache
def _hann() -> np.ndarray:
    """Periodic Hann window."""
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(N_FFT) / N_FFT)


def _mid_side_power(mix: Any) -> tuple[Any, Any]:
    """Mean squares of L + R and of L − R."""
    xp = namespace(mix)
    left, right = mix[..., 0, :], mix[..., 1, :]
    return xp.mean((left + right) ** 2, -1), xp.mean((left - right) ** 2, -1)

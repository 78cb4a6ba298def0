"""Convert a block to the sample rate and channels of a model, and the model's stems back.

Rates: each block is resampled in one piece (soxr VHQ, linear phase, no delay). Where blocks begin on `grid`, the phases
of the resampler are those of the whole file, so that processing in blocks gives the same samples as processing at once.
Channels: a mono file in a stereo model is doubled and averaged back; more than two channels go through a stereo model
in pairs, and through a mono model one by one.
"""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import soxr

from mixengine.separation_models.model import Model

_MAX_GRID_S = 8.0
MAX_PERMUTED = 4
"""Largest number of stems for which all permutations are tried; more stems keep the model's order."""


def grid(model: Model, rate: int) -> int:
    """Frames of a file at ``rate`` on whose multiples blocks may begin."""
    if model.rate is None or model.rate == rate:
        return model.hop_at(rate)
    common = math.gcd(rate, model.rate)
    step, model_step = rate // common, model.rate // common
    with_hop = step * (math.lcm(model_step, model.hop_at(model.rate)) // model_step)
    # at odd rates the two grids coincide too rarely; then the cross-fade has to hide the difference
    return with_hop if with_hop <= _MAX_GRID_S * rate else step


def run(model: Model, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """Separate a block; the stems have the rate and channels of the block.

    Parameters
    ----------
    model : Model
    block : ndarray of float32 [shape=(frames, channels)]
    rate : int > 0
        Of the block, in Hz.

    Returns
    -------
    dict of str to ndarray of float32 [shape as ``block``]
        NaN and infinite samples in the output of the model are replaced by 0.
    """
    frames = len(block)
    model_rate = model.rate or rate
    adapted = block if model_rate == rate else soxr.resample(block, rate, model_rate, quality="VHQ")
    length = len(adapted)
    if length < model.min_frames:
        adapted = np.pad(adapted, ((0, model.min_frames - length), (0, 0)))
    stems = {}
    # samples far beyond full scale overflow when squared; the NaN and infinite results are replaced below
    with np.errstate(over="ignore", invalid="ignore"):
        outputs = _over_channels(model, np.ascontiguousarray(adapted, dtype=np.float32), model_rate)
    for name, stem in outputs.items():
        resampled = np.nan_to_num(stem[:length].astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)
        if model_rate != rate:
            resampled = _fit_length(
                soxr.resample(np.ascontiguousarray(resampled), model_rate, rate, quality="VHQ"), frames
            )
        stems[name] = resampled
    return stems


def _fit_length(block: np.ndarray, frames: int) -> np.ndarray:
    """Cut or pad a block to ``frames``: rounding in the resampler can leave one frame too many or too few."""
    return block[:frames] if len(block) >= frames else np.pad(block, ((0, frames - len(block)), (0, 0)))


def _over_channels(model: Model, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    channels = block.shape[1]
    if model.channels is None or model.channels == channels:
        return model.process(block, rate)
    outputs: list[dict[str, np.ndarray]] = []
    for first in range(0, channels, model.channels):
        part = block[:, first : first + model.channels]
        width = part.shape[1]
        if width < model.channels:
            output = model.process(np.repeat(part, model.channels, axis=1), rate)
            output = {name: stem.mean(axis=1, keepdims=True) for name, stem in output.items()}
        else:
            output = model.process(np.ascontiguousarray(part), rate)
        if outputs and model.interchangeable:
            output = in_order(output, outputs[0])
        outputs.append(output)
    return {name: np.concatenate([output[name] for output in outputs], axis=1) for name in model.stems}


def in_order(stems: dict[str, np.ndarray], like: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Reorder stems to match ``like`` best, by the sum of their correlations.

    Parameters
    ----------
    stems, like : dict of str to ndarray [shape=(frames, channels)]
        ``like`` may be shorter (the first frames are compared) and have other channels (their mean is compared).
    """
    names = list(stems)
    if len(names) > MAX_PERMUTED or not like:
        return stems
    frames = min(len(like[names[0]]), len(stems[names[0]]))
    new = np.stack([stems[name][:frames].mean(axis=1) for name in names])
    old = np.stack([like[name][:frames].mean(axis=1) for name in names])
    products = old @ new.T
    # of equal sums max takes the first, the unchanged order: silence does not identify a stem
    best = max(permutations(range(len(names))), key=lambda order: sum(products[i, j] for i, j in enumerate(order)))
    return {name: stems[names[index]] for name, index in zip(names, best, strict=True)}

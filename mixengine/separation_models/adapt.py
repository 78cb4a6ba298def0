"""Give a model the rate and the channels it knows, and turn its answer back.

Rates: blocks are resampled at once (soxr VHQ, linear phase, no delay). Where blocks begin on `grid`, the resampler's
phases are those of the whole file, so that blocks and the whole give the same samples.
Channels: a mono file in a stereo model is doubled and averaged back; more than two channels go through a stereo model
in pairs, and through a mono model one by one.
"""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import soxr

from mixengine.separation_models.model import Model

_LONGEST_GRID_S = 8.0
MAX_PERMUTED = 4
"""Stems whose order is looked for; more of them keep the model's."""


def grid(model: Model, rate: int) -> int:
    """Frames of a file at ``rate`` on whose multiples blocks may begin."""
    if model.rate is None or model.rate == rate:
        return model.hop_at(rate)
    common = math.gcd(rate, model.rate)
    step, model_step = rate // common, model.rate // common
    with_hop = step * (math.lcm(model_step, model.hop_at(model.rate)) // model_step)
    # at odd rates both grids meet too seldom; then the cross-fade has to do
    return with_hop if with_hop <= _LONGEST_GRID_S * rate else step


def run(model: Model, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """Stems of a block at its own rate and channels.

    Parameters
    ----------
    model : Model
    block : ndarray of float32 [shape=(frames, channels)]
    rate : int > 0
        Of the block, in Hz.

    Returns
    -------
    dict of str to ndarray of float32 [shape as ``block``]
        Samples that a model gives as NaN or infinite are 0.
    """
    frames = len(block)
    model_rate = model.rate or rate
    heard = block if model_rate == rate else soxr.resample(block, rate, model_rate, quality="VHQ")
    length = len(heard)
    if length < model.min_frames:
        heard = np.pad(heard, ((0, model.min_frames - length), (0, 0)))
    stems = {}
    # samples far beyond full scale overflow when squared; what comes of it is dealt with below
    with np.errstate(over="ignore", invalid="ignore"):
        answers = _over_channels(model, np.ascontiguousarray(heard, dtype=np.float32), model_rate)
    for name, stem in answers.items():
        found = np.nan_to_num(stem[:length].astype(np.float32, copy=False), nan=0.0, posinf=0.0, neginf=0.0)
        if model_rate != rate:
            found = _fitted(soxr.resample(np.ascontiguousarray(found), model_rate, rate, quality="VHQ"), frames)
        stems[name] = found
    return stems


def _fitted(block: np.ndarray, frames: int) -> np.ndarray:
    """A block with exactly so many frames: rounding of lengths can leave one too many or too few."""
    return block[:frames] if len(block) >= frames else np.pad(block, ((0, frames - len(block)), (0, 0)))


def _over_channels(model: Model, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    channels = block.shape[1]
    if model.channels is None or model.channels == channels:
        return model.process(block, rate)
    answers: list[dict[str, np.ndarray]] = []
    for first in range(0, channels, model.channels):
        part = block[:, first : first + model.channels]
        width = part.shape[1]
        if width < model.channels:
            answer = model.process(np.repeat(part, model.channels, axis=1), rate)
            answer = {name: stem.mean(axis=1, keepdims=True) for name, stem in answer.items()}
        else:
            answer = model.process(np.ascontiguousarray(part), rate)
        if answers and model.interchangeable:
            answer = in_order(answer, answers[0])
        answers.append(answer)
    return {name: np.concatenate([answer[name] for answer in answers], axis=1) for name in model.stems}


def in_order(stems: dict[str, np.ndarray], like: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same stems under the names that fit ``like`` best, by the sum of their correlations.

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
    # max takes the first of equals, which is the order as it is: silence says nothing about who is who
    best = max(permutations(range(len(names))), key=lambda order: sum(products[i, j] for i, j in enumerate(order)))
    return {name: stems[names[index]] for name, index in zip(names, best, strict=True)}

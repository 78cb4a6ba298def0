"""Gradient descent through the console: Adam on a few controls and short passages, made fast for two cores.

The console here approximates `console.mix` within hundredths of a dB: tracks are transformed once, equalisers are
interpolated from a few hundred frequencies, and a compressor's detector works at a sixteenth of the rate. Reported
results are measured on the console itself, by `match`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mixengine.jobs.match import features
from mixengine.jobs.match.console import eq, transform
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.compressor import RMS_MS, delayed, smoothed
from mixengine.jobs.match.console.console import Setup
from mixengine.jobs.match.console.pan import LAWS
from mixengine.jobs.match.console_settings import ConsoleSettings, Variables
from mixengine.system import extras
from mixengine.system.errors import UserError

MISSING = f"match by gradients needs PyTorch: {extras.install_line('neural')}"
THREADS = 2
TAIL = 16384
"""Frames after which the ringing of filters is cut off: equalisers of a match are gentle."""
_DECIMATION = 16
_GRID = 512
_FIRST_RATE, _LAST_RATE = 0.12, 0.01
_PATIENCE, _MIN_IMPROVEMENT = 30, 0.003
"""Stop when this many steps together reduced the loss by less than this share."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a descent, and the loss of each step (regularisation included)."""

    settings: ConsoleSettings
    losses: tuple[float, ...]


def torch() -> Any:
    """Import torch, or raise an error that says how to install it."""
    try:
        import torch as library
    except ImportError:
        raise UserError(MISSING) from None
    return library


def descend(
    tracks: np.ndarray,
    target: Mapping[str, np.ndarray],
    start: ConsoleSettings,
    variables: Variables,
    *,
    compared: np.ndarray,
    setup: Setup,
    frames: int,
    preroll: int,
    steps: int,
    pull: float,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Outcome:
    """Optimise the variables so that the mix's features approach the target's.

    Parameters
    ----------
    tracks : ndarray of float32 [shape=(passages, groups, 2, preroll + frames + setup.delay)]
    target : mapping
        Features of the reference, averaged over its passages.
    compared : ndarray of bool [shape=(2, 24)]
        Bark bands of mid and side that count.
    steps : int > 0
        Maximum number of steps.
    pull : float ≥ 0
        Weight of the regularisation: the mean squared distance from the centres, in widths.
    """
    library = torch()
    before = library.get_num_threads()
    library.set_num_threads(min(THREADS, before))
    try:
        model = _Model(library, tracks, target, compared, start, variables, setup, frames, preroll, pull)
        return _adam(library, model, start, variables, steps, progress)
    finally:
        library.set_num_threads(before)


def _adam(library: Any, model: _Model, start: ConsoleSettings, variables: Variables, steps: int, progress) -> Outcome:
    low, high = (
        library.as_tensor((edge - variables.centre) / variables.width) for edge in (variables.low, variables.high)
    )
    u = library.as_tensor((start.flat[variables.index] - variables.centre) / variables.width).clone().requires_grad_()
    optimiser = _Adam(library, u)
    best, best_u, losses = math.inf, u.detach().clone(), []
    for step in range(steps):
        share = step / max(steps - 1, 1)
        rate = _LAST_RATE + (_FIRST_RATE - _LAST_RATE) * (1 + math.cos(math.pi * share)) / 2
        u.grad = None
        loss = model.loss(u)
        value = float(loss.detach())
        losses.append(value)
        if not math.isfinite(value):
            break
        if value < best:
            best, best_u = value, u.detach().clone()
        if step > 2 * _PATIENCE and min(losses[:-_PATIENCE]) - best < _MIN_IMPROVEMENT * best:
            break
        loss.backward()
        u.grad.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0)
        with library.no_grad():
            optimiser.step(u, rate)
            u.copy_(library.minimum(library.maximum(u, low), high))
        progress(step + 1, steps)
    flat = start.flat.copy()
    flat[variables.index] = np.clip(variables.centre + best_u.numpy() * variables.width, variables.low, variables.high)
    return Outcome(start.filled(flat), tuple(losses))


class _Adam:
    """Adam [1]_, as ``torch.optim`` computes it, whose import of torch's compiler takes longer than a short descent.

    References
    ----------
    .. [1] D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1.
    """

    _BETA1, _BETA2, _EPSILON = 0.9, 0.98, 1e-8

    def __init__(self, library: Any, u: Any) -> None:
        self._mean, self._square = library.zeros_like(u), library.zeros_like(u)
        self._steps = 0

    def step(self, u: Any, rate: float) -> None:
        """Move ``u`` against its gradient."""
        self._steps += 1
        self._mean.lerp_(u.grad, 1.0 - self._BETA1)
        self._square.mul_(self._BETA2).addcmul_(u.grad, u.grad, value=1.0 - self._BETA2)
        unbiased = math.sqrt(1.0 - self._BETA2**self._steps)
        below = (self._square.sqrt() / unbiased).add_(self._EPSILON)
        u.addcdiv_(self._mean, below, value=-rate / (1.0 - self._BETA1**self._steps))


class _Model:
    """Loss as a function of the variables."""

    def __init__(self, library, tracks, target, compared, start, variables, setup, frames, preroll, pull) -> None:
        self._torch, self._setup, self._pull = library, setup, pull
        self._length, self._frames, self._first = tracks.shape[-1], frames, preroll + setup.delay
        self._n_fft = transform.transform_length(self._length, TAIL)
        signals = library.as_tensor(tracks)
        self._spectra = library.fft.rfft(signals, self._n_fft)
        self._wanted = {
            name: library.as_tensor(np.asarray(value), dtype=library.float32) for name, value in target.items()
        }
        self._compared = library.as_tensor(compared)
        self._flat = library.as_tensor(start.flat)
        self._index = library.as_tensor(variables.index)
        self._centre, self._width = library.as_tensor(variables.centre), library.as_tensor(variables.width)
        self._groups = len(start.tracks)

    def loss(self, u: Any) -> Any:
        flat = self._flat.index_put((self._index,), self._centre + u * self._width)
        split = self._groups * 27
        mix = self._mix(flat[:split].reshape(-1, 27).float(), flat[split:].float())
        measured = {name: value.mean(0) for name, value in features.measure(mix).items()}
        measured["barkspectrum"] = self._torch.where(
            self._compared, measured["barkspectrum"], self._wanted["barkspectrum"]
        )
        return sum(features.terms(measured, self._wanted).values()).double() + self._pull * (u * u).mean()

    def _mix(self, tracks: Any, master: Any) -> Any:
        gain = 10.0 ** (tracks[:, at.FADER, None] / 20.0)
        curve = (self._response(tracks[:, at.EQ]) * gain)[:, None]
        x = self._torch.fft.irfft(self._spectra * curve, self._n_fft)[..., : self._length]
        x = self._compressed(x, tracks[:, at.DYNAMICS], self._setup.track_lookahead)
        x = (x * LAWS[self._setup.pan_law](tracks[:, at.PAN])[..., None]).sum(-3)
        curve = self._response(master[at.MASTER_EQ]) * 10.0 ** (master[at.MASTER_INPUT] / 20.0)
        x = self._torch.fft.irfft(self._torch.fft.rfft(x, self._n_fft) * curve, self._n_fft)[..., : self._length]
        x = self._compressed(x, master[at.MASTER_DYNAMICS], self._setup.master_lookahead)
        return x[..., self._first : self._first + self._frames] * 10.0 ** (master[at.MASTER_OUTPUT] / 20.0)

    def _response(self, values: Any) -> Any:
        """The equaliser's response at every bin, interpolated between a few hundred of them."""
        parts, left, weight = _grid(self._n_fft)
        sin2, cos2, sine = (self._torch.as_tensor(part) for part in parts)
        coarse = eq.response_at(values, sin2, cos2, sine, self._setup.rate)
        left, weight = self._torch.as_tensor(left), self._torch.as_tensor(weight)
        lower = coarse.index_select(-1, left)
        return lower + (coarse.index_select(-1, left + 1) - lower) * weight

    def _compressed(self, x: Any, values: Any, lookahead: int) -> Any:
        rate = self._setup.rate / _DECIMATION
        window = max(round(RMS_MS * rate / 1000.0), 1)
        functional = self._torch.nn.functional
        rows = x.square().reshape(-1, 1, self._length)
        slow = functional.avg_pool1d(rows, _DECIMATION, ceil_mode=True, count_include_pad=False)
        power = functional.avg_pool1d(functional.pad(slow, (window - 1, 0)), window, stride=1)
        gain = smoothed(power.reshape(*x.shape[:-1], power.shape[-1]), values, rate)
        full = functional.interpolate(
            gain.reshape(-1, 1, gain.shape[-1]), scale_factor=_DECIMATION, mode="linear", align_corners=False
        )[..., : self._length].reshape(*x.shape[:-2], self._length)
        return delayed(x, lookahead) * full[..., None, :]


@functools.lru_cache(maxsize=4)
def _grid(n_fft: int) -> tuple[tuple[np.ndarray, ...], np.ndarray, np.ndarray]:
    """Bins that are evaluated (denser than 1/40 octave); for each bin, its left neighbour among them and its weight."""
    last = n_fft // 2
    chosen = np.unique(np.concatenate([[0], np.round(np.geomspace(1, last, _GRID))]).astype(int))
    all_bins = np.arange(last + 1)
    left = np.clip(np.searchsorted(chosen, all_bins, side="right") - 1, 0, len(chosen) - 2)
    weight = (all_bins - chosen[left]) / (chosen[left + 1] - chosen[left])
    parts = tuple(part[chosen].astype(np.float32) for part in transform.transform_bins(n_fft))
    return parts, left, weight.astype(np.float32)

"""Training loop of the U-Net: resumable, reproducible for a seed, with early stopping.

The loss is the error of the enhanced spectrum, gain × mixture − speech, in dB below the speech (so the optimal
gain is the phase-sensitive one), plus the error of the compressed magnitudes, which preserves quiet consonants.
"""

from __future__ import annotations

import json
import math
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mixengine.separation_models import unet_bands
from mixengine.separation_models.unet_model import frames_at
from mixengine.system.atomic import write_atomically
from mixengine.system.progress import Progress, no_progress
from mixengine.training.unet.corpus import RATE
from mixengine.training.unet.mixtures import Mixer
from mixengine.training.unet.muon import Muon
from mixengine.training.unet.network import MaskNet

_COMPRESSION = 0.3
_MAGNITUDE_WEIGHT = 20.0
_ADAMW_RATE_SHARE = 0.15
"""Learning rate of AdamW, for all parameters that are not kernels, relative to Muon's."""
_EMA = 0.999
_WARM_UP = 300
_VALIDATION_SEED = 10_000


@dataclass(frozen=True, slots=True)
class Schedule:
    """Length and learning rate of the training; ``validation`` is in batches."""

    steps: int = 6_000
    batch: int = 16
    rate: float = 0.015
    check_every: int = 500
    patience: int = 12
    validation: int = 8


@dataclass
class State:
    """Progress of a run, for resuming it."""

    step: int = 0
    best: float = math.inf
    since_best: int = 0
    history: list[dict[str, float]] | None = None


def train(
    mixer: Mixer,
    validation: Mixer,
    schedule: Schedule,
    run: Path,
    *,
    seed: int = 0,
    start: Path | None = None,
    progress: Progress = no_progress,
) -> MaskNet:
    """Train until ``schedule.steps``, or until validation stops falling; return the best network (averaged weights).

    ``run`` is a folder for ``state.pt`` (to resume), ``best.pt`` and ``history.json``. ``start`` is the
    ``best.pt`` of another run, to start from.
    """
    torch.manual_seed(seed)
    net, average = MaskNet(), MaskNet()
    for module in (net, average):
        module.to(memory_format=torch.channels_last)  # faster on CPUs
    if start is not None:
        net.load_state_dict(torch.load(start, weights_only=True))
    average.load_state_dict(net.state_dict())
    optimizers = _optimizers(net)
    state = _load_state(run, net, average, optimizers)
    validation_batches = [_batch(validation, _VALIDATION_SEED + i, schedule.batch) for i in range(schedule.validation)]
    start_s, first = time.monotonic(), state.step
    for mixture, speech in _batches(mixer, state.step, schedule):
        loss = _step(net, optimizers, mixture, speech, _rate_at(state.step, schedule))
        _update_average(average, net, min(_EMA, (1 + state.step) / (10 + state.step)))
        state.step += 1
        if state.step % schedule.check_every == 0 or state.step == schedule.steps:
            _check(average, validation_batches, state, loss, run)
            _save(run, net, average, optimizers, state)
            if state.since_best >= schedule.patience:
                break
        steps_per_s = (state.step - first) / (time.monotonic() - start_s)
        last_loss = state.history[-1]["validation"] if state.history else math.nan
        progress(state.step, schedule.steps, f"loss {loss:.2f}, held out {last_loss:.3f}, {steps_per_s:.2f} steps/s")
    best = MaskNet()
    best.load_state_dict(torch.load(run / "best.pt", weights_only=True))
    return best.eval()


def loss_of(gains: torch.Tensor, mixture: torch.Tensor, speech: torch.Tensor) -> torch.Tensor:
    """Loss per example: error in dB below the speech, and of the compressed magnitudes.

    The spectra are complex [shape=(n, bins, frames)].
    """
    enhanced = gains * mixture
    speech_power, mixture_power = _energy(speech), _energy(mixture)
    error = _energy(enhanced - speech)
    relative_db = 10 * torch.log10((error + 1e-3 * speech_power + 1e-8) / (speech_power + 1e-3 * mixture_power + 1e-8))
    scale = (mixture_power / mixture[0].numel()).sqrt()[:, None, None] + 1e-8
    compressed = [(signal.abs() / scale + 1e-4) ** _COMPRESSION for signal in (enhanced, speech)]
    return relative_db + _MAGNITUDE_WEIGHT * (compressed[0] - compressed[1]).square().mean((1, 2))


def spectra(samples: torch.Tensor) -> torch.Tensor:
    """Complex spectra (n, bins, frames) of signals (n, samples) at 16 kHz."""
    step = unet_bands.hop(RATE)
    window = torch.from_numpy(frames_at(RATE).window)
    return torch.stft(samples, 2 * step, step, window=window, return_complex=True)


def gains_of(net: torch.nn.Module, mixture: torch.Tensor) -> torch.Tensor:
    """Gains per bin (n, bins, frames) that the network gives a mixture's spectrum."""
    size = 2 * unet_bands.hop(RATE)
    power = mixture.abs().square().transpose(1, 2) @ torch.from_numpy(unet_bands.analysis(RATE)) / size
    return (net(power) @ torch.from_numpy(unet_bands.synthesis(RATE))).transpose(1, 2)


def _energy(spectrum: torch.Tensor) -> torch.Tensor:
    return spectrum.abs().square().sum((1, 2))


def _optimizers(net: MaskNet) -> list[torch.optim.Optimizer]:
    """Muon for the kernels; AdamW for scales, biases and the last layer, whose single output is not a matrix."""
    kernels = [each for each in net.parameters() if each.ndim > 2 and len(each) > 1]
    others = [each for each in net.parameters() if each.ndim <= 2 or len(each) == 1]
    return [Muon(kernels, lr=0.0), torch.optim.AdamW(others, lr=0.0, weight_decay=1e-2)]


def _step(
    net: MaskNet, optimizers: list[torch.optim.Optimizer], mixture: torch.Tensor, speech: torch.Tensor, rate: float
) -> float:
    net.train()
    with _bfloat16():
        gains = gains_of(net, mixture)
    loss = loss_of(gains.float(), mixture, speech).mean()
    net.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    for optimizer, share in zip(optimizers, (1.0, _ADAMW_RATE_SHARE), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = rate * share
        with _bfloat16():
            optimizer.step()
    return loss.item()


def _bfloat16() -> torch.autocast:
    """Matrix products in bfloat16 where the processor supports it."""
    supported = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=bool(supported))


def _rate_at(step: int, schedule: Schedule) -> float:
    """A short warm-up, then a half cosine down to 0."""
    warm = min(1.0, (step + 1) / _WARM_UP)
    return schedule.rate * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, step / schedule.steps)))


@torch.no_grad()
def _update_average(average: MaskNet, net: MaskNet, keep: float) -> None:
    for ours, theirs in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if ours.dtype.is_floating_point:
            ours.lerp_(theirs, 1 - keep)
        else:
            ours.copy_(theirs)


@torch.no_grad()
def _check(
    net: MaskNet, batches: list[tuple[torch.Tensor, torch.Tensor]], state: State, loss: float, run: Path
) -> None:
    net.eval()
    losses = [loss_of(gains_of(net, mixture), mixture, speech) for mixture, speech in batches]
    value = float(torch.cat(losses).mean())
    state.history = [*(state.history or []), {"step": state.step, "training": loss, "validation": value}]
    state.since_best = 0 if value < state.best else state.since_best + 1
    if value < state.best:
        state.best = value
        _save_atomically(run / "best.pt", net.state_dict())
    (run / "history.json").write_text(json.dumps(state.history, indent=1))


def _batch(mixer: Mixer, number: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    pairs = [mixer.mixture(number * size + index) for index in range(size)]
    return tuple(spectra(torch.from_numpy(np.stack(part).astype(np.float32))) for part in zip(*pairs, strict=True))


def _batches(mixer: Mixer, start: int, schedule: Schedule) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Batches ``start`` … ``schedule.steps``, prepared ahead in a thread."""
    ready: queue.Queue = queue.Queue(maxsize=3)
    stop = threading.Event()

    def make() -> None:
        for number in range(start, schedule.steps):
            if stop.is_set():
                return
            ready.put(_batch(mixer, number, schedule.batch))

    threading.Thread(target=make, daemon=True).start()
    try:
        for _ in range(start, schedule.steps):
            yield ready.get()
    finally:
        stop.set()


def _load_state(run: Path, net: MaskNet, average: MaskNet, optimizers: list[torch.optim.Optimizer]) -> State:
    path = run / "state.pt"
    if not path.is_file():
        return State()
    saved = torch.load(path, weights_only=True)
    net.load_state_dict(saved["net"])
    average.load_state_dict(saved["average"])
    for optimizer, saved_optimizer in zip(optimizers, saved["optimizers"], strict=True):
        optimizer.load_state_dict(saved_optimizer)
    return State(**saved["state"])


def _save(run: Path, net: MaskNet, average: MaskNet, optimizers: list[torch.optim.Optimizer], state: State) -> None:
    parts = {"net": net.state_dict(), "average": average.state_dict(), "state": asdict(state)}
    _save_atomically(run / "state.pt", {**parts, "optimizers": [optimizer.state_dict() for optimizer in optimizers]})


def _save_atomically(path: Path, data: Any) -> None:
    """Saved beside and renamed, so that a run stopped while saving can go on."""
    write_atomically(path, lambda partial: torch.save(data, partial), sync=False)

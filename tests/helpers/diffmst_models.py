"""Random models with thin networks in the published format, and short music-like audio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

RATE = 44100
CHANNELS = (2, 3, 2, 3, 2, 4)


def mono(seed: int, seconds: float = 1.6, channels: int = 0) -> np.ndarray:
    """Pulsating noise in a band of its own, float32 [shape=(frames,)] or [shape=(frames, channels)]."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    shape = (len(t), channels) if channels else (len(t),)
    pulse = 0.55 + 0.45 * np.sin(2.0 * np.pi * (1.0 + seed % 5) * t + seed)
    tone = 0.1 * np.sin(2.0 * np.pi * 110.0 * (1 + seed % 7) * t)
    noise = 0.05 * rng.standard_normal(shape)
    return ((noise.T + tone) * pulse).T.astype(np.float32)


def song(tracks: int, seconds: float = 1.6) -> list[tuple[str, np.ndarray]]:
    """Named stereo tracks."""
    return [(f"track {number}", mono(number, seconds, 2)) for number in range(tracks)]


def model_state(*, embed_dim: int = 16, layers: int = 2, batch_norm: bool = True, seed: int = 0) -> dict[str, Any]:
    """State dicts of the three parts, batch norm with statistics as after training."""
    import torch

    from mixengine.jobs.match.diffmst.controller import ControllerShape, TransformerController
    from mixengine.jobs.match.diffmst.encoder import EncoderShape, SpectrogramEncoder

    torch.manual_seed(seed)
    shape = EncoderShape(CHANNELS, embed_dim, batch_norm=batch_norm)
    parts = {
        "track_encoder": SpectrogramEncoder(shape).state_dict(),
        "mix_encoder": SpectrogramEncoder(shape).state_dict(),
        "controller": TransformerController(ControllerShape(embed_dim, layers, 24)).state_dict(),
    }
    for state in parts.values():
        for key, tensor in state.items():
            if key.endswith("running_var"):
                tensor.uniform_(0.5, 2.0)
            elif ("norm" in key or ".bn" in key) and tensor.is_floating_point():
                tensor.add_(0.2 * torch.randn_like(tensor))
    return parts


def content(parts: dict[str, Any]) -> dict[str, Any]:
    """A Lightning checkpoint's dictionary, bookkeeping included."""
    import torch

    tensors = {f"model.{part}.{key}": value for part, state in parts.items() for key, value in state.items()}
    return {
        "epoch": 3,
        "global_step": 1234,
        "pytorch-lightning_version": "2.1.0",
        "state_dict": {**tensors, "loss.weight": torch.zeros(3)},
        "optimizer_states": [
            {"state": {0: {"step": torch.tensor(1.0), "exp_avg": torch.zeros(4)}}, "param_groups": []}
        ],
        "lr_schedulers": [],
        "hyper_parameters": {"lr": 1e-5},
    }


def checkpoint(path: Path, parts: dict[str, Any], config: str | None = None) -> Path:
    """Write a checkpoint, and a configuration beside it when given."""
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(content(parts), path)
    if config is not None:
        (path.parent / "config.yaml").write_text(config, encoding="utf-8")
    return path

"""Helpers for formulas that work on both numpy arrays and torch tensors.

Torch is never imported here: a caller that passes a tensor has imported it.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def namespace(x: Any) -> Any:
    """The module whose functions work on ``x``: torch for tensors, numpy for everything else."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(x, torch.Tensor) else np


def constant(values: np.ndarray, like: Any) -> Any:
    """An array in the library, floating type and device of ``like``."""
    xp = namespace(like)
    if xp is np:
        return np.asarray(values, dtype=like.dtype)
    return xp.as_tensor(values, dtype=like.dtype, device=like.device)


def frames_of(x: Any, length: int, hop: int) -> Any:
    """Overlapping frames of the last axis [shape=(…, frames, length)]; an incomplete last frame is dropped."""
    if namespace(x) is np:
        return np.lib.stride_tricks.sliding_window_view(x, length, axis=-1)[..., ::hop, :]
    return x.unfold(-1, length, hop)


def to_numpy(x: Any) -> np.ndarray:
    """An array or tensor, with its gradient cut off, as float64."""
    if namespace(x) is not np:
        x = x.detach().cpu().numpy()
    return np.asarray(x, dtype=np.float64)

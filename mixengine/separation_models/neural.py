"""Helpers for adapters of torch models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def device() -> str:
    """Device for torch: a GPU when there is one."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def call(module: Callable[[Any], Any], block: np.ndarray, where: str) -> np.ndarray:
    """Run a torch module on one block, without gradients.

    Parameters
    ----------
    module : callable
        Takes a tensor [shape=(1, channels, frames)].
    block : ndarray of float32 [shape=(frames, channels)]
    where : str
        Device of the module.

    Returns
    -------
    ndarray of float32
        The module's output without the batch axis.
    """
    import torch

    with torch.inference_mode():
        tensor = torch.from_numpy(np.ascontiguousarray(block.T))[None].to(where)
        output: np.ndarray = module(tensor)[0].float().cpu().numpy()
    return output

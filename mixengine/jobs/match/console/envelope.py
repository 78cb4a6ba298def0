"""ReaComp's envelope for gradients: e ← max(d + a (e − d), T), forwards and backwards, compiled."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from mixengine.audio.jit import njit


def follow(levels: Any, kept: Any, rest: Any) -> Any:
    """The envelope of levels, from ``rest``, on which it never falls below.

    Parameters
    ----------
    levels : tensor [shape=(…, frames)]
    kept : tensor [shape=(…, 1)]
        Share a of the envelope that is kept from frame to frame.
    rest : tensor [shape=(…, 1)]
    """
    return _function().apply(levels, kept, rest)


@functools.cache
def _function() -> Any:
    import torch

    class Follow(torch.autograd.Function):
        """The recursion as one step of a graph."""

        @staticmethod
        def forward(context: Any, levels: Any, kept: Any, rest: Any) -> Any:
            shape = levels.shape
            kept, rest = kept.expand(*shape[:-1], 1), rest.expand(*shape[:-1], 1)
            rows = [part.detach().reshape(-1, part.shape[-1]).double().numpy() for part in (levels, kept, rest)]
            envelopes = np.empty(rows[0].shape)
            _forwards(rows[0], rows[1][:, 0], rows[2][:, 0], envelopes)
            context.rows, context.envelopes = rows, envelopes
            return torch.from_numpy(envelopes).to(levels.dtype).reshape(shape)

        @staticmethod
        def backward(context: Any, gradient: Any) -> Any:
            levels, kept, rest = context.rows
            wanted = gradient.reshape(levels.shape).double().contiguous().numpy()
            of_levels, of_kept, of_rest = (np.zeros(part.shape) for part in context.rows)
            _backwards(
                levels, kept[:, 0], rest[:, 0], context.envelopes, wanted, of_levels, of_kept[:, 0], of_rest[:, 0]
            )
            shape = gradient.shape
            ends = (shape, (*shape[:-1], 1), (*shape[:-1], 1))
            return tuple(
                torch.from_numpy(part).to(gradient.dtype).reshape(end)
                for part, end in zip((of_levels, of_kept, of_rest), ends, strict=True)
            )

    return Follow


@njit()
def _forwards(levels: np.ndarray, kept: np.ndarray, rest: np.ndarray, envelopes: np.ndarray) -> None:
    for row in range(levels.shape[0]):
        now = rest[row]
        for frame in range(levels.shape[1]):
            level = levels[row, frame]
            now = max(level + kept[row] * (now - level), rest[row])
            envelopes[row, frame] = now


@njit()
def _backwards(
    levels: np.ndarray,
    kept: np.ndarray,
    rest: np.ndarray,
    envelopes: np.ndarray,
    wanted: np.ndarray,
    of_levels: np.ndarray,
    of_kept: np.ndarray,
    of_rest: np.ndarray,
) -> None:
    """Fill the gradients of levels, kept shares and rests from ``wanted``, that of the envelopes."""
    for row in range(levels.shape[0]):
        carried = 0.0
        for frame in range(levels.shape[1] - 1, -1, -1):
            carried += wanted[row, frame]
            before = envelopes[row, frame - 1] if frame else rest[row]
            level = levels[row, frame]
            if level + kept[row] * (before - level) > rest[row]:
                of_levels[row, frame] = carried * (1.0 - kept[row])
                of_kept[row] += carried * (before - level)
                carried *= kept[row]
            else:
                of_rest[row] += carried
                carried = 0.0
        of_rest[row] += carried

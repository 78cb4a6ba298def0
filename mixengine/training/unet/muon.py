"""Muon: momentum whose step for each kernel is made (nearly) orthogonal (Jordan et al. 2024).

Torch's own is for matrices only; the network's kernels are taken as matrices, outputs × all else.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

_MOMENTUM = 0.95
_DECAY = 1e-2
_ROUNDS = 5
_POLYNOMIAL = (3.4445, -4.7750, 2.0315)
"""Newton-Schulz iteration of fifth order, the authors' coefficients."""


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonal steps, for parameters of two and more dimensions.

    Parameters
    ----------
    params : iterable of Parameter
        Kernels [shape=(outputs, …)].
    lr : float
        Length of a step, as the norm of each of its directions.
    """

    def __init__(self, params: Iterable[torch.nn.Parameter], lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One step along the gradients."""
        for group in self.param_groups:
            for kernel in group["params"]:
                state = self.state[kernel]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(kernel)
                momentum = state["momentum"].mul_(_MOMENTUM).add_(kernel.grad)
                step = orthogonal((kernel.grad + _MOMENTUM * momentum).flatten(1))
                tall = max(1.0, step.shape[0] / step.shape[1]) ** 0.5
                kernel.mul_(1 - group["lr"] * _DECAY)
                kernel.add_(step.reshape(kernel.shape), alpha=-group["lr"] * tall)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """``matrix`` with all its singular values brought near 1 (0.7 … 1.2)."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    first, third, fifth = _POLYNOMIAL
    for _ in range(_ROUNDS):
        square = wide @ wide.T
        wide = first * wide + (third * square + fifth * square @ square) @ wide
    return (wide if matrix.shape[0] <= matrix.shape[1] else wide.T).to(matrix.dtype)

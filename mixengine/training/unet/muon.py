"""Muon: momentum with (nearly) orthogonalised steps (Jordan et al. 2024).

Torch's own version takes matrices only; here kernels are treated as matrices, outputs × all other axes.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch

_MOMENTUM = 0.95
_DECAY = 1e-2
_ITERATIONS = 5
_POLYNOMIAL = (3.4445, -4.7750, 2.0315)
"""Newton-Schulz iteration of fifth order, the authors' coefficients."""


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonal steps, for parameters with two or more dimensions.

    Parameters
    ----------
    params : iterable of Parameter
        Kernels [shape=(outputs, …)].
    lr : float
        Step size: the approximate value of all singular values of a step.
    """

    def __init__(self, params: Iterable[torch.nn.Parameter], lr: float) -> None:
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One step along the gradients."""
        for group in self.param_groups:
            for kernel in group["params"]:
                state = self.state[kernel]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(kernel)
                momentum = state["momentum"].mul_(_MOMENTUM).add_(kernel.grad)
                step = orthogonal((kernel.grad + _MOMENTUM * momentum).flatten(1))
                scale = max(1.0, step.shape[0] / step.shape[1]) ** 0.5
                kernel.mul_(1 - group["lr"] * _DECAY)
                kernel.add_(step.reshape(kernel.shape), alpha=-group["lr"] * scale)


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """``matrix`` with all its singular values brought near 1 (0.7 … 1.2)."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / (wide.norm() + 1e-7)
    first, third, fifth = _POLYNOMIAL
    for _ in range(_ITERATIONS):
        square = wide @ wide.T
        wide = first * wide + (third * square + fifth * square @ square) @ wide
    return (wide if matrix.shape[0] <= matrix.shape[1] else wide.T).to(matrix.dtype)

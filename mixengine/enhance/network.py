"""The U-Net over mel bands, for training and export (torch).

In: mean power per band and frame. Out: a gain 0 … 1 per band and frame. Levels are taken relative to what is around
(1.5 s on either side), so that the answer does not depend on how loud the file is; that is part of the network, so that
whoever runs it feeds it powers and nothing else. It sees less than 5 s on either side: blocks with that much around
them give the same gains as the whole file.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as torch_functional

_AROUND = 93
_FLOOR = 1e-24
_CHANNELS = (16, 32, 64, 80, 96)
_DILATIONS = (1, 2, 4, 8)


class MaskNet(nn.Module):
    """U-Net with skip concatenation: 128 bands → 64 → 32 → 16 → 8, time at 1, 1, 1/2, 1/4, 1/4."""

    def __init__(self, channels: tuple[int, ...] = _CHANNELS) -> None:
        super().__init__()
        strides = ((1, 2), (2, 2), (2, 2), (1, 2))
        self.first = _Double(2, channels[0])
        self.down = nn.ModuleList(_Double(a, b) for a, b in pairwise(channels))
        self.bottom = nn.ModuleList(_Residual(channels[-1], dilation) for dilation in _DILATIONS)
        self.up = nn.ModuleList(_Double(a + b, a) for a, b in pairwise(channels))
        self.last = nn.Conv2d(channels[0], 1, 1)
        self._strides = strides

    def forward(self, power: torch.Tensor) -> torch.Tensor:
        """Gains [shape=(n, frames, bands)] from powers of the same shape; frames a multiple of four."""
        layer = self.first(features(power))
        skips = []
        for stride, down in zip(self._strides, self.down, strict=True):
            skips.append(layer)
            layer = down(torch_functional.avg_pool2d(layer, stride, stride))
        for block in self.bottom:
            layer = block(layer)
        for stride, up in zip(reversed(self._strides), reversed(self.up), strict=True):
            wide = torch_functional.interpolate(layer, scale_factor=[float(s) for s in stride], mode="nearest")
            layer = up(torch.cat([skips.pop(), wide], 1))
        return torch.sigmoid(self.last(layer).squeeze(1))


def features(power: torch.Tensor) -> torch.Tensor:
    """Two channels: bels above the level around, and bels above the band's own mean around."""
    bels = _bels(power).unsqueeze(1)
    overall = _bels(_around(power.mean(2, keepdim=True).unsqueeze(1)))
    bels = torch.maximum(bels, overall - 8)  # so that silence does not give the level away
    return torch.cat([(bels - overall).clamp(max=3) / 2, (bels - _around(bels)).clamp(-6, 6) / 2], 1)


def _bels(power: torch.Tensor) -> torch.Tensor:
    """Limited and not added to: exporters take adding so little for adding nothing, and log 0 is no number."""
    return torch.log10(power.clamp(min=_FLOOR))


def _around(values: torch.Tensor) -> torch.Tensor:
    """Mean over the frames around, fewer at the ends."""
    box = torch.ones(1, 1, 2 * _AROUND + 1, 1)
    total = torch_functional.conv2d(values, box, padding=(_AROUND, 0))
    return total / torch_functional.conv2d(torch.ones_like(values[:1, :, :, :1]), box, padding=(_AROUND, 0))


class _Double(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class _Residual(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=(dilation, 1), dilation=(dilation, 1), bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, layer: torch.Tensor) -> torch.Tensor:
        return layer + torch_functional.relu(self.norm(self.conv(layer)))

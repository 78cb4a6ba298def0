"""The U-Net over mel bands, for training and export (torch).

In: mean power per band and frame. Out: a gain 0 … 1 per band and frame. Levels are taken relative to what is around
(1.5 s on either side), so that the answer does not depend on how loud the file is; that is part of the network, so that
whoever runs it feeds it powers and nothing else. It sees less than 6 s on either side: blocks with that much around
them give the same gains as the whole file.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as torch_functional

from mixengine.separation_models.unet_bands import BANDS

_AROUND = 93
_FLOOR = 1e-24
_SMOOTH = 5
_FEATURES = 4
_CHANNELS = (16, 32, 64, 80, 96)
_STRIDES = ((1, 2), (2, 2), (2, 2), (1, 2))
_ACROSS = 224
_DILATIONS = (1, 2, 4, 8, 16)


class MaskNet(nn.Module):
    """U-Net: 128 bands → 64 → 32 → 16 → 8, time at 1, 1, 1/2, 1/4, 1/4, and a look across all bands at the bottom.

    On the way up each layer is narrowed before it is widened in size and added to its skip connection: most of the work
    of joining them side by side would be at the largest sizes.
    """

    def __init__(self) -> None:
        super().__init__()
        bottom_bands = BANDS
        for _, stride in _STRIDES:
            bottom_bands //= stride
        self.first = _Double(_FEATURES, _CHANNELS[0])
        self.down = nn.ModuleList(_Double(a, b) for a, b in pairwise(_CHANNELS))
        self.across = _Across(_CHANNELS[-1] * bottom_bands)
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(_CHANNELS))
        self.up = nn.ModuleList(_Double(a, a) for a in _CHANNELS[:-1])
        self.last = nn.Conv2d(_CHANNELS[0], 1, 1)

    def forward(self, power: torch.Tensor) -> torch.Tensor:
        """Gains [shape=(n, frames, bands)] from powers of the same shape; frames a multiple of four."""
        layer = self.first(features(power))
        skips = []
        for stride, down in zip(_STRIDES, self.down, strict=True):
            skips.append(layer)
            layer = down(torch_functional.avg_pool2d(layer, stride, stride))
        layer = torch_functional.relu(layer + self.across(layer))
        for stride, narrow, up in zip(reversed(_STRIDES), reversed(self.narrow), reversed(self.up), strict=True):
            scale = [float(s) for s in stride]
            layer = up(skips.pop() + torch_functional.interpolate(narrow(layer), scale_factor=scale, mode="nearest"))
        return torch.sigmoid(self.last(layer).squeeze(1))


def features(power: torch.Tensor) -> torch.Tensor:
    """Four channels: bels above the level around, above the band's own mean around, above its lowest (smoothed) level
    around, which tells a steady noise (minimum statistics, Martin 2001), and where in the spectrum the band is.
    """
    bels = _bels(power).unsqueeze(1)
    overall = _bels(_around(power.mean(2, keepdim=True).unsqueeze(1)))
    bels = torch.maximum(bels, overall - 8)  # so that silence does not give the level away
    smooth = torch_functional.avg_pool2d(bels, (_SMOOTH, 1), 1, (_SMOOTH // 2, 0), count_include_pad=False)
    lowest = -torch_functional.max_pool2d(-smooth, (_AROUND, 1), 1, (_AROUND // 2, 0))
    place = torch.linspace(-1.0, 1.0, BANDS).expand_as(bels)
    above_level = (bels - overall).clamp(max=3) / 2
    above_mean = (bels - _around(bels)).clamp(-6, 6) / 2
    above_lowest = (bels - lowest).clamp(-1, 8) / 2 - 1
    return torch.cat([above_level, above_mean, above_lowest, place], 1)


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


class _Across(nn.Module):
    """Dilated convolutions over time that see all bands and channels of a frame at once."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.Conv1d(size, _ACROSS, 1, bias=False), nn.BatchNorm1d(_ACROSS), nn.ReLU())
        self.blocks = nn.ModuleList(_Residual(dilation) for dilation in _DILATIONS)
        self.leave = nn.Sequential(nn.Conv1d(_ACROSS, size, 1, bias=False), nn.BatchNorm1d(size))

    def forward(self, layer: torch.Tensor) -> torch.Tensor:
        count, channels, frames, bands = layer.shape
        row = self.enter(layer.transpose(2, 3).reshape(count, channels * bands, frames))
        for block in self.blocks:
            row = block(row)
        return self.leave(row).reshape(count, channels, bands, frames).transpose(2, 3)


class _Residual(nn.Module):
    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(_ACROSS, _ACROSS, 3, padding=dilation, dilation=dilation, bias=False)
        self.norm = nn.BatchNorm1d(_ACROSS)

    def forward(self, row: torch.Tensor) -> torch.Tensor:
        return row + torch_functional.relu(self.norm(self.conv(row)))

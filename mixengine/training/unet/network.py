"""The U-Net over mel bands, for training and export (torch).

Input: mean power per band and frame. Output: a gain 0 … 1 per band and frame. Levels are normalised by their
surroundings (1.5 s on either side), so that the gains do not depend on the level of the file; the network itself does
this, so that its only input is powers. Its receptive field is less than 6 s on either side: blocks with that much
context give the same gains as the whole file.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as torch_functional

from mixengine.separation_models.unet_bands import BANDS

_CONTEXT_FRAMES = 93
_FLOOR = 1e-24
_SMOOTHING_FRAMES = 5
_FEATURES = 4
_CHANNELS = (16, 32, 64, 80, 96)
_STRIDES = ((1, 2), (2, 2), (2, 2), (1, 2))
_ACROSS = 224
_DILATIONS = (1, 2, 4, 8, 16)


class MaskNet(nn.Module):
    """U-Net: 128 bands → 64 → 32 → 16 → 8, time at 1, 1, 1/2, 1/4, 1/4, with layers across all bands at the bottom.

    In the decoder, channels are reduced before upsampling and the skip connection is added, not concatenated, which
    saves most of the computation at the largest sizes.
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
    """Four channels: bels above the local level, above the local mean of the band, above the local minimum of the
    smoothed band, which indicates stationary noise (minimum statistics, Martin 2001), and the position of the band.
    """
    bels = _bels(power).unsqueeze(1)
    local_level = _bels(_local_mean(power.mean(2, keepdim=True).unsqueeze(1)))
    bels = torch.maximum(bels, local_level - 8)  # so that silence does not depend on the absolute level
    smooth = torch_functional.avg_pool2d(
        bels, (_SMOOTHING_FRAMES, 1), 1, (_SMOOTHING_FRAMES // 2, 0), count_include_pad=False
    )
    lowest = -_local_maximum(-smooth)
    position = torch.linspace(-1.0, 1.0, BANDS).expand_as(bels)
    above_level = (bels - local_level).clamp(max=3) / 2
    above_mean = (bels - _local_mean(bels)).clamp(-6, 6) / 2
    above_lowest = (bels - lowest).clamp(-1, 8) / 2 - 1
    return torch.cat([above_level, above_mean, above_lowest, position], 1)


def _bels(power: torch.Tensor) -> torch.Tensor:
    """Clamped instead of adding a small constant: exporters optimise such an addition away, and log 0 is infinite."""
    return torch.log10(power.clamp(min=_FLOOR))


def _local_mean(values: torch.Tensor) -> torch.Tensor:
    """Mean over the surrounding frames, fewer at the ends."""
    box = torch.ones(1, 1, 2 * _CONTEXT_FRAMES + 1, 1)
    sums = torch_functional.conv2d(values, box, padding=(_CONTEXT_FRAMES, 0))
    return sums / torch_functional.conv2d(torch.ones_like(values[:1, :, :, :1]), box, padding=(_CONTEXT_FRAMES, 0))


def _local_maximum(values: torch.Tensor) -> torch.Tensor:
    """Maximum over `_CONTEXT_FRAMES` frames around each, by three short windows in turn, which gives the same."""
    third = (_CONTEXT_FRAMES + 2) // 3
    for size in (third, third, _CONTEXT_FRAMES + 2 - 2 * third):
        values = torch_functional.max_pool2d(values, (size, 1), 1, (size // 2, 0))
    return values


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
    """Dilated convolutions over time over all bands and channels of a frame at once."""

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

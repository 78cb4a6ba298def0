"""The encoder of tracks and mixes: a magnitude spectrogram through six blocks of convolutions.

Modules are named as in the published state dict. Sizes that the state dict contains (channels, embedding, FFT, batch
norm) are read from it, so that smaller networks load like the published one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional

CHANNELS = (64, 128, 256, 512, 1024, 2048)
POOLINGS = ((2, 2), (4, 4), (4, 2), (4, 2), (4, 2), (2, 2))
"""Kernel (= stride) over frequency and time after each block."""

_MIN_BINS = 1024
_MIN_FRAMES = 128
_EXPONENT = 0.3


@dataclass(frozen=True, slots=True)
class EncoderShape:
    """Hyperparameters of an encoder.

    Attributes
    ----------
    channels : tuple of six int > 0
    embed_dim : int > 0
    n_fft : int >= 2046
        Shorter ones leave no bin after the poolings.
    batch_norm : bool
    hop_length : int > 0
        In samples; cannot be read from the tensors.
    """

    channels: tuple[int, ...] = CHANNELS
    embed_dim: int = 128
    n_fft: int = 2048
    batch_norm: bool = True
    hop_length: int = field(default=512, kw_only=True)

    @property
    def min_samples(self) -> int:
        """The shortest signal that leaves something after the last pooling: 65,024 as published."""
        return (_MIN_FRAMES - 1) * self.hop_length

    @classmethod
    def of(cls, state: Mapping[str, torch.Tensor], hop_length: int = 512) -> EncoderShape:
        """Read the sizes from a state dict.

        Raises
        ------
        KeyError
            A tensor from which a size is read is missing; its name is the argument.
        ValueError
            A tensor does not have the dimensions that its name implies.
        """
        convolutions = [f"model.conv_block{number}.conv1.weight" for number in range(1, len(POOLINGS) + 1)]
        for key, dimensions in (*((key, 4) for key in convolutions), ("model.fc.weight", 2), ("window", 1)):
            if state[key].ndim != dimensions:
                raise ValueError(f"{key} has {state[key].ndim} dimensions in place of {dimensions}")
        n_fft = len(state["window"])
        if n_fft // 2 + 1 < _MIN_BINS:
            raise ValueError(f"window has {n_fft} samples; the poolings need {2 * (_MIN_BINS - 1)} or more")
        return cls(
            tuple(len(state[key]) for key in convolutions),
            len(state["model.fc.weight"]),
            n_fft,
            "model.conv_block1.bn1.weight" in state,
            hop_length=hop_length,
        )


class _Block(nn.Module):
    """Two convolutions, each normalised and rectified, then pooling."""

    def __init__(self, inputs: int, outputs: int, pooling: tuple[int, int], batch_norm: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1: nn.Module = nn.BatchNorm2d(outputs) if batch_norm else nn.Identity()
        self.bn2: nn.Module = nn.BatchNorm2d(outputs) if batch_norm else nn.Identity()
        self._pooling = pooling

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # In place: the first block's maps are 130 MB each at the published size.
        x = functional.relu_(self.bn1(self.conv1(x)))
        x = functional.relu_(self.bn2(self.conv2(x)))
        return functional.avg_pool2d(x, self._pooling)


class _Network(nn.Module):
    """Spectrogram [shape=(signals, 1, bins, frames)] → embedding [shape=(signals, embed_dim)]."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        inputs = 1
        for number, (outputs, pooling) in enumerate(zip(shape.channels, POOLINGS, strict=True), start=1):
            self.add_module(f"conv_block{number}", _Block(inputs, outputs, pooling, shape.batch_norm))
            inputs = outputs
        self.fc = nn.Linear(inputs, shape.embed_dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for number in range(1, len(POOLINGS) + 1):
            x = self.get_submodule(f"conv_block{number}")(x)
        x = x.mean(dim=2)
        return self.fc(x.amax(dim=2) + x.mean(dim=2))


class SpectrogramEncoder(nn.Module):
    """Signals [shape=(signals, samples)] → embeddings [shape=(signals, embed_dim)]."""

    window: torch.Tensor

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        # on the meta device torch computes it in Python, and imports its compiler for that
        self.register_buffer("window", torch.hann_window(shape.n_fft, device="cpu"))
        self.model = _Network(shape)

    def forward(self, signals: torch.Tensor) -> torch.Tensor:
        """Embed signals of at min_samples ``shape.min_samples`` samples."""
        spectrum = torch.stft(
            signals,
            self.shape.n_fft,
            self.shape.hop_length,
            window=self.window,
            center=True,
            pad_mode="reflect",
            normalized=False,
            onesided=True,
            return_complex=True,
        )
        return self.model(torch.pow(spectrum.abs() + 1e-8, _EXPONENT).unsqueeze(1))

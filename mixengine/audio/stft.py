"""Short-time Fourier transform of blocks, the frames on one grid: frame k is centred on sample k · hop.

Overlap-add is divided by the sum of the squared windows, so that unchanged frames give back the block exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft, signal


@dataclass(frozen=True)
class Stft:
    """A periodic Hann window of ``size`` samples every ``hop`` samples."""

    size: int
    hop: int

    @cached_property
    def window(self) -> np.ndarray:
        """Samples of the window [shape=(size,)]."""
        return signal.get_window("hann", self.size).astype(np.float32)

    def frequencies_hz(self, rate: int) -> np.ndarray:
        """Centre of each bin [shape=(bins,)]."""
        return np.fft.rfftfreq(self.size, 1.0 / rate)

    def forward(self, block: np.ndarray) -> np.ndarray:
        """Spectra of a block [shape=(samples, channels)] → complex64 [shape=(channels, frames, bins)]."""
        frames = len(block) // self.hop + 1
        length = (frames - 1) * self.hop + self.size
        padded = np.zeros((block.shape[1], length), dtype=np.float32)
        fits = min(len(block), length - self.size // 2)
        padded[:, self.size // 2 : self.size // 2 + fits] = block[:fits].T
        cut = np.lib.stride_tricks.sliding_window_view(padded, self.size, axis=1)[:, :: self.hop]
        return fft.rfft(cut * self.window, axis=2)

    def inverse(self, spectra: np.ndarray, samples: int) -> np.ndarray:
        """The block of ``samples`` frames with these spectra [shape=(samples, channels)]."""
        channels, frames, _ = spectra.shape
        pieces = fft.irfft(spectra, n=self.size, axis=2).astype(np.float32, copy=False)
        pieces *= self.window
        length = (frames - 1) * self.hop + self.size
        out = np.zeros((channels, length), dtype=np.float32)
        weight = np.zeros(length, dtype=np.float32)
        for index in range(frames):
            at = index * self.hop
            out[:, at : at + self.size] += pieces[:, index]
            weight[at : at + self.size] += self.window**2
        half = self.size // 2
        out = (out / np.maximum(weight, 1e-8))[:, half : half + samples]
        return np.ascontiguousarray(np.pad(out, ((0, 0), (0, samples - out.shape[1]))).T)


class RootHann(Stft):
    """The square root of a Hann window, so that analysis and synthesis together apply it once."""

    @cached_property
    def window(self) -> np.ndarray:
        """Samples of the window [shape=(size,)]."""
        return np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(self.size) / self.size)).astype(np.float32)

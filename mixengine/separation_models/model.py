"""What a model that separates or cleans audio looks like to the rest of mixengine.

A model turns one block of audio into stems of the same length. It sees blocks of any length and keeps nothing from one
block to the next: `mixengine.separation_models.chunked` cuts long audio, gives every block ``context_s`` of real audio
on both sides and throws that part of the answer away, and fades from one block to the next over ``fade_s``. So a model

- whose answer at a time depends only on what lies within ``context_s`` gives the same in pieces as at once;
- with a memory (recurrent networks) takes the context to settle, and the cross-fade hides what remains;
- may resample nothing and count channels never: `mixengine.separation_models.adapt` gives it its ``rate`` and its
  ``channels``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from mixengine.separation_models.weights import Weight


class Model(ABC):
    """Base of all models. A subclass sets the attributes and writes `process`.

    Parameters
    ----------
    variant : str
        What stands after the colon of ``--model demucs:htdemucs_ft``; ``""`` is the usual one.
    folder : Path
        Where weights are (see `mixengine.separation_models.weights`).

    Attributes
    ----------
    name : str
        As the user writes it.
    stems : tuple of str
        Names of what `process` returns; also the names of the files.
    rate : int or None
        Sample rate in Hz of the blocks that `process` takes; ``None``: any, as the file has it.
    channels : int or None
        1: a block is one channel, 2: a pair; ``None``: all channels of the file together.
    chunk_s : float
        Seconds of result per block.
    context_s : float
        Seconds of audio before and after, of which the answer is thrown away.
    fade_s : float
        Seconds over which one block's result fades into the next one's.
    hop : int
        Blocks start at multiples of this many frames, so that frames of a transform lie on the same grid everywhere.
    min_frames : int
        Shorter blocks are padded with silence.
    weight_files : mapping of str to tuple of Weight
        Variant → files that it needs, the usual variant first; empty where none are needed.
    interchangeable : bool
        The order of the stems means nothing (two talkers); it is kept steady from block to block.
    """

    name: str
    stems: tuple[str, ...]
    rate: int | None = None
    channels: int | None = None
    chunk_s: float = 30.0
    context_s: float = 1.0
    fade_s: float = 0.1
    hop: int = 1
    min_frames: int = 1
    weight_files: Mapping[str, tuple[Weight, ...]] = MappingProxyType({})
    interchangeable: bool = False

    def __init__(self, variant: str, folder: Path) -> None:
        self.variant, self.folder = variant, folder

    def listen(self, blocks: Iterable[np.ndarray], rate: int) -> None:  # noqa: B027 - most models need not
        """Hear the whole file once before the first block, for what must be known of the whole (a level, a threshold).

        Parameters
        ----------
        blocks : iterable of ndarray of float32 [shape=(frames, channels)]
            The file from start to end at its own rate and channels.
        rate : int > 0
            Of these blocks, in Hz.
        """

    def hop_at(self, rate: int) -> int:
        """`hop` for blocks at ``rate`` Hz; models whose frames last equally long at every rate say it here."""
        return self.hop

    @abstractmethod
    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """Separate one block.

        Parameters
        ----------
        block : ndarray of float32 [shape=(frames, channels)]
            Finite samples, nominal range ±1, at least ``min_frames``.
        rate : int > 0
            In Hz; the model's own unless that is ``None``.

        Returns
        -------
        dict of str to ndarray [shape as ``block``]
            One entry per name in ``stems``, aligned to the sample: a model's own delay is taken out.

        Raises
        ------
        MemoryError
            The block is too long for this machine; it is tried again in shorter ones.
        """

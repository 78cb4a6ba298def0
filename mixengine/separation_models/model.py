"""Interface of a model that separates or denoises audio.

A model turns one block of audio into stems of the same length. Blocks may have any length, and no state is kept from
one block to the next: `mixengine.separation_models.chunked` cuts long audio, adds ``context_s`` of real audio on both
sides of every block, discards that part of the output, and cross-fades from one block to the next over ``fade_s``.
So a model

- whose output at a time depends only on input within ``context_s`` gives the same result in blocks as at once;
- with memory (a recurrent network) settles during the context, and the cross-fade hides the remaining difference;
- need not resample or convert channels: `mixengine.separation_models.adapt` gives it blocks at its ``rate`` and with
  its ``channels``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from mixengine.separation_models.weights import Weight


class Model(ABC):
    """Base class of all models. A subclass sets the attributes and writes `process`.

    Parameters
    ----------
    variant : str
        The part after the colon of ``--model demucs:htdemucs_ft``; ``""`` is the default variant.
    folder : Path
        Where weights are (see `mixengine.separation_models.weights`).

    Attributes
    ----------
    name : str
        The name users give to ``--model``.
    stems : tuple of str
        Names of what `process` returns; also the names of the files.
    rate : int or None
        Sample rate in Hz of the blocks that `process` takes; ``None``: any, blocks have the rate of the file.
    channels : int or None
        1: a block is one channel, 2: a pair; ``None``: all channels of the file together.
    chunk_s : float
        Seconds of result per block.
    context_s : float
        Seconds of audio before and after it, of which the output is discarded.
    fade_s : float
        Seconds over which one block's result fades into the next one's.
    hop : int
        Blocks start at multiples of this many frames, so that the frames of a transform lie on one grid.
    min_frames : int
        Shorter blocks are padded with silence.
    weight_files : mapping of str to tuple of Weight
        Variant → files that it needs, the default variant first; empty when none are needed.
    interchangeable : bool
        The order of the stems is arbitrary (two speakers); it is kept the same from block to block.
    remarks : tuple of str
        What the user should know about this model as it is here, for the notes.
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
    remarks: tuple[str, ...] = ()

    def __init__(self, variant: str, folder: Path) -> None:
        self.variant, self.folder = variant, folder

    def listen(self, blocks: Iterable[np.ndarray], rate: int) -> None:  # noqa: B027 - optional
        """Analyse the whole file before the first block, for values that depend on all of it (a level, a threshold).

        Parameters
        ----------
        blocks : iterable of ndarray of float32 [shape=(frames, channels)]
            The file from start to end at its own rate and channels.
        rate : int > 0
            Of these blocks, in Hz.
        """

    def seek(self, start: int) -> None:  # noqa: B027 - optional
        """Where in the file the next block begins, in frames of the file; for models that know the file by `listen`."""

    def hop_at(self, rate: int) -> int:
        """`hop` for blocks at ``rate`` Hz; overridden by models whose frames have the same duration at every rate."""
        return self.hop

    @abstractmethod
    def process(self, block: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """Separate one block.

        Parameters
        ----------
        block : ndarray of float32 [shape=(frames, channels)]
            Finite samples, nominal range ±1, at least ``min_frames``.
        rate : int > 0
            In Hz; equals the model's ``rate`` unless that is ``None``.

        Returns
        -------
        dict of str to ndarray [shape as ``block``]
            One entry per name in ``stems``, aligned to the input: the model's own delay is removed.

        Raises
        ------
        MemoryError
            The block is too long for this machine; the caller tries again with shorter blocks.
        """

"""The tracks' own sound, read one block ahead by threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.clip_reader import Silenced
from mixengine.model.session import Session, Track

_READ_TOGETHER = 4
"""Tracks that one thread reads in one go."""


class Reader:
    """The tracks' own sound at the session's rate: ``length`` frames from ``start_s``, in blocks of ``frames``.

    ``pool`` reads ahead; without one every block is read on demand.

    Attributes
    ----------
    silenced : list of (str, Silenced)
        Track id and what in one of its clips was no number; complete once closed.
    """

    def __init__(
        self,
        pool: ThreadPoolExecutor | None,
        tracks: Sequence[Track],
        session: Session,
        start_s: float,
        length: int,
        frames: int,
    ) -> None:
        # polarity and envelopes belong to the strip, which also applies them to the track's other inputs
        bare = [replace(track, inverted=False, automation=()) for track in tracks]
        rate = session.sample_rate
        self.silenced: list[tuple[str, Silenced]] = []
        end_s = start_s + length / rate
        streams = [
            (
                track.id,
                timeline.blocks(
                    track,
                    rate,
                    start_s=start_s,
                    end_s=end_s,
                    frames=frames,
                    resample_mode=session.resample_mode,
                    silenced=partial(self._note, track.id),
                ),
            )
            for track in bare
        ]
        self._groups = [streams[i : i + _READ_TOGETHER] for i in range(0, len(streams), _READ_TOGETHER)]
        self._pool = pool
        self._waiting: list[Future[dict[str, np.ndarray]]] = []
        self._read_on()

    def _note(self, track: str, what: Silenced) -> None:
        self.silenced.append((track, what))

    def next(self) -> dict[str, np.ndarray]:
        """Track id → the next block [shape=(frames, 1 or 2)]."""
        blocks: dict[str, np.ndarray] = {}
        if self._pool is None:
            for group in self._groups:
                blocks |= _read(group)
            return blocks
        for future in self._waiting:
            blocks |= future.result()
        self._read_on()
        return blocks

    def _read_on(self) -> None:
        if self._pool is not None:
            self._waiting = [self._pool.submit(_read, group) for group in self._groups]

    def close(self) -> None:
        """Close all files."""
        for future in self._waiting:
            future.cancel()
        for future in self._waiting:
            if not future.cancelled():
                future.exception()  # wait: a stream cannot be closed while it is read
        for group in self._groups:
            for _, stream in group:
                stream.close()  # type: ignore[attr-defined] # a generator


def _read(group: list[tuple[str, Iterator[np.ndarray]]]) -> dict[str, np.ndarray]:
    blocks = {}
    for name, stream in group:
        block = next(stream, None)
        if block is not None:
            blocks[name] = block if block.shape[1] <= 2 else block[:, :2]
    return blocks

"""The blocks of a render into its files."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.render import files
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer.engine import Engine
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

Keep = Callable[[np.ndarray], object]
_PROGRESS_EVERY_S = 0.1


@contextmanager
def sinks(
    places: Sequence[tuple[str, Path]], rate: int, frames: int, settings: RenderSettings
) -> Iterator[list[files.Sink]]:
    """All files (title and path), open for writing; closed on exit, also after an error."""
    opened: list[files.Sink] = []
    try:
        for title, path in places:
            opened.append(files.Sink(path, rate, frames, settings.file_format, settings.bits, title))
        yield opened
    finally:
        for sink in opened:
            sink.close()


def to_sinks(
    engine: Engine,
    sinks: Sequence[files.Sink],
    stems: Callable[[list[np.ndarray]], list[np.ndarray]],
    with_mix: bool,
    progress: Progress,
    keep: Keep = lambda _mix: None,
) -> float:
    """Render and write.

    Parameters
    ----------
    engine : Engine
    sinks : sequence of Sink
        The mix's, where it is written, and those of the stems.
    stems : callable
        From the engine's parts to the blocks that the stems' files get.
    with_mix : bool
    keep : callable
        Gets every block of the mix.

    Returns
    -------
    float
        Largest amplitude of the sum of the engine's parts minus the mix; 0 without parts.

    Raises
    ------
    UserError
        A file of the session breaks off.
    """
    worst, frames, last_shown = 0.0, 0, 0.0
    total = math.ceil(engine.length / engine.session.sample_rate)
    with ThreadPoolExecutor() as pool:
        try:
            for mix, parts in engine.blocks():
                blocks = [mix] * with_mix + stems(parts)
                waiting = [pool.submit(sink.write, block) for sink, block in zip(sinks, blocks, strict=True)]
                keep(mix)
                if parts:
                    worst = max(worst, float(np.abs(_difference(mix, parts)).max(initial=0.0)))
                for future in waiting:
                    future.result()
                frames += len(mix)
                if (now := time.monotonic()) - last_shown > _PROGRESS_EVERY_S:
                    last_shown = now
                    progress(frames // engine.session.sample_rate, total, "rendering")
        except UnreadableAudio as error:
            raise UserError(f"{error}; nothing was written; mute that item or replace the file") from None
    return worst


def _difference(mix: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """The stems' sum minus the mix, summed backwards: in another order than the mix was."""
    total = np.zeros_like(mix)
    for part in reversed(parts):
        total += part
    return total - mix

"""The mix of a prediction as [Diff-MST] renders it, with or without its delay.

Long songs are processed in windows of 5.94 s that start every 2.97 s, each from rest with constant parameters, weighted
with a Hann window and overlapped. Filters and compressors therefore restart in each window; mixengine's own rendering
(`mixengine.jobs.match.console.console.Stream`) is continuous.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixengine.jobs.match.console import console
from mixengine.jobs.match.console.parameters import master_controls, track_controls, values
from mixengine.jobs.match.diffmst import WINDOW
from mixengine.jobs.match.diffmst.predict import Prediction
from mixengine.model.units import amplitude


def mix(
    tracks: Sequence[tuple[str, np.ndarray]], prediction: Prediction, *, keep_delay: bool = True, window: int = WINDOW
) -> np.ndarray:
    """The mix of mono tracks.

    Parameters
    ----------
    tracks : sequence of (str, ndarray [shape=(frames,)])
        From `mixengine.jobs.match.diffmst.predict.mono_tracks`; those without parameters are left out.
    keep_delay : bool
        The console's look-ahead delays the mix by 3072 frames (69.7 ms). As published the delay is kept; otherwise it
        is removed.
    window : int > 0, even
        Length of a window in frames.

    Returns
    -------
    ndarray [shape=(frames, 2)]
        As long as the tracks; not normalised.
    """
    levelled = [
        (amplitude(prediction.gains_db[name]) * np.asarray(samples, dtype=float), prediction.track_parameters[name])
        for name, samples in tracks
        if name in prediction.track_parameters
    ]
    frames = len(tracks[0][1])
    delay = 0 if keep_delay else console.PUBLISHED.delay
    # Zeros at the end of the tracks make up for the frames removed at the start of the mix.
    signals = np.stack([np.pad(samples, (0, delay)) for samples, _ in levelled])[:, None]
    track_values = values(np.stack([numbers for _, numbers in levelled]), track_controls(prediction.ranges))
    master_values = values(prediction.master_parameters, master_controls(prediction.ranges))
    if frames + delay <= window:
        return console.mix(signals, track_values, master_values)[:, delay:].T
    out = np.zeros((2, frames + delay + window))
    for start in range(0, frames + delay, window // 2):
        part = console.mix(signals[..., start : start + window], track_values, master_values)
        out[:, start : start + part.shape[-1]] += part * _weights(window, start == 0)[: part.shape[-1]]
    return out[:, delay : delay + frames].T


def _weights(window: int, first: bool) -> np.ndarray:
    """Periodic Hann window; the first one does not fade in."""
    weights = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(window) / window)
    if first:
        weights[: window // 2] = 1.0
    return weights

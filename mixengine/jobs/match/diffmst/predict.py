"""Inference with a checkpoint: console parameters for tracks and a reference, as in [Diff-MST]."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mixengine.jobs.match.console.parameters import RATE, ConsoleRanges
from mixengine.jobs.match.diffmst import WINDOW
from mixengine.jobs.match.diffmst.meter import integrated_lufs
from mixengine.model.units import amplitude
from mixengine.system.errors import UserError, unknown
from mixengine.system.progress import Progress, no_progress

if TYPE_CHECKING:
    from mixengine.jobs.match.diffmst.checkpoint import Model
    from mixengine.jobs.match.diffmst.encoder import SpectrogramEncoder

REFERENCE_LUFS = -16.0
TRACK_LUFS = -48.0
QUIET_LUFS = -80.0
"""A track that is quieter in the window is left out and gets no parameters."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """Parameters that a checkpoint predicts for tracks and a reference.

    Attributes
    ----------
    track_parameters : dict of str → ndarray [shape=(27,), range 0 to 1]
        By name, in the order of the tracks, without those quieter than `QUIET_LUFS`.
    master_parameters : ndarray [shape=(26,), range 0 to 1]
    gains_db : dict of str → float
        Gain before the console that brings each of these tracks to −48 LUFS.
    ranges : ConsoleRanges
        Ranges of the parameters.
    notes : tuple of str
        Notes for the user.
    """

    track_parameters: dict[str, np.ndarray]
    master_parameters: np.ndarray
    gains_db: dict[str, float]
    ranges: ConsoleRanges
    notes: tuple[str, ...] = ()


def _averaged(tracks: Sequence[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    """Each track as the mean of its channels, as in the released inference."""
    return [(name, samples.mean(axis=1, dtype=np.float32)) for name, samples in tracks]


def _split(tracks: Sequence[tuple[str, np.ndarray]]) -> list[tuple[str, np.ndarray]]:
    """The channels of a track as separate tracks, as in training; equal channels become one."""
    mono = []
    for name, samples in tracks:
        if samples.shape[1] == 1 or np.array_equal(samples[:, 0], samples[:, 1]):
            mono.append((name, samples[:, 0]))
        else:
            mono += [(f"{name} (left)", samples[:, 0]), (f"{name} (right)", samples[:, 1])]
    return mono


STEREO: Mapping[str, Callable[[Sequence[tuple[str, np.ndarray]]], list[tuple[str, np.ndarray]]]] = {
    "mean": _averaged,
    "split": _split,
}
"""Name → how stereo tracks are converted to the mono tracks that the model takes."""


def mono_tracks(tracks: Sequence[tuple[str, np.ndarray]], stereo: str) -> list[tuple[str, np.ndarray]]:
    """Tracks as the model takes them, in mono and padded to the longest [shape=(frames,) each].

    Raises
    ------
    UserError
        ``stereo`` is no name in `STEREO`.
    ValueError
        Two tracks have the same name.
    """
    if stereo not in STEREO:
        raise unknown("treatment of stereo tracks", stereo, STEREO)
    mono = STEREO[stereo](tracks)
    if len(dict(mono)) < len(mono):
        raise ValueError("two tracks have the same name")
    longest = max((len(samples) for _, samples in mono), default=0)
    return [(name, np.pad(samples, (0, longest - len(samples)))) for name, samples in mono]


def predict(
    checkpoint: Path,
    tracks: Sequence[tuple[str, np.ndarray]],
    reference: np.ndarray,
    *,
    stereo: str = "mean",
    progress: Progress = no_progress,
) -> Prediction:
    """Predict console parameters with which the mix of the tracks resembles a reference.

    Parameters
    ----------
    checkpoint : Path
        See `mixengine.jobs.match.diffmst.checkpoint`.
    tracks : sequence of (str, ndarray of float32 [shape=(frames, channels)])
        Names, all different, and samples at 44.1 kHz, 1 or 2 channels. The first 5.94 s are used.
    reference : ndarray of float32 [shape=(frames, 1 or 2)]
        A section of the reference at 44.1 kHz; a single channel counts as both.
    stereo : {"mean", "split"}
        Average a stereo track to mono, as the released inference does, or take its channels as two tracks (their names
        with " (left)" and " (right)"), as in training.
    progress : callable
        Called with the number of signals encoded, of signals in all, and what is next.

    Raises
    ------
    UserError
        The checkpoint is refused; the window is shorter than the model needs; all tracks or the reference are silent in
        it.
    """
    from mixengine.jobs.match.diffmst.checkpoint import load

    mono = mono_tracks(tracks, stereo)
    return predict_with(load(checkpoint), mono, reference, progress=progress)


def predict_with(
    model: Model,
    tracks: Sequence[tuple[str, np.ndarray]],
    reference: np.ndarray,
    *,
    progress: Progress = no_progress,
) -> Prediction:
    """As `predict`, with a loaded model and mono tracks of one length [shape=(frames,) each]."""
    import torch

    reference_window = _reference_window(reference, model.mix_encoder.shape.min_samples)
    gains_db, windows = _track_windows(tracks, model.track_encoder.shape.min_samples)
    total = len(windows) + 2
    embeddings = []
    with torch.inference_mode():
        for done, (name, window) in enumerate(windows.items()):
            progress(done, total, f"hearing {name}")
            embeddings.append(_embedded(model.track_encoder, window))
        sides = []
        for done, (name, side) in enumerate(zip(("left", "right"), reference_window, strict=True), start=len(windows)):
            progress(done, total, f"hearing the reference, {name}")
            sides.append(_embedded(model.mix_encoder, side))
        track_numbers, _, master_numbers = model.controller(torch.cat(embeddings)[None], torch.cat(sides)[None])
    progress(total, total, "")
    rows = track_numbers[0].double().numpy()
    return Prediction(
        dict(zip(windows, rows, strict=True)),
        master_numbers[0].double().numpy(),
        gains_db,
        model.ranges,
        model.notes,
    )


def _embedded(encoder: SpectrogramEncoder, signal: np.ndarray):
    """One signal at a time: the first maps of a published encoder take 130 MB each."""
    import torch

    return encoder(torch.from_numpy(np.ascontiguousarray(signal, dtype=np.float32))[None])


def _reference_window(reference: np.ndarray, min_samples: int) -> np.ndarray:
    """The window of the reference at −16 LUFS [shape=(2, samples)]."""
    _long_enough(len(reference), min_samples, "the reference section")
    reference = np.repeat(reference, 2, axis=1) if reference.shape[1] == 1 else reference
    lufs = integrated_lufs(reference)
    if not math.isfinite(lufs):
        raise UserError("the reference is silent (below -70 LUFS); choose another section of it")
    return np.float32(amplitude(REFERENCE_LUFS - lufs)) * reference[:WINDOW].T


def _track_windows(
    tracks: Sequence[tuple[str, np.ndarray]], min_samples: int
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Gain and levelled window of each track that is not silent in it."""
    _long_enough(max((len(samples) for _, samples in tracks), default=0), min_samples, "the tracks")
    gains_db, windows = {}, {}
    for name, samples in tracks:
        window = samples[:WINDOW]
        lufs = integrated_lufs(window[:, None])
        if lufs < QUIET_LUFS:
            continue
        gains_db[name] = TRACK_LUFS - lufs
        windows[name] = np.float32(amplitude(gains_db[name])) * window
    if not windows:
        raise UserError(f"no track reaches -70 LUFS in the first {WINDOW / RATE:.1f} s of the section; choose another")
    return gains_db, windows


def _long_enough(frames: int, min_samples: int, what: str) -> None:
    if frames < min_samples:
        raise UserError(
            f"{what}: {frames} samples ({frames / RATE:.2f} s) are too short for the model, which needs {min_samples}"
            f" ({min_samples / RATE:.2f} s); give a longer section"
        )

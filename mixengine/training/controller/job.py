"""Trains a controller on folders of recordings; implements ``mixengine train style``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mixengine.jobs.match.diffmst.checkpoint import MISSING
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress


@dataclass(frozen=True, slots=True)
class Trained:
    """Result of a training.

    Attributes
    ----------
    checkpoint : Path
    steps : int
        Steps done so far.
    untrained, best : float
        Loss on the held-out song at the beginning and at the best step.
    ended : str
        Why it ended.
    """

    checkpoint: Path
    steps: int
    untrained: float
    best: float
    ended: str


def train(
    multitracks: Path,
    out: Path,
    *,
    references: Path | None = None,
    hold_out: str = "",
    restart: bool = False,
    progress: Progress = no_progress,
    **settings: float,
) -> Trained:
    """Train, or resume an interrupted training.

    Parameters
    ----------
    multitracks : Path
        A folder of songs, each a folder of stems.
    out : Path
        Folder for the checkpoint and the files that belong to it.
    references : Path, optional
        A folder of finished mixes.
    hold_out : str
        Name of the song for validation; default: the last.
    restart : bool
        Start anew even when ``out`` holds a training.
    **settings
        See `mixengine.training.controller.fit.Settings`.

    Raises
    ------
    UserError
        No PyTorch, too few songs, unreadable audio, or ``out`` holds a training with other settings.
    """
    try:
        import torch  # noqa: F401
    except ImportError:
        raise UserError(MISSING) from None
    from mixengine.training.controller import fit, run_files
    from mixengine.training.controller.examples import LENGTHS
    from mixengine.training.controller.songs import read_mixes, read_songs

    fit_settings = _checked(fit.Settings(**settings))  # type: ignore[arg-type]
    songs = read_songs(multitracks, 2 * LENGTHS[-1], progress)
    mixes = read_mixes(references, LENGTHS[-1], progress) if references else []
    material = fit.Material.of(songs, mixes, hold_out)
    run = fit.start(fit_settings.seed) if restart else run_files.resume(out, fit_settings, material)
    ended = fit.fit(
        run, material, fit_settings, lambda current: run_files.save(current, out, fit_settings, material), progress
    )
    return Trained(out / run_files.CHECKPOINT, run.steps, run.checks[0][1], run.best[1], ended)


def _checked(settings):
    """The settings, after checking their ranges."""
    for name in ("steps", "batch", "learning_rate", "check_every", "patience"):
        if not getattr(settings, name) > 0:
            raise UserError(f"{name.replace('_', ' ')} {getattr(settings, name):g} must be above 0")
    for name in ("seed", "minutes"):
        if not getattr(settings, name) >= 0:
            raise UserError(f"{name} {getattr(settings, name):g} must be 0 or more")
    return settings

"""A recording without a project, separated into a folder of stems."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mixengine.jobs.separate import files
from mixengine.jobs.separate.files import Separated
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.separation_models.scenarios import select_model
from mixengine.system import file_names
from mixengine.system.progress import Progress

SUFFIX = "separated"


def names(settings: SeparateSettings) -> tuple[str, list[str]]:
    """The model that the settings choose, and the stems that it would write."""
    model, _ = select_model(settings.model, settings.scenario, settings.model_dir)
    return model.name, files.stem_and_file_names(model, settings.stems, settings.two_stems, settings.residual)[1]


def separate(
    source: str, settings: SeparateSettings, *, out: str | None, say: Callable[[str], None], progress: Progress
) -> Separated:
    """Separate a file into a folder.

    Parameters
    ----------
    out : str, optional
        The folder; default: beside the file under a new name.
    say : callable
        Called with a line when the work is interrupted and can be continued.

    Raises
    ------
    UserError
        The file or the model is not usable, or the folder cannot be written.
    """
    model, note = select_model(settings.model, settings.scenario, settings.model_dir)
    folder = Path(out or Path(source).with_name(file_names.extended(Path(source).stem, f"-{SUFFIX}")))
    try:
        done = files.separate(
            source,
            folder,
            model,
            stems=settings.stems,
            two_stems=settings.two_stems,
            residual=settings.residual,
            progress=progress,
        )
    except KeyboardInterrupt:
        if files.unfinished(folder):
            say(f"{folder}: what is finished is kept there; the same command goes on from it")
        raise
    if note:
        done.notes.insert(0, note)
    return done

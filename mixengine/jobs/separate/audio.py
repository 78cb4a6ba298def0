"""The audio files of a plan of the job ``separate``: each item through the model, one file per part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import soundfile

from mixengine.audio.clip_reader import ClipReader
from mixengine.audio.timeline import BLOCK_FRAMES, UnreadableAudio
from mixengine.audio.writing import write_block
from mixengine.jobs.separate import files
from mixengine.jobs.separate.details import ItemRow, SeparateDetails
from mixengine.jobs.separate.job import bare
from mixengine.model.plan import MixPlan
from mixengine.model.session import Clip, Session
from mixengine.separation_models.keeping import Guard, guarded
from mixengine.separation_models.model import Model
from mixengine.separation_models.scenarios import select_model
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging


def write(session: Session, plan: MixPlan, stage: Staging, progress: Progress) -> None:
    """Write the plan's files below the staging's folder; existing files are kept.

    Files are 32-bit float at the session's rate, so that item gains cannot clip.

    Raises
    ------
    UserError
        A file cannot be read, or the model cannot work.
    """
    details = plan.details
    assert isinstance(details, SeparateDetails)
    rows = [row for row in details.items if not all((stage.folder / f).exists() for f in row.files.values())]
    if not rows:
        return
    model, _ = select_model(details.model, None, plan.settings.get("model_dir"))
    for done, row in enumerate(rows):
        label = f"item {done + 1} of {len(rows)}: {row.name}"

        def show(at: int, total: int, what: str, label: str = label) -> None:
            progress(at, total, f"{what}, {label}")

        clip = next(clip for clip in session.track(row.track).clips if clip.id == row.clip)
        _write_item(bare(clip, take=details.take), session.sample_rate, model, row, plan, stage, show)


def _write_item(
    clip: Clip, rate: int, model: Model, row: ItemRow, plan: MixPlan, stage: Staging, progress: Progress
) -> None:
    targets = {part: stage.path(name) for part, name in row.files.items()}
    source = next(iter(targets.values())).with_suffix(".item")
    work = source.with_suffix(".parts")
    _write_source(clip, rate, source)
    settings = plan.settings
    wish: dict[str, Any] = {"stems": list(targets), "residual": False}
    if isinstance(plan.details, SeparateDetails) and plan.details.take:
        said = {key: settings[key] for key in ("floor_db", "keep_music", "voice") if key in settings}
        model = guarded(model, Guard(**said))
    else:
        wish = {key: settings.get(key) for key in ("stems", "two_stems", "residual")}
    done = files.separate(str(source), work, model, progress=progress, **wish)
    for part, target in targets.items():
        os.replace(done.outputs[part], target)
        if settings.get("blend", 1.0) < 1.0:
            _blend(target, source, settings["blend"])
    source.unlink()
    for path in work.iterdir():
        path.unlink()
    work.rmdir()


def _blend(part: Path, source: Path, share: float) -> None:
    """Mix the item's original audio back into a part, in place."""
    mixed = part.with_suffix(".mixed")
    with (
        soundfile.SoundFile(part) as wet,
        soundfile.SoundFile(source) as dry,
        soundfile.SoundFile(mixed, "w", wet.samplerate, wet.channels, "FLOAT", format="WAV") as file,
    ):
        for block in wet.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True):
            before = dry.read(len(block), dtype="float32", always_2d=True)
            write_block(file, before + share * (block - before))
    os.replace(mixed, part)


def _write_source(clip: Clip, rate: int, path: Path) -> None:
    """Write the audio of an item to a file."""
    try:
        reader = ClipReader(clip, rate)
        try:
            with soundfile.SoundFile(path, "w", rate, reader.channels, "FLOAT", format="WAV") as file:
                for at in range(reader.first, reader.last, BLOCK_FRAMES):
                    write_block(file, reader.read(at, min(BLOCK_FRAMES, reader.last - at)))
        finally:
            reader.close()
    except UnreadableAudio as error:
        raise UserError(str(error)) from None

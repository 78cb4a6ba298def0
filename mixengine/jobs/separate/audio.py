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
from mixengine.jobs.separate.repaired import fault_sentences, repair_in_place, wish_of
from mixengine.jobs.separate.taken_out import Ledger, TakenOut, sentences
from mixengine.model.plan import MixPlan
from mixengine.model.session import Clip, Session
from mixengine.repair.names import chosen
from mixengine.separation_models.keeping import Guard, Keeping, guarded
from mixengine.separation_models.model import Model
from mixengine.separation_models.scenarios import select_model
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging


def write(session: Session, plan: MixPlan, stage: Staging, progress: Progress) -> list[str]:
    """Write the plan's files below the staging's folder; existing files are kept.

    Files are 32-bit float at the session's rate, so that item gains cannot clip.

    Returns
    -------
    list of str
        For each new take what was kept and what was lowered, where that may surprise.

    Raises
    ------
    UserError
        A file cannot be read, or the model cannot work.
    """
    details = plan.details
    assert isinstance(details, SeparateDetails)
    rows = [row for row in details.items if not all((stage.folder / f).exists() for f in row.files.values())]
    notes: list[str] = []
    if not rows:
        return notes
    model, _ = select_model(details.model, None, plan.settings.get("model_dir"))
    for done, row in enumerate(rows):
        label = f"item {done + 1} of {len(rows)}: {row.name}"

        def show(at: int, total: int, what: str, label: str = label) -> None:
            progress(at, total, f"{what}, {label}")

        clip = next(clip for clip in session.track(row.track).clips if clip.id == row.clip)
        said = _write_item(bare(clip, take=details.take), session.sample_rate, model, row, plan, stage, show)
        notes.extend(f"'{row.name}' at {row.position_s:.2f} s: {sentence}" for sentence in said)
    return notes


def _write_item(
    clip: Clip, rate: int, model: Model, row: ItemRow, plan: MixPlan, stage: Staging, progress: Progress
) -> list[str]:
    targets = {part: stage.path(name) for part, name in row.files.items()}
    source = next(iter(targets.values())).with_suffix(".item")
    work = source.with_suffix(".parts")
    settings = plan.settings
    said = _write_source(clip, rate, source)
    wish: dict[str, Any] = {"stems": list(targets), "residual": False}
    if isinstance(plan.details, SeparateDetails) and plan.details.take:
        guard = {key: settings[key] for key in ("floor_db", "keep_music", "voice") if key in settings}
        model = guarded(model, Guard(**guard))
        said += fault_sentences(
            repair_in_place(source, chosen(tuple(settings.get("repair", ()))), wish_of(settings), progress)
        )
    else:
        wish = {key: settings.get(key) for key in ("stems", "two_stems", "residual")}
    done = files.separate(str(source), work, model, progress=progress, **wish)
    for part, target in targets.items():
        os.replace(done.outputs[part], target)
        if settings.get("blend", 1.0) < 1.0:
            _blend(target, source, settings["blend"])
    if isinstance(model, Keeping):
        said += sentences(_taken_out(source, target, model))
    source.unlink()
    for path in work.iterdir():
        path.unlink()
    work.rmdir()
    return said


def _taken_out(source: Path, target: Path, model: Keeping) -> list[TakenOut]:
    """By passage, what the file has lost."""
    with soundfile.SoundFile(source) as before, soundfile.SoundFile(target) as after:
        ledger = Ledger(before.samplerate, before.frames)
        at = 0
        for block in before.blocks(BLOCK_FRAMES, dtype="float32", always_2d=True):
            ledger.add(at, block, after.read(len(block), dtype="float32", always_2d=True))
            at += len(block)
        return ledger.rows(model.passages, before.samplerate)


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


def _write_source(clip: Clip, rate: int, path: Path) -> list[str]:
    """Write the audio of an item to a file; a note where samples of it are no numbers."""
    try:
        reader = ClipReader(clip, rate)
        try:
            with soundfile.SoundFile(path, "w", rate, reader.channels, "FLOAT", format="WAV") as file:
                for at in range(reader.first, reader.last, BLOCK_FRAMES):
                    write_block(file, reader.read(at, min(BLOCK_FRAMES, reader.last - at)))
            silenced = reader.silenced
        finally:
            reader.close()
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    return files.nonfinite_words(silenced.count) if silenced else []

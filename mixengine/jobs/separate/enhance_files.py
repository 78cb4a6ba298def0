"""Enhance a noisy file: same length, rate, channels and bit depth, in constant memory."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio import side_chunks
from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.audio.reading import blocks
from mixengine.audio.writing import check_container, write_block
from mixengine.jobs.separate.files import nonfinite_note
from mixengine.jobs.separate.job import check_blend
from mixengine.jobs.separate.repaired import fault_sentences
from mixengine.jobs.separate.taken_out import Ledger, TakenOut, sentences
from mixengine.jobs.separate.untouched import Untouched
from mixengine.repair.chain import Chain
from mixengine.repair.repair import Fault, Wish
from mixengine.separation_models.chunked import Chunks, pieces
from mixengine.separation_models.keeping import Guard, Keeping, guarded
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

SPEECH = "speech"
_FORMATS = {".wav": "WAV", ".w64": "W64", ".rf64": "RF64", ".flac": "FLAC", ".aif": "AIFF", ".aiff": "AIFF"}
_DEPTHS = {"PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"}
_OTHER_DEPTHS = {
    "PCM_U8": "8 bit",
    "PCM_S8": "8 bit",
    "ULAW": "mu-law",
    "ALAW": "A-law",
    "PCM_32": "32 bit",
    "FLOAT": "32-bit float",
    "DOUBLE": "64-bit float",
}
"""What of uncompressed sound is written as 24 bit, everywhere or where a format has nothing like it."""
_MAX_WAV_BYTES = 4_000_000_000


@dataclass
class Enhanced:
    """Result of an enhancement; ``level_db`` is the level of the output relative to the input, ``None`` for silence.

    ``taken_out`` says by passage what it is, what was done, and how far the level went; it is empty for models that
    part voices from music. ``faults`` lists what was repaired before, and what was left as not sure.
    """

    input: str
    output: str
    model: str
    blend: float
    rate: int
    channels: int
    frames: int
    subtype: str
    level_db: float | None
    notes: list[str] = field(default_factory=list)
    taken_out: list[TakenOut] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    seconds: float = 0.0
    times_real_time: float = 0.0


def enhance(
    source: str,
    target: Path,
    model: Model,
    *,
    blend: float = 1.0,
    guard: Guard | None = None,
    repairs: Sequence[str] = (),
    wish: Wish | None = None,
    progress: Progress = no_progress,
) -> Enhanced:
    """Write the speech of ``source`` to ``target``.

    Parameters
    ----------
    model : Model
        A model with the stem ``speech`` (or ``vocals``).
    blend : float
        0 (the input, repaired) … 1 (the model's output).
    guard : Guard, optional
        What is kept, see `mixengine.separation_models.keeping`; by default song, music and a floor of −24 dB.
    repairs : sequence of str
        What is mended before, names of `mixengine.repair.names.NAMES`.
    wish : Wish, optional
        How, see `mixengine.repair.repair`.

    Raises
    ------
    UserError
        The file cannot be read or written, the model makes no speech, or ``blend`` is outside 0 … 1.
    """
    started = time.monotonic()
    stem = next((name for name in (SPEECH, "vocals") if name in model.stems), None)
    if stem is None:
        raise UserError(f"{model.name}: makes {', '.join(model.stems)}, no speech; choose a model of `separate --list`")
    check_blend(blend)
    if target.suffix.lower() not in _FORMATS:
        raise UserError(f"{target}: cannot write this kind of file; name it .wav or .flac, or a folder: {target}/")
    if target.is_dir():
        raise UserError(f"{target}: is a folder; name a file with -o")
    if target.exists() and Path(source).exists() and target.samefile(source):
        raise UserError(f"{target}: is the input, which is never overwritten; give another name with -o")
    try:
        file = AudioFile(source)
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    try:
        check_container(str(target), _FORMATS[target.suffix.lower()], file.rate, file.channels)
        chain = Chain(repairs, file.rate, file.channels, file.frames, wish or Wish())
        chain.find(file.read, progress)
        kept = guarded(model, guard or Guard())
        return _written(file, target, chain, kept, stem, blend, started, progress, model.rate)
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    finally:
        file.close()


def _written(
    file: AudioFile,
    target: Path,
    chain: Chain,
    model: Model,
    stem: str,
    blend: float,
    started: float,
    progress: Progress,
    model_rate: int | None,
) -> Enhanced:
    if not file.frames:
        raise UserError(f"{file.path}: holds no audio")
    listens = type(model).listen is not Model.listen
    if listens:
        model.listen((block for _, block in blocks(chain.over(file.read), file.frames)), file.rate)
    subtype = _subtype(file.subtype, target)
    energies, clipped, ledger = np.zeros(2), 0, Ledger(file.rate, file.frames)
    chunks = Chunks.of(model, file.rate, file.channels)
    other = AudioFile(file.path)  # a second reader, so that both only read forwards
    stored = Untouched(file)
    read, again = chain.over(file.read), chain.over(other.read)
    with Staging(target.parent) as stage:
        with soundfile.SoundFile(
            stage.path(target.name), "w", file.rate, file.channels, subtype, format=_format(file, target, subtype)
        ) as out:
            for piece in pieces(model, read, file.frames, file.rate, chunks):
                clean = piece.stems[stem]
                dry = again(piece.start, len(clean))
                mixed = dry + np.float32(blend) * (clean - dry)
                write_block(out, stored.put_back(piece.start, mixed))
                clipped += int((np.abs(mixed) > 1.0).sum()) if subtype.startswith("PCM") else 0
                ledger.add(piece.start, dry, mixed)
                energies += [float(np.square(block, dtype=np.float64).sum()) for block in (dry, mixed)]
                progress(piece.end // file.rate, max(file.frames // file.rate, 1), f"s: {model.name}")
        lost = side_chunks.carry(file.path, stage.path(target.name))
        stage.commit()
    other.close()
    stored.close()
    seconds = time.monotonic() - started
    taken_out = ledger.rows(model.passages, file.rate) if isinstance(model, Keeping) else []
    return Enhanced(
        input=file.path,
        output=str(target),
        model=":".join(word for word in (model.name, model.variant) if word),
        blend=blend,
        rate=file.rate,
        channels=file.channels,
        frames=file.frames,
        subtype=subtype,
        level_db=round(10.0 * float(np.log10(energies[1] / energies[0])), 2) if energies.all() else None,
        notes=[
            *_notes(file, model, chunks, clipped, model_rate),
            *_depth_note(file.subtype, subtype),
            *fault_sentences(chain.faults),
            *sentences(taken_out),
            *lost,
            *stage.notes,
        ],
        taken_out=taken_out,
        faults=chain.faults,
        seconds=round(seconds, 3),
        times_real_time=round(file.frames / file.rate / max(seconds, 1e-9), 1),
    )


def _notes(file: AudioFile, model: Model, chunks: Chunks, clipped: int, model_rate: int | None) -> list[str]:
    notes = [*file.notes, *nonfinite_note(file.path), *model.remarks]
    if clipped:
        notes.append(
            f"{clipped} samples would pass full scale and were clipped; lower the recording before, or --blend"
        )
    if model_rate is not None and model_rate < file.rate:
        notes.append(f"{model.name} works at {model_rate} Hz: nothing above {model_rate / 2:g} Hz is left")
    if chunks.shortened:
        notes.append(f"memory was short: worked in blocks of {chunks.core / file.rate:.1f} s")
    return notes


def _depth_note(subtype: str, written: str) -> list[str]:
    """What became of a bit depth that the file cannot be written with."""
    words = _OTHER_DEPTHS.get(subtype, "") if written != subtype else ""
    return [f"{words} became 24 bit"] if words else []


def _subtype(subtype: str, target: Path) -> str:
    """The input's bit depth; 24 bit for lossy input and where the format has no float."""
    chosen = subtype if subtype in _DEPTHS else "PCM_24"
    return chosen if soundfile.check_format(_FORMATS[target.suffix.lower()], chosen) else "PCM_24"


def _format(file: AudioFile, target: Path, subtype: str) -> str:
    """Format by file name; a WAV that would pass 4 GB becomes RF64, one with speakers says them."""
    bytes_each = {"PCM_16": 2, "PCM_24": 3, "DOUBLE": 8}.get(subtype, 4)
    long = file.frames * file.channels * bytes_each > _MAX_WAV_BYTES
    name = _FORMATS[target.suffix.lower()]
    if name == "WAV" and long:
        return "RF64"
    return "WAVEX" if name == "WAV" and side_chunks.has_speakers(file.path) else name

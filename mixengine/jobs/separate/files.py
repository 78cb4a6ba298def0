"""Separate a file into a folder of stems that sum to it.

One WAV per stem, named after it, with the length, rate and channels of the input, and ``residual.wav``: the input minus
all stems. The residual is computed from the stems as they are written, rounding included, so that all files of the
folder add up to the input. Input of 16 or 24 bit and lossy input gives 24-bit files, float gives float; where a stem
passes full scale all files are float, so that nothing is clipped.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mixengine import __version__
from mixengine.analysis import cache
from mixengine.audio import side_chunks
from mixengine.audio.files import AudioFile, UnreadableAudio, non_finite_samples
from mixengine.jobs.separate import earlier, wav
from mixengine.jobs.separate.work import NAME, RESIDUAL, Work
from mixengine.model.session import Clip, Source, Track
from mixengine.model.settings import SettingError, SettingName
from mixengine.separation_models import weights
from mixengine.separation_models.chunked import Chunks, pieces
from mixengine.separation_models.model import Model
from mixengine.system.errors import UserError, unknown
from mixengine.system.progress import Progress, no_progress
from mixengine.system.staging import Staging

_READ_FRAMES = 65536
_FLOAT_SOURCES = {"FLOAT", "DOUBLE", "PCM_32"}


@dataclass
class Separated:
    """Result of a separation.

    Attributes
    ----------
    outputs : dict of str to str
        Stem → path.
    levels_db : dict of str to float
        Level of each stem, and of the residual, relative to the input; ``None`` for silence.
    sum_error_dbfs : float or None
        Largest difference between the input and the sum of all files (with the residual, written or not); ``None``
        when they are equal.
    resumed_s : float
        Position from which an interrupted run was resumed.
    """

    input: str
    model: str
    outputs: dict[str, str]
    rate: int
    channels: int
    frames: int
    subtype: str
    levels_db: dict[str, float | None]
    sum_error_dbfs: float | None
    notes: list[str] = field(default_factory=list)
    resumed_s: float = 0.0
    seconds: float = 0.0


def separate(
    source: str,
    folder: Path,
    model: Model,
    *,
    stems: Iterable[str] = (),
    two_stems: str | None = None,
    residual: bool = True,
    chunk_s: float | None = None,
    progress: Progress = no_progress,
) -> Separated:
    """Separate a file into ``folder``.

    Parameters
    ----------
    source : str
        Path of an audio file.
    folder : Path
        Created when missing. An interrupted run leaves a hidden folder in it, from which the same call resumes.
    model : Model
    stems : iterable of str
        Write only these; the residual contains the others. Empty: all.
    two_stems : str, optional
        Write this stem and its complement ``no_<stem>`` (the input minus the stem), and no residual.
    residual : bool
        Write the residual.
    chunk_s : float, optional
        Seconds per block; default the model's.

    Raises
    ------
    UserError
        The file cannot be read, a stem is not one of the model's, or the folder cannot be written.
    """
    started = time.monotonic()
    model_stems, file_names = stem_and_file_names(model, tuple(stems), two_stems, residual)
    try:
        file = AudioFile(source)
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    try:
        if not file.frames:
            raise UserError(f"{source}: holds no audio")
        earlier.check_targets(source, folder, file_names)
        done = _Run(file, folder, model, model_stems, file_names, chunk_s, progress)
        return done.result(started)
    except UnreadableAudio as error:
        raise UserError(str(error)) from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(
                f"{folder}: no space left; free some and run the same again: it goes on from there"
            ) from None
        raise UserError(f"{folder}: cannot write: {error.strerror}; choose another place with -o") from None
    finally:
        file.close()


def stem_and_file_names(
    model: Model, stems: tuple[str, ...], two_stems: str | None, residual: bool
) -> tuple[list[str], list[str]]:
    """Stems to take from the model, and files to write; `UserError` for a stem that the model does not make."""
    for name in (*stems, *([two_stems] if two_stems else [])):
        if name not in model.stems:
            raise unknown(f"stem of {model.name}", name, model.stems)
    if two_stems:
        if stems:
            raise SettingError(SettingName("stems"), " and ", SettingName("two_stems"), ": give one of them")
        return [two_stems], [two_stems, f"no_{two_stems}"]
    model_stems = [name for name in model.stems if not stems or name in stems]
    return model_stems, [*model_stems, *[RESIDUAL] * residual]


def unfinished(folder: Path) -> bool:
    """Whether a folder holds an interrupted separation that can be resumed."""
    return (folder / NAME).is_dir()


class _Run:
    """One separation from the first block to the files in place."""

    def __init__(
        self,
        file: AudioFile,
        folder: Path,
        model: Model,
        model_stems: list[str],
        names: list[str],
        chunk_s: float | None,
        progress: Progress,
    ) -> None:
        self.file, self.folder, self.model = file, folder, model
        self.model_stems, self.names, self.progress = model_stems, names, progress
        self.notes = _notes(file, model)
        subtype = wav.FLOAT if file.subtype in _FLOAT_SOURCES else wav.PCM_24
        self.work = Work(folder, self._key(), names, file.rate, file.channels, subtype)
        self.begin = self.work.done
        try:
            self._separate(chunk_s)
            if self.work.subtype != subtype:
                self.notes.append("a stem passes full scale: all are written as 32-bit float")
            self._commit()
        except BaseException:
            self.work.leave()
            raise

    def _key(self) -> str:
        """Key of input, model, weight files and requested stems."""
        clip = Clip(id="", source=Source(self.file.path), position_s=0.0, length_s=0.0)
        files = self.model.weight_files.get(self.model.variant, ())
        place = weights.find_folder(files, self.model.name, self.model.folder) if files else None
        stamps = [[path.stat().st_size, path.stat().st_mtime_ns] for w in files if place for path in [place / w.file]]
        how = (__version__, self.model.name, self.model.variant, self.model.stems, stamps, self.model_stems, self.names)
        return cache.track_digest(Track(id="", name="", clips=(clip,)), *how) or ""

    def _separate(self, chunk_s: float | None) -> None:
        file, work = self.file, self.work
        if work.done < file.frames and type(self.model).listen is not Model.listen:
            starts = range(0, file.frames, _READ_FRAMES)
            self.model.listen((file.read(at, min(_READ_FRAMES, file.frames - at)) for at in starts), file.rate)
        chunks = Chunks.of(self.model, file.rate, file.channels, chunk_s)
        chunks.core = work.core or chunks.core
        started = time.monotonic()
        self._show(started)
        separated = pieces(self.model, file.read, file.frames, file.rate, chunks, begin=work.done, tail=work.tail)
        for piece in separated:
            work.add(piece.mix, {name: piece.stems[name] for name in self.model_stems})
            work.save(piece, chunks.core)
            self._show(started)
        if chunks.shortened:
            self.notes.append(f"memory was short: worked in blocks of {chunks.core / file.rate:.1f} s")

    def _show(self, started: float) -> None:
        rate, done = self.file.rate, self.work.done
        what = f"s: {self.model.name}"
        if self.begin < done < self.file.frames:
            left_s = (time.monotonic() - started) / (done - self.begin) * (self.file.frames - done)
            what += f", {_duration(left_s)} left"
        self.progress(done // rate, max(self.file.frames // rate, 1), what)

    def _commit(self) -> None:
        """Move all files into place at once, with the report; files of an earlier separation are removed."""
        ready = self.work.finish()
        with Staging(self.folder) as stage:
            place = stage.path(earlier.REPORT)  # the first in place: it says whose the others are
            for name, path in ready.items():
                os.replace(path, stage.path(f"{name}.wav"))
                lost = side_chunks.carry(self.file.path, stage.path(f"{name}.wav"))
                self.notes += [note for note in lost if note not in self.notes]
            report = {"files": [f"{name}.wav" for name in ready]} | self._facts()
            place.write_text(json.dumps(report, indent=1))
            before = earlier.files(self.folder)
            stage.commit()
        self.notes += stage.notes
        self.notes += earlier.remove(self.folder, before - {f"{name}.wav" for name in ready}, self.file.path)
        self.work.remove()

    def _facts(self) -> dict:
        tally = self.work.tally
        return {
            "input": self.file.path,
            "model": ":".join(word for word in (self.model.name, self.model.variant) if word),
            "rate": self.file.rate,
            "channels": self.file.channels,
            "frames": self.file.frames,
            "subtype": self.work.subtype,
            "levels_db": {name: _finite(tally.level_db(name)) for name in tally.energies},
            "sum_error_dbfs": _finite(tally.error_dbfs),
            "notes": self.notes,
            "resumed_s": round(self.begin / self.file.rate, 3),
        }

    def result(self, started: float) -> Separated:
        """Facts about the finished separation."""
        outputs = {name: str(self.folder / f"{name}.wav") for name in self.names}
        return Separated(outputs=outputs, seconds=time.monotonic() - started, **self._facts())


def _notes(file: AudioFile, model: Model) -> list[str]:
    notes = [*file.notes, *model.remarks]
    if model.rate is not None and model.rate < file.rate:
        notes.append(f"{model.name} works at {model.rate} Hz: what is above {model.rate / 2:g} Hz is not in its stems")
    return notes + nonfinite_note(file.path)


def nonfinite_note(path: str) -> list[str]:
    """A note when a float file holds NaN or infinite samples, which are read as silence."""
    return nonfinite_words(non_finite_samples(path))


def nonfinite_words(count: int) -> list[str]:
    """The note about so many samples that are no numbers."""
    return [f"{count} samples are not numbers (NaN or infinite): taken as silence"] if count else []


def _duration(seconds: float) -> str:
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


def _finite(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None

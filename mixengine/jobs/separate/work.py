"""A separation in progress: growing files in a hidden folder, and a journal to resume from.

The journal holds how many frames are finished, the tail that is cross-faded into the next piece, and the measurements
so far. It is replaced atomically after each piece, so that it fits the files wherever the run is interrupted.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from mixengine.jobs.separate import wav
from mixengine.model.units import decibels
from mixengine.separation_models.chunked import Piece
from mixengine.system import processes
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError

NAME = ".mixengine-separate"
RESIDUAL = "residual"


@dataclass
class Tally:
    """Running measurements: energies, and the largest error of the sum."""

    energies: dict[str, float] = field(default_factory=dict)
    input_energy: float = 0.0
    worst: float = 0.0

    def add(self, mix: np.ndarray, stems: dict[str, np.ndarray]) -> None:
        """Count one block and its files' samples [shape=(frames, channels)]."""
        self.input_energy += float((mix**2).sum())
        for name, stem in stems.items():
            self.energies[name] = self.energies.get(name, 0.0) + float((stem**2).sum())
        if len(mix):
            self.worst = max(self.worst, float(np.abs(mix - sum(stems.values())).max()))

    def level_db(self, name: str) -> float:
        """Level of a stem relative to the input; -inf for a silent stem, NaN for silent input."""
        if self.input_energy <= 0.0:
            return math.nan
        return 10.0 * math.log10(ratio) if (ratio := self.energies.get(name, 0.0) / self.input_energy) else -math.inf

    @property
    def error_dbfs(self) -> float:
        """Largest difference between the input and the sum of the files."""
        return decibels(self.worst)


class Work:
    """The hidden folder of one separation.

    Parameters
    ----------
    folder : Path
        Folder of the results; the hidden folder is created in it.
    key : str
        Identifies input, model and requested stems; another key starts anew.
    names : list of str
        The files, with `RESIDUAL` if it is among them.
    rate, channels : int > 0
    subtype : str
        The initial subtype, a name of `wav.SUBTYPES`.
    """

    def __init__(self, folder: Path, key: str, names: list[str], rate: int, channels: int, subtype: str) -> None:
        self.place = folder / NAME
        self.key, self.names, self.rate, self.channels = key, names, rate, channels
        self.subtype, self.done, self.tally = subtype, 0, Tally()
        self.tail: dict[str, np.ndarray] = {}
        self.core: int | None = None
        self._created_folders = [path for path in (folder, *folder.parents) if not path.exists()]
        self.place.mkdir(parents=True, exist_ok=True)
        self._lock()
        try:
            self._resume()
            self._files = self._open(self.done)
        except (OSError, ValueError, KeyError, TypeError):
            self._clear()
            self._files = self._open(0)

    def _lock(self) -> None:
        lock = self.place / "process"
        try:
            other = int(lock.read_text())
        except (OSError, ValueError):
            other = 0
        if other and other != os.getpid() and processes.lives(other):
            raise UserError(
                f"{self.place.parent}: another separation is writing here; wait for it or choose another -o"
            )
        lock.write_text(str(os.getpid()))

    def _resume(self) -> None:
        journal = json.loads((self.place / "journal.json").read_text())
        if journal["key"] != self.key:
            raise ValueError("another input or model")
        with np.load(self.place / journal["tail"]) as tail:
            self.tail = {name: tail[name] for name in tail.files}
        self.subtype, self.done, self.core = journal["subtype"], int(journal["done"]), int(journal["core"])
        self.tally = Tally(**journal["tally"])

    def _clear(self) -> None:
        for path in self.place.iterdir():
            if path.name != "process":
                path.unlink()
        self.done, self.tail, self.core, self.tally = 0, {}, None, Tally()

    def _path(self, name: str, subtype: str) -> Path:
        return self.place / f"{name}.{subtype}.wav"

    def _open(self, frames: int) -> dict[str, wav.GrowingWav]:
        return {
            name: wav.GrowingWav(self._path(name, self.subtype), self.rate, self.channels, self.subtype, frames)
            for name in self.names
        }

    def add(self, mix: np.ndarray, stems: dict[str, np.ndarray]) -> None:
        """Append the stems of a piece and the rest of ``mix``.

        Parameters
        ----------
        mix : ndarray of float32 [shape=(frames, channels)]
        stems : dict of str to ndarray [shape as ``mix``]
            The last name of ``names`` that is not among them is the rest: ``mix`` minus the stems as they are written.
        """
        samples = self._samples(mix, stems)
        if not all(wav.fits(block, self.subtype) for block in samples.values()):
            self._to_float()
            samples = self._samples(mix, stems)
        for name, file in self._files.items():
            file.write(samples[name])
        self.tally.add(mix.astype(np.float64), samples)

    def _samples(self, mix: np.ndarray, stems: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        samples = {name: wav.quantised(stem, self.subtype) for name, stem in stems.items()}
        rest = next((name for name in self.names if name not in samples), RESIDUAL)
        samples[rest] = wav.quantised(mix - sum(samples.values(), np.zeros(mix.shape)), self.subtype)
        return samples

    def _to_float(self) -> None:
        """Continue in float, because a stem passes full scale and must not be clipped."""
        for file in self._files.values():
            file.flush()
        floats = {
            name: wav.to_float(file.path, self._path(name, wav.FLOAT), self.rate, self.channels, file.frames)
            for name, file in self._files.items()
        }
        for file in self._files.values():
            file.abandon()
        self._files, self.subtype = floats, wav.FLOAT

    def save(self, piece: Piece, core: int) -> None:
        """Record that everything up to the end of ``piece`` is in the files."""
        for file in self._files.values():
            file.flush()
        self.done = piece.end
        tail = f"tail-{piece.end}.npz"
        np.savez(self.place / tail, **piece.tail)  # type: ignore[arg-type]
        journal = {"key": self.key, "done": piece.end, "tail": tail, "subtype": self.subtype, "core": core}
        text = json.dumps(journal | {"tally": asdict(self.tally)})
        write_atomically(self.place / "journal.json", text, sync=False)
        kept = {file.path.name for file in self._files.values()} | {tail, "journal.json", "process"}
        for path in self.place.iterdir():
            if path.name not in kept:
                path.unlink()

    def finish(self) -> dict[str, Path]:
        """Close the files; name → path."""
        for file in self._files.values():
            file.close()
        return {name: file.path for name, file in self._files.items()}

    def leave(self) -> None:
        """Stop; finished pieces are kept for resuming, without any the folder is removed."""
        for file in self._files.values():
            file.abandon()
        if self.done:
            (self.place / "process").unlink(missing_ok=True)
        else:
            self.remove()
            for path in self._created_folders:
                if path.is_dir() and not any(path.iterdir()):
                    path.rmdir()

    def remove(self) -> None:
        """Delete the hidden folder."""
        shutil.rmtree(self.place, ignore_errors=True)

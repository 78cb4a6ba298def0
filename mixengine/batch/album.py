"""A root with one sub-folder per song: a job is done on each for itself; one bad song does not stop the rest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mixengine import hosts
from mixengine.app import workflow
from mixengine.batch import failures
from mixengine.jobs import registry
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

if TYPE_CHECKING:
    from mixengine.hosts.folder_tracks import FolderOptions


@dataclass
class BatchOutcome:
    """What a batch did: one outcome per song, one line per song that failed."""

    root: str
    outcomes: list[workflow.Outcome] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` object of a batch."""
        return {
            "root": self.root,
            "songs": [outcome.to_dict() for outcome in self.outcomes],
            "failures": self.failures,
            "seconds": round(self.seconds, 3),
        }


def songs(root: Path, is_batch: bool | None) -> list[Path] | None:
    """The songs of a batch, or ``None`` when ``root`` is one session.

    ``is_batch`` forces one reading or the other; by default the sub-folders' names decide.
    """
    if is_batch is False or not root.is_dir():
        return None
    from mixengine.hosts import folder

    folders = folder.songs(root, any_names=bool(is_batch))
    if is_batch and folders is None:
        raise UserError(f"{root}: --batch wants a folder that holds one folder of audio per song")
    return folders


def run_album(
    job: str,
    root: Path,
    songs: list[Path],
    settings: Any,
    *,
    out: str | None,
    progress: Progress,
    folder: FolderOptions | None = None,
    **options: Any,
) -> BatchOutcome:
    """Do a job on every song, into ``ROOT-SUFFIX/SONG/`` (or ``out``/``SONG``)."""
    started = time.monotonic()
    place = Path(out) if out else root.resolve().parent / f"{root.resolve().name}-{registry.job(job).suffix}"
    result = BatchOutcome(str(root))
    for song in songs:
        try:
            result.outcomes.append(
                workflow.run_job(
                    job,
                    hosts.open_host(song, folder),
                    settings,
                    out=str(place / song.name),
                    progress=progress,
                    **options,
                )
            )
        except Exception as error:  # whatever is wrong with one song, the others are still done
            result.failures.append(failures.in_words(error, str(song), out_of_memory="close other programs"))
    result.seconds = time.monotonic() - started
    return result

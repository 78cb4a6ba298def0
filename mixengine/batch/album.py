"""A root with one sub-folder per song: a job is done on each for itself; one bad song does not stop the rest."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixengine.app import workflow
from mixengine.jobs import registry
from mixengine.system.errors import UserError


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


def songs(root: Path, wanted: bool | None) -> list[Path] | None:
    """The songs of a batch, or ``None`` when ``root`` is one session.

    ``wanted`` forces one reading or the other; by default the sub-folders' names decide.
    """
    if wanted is False or not root.is_dir():
        return None
    from mixengine.hosts import folder

    found = folder.songs(root, any_names=bool(wanted))
    if wanted and found is None:
        raise UserError(f"{root}: --batch wants a folder that holds one folder of audio per song")
    return found


def run_album(
    job: str,
    root: Path,
    songs: list[Path],
    settings: Any,
    *,
    out: str | None,
    progress: Callable[[int, int, str], None],
    **options: Any,
) -> BatchOutcome:
    """Do a job on every song, into ``ROOT-SUFFIX/SONG/`` (or ``out``/``SONG``)."""
    started = time.monotonic()
    place = Path(out) if out else root.resolve().parent / f"{root.resolve().name}-{registry.job(job).suffix}"
    result = BatchOutcome(str(root))
    for song in songs:
        try:
            result.outcomes.append(
                workflow.run(job, song, settings, out=str(place / song.name), progress=progress, **options)
            )
        except UserError as error:
            result.failures.append(str(error))
        except Exception as error:  # one song must not take the others along, whatever is wrong with it
            if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
                raise
            result.failures.append(f"{song}: internal error, please report it: {type(error).__name__}: {error}")
    result.seconds = time.monotonic() - started
    return result

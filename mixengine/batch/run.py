"""A batch from a root to its summary: find the items, do those that are not in the journal, summarise."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mixengine import __version__
from mixengine.analysis import cache
from mixengine.batch import items, local, results, summary
from mixengine.batch.items import Item
from mixengine.batch.journal import DONE, FAILED, Entry, Journal, relative
from mixengine.batch.steps import DELIVER, RENDER, Steps, Task, apart, place, planned, written
from mixengine.hosts.host import MODELS
from mixengine.model import codec
from mixengine.system.errors import UserError
from mixengine.system.processes import processors
from mixengine.system.progress import Progress, no_progress

TO_DO = "to do"


@dataclass
class Batch:
    """What a batch did.

    Attributes
    ----------
    root : str
    jobs : tuple of str
    entries : list of Entry
        One per item, in order of their names; in a dry run the status of what would be done is `TO_DO`.
    fresh : int
        How many were done now; the others stood in the journal.
    files : dict of str to str
        ``journal``, ``summary_csv``, ``summary_html``; empty in a dry run.
    notes : list of str
    seconds : float
    """

    root: str
    jobs: tuple[str, ...]
    entries: list[Entry] = field(default_factory=list)
    fresh: int = 0
    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failed(self) -> list[Entry]:
        """The items that failed, now or before."""
        return [entry for entry in self.entries if entry.status == FAILED]

    def to_dict(self) -> dict[str, Any]:
        """The ``--json`` object."""
        data: dict[str, Any] = codec.encode({**asdict(self), "failed": len(self.failed)})
        for entry in data["entries"]:
            del entry["key"]
        return {**data, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True, slots=True)
class Options:
    """How a batch runs.

    Attributes
    ----------
    out : str, optional
        Folder for all results; default: beside each item.
    journal : str, optional
        Folder for journal and summary; default: ``out``, else the root.
    workers : int, optional
        Processes on this machine; default: one per processor.
    cluster : str, optional
        Dask's address instead.
    retry_failed : bool
        Do again what failed before.
    dry_run : bool
        Say what would be done; write nothing.
    album : bool
        One gain for all items of a mix at a target.
    """

    out: str | None = None
    journal: str | None = None
    workers: int | None = None
    cluster: str | None = None
    retry_failed: bool = False
    dry_run: bool = False
    album: bool = False

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise UserError(f"--workers {self.workers} is below 1")
        if self.workers is not None and self.cluster is not None:
            raise UserError("--workers and --cluster: give one of them; a cluster has its own workers")


def run(root: Path, steps: Steps, options: Options, progress: Progress = no_progress) -> Batch:
    """Do a batch.

    Parameters
    ----------
    root : Path
        Folder with projects and stem folders anywhere below, or one of them.
    steps : Steps
        See `mixengine.batch.steps.parse`.
    progress : callable
        Called with (done, total, what) after each item.

    Raises
    ------
    UserError
        There is nothing to do it on, or no place for journal and summary. What is wrong with an item is in its entry.
    """
    started = time.monotonic()
    folder = Path(options.journal or options.out or (root if root.is_dir() else root.parent))
    summary.check(folder)
    batch_items, notes = items.find(root)
    if options.album:
        steps, more = _with_album_gain(steps, batch_items, progress)
        notes += more
    tasks = apart(_tasks(batch_items, steps, options, root))
    notes += [
        f"{task.item}: its results are called {task.stem}-…: another's have its name" for task in tasks if task.stem
    ]
    journal = Journal(folder)
    known = {key: entry for key, entry in journal.entries().items() if _stands(entry, options.retry_failed)}
    left = [task for task in tasks if task.key not in known]
    batch = Batch(str(root), steps.jobs, notes=notes)
    if options.dry_run:
        batch.entries = [known.get(task.key) or _to_do(task) for task in tasks]
        return batch
    with journal, closing(_spread(left, options, root)) as stream:  # closing stops the workers, whatever happens
        _note_results(options.out, left)
        for entry in _timed(stream, len(left), len(tasks), progress):
            journal.add(entry)
            known[entry.key] = entry
            batch.fresh += 1
    batch.entries = [replace(known[task.key], item=task.item) for task in tasks]
    batch.files = {"journal": str(journal.path)}
    try:
        batch.files |= summary.write(journal.folder, str(root), batch.entries)
    except UserError as error:  # the work is done, and the journal says so
        batch.notes.append(f"no summary was written: {error}")
    batch.seconds = time.monotonic() - started
    return batch


def _with_album_gain(steps: Steps, batch_items: list[Item], progress: Progress) -> tuple[Steps, list[str]]:
    """The steps with one gain for all items, and what was measured."""
    settings = steps.settings.get(RENDER)
    if steps.jobs != (RENDER,) or settings is None or settings.target is None:
        raise UserError(f"--album: goes with {DELIVER} alone, and a target: {DELIVER} --set {DELIVER}.target=streaming")
    if steps.plugins != MODELS:
        raise UserError(
            f"--plugins {steps.plugins}: not with --album, whose gain is measured with ReaEQ and ReaComp alone"
        )
    from mixengine.app import album_gain

    gain_db, notes = album_gain.measure([(item.name, item.path) for item in batch_items], settings, progress)
    return replace(steps, settings={RENDER: replace(settings, gain_db=gain_db)}), notes


def _tasks(batch_items: list[Item], steps: Steps, options: Options, root: Path) -> list[Task]:
    how, run_id, settings = steps.digest(__version__), uuid.uuid4().hex, steps.encoded()
    tasks = []
    for item in batch_items:
        out = ""
        if options.out is not None:
            out = str(Path(options.out).absolute() / Path(item.name).parent)
        key = cache.digest(item.name, item.content, how, relative(out, root) if out else "")
        tasks.append(Task(item.name, str(item.path.absolute()), steps.jobs, settings, out, key, run_id, steps.plugins))
    return tasks


def _stands(entry: Entry, retry_failed: bool) -> bool:
    """Whether an entry of the journal is still valid: its files exist, or it failed and is not to be done again."""
    if entry.status == FAILED:
        return not retry_failed
    return all(os.path.exists(path) for path in entry.outputs.values())


def _to_do(task: Task) -> Entry:
    where = place(task)
    outputs = {"project": str(where.folder / where.project)} if planned(task.jobs) else {}
    return Entry(task.item, task.key, task.jobs, TO_DO, outputs=outputs)


def _note_results(out: str | None, tasks: list[Task]) -> None:
    """Note in the folder what is written there, so that a later batch does not take it for items."""
    if out is not None:
        paths = [path for task in tasks for path in written(task)]
        results.note(Path(out), paths, is_shared=_holds_items(Path(out)))


def _holds_items(folder: Path) -> bool:
    try:
        items.find(folder)
    except UserError:
        return False
    return True


def _spread(tasks: list[Task], options: Options, root: Path) -> Generator[dict[str, Any], None, None]:
    if tasks and options.cluster is not None:
        from mixengine.batch import cluster

        yield from cluster.spread(tasks, options.cluster, str(root.absolute()))
    elif tasks:
        yield from local.spread(tasks, options.workers or processors())


def _timed(stream: Iterator[dict[str, Any]], count: int, total: int, progress: Progress) -> Iterator[Entry]:
    """Entries; progress names the time that is left."""
    started = time.monotonic()
    progress(total - count, total, "starting" if count else "everything was done before")
    for done, data in enumerate(stream, 1):
        entry = codec.decode(Entry, data)
        yield entry
        left_s = (time.monotonic() - started) / done * (count - done)
        what = entry.item if entry.status == DONE else f"{entry.item} FAILED"
        progress(total - count + done, total, f"{what}, {words(left_s)} left" if done < count else what)


def words(seconds: float) -> str:
    """A time as a person says it: ``40 s``, ``12 min``, ``2.5 h``."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"

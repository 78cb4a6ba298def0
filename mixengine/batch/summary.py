"""The summary of a batch: one row per item, as CSV and as a page whose table can be sorted."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from mixengine.batch.journal import DONE, Entry, relative
from mixengine.report.html.document import document
from mixengine.report.html.elements import Cell, section, table
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging

CSV, HTML = "summary.csv", "summary.html"
HEADS = ("item", "status", "seconds", "attempts", "error", "notes", "outputs")


def write(folder: Path, root: str, entries: list[Entry]) -> dict[str, str]:
    """Write both files into ``folder``; returns what → path. What is there already with the same content stays.

    Raises
    ------
    UserError
        A file of the same name that is not a summary stands there, or the folder cannot be written.
    """
    files = {CSV: as_csv(entries, folder), HTML: as_page(root, entries, folder)}
    texts = {name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}
    with Staging(folder) as stage:
        changed = [name for name, data in texts.items() if not _is_there(folder / name, data)]
        for name in changed:
            stage.path(name).write_bytes(texts[name])
        stage.commit()
    return {"summary_csv": str(folder / CSV), "summary_html": str(folder / HTML)}


def _is_there(path: Path, data: bytes) -> bool:
    if not path.exists():
        return False
    old = path.read_bytes()
    ours = old.startswith(",".join(HEADS).encode()) if path.suffix == ".csv" else b'content="mixengine ' in old
    if not ours:
        raise UserError(f"{path}: is not a summary of a batch and stays; choose another folder with --journal")
    return old == data


def as_csv(entries: list[Entry], folder: Path) -> str:
    """One line per item; outputs are relative to ``folder``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADS)
    for entry in entries:
        outputs = "; ".join(relative(path, folder) for path in entry.outputs.values())
        notes = "; ".join(entry.notes)
        row = [entry.item, entry.status, f"{entry.seconds:.3f}", entry.attempts, entry.error, notes, outputs]
        writer.writerow(row)
    return text.getvalue()


def as_page(root: str, entries: list[Entry], folder: Path) -> str:
    """A page for any browser; outputs are links relative to ``folder``."""
    counts = Counter(entry.status for entry in entries)
    rows: list[list[Cell | str]] = [
        [
            entry.item,
            Cell(entry.status, style="pass" if entry.status == DONE else "fail"),
            Cell(f"{entry.seconds:.1f}", entry.seconds),
            entry.error or "; ".join(entry.notes),
            Cell("", links=tuple((what, _link(path, folder)) for what, path in entry.outputs.items())),
        ]
        for entry in entries
    ]
    heads = ("item", "status", "seconds", "what happened", "results")
    drawn = table(
        "items", "Items of the batch", heads, rows, groups=[e.status for e in entries], numbers=(2,), sortable=True
    )
    jobs = ", ".join(entries[0].jobs)
    facts = f"{len(entries)} items · {' · '.join(f'{count} {status}' for status, count in sorted(counts.items()))}"
    return document(f"Batch: {jobs}", Path(root).resolve().name, facts, section("batch", "Items", drawn), "")


def _link(path: str, folder: Path) -> str:
    return quote(relative(path, folder), safe="/", errors="surrogateescape")

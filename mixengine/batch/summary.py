"""The summary of a batch: one row per item, as CSV and as a page whose table can be sorted."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from mixengine.batch.journal import DONE, Entry, relative
from mixengine.model.units import plain_db
from mixengine.report.html.document import document
from mixengine.report.html.elements import Cell, section, table
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging

CSV, HTML = "summary.csv", "summary.html"
HEADS = ("item", "status", "seconds", "attempts", "error", "notes", "outputs")
LEVEL_HEADS = {
    "lufs": "LUFS",
    "dialogue_lufs": "dialogue LKFS",
    "rms_db": "RMS dB",
    "true_peak_dbtp": "dBTP",
    "lra_lu": "LRA LU",
    "gain_db": "gain dB",
    "limited_db": "limited dB",
    "limited_share": "limited share",
}
"""Levels of finished mixes → how the page calls them; columns where any item has them."""


def check(folder: Path) -> None:
    """Refuse a folder in which files of another kind have the names of a summary.

    Raises
    ------
    UserError
        Says which file.
    """
    for name in (CSV, HTML):
        _is_there(folder / name, b"")


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
    try:
        old = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    ours = old.startswith(",".join(HEADS).encode()) if path.suffix == ".csv" else b'content="mixengine ' in old
    if not ours:
        raise UserError(
            f"{path}: is not a summary of a batch and stays: rename it, or choose another folder with --journal"
        )
    return old == data


def as_csv(entries: list[Entry], folder: Path) -> str:
    """One line per item; outputs are relative to ``folder``."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    levels = _levels(entries)
    writer.writerow([*HEADS, *levels])
    for entry in entries:
        outputs = "; ".join(relative(path, folder) for path in entry.outputs.values())
        notes = "; ".join(entry.notes)
        row = [entry.item, entry.status, f"{entry.seconds:.3f}", entry.attempts, entry.error, notes, outputs]
        row += [f"{entry.levels[name]:.3f}" if name in entry.levels else "" for name in levels]
        writer.writerow(row)
    return text.getvalue()


def _levels(entries: list[Entry]) -> list[str]:
    """The levels that any item has."""
    return [name for name in LEVEL_HEADS if any(name in entry.levels for entry in entries)]


def _level_cells(entry: Entry, levels: list[str]) -> list[Cell | str]:
    values = [entry.levels.get(name) for name in levels]
    return [Cell("") if value is None else Cell(plain_db(value, 2), value) for value in values]


def as_page(root: str, entries: list[Entry], folder: Path) -> str:
    """A page for any browser; outputs are links relative to ``folder``."""
    counts = Counter(entry.status for entry in entries)
    levels = _levels(entries)
    rows: list[list[Cell | str]] = [
        [
            entry.item,
            Cell(entry.status, style="pass" if entry.status == DONE else "fail"),
            Cell(f"{entry.seconds:.1f}", entry.seconds),
            *_level_cells(entry, levels),
            entry.error or "; ".join(entry.notes),
            Cell("", links=tuple((what, _link(path, folder)) for what, path in entry.outputs.items())),
        ]
        for entry in entries
    ]
    heads = ("item", "status", "seconds", *(LEVEL_HEADS[name] for name in levels), "what happened", "results")
    numbers = range(2, 3 + len(levels))
    groups = [entry.status for entry in entries]
    drawn = table("items", "Items of the batch", heads, rows, groups=groups, numbers=numbers, sortable=True)
    jobs = ", ".join(entries[0].jobs)
    facts = f"{len(entries)} items · {' · '.join(f'{count} {status}' for status, count in sorted(counts.items()))}"
    return document(f"Batch: {jobs}", Path(root).resolve().name, facts, section("batch", "Items", drawn), "")


def _link(path: str, folder: Path) -> str:
    return quote(relative(path, folder), safe="/", errors="surrogateescape")

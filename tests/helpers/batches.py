"""Folders for a batch, and what it leaves in them."""

from __future__ import annotations

from pathlib import Path

from mixengine.batch import items, journal, results, steps
from mixengine.batch import run as batch
from mixengine.hosts import folder
from mixengine.hosts.rpp import new
from tests.helpers.sounds import noise, tone, write

QUICK = ["balance.method=active", "balance.cache=false"]


CRASH = """
import os, sys
def look(event, words):
    if event == "open" and str(words[0]).endswith(".wav"):
        for where, once in {where!r}.items():
            flag = {flag!r} + where
            if where in str(words[0]) and not os.path.exists(flag):
                open(flag if once else os.devnull, "w").close()
                os.kill(os.getpid(), 9)
sys.addaudithook(look)
"""

LIGHT_WORKER = """
import json, sys, time
for number, line in enumerate(sys.stdin):
    time.sleep(60.0 * number)
    task = json.loads(line)
    print(json.dumps(dict(item=task["item"], key=task["key"], jobs=task["jobs"], status="done")), flush=True)
"""
"""A worker process that starts at once, does nothing for the first item, and is busy with the second."""


def make_project(place: Path, name: str, level: float = 0.1) -> Path:
    """A project ``place/name.RPP`` with two short files."""
    media = place / "Media"
    write(media / f"{name} tone.wav", tone(220.0, 1.0, level=level))
    write(media / f"{name} hiss.wav", noise(1.0, level=0.02))
    session = folder.read(media)
    tracks = tuple(track for track in session.tracks if track.name.startswith(name))
    path = place / f"{name}.RPP"
    path.write_bytes(new.project(type(session)(**{**_fields(session), "tracks": tracks}), place))
    return path


def _fields(session: object) -> dict[str, object]:
    return {name: getattr(session, name) for name in session.__dataclass_fields__}  # type: ignore[attr-defined]


def go(place: Path, jobs: str = "balance", *, sets: tuple[str, ...] = (), **options: object) -> batch.Batch:
    wanted = steps.parse(jobs, sets=[*QUICK, *sets] if "balance" in jobs else sets)
    return batch.run(place, wanted, batch.Options(**{"workers": 2, **options} if "cluster" not in options else options))


def statuses(done: batch.Batch) -> dict[str, str]:
    return {entry.item: entry.status for entry in done.entries}


def snapshot(place: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time of change and content."""
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def hidden(place: Path) -> list[str]:
    """What is hidden below a folder, journals aside."""
    known = (journal.NAME, results.MARK)
    return [str(path) for path in place.rglob(".*") if path.name not in known]


# --- what is found -------------------------------------------------------------------------------------------------


def names(place: Path) -> list[str]:
    return [item.name for item in items.find(place)[0]]

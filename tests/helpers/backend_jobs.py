"""Jobs for the process behind the buttons."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.rpp_builders import project, track

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and signals are POSIX'")


linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")


TRACKS = 4


def wait(done: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    end = time.monotonic() + timeout_s
    while not (result := done()):
        assert time.monotonic() < end, "not done in time"
        time.sleep(0.02)
    return result


def in_group(group: int) -> list[int]:
    """Living processes of a process group (those already dead and not yet collected do not count)."""
    result = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if words and int(words[2]) == group and words[0] != "Z":
            result.append(int(entry.name))
    return result


def asked(folder: Path, **fields: Any) -> Path:
    job = {"mixengine_job": 1, "job": "balance", "path": str(folder / "song.RPP"), "parent": 0, "settings": {}}
    (folder / "snapshot.RPP").write_bytes(project(track(1)))
    (folder / "job.json").write_text(json.dumps(job | fields), encoding="utf-8")
    return folder / "job.json"


def answer(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))

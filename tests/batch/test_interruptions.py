"""What a batch survives: full disks, killed workers, interrupts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mixengine.batch import journal, worker_process
from mixengine.system.errors import UserError
from tests.helpers.batches import CRASH, LIGHT_WORKER, QUICK, go, hidden, make_project, names, statuses

# --- what it survives ----------------------------------------------------------------------------------------------


def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: dict[str, bool]) -> None:
    """Worker processes are killed when they open a sound file whose path holds a word; only once where it is true."""
    place = tmp_path / "crash"
    place.mkdir()
    (place / "sitecustomize.py").write_text(CRASH.format(where=where, flag=str(place / "flag")), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(place))


def test_full_disk_under_the_journal_stops_the_batch_and_its_workers(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []
    stop = worker_process.stop
    monkeypatch.setattr(worker_process, "stop", lambda name: (stopped.append(name), stop(name)))
    monkeypatch.setattr(worker_process, "COMMAND", (sys.executable, "-c", LIGHT_WORKER))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; the batch stopped"):
        go(root, workers=1)
    assert stopped


def test_a_killed_worker_is_replaced_and_an_item_that_kills_every_worker_fails_alone(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(tmp_path, monkeypatch, {"drums": True, "first hiss": False})
    done = go(root, workers=1)
    first = "a/first.RPP"
    assert {entry.item: (entry.status, entry.attempts) for entry in done.entries} == {
        name: ("failed" if name == first else "done", 1 if "ü" in name else 2) for name in names(root)
    }
    assert [entry.item for entry in done.failed] == [first] and "died 2 times, by signal 9" in done.failed[0].error
    assert not hidden(root) and not (root / "a" / "first-balanced.RPP").exists()


def test_what_a_killed_process_was_writing_is_swept(root: Path) -> None:
    from mixengine.system import staging

    with staging.Staging(root / "a" / "later" / "still") as stage:
        left = stage.path("x")
        left.write_text("half")
        kept = root / "a" / f".mixengine-{os.getpid()}1-x"
        kept.mkdir()
        staging.sweep(root / "a" / "later" / "still", os.getpid())
        assert not left.exists() and kept.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_interrupt_then_the_rest(root: Path, in_this_process: None) -> None:
    for count in range(2):
        make_project(root / "more", f"song{count}")
    total = len(names(root))
    words = [sys.executable, "-m", "mixengine", "batch", str(root), "balance", "--workers", "1"]
    words += [word for setting in QUICK for word in ("--set", setting)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
    log = root / journal.NAME
    deadline = time.monotonic() + 120.0
    while not (log.exists() and log.read_bytes()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in said and "Traceback" not in said
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert 1 <= len(lines) < total and not hidden(root)
    log.write_bytes(log.read_bytes() + b'{"item": "cut o')  # as a power cut leaves it
    rest = go(root)
    assert rest.fresh == total - len(lines) and set(statuses(rest).values()) == {"done"}
    assert go(root).fresh == 0


def test_command_line(root: Path, run, in_this_process: None) -> None:
    shutil.rmtree(root / "b ü ‘x’")
    (root / "bad.RPP").write_text("nonsense")
    words = ["batch", root, "balance", "--workers", "1", *[word for setting in QUICK for word in ("--set", setting)]]
    first = run(*words, "--json")
    data = json.loads(first.stdout)
    assert first.returncode == 1 and data["failed"] == 1 and data["fresh"] == len(data["entries"]) == 3
    second = run(*words)
    assert second.returncode == 1 and "3 items: 2 done, 1 failed, 3 of them before" in second.stdout
    assert f"failed: bad.RPP: {root / 'bad.RPP'}: not a REAPER project" in second.stdout.replace("\n", "")
    (root / "bad.RPP").unlink()
    assert run(*words).returncode == 0
    wrong = run("batch", root, "balance", "--set", "balance.methd=lufs")
    assert wrong.returncode == 1 and "did you mean 'method'" in wrong.stderr

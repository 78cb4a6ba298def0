"""Every way the process behind the buttons can end: stopped, killed, alone, its disk full."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import mixengine
from mixengine.hosts.reaper import snapshot
from mixengine.hosts.rpp.project import Project
from mixengine.reaper import runner
from mixengine.system.errors import UserError
from tests.helpers.backend_jobs import TRACKS, answer, asked, in_group, linux, posix, wait
from tests.helpers.paths import ROOT


def started(taken: snapshot.Snapshot) -> runner.Running:
    """A backend in the middle of its work."""
    running = runner.start(sys.executable, "balance", {"exact": True, "cache": False}, taken)
    wait(lambda: running.status()[1] != "starting" or running.ended)
    assert not running.ended, running.result()
    return running


@posix
@linux
def test_a_polite_end_from_outside_leaves_an_answer_and_no_process(taken):
    running = started(taken)
    os.kill(running.process.pid, signal.SIGTERM)
    assert wait(running.result)["cancelled"]
    wait(lambda: not in_group(running.process.pid), 2.0)


@posix
@linux
@pytest.mark.parametrize("how", ["cancel", "kill", "stuck"])
def test_stopped_at_work_leaves_no_process(taken, monkeypatch, how):
    monkeypatch.setattr(runner, "_KILL_AFTER_S", 0.3 if how == "stuck" else 5.0)
    running = started(taken)
    group = running.process.pid
    if how == "kill":
        os.kill(group, signal.SIGKILL)
        result = wait(running.result)
        assert "ended without an answer (exit code -9)" in result["error"]
    else:
        if how == "stuck":
            os.kill(group, signal.SIGSTOP)  # as a library that does not come back
        runner.ask_to_stop(str(running.folder))
        started_s = time.monotonic()
        try:
            result = wait(running.result, 1.5 if how == "stuck" else 10.0)
        except AssertionError:
            running.kill()
            raise
        assert result["cancelled"]
        assert how == "stuck" or time.monotonic() - started_s < 5.0
    try:
        wait(lambda: not in_group(group), 2.0)
    finally:
        running.kill()


@posix
@linux
def test_the_backend_ends_with_the_process_that_started_it(taken, tmp_path):
    (tmp_path / "snapshot.RPP").write_text(taken.text, encoding="utf-8")
    code = f"""
        import sys, time
        from mixengine.reaper import runner
        from mixengine.hosts.reaper.snapshot import Snapshot
        text = open({str(tmp_path / "snapshot.RPP")!r}, encoding="utf-8").read()
        taken = Snapshot("", {taken.path!r}, True, 0, text, {{}})
        running = runner.start(sys.executable, "balance", {{"exact": True, "cache": False}}, taken)
        while running.status()[1] == "starting" and not running.ended:
            time.sleep(0.02)
        print(running.process.pid, flush=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wait(lambda: not in_group(int(done.stdout)), 5.0)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk with next to no room."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", place], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@linux
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize("room", [0, 40_000])
def test_a_full_disk_is_named(taken, small_disk, monkeypatch, room):
    monkeypatch.setenv("MIXENGINE_CACHE", str(small_disk))
    (small_disk / "reaper-jobs").mkdir()
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        file.write(b"x" * (free - room))
    if not room:
        with pytest.raises(UserError, match=r"[Nn]o space"):
            runner.start(sys.executable, "balance", {}, taken)
        return
    running = runner.start(sys.executable, "balance", {"cache": False}, taken)
    with filler.open("ab", buffering=0) as file:
        free = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        file.write(b"x" * free)
    result = wait(running.result, 60.0)
    assert not result["ok"]
    assert "o space left" in result["error"], result["error"]


@posix
@linux
def test_work_that_never_comes_back_ends_after_reaper(tmp_path):
    """Nobody is left to kill it, and an interrupt does not reach a thread that waits in a library."""
    asked(tmp_path, parent=2**22 + 1)
    code = f"""
        import pathlib, threading
        from mixengine.reaper import backend
        backend._MAX_UNWIND_S = 0.2
        stuck = threading.Lock()
        stuck.acquire()
        backend.workflow.decision.decide = lambda *_: stuck.acquire()
        backend.run(pathlib.Path({str(tmp_path / "job.json")!r}))
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, start_new_session=True)
    try:
        wait(lambda: process.poll() is not None, 20.0)
    finally:
        process.kill()
        process.wait()
    assert in_group(process.pid) == []


@posix
def test_what_a_killed_backend_was_writing_is_removed(taken, place, tmp_path):
    body = f"""
half = pathlib.Path({str(place)!r}) / f".mixengine-{{os.getpid()}}-half" / "stem.wav"
half.parent.mkdir()
half.write_bytes(b"RIFF")
time.sleep(60)
"""
    running = runner.start(fake(tmp_path, body), "balance", {}, taken)
    wait(lambda: list(place.glob(".mixengine-*/stem.wav")))
    running.kill()
    wait(lambda: running.result() is not None)
    assert list(place.glob(".mixengine-*")) == []


@posix
def test_the_state_is_read_from_the_end_of_what_was_told(taken, tmp_path):
    running = runner.start(fake(tmp_path, "pass"), "balance", {}, taken)
    wait(lambda: running.ended)
    said = b'{"done": 3, "total": 4, "what": "h\xc3\xb6rt"}'
    (running.folder / "status.jsonl").write_bytes(b"\xff" * 100_000 + b"\n" + said + b"\n")
    assert running.status() == (0.75, "hört")


def fake(tmp_path: Path, body: str) -> str:
    """A program in the place of Python."""
    path = tmp_path / "fake python"
    path.write_text(
        f"#!{sys.executable}\nimport os, pathlib, sys, time\nfolder = pathlib.Path(sys.argv[-1]).parent\n{body}"
    )
    path.chmod(0o755)
    return str(path)


@posix
@pytest.mark.parametrize(
    "body, said",
    [
        (
            "sys.stderr.write('noise\\n' * 20000 + 'No module named mixengine')\nsys.exit(1)",
            r"code 1\): No module named",
        ),
        ("sys.stderr.buffer.write(b'\\xff\\xfe bad')\nsys.exit(3)", r"code 3\): "),
        ("os.kill(os.getpid(), 11)", r"code -11\)$"),
        ("pass", r"code 0\)$"),
        ("(folder / 'result.json').write_text('{\"ok\"')", "ended without an answer"),
        ("(folder / 'status.jsonl').write_text('[1]')", "ended without an answer"),
        ("(folder / 'result.json').write_text('[]')", "ended without an answer"),
    ],
)
def test_whatever_the_process_says_is_one_sentence(taken, tmp_path, body, said):
    running = runner.start(fake(tmp_path, body), "balance", {}, taken)
    wait(lambda: running.ended)
    result = running.result()
    running.status()
    assert not result["ok"]
    assert re.search(said, result["error"]), result["error"]
    assert len(result["error"]) < 300


@posix
def test_a_process_that_does_not_listen_is_killed(taken, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "_KILL_AFTER_S", 0.2)
    running = runner.start(fake(tmp_path, "time.sleep(60)"), "balance", {}, taken)
    running.stop()
    assert wait(running.result, 5.0) == {"ok": False, "cancelled": True, "error": "stopped"}


def test_reapers_own_python_does_not_reach_the_backend(monkeypatch):
    monkeypatch.setenv("PYTHONHOME", "/reaper/python")
    monkeypatch.setenv("PYTHONPATH", "/reaper/plugins")
    environment = runner._clean_environment()
    assert "PYTHONHOME" not in environment
    assert environment["PYTHONPATH"] == str(Path(mixengine.__file__).resolve().parents[1])


def test_the_backend_reads_what_the_snapshot_says(taken):
    session = Project(taken.text.encode("utf-8", "surrogateescape"), Path(taken.path)).session()
    assert [len(track.audio_clips) for track in session.tracks] == [1] * TRACKS


def test_the_backend_starts_without_the_command_line(tmp_path):
    """Importing all commands would take most of the time from the click to the first progress."""
    job = asked(tmp_path, job="nothing")
    start = [sys.executable, "-X", "importtime", "-m", "mixengine"]
    done = subprocess.run([*start, "job", job], capture_output=True, encoding="utf-8", cwd=ROOT, check=False)
    assert done.returncode == 1
    assert "unknown to this mixengine" in answer(tmp_path)["error"]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "mixengine.reaper.backend" in loaded
    assert not {name for name in loaded if name.split(".")[0] in ("typer", "rich", "numpy") or name == "mixengine.cli"}
    assert subprocess.run([*start[:1], *start[3:], "job"], capture_output=True, cwd=ROOT, check=False).returncode == 2

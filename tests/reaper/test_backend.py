"""The process behind the buttons: every way it can end is one sentence, and nothing but its folder is touched."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import mixengine
from mixengine.hosts.reaper import snapshot
from mixengine.hosts.rpp.project import Project
from mixengine.model import plan as mixplan
from mixengine.reaper import backend, runner
from mixengine.system.errors import UserError
from reaper_sim import SimReaper
from tests.helpers.paths import ROOT
from tests.helpers.reaper_bench import Api
from tests.helpers.rpp_builders import item, project, source, track
from tests.helpers.sounds import noise, write

posix = pytest.mark.skipif(os.name != "posix", reason="process groups and signals are POSIX'")
linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")
TRACKS = 4


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A project of a few noisy tracks, long enough to be interrupted."""
    folder = tmp_path_factory.mktemp("prøject")
    parts = []
    for number in range(1, TRACKS + 1):
        write(folder / f"{number}.wav", noise(12.0, 44100, seed=number, channels=2), 44100, "PCM_16")
        clip = item(10 + number, media=source(f"{number}.wav"))
        parts.append(track(number, [line.replace("LENGTH 3.25", "LENGTH 12") for line in clip]))
    (folder / "song.RPP").write_bytes(project(*parts))
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("MIXENGINE_CACHE", str(tmp_path / "cache"))
    yield


@pytest.fixture
def taken(place) -> snapshot.Snapshot:
    return snapshot.take(Api(SimReaper(place / "song.RPP")))


@pytest.fixture
def no_watch(monkeypatch) -> None:
    """`backend.run` in this process: nobody interrupts the tests."""
    monkeypatch.setattr(backend._Watch, "start", lambda self: None)


def wait(done: Callable[[], Any], timeout_s: float = 20.0) -> Any:
    end = time.monotonic() + timeout_s
    while not (found := done()):
        assert time.monotonic() < end, "not done in time"
        time.sleep(0.02)
    return found


def in_group(group: int) -> list[int]:
    """Living processes of a process group (those already dead and not yet collected do not count)."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if words and int(words[2]) == group and words[0] != "Z":
            found.append(int(entry.name))
    return found


def asked(folder: Path, **fields: Any) -> Path:
    job = {"mixengine_job": 1, "job": "balance", "path": str(folder / "song.RPP"), "parent": 0, "settings": {}}
    (folder / "snapshot.RPP").write_bytes(project(track(1)))
    (folder / "job.json").write_text(json.dumps(job | fields), encoding="utf-8")
    return folder / "job.json"


def answer(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"job": "isolate"}, "unknown to this mixengine"),
        ({"mixengine_job": 0}, "job version 0, this mixengine knows 1"),
        ({"mixengine_job": 2}, "job version 2, this mixengine knows 1"),
        ({"settings": {"loudness": 3}}, "settings of balance: .*loudness"),
        ({"settings": {"strength": "much"}}, "settings of balance: .*strength"),
        ({"settings": {"strength": 1e9}}, "strength"),
        ({"settings": {"preset": "nö"}}, "nö"),
        ({"settings": []}, "settings"),
        ({"parent": "me"}, "parent"),
        ({"path": 5}, "path"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_wrong_job_is_one_sentence(tmp_path, no_watch, fields, said):
    assert backend.run(asked(tmp_path, **fields)) == 1
    result = answer(tmp_path)
    assert not result["ok"]
    assert re.search(said, result["error"]), result["error"]
    assert "internal error" not in result["error"] and "\n" not in result["error"]
    assert not (tmp_path / "plan.json").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"mixengine_job": 1}', b"[" * 100_000])
def test_a_damaged_job_file_is_one_sentence(tmp_path, no_watch, content):
    (tmp_path / "job.json").write_bytes(content)
    assert backend.run(tmp_path / "job.json") == 1
    assert "not a job file" in answer(tmp_path)["error"]


@pytest.mark.parametrize("content", [None, b"", b"<TRACK\n>\n", b'<REAPER_PROJECT 0.1 "7" 0\n  <TRACK'])
def test_a_damaged_snapshot_is_one_sentence(tmp_path, no_watch, content):
    job = asked(tmp_path)
    (tmp_path / "snapshot.RPP").unlink()
    if content is not None:
        (tmp_path / "snapshot.RPP").write_bytes(content)
    assert backend.run(job) == 1
    assert "snapshot.RPP" in answer(tmp_path)["error"] or "song.RPP" in answer(tmp_path)["error"] or content
    assert "internal error" not in answer(tmp_path)["error"]


def test_only_midi_and_missing_media_are_said(tmp_path, no_watch):
    job = asked(tmp_path)
    midi = item(11, media=["<SOURCE MIDI", "HASDATA 1 960 QN", "E 1920 b0 7b 00", ">"])
    (tmp_path / "snapshot.RPP").write_bytes(project(track(1, midi, name="keys"), track(2, item(12), name="gone")))
    backend.run(job)
    result = answer(tmp_path)
    text = result.get("error", "") + "\n".join(result.get("notes", []))
    assert "internal error" not in text
    assert "a.wav" in text or "gone" in text, text


def test_an_error_inside_a_job_tells_where(tmp_path, no_watch, monkeypatch):
    def boom(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(backend.remembered, "decide", boom)
    assert backend.run(asked(tmp_path)) == 1
    result = answer(tmp_path)
    assert result["error"].startswith("internal error: ZeroDivisionError: boom (test_backend.py:")
    assert "Traceback" in result["trace"] and "Traceback" not in result["error"]


@pytest.mark.parametrize(
    "error, said", [(MemoryError(), "out of memory"), (OSError(28, "No space left"), "No space left")]
)
def test_a_full_memory_or_disk_is_one_sentence(tmp_path, no_watch, monkeypatch, error, said):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(backend.remembered, "decide", fail)
    assert backend.run(asked(tmp_path)) == 1
    assert said in answer(tmp_path)["error"]


def test_an_interpreter_that_is_gone_says_what_to_do(taken, tmp_path):
    with pytest.raises(UserError, match=r"gone/python.*mixengine reaper install"):
        runner.start(str(tmp_path / "gone" / "python"), "balance", {}, taken)


@posix
def test_an_interpreter_that_cannot_be_started_is_named(taken, tmp_path):
    (tmp_path / "python").write_text("no program")
    with pytest.raises(UserError, match="python"):
        runner.start(str(tmp_path / "python"), "balance", {}, taken)


def test_a_cache_folder_that_cannot_be_made_is_not_called_a_missing_python(taken, monkeypatch):
    monkeypatch.setenv("MIXENGINE_CACHE", "/proc/nowhere" if os.name == "posix" else "Q:/nowhere")
    with pytest.raises(UserError, match="nowhere") as caught:
        runner.start(sys.executable, "balance", {}, taken)
    assert "Python is not there" not in str(caught.value)


def test_only_a_few_folders_are_kept(tmp_path):
    for _ in range(12):
        runner._new_folder()
    assert len(list((tmp_path / "cache" / "reaper-jobs").iterdir())) <= runner._KEPT_FOLDERS + 1


def test_a_whole_run_and_its_plan(taken, place):
    before = (place / "song.RPP").read_bytes()
    running = runner.start(sys.executable, "balance", {"selected_only": False}, taken)
    seen = set()

    def look() -> dict[str, Any] | None:
        seen.add(running.status())
        return running.result()

    result = wait(look, 60.0)
    assert result["ok"], result
    shares = [share for share, _ in seen]
    assert len(seen) > 2 and min(shares) == 0.0 and max(shares) <= 1.0
    plan = mixplan.from_json((running.folder / result["plan"]).read_text(encoding="utf-8"))
    assert {change.track for change in plan.changes} <= set(taken.tracks)
    assert (running.folder / "stderr.txt").read_text() == ""
    assert not runner.at_work(str(running.folder))
    assert (place / "song.RPP").read_bytes() == before
    assert not [path for path in place.iterdir() if path.suffix not in (".wav", ".RPP")]


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
        if how == "cancel":
            assert result["cancelled"]
            assert time.monotonic() - started_s < 5.0
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
        from mixengine.hosts.reaper import runner
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
        from mixengine import backend
        backend._PATIENCE_S = 0.2
        stuck = threading.Lock()
        stuck.acquire()
        backend.remembered.decide = lambda *_: stuck.acquire()
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
    assert "ended without an answer" in wait(running.result, 5.0)["error"]


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

"""Throughput of ``mixengine batch`` on many small sessions, and what it survives.

    python benchmarks/batch.py [--sessions N] [--seconds S] [--jobs balance,duck] [--only PART …]

N projects (default 200) with a voice, a bass and noise of S seconds each (default 8) are made on the spot in a
temporary folder, and every part works on results of its own, with measurements of its own:

- ``local``: the whole command with 1 and with 2 worker processes;
- ``dask``: a cluster of two single-threaded workers, started here;
- ``kill``: a worker process is killed again and again meanwhile, and a Dask worker once: all items must be done;
- ``resume``: interrupted half way, then the same command again, which must do only the rest, and once more, which must
  do nothing.

Exits with 1 when an item is lost or done twice.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

from mixengine.batch.journal import NAME
from mixengine.hosts import folder
from mixengine.hosts.rpp import new

RATE = 44100
KILL_EVERY_S = 3.0
TRIED_AGAIN = b'"attempts": 2'
WORKER = "mixengine.batch.worker"
SETTINGS = {"duck": ("duck.speech=voice", "duck.music=bass,noise")}


def make_sessions(root: Path, count: int, seconds: float) -> None:
    """Projects with three tracks each, no two alike."""
    generator = np.random.default_rng(1)
    t = np.arange(int(seconds * RATE)) / RATE
    for number in range(count):
        place = root / f"session {number:03d}"
        (place / "audio").mkdir(parents=True)
        f0_hz = generator.uniform(90.0, 220.0)
        speaking = (np.sin(2 * np.pi * 0.4 * t) > 0) * (0.6 + 0.4 * np.sin(2 * np.pi * 4.0 * t))
        sounds = {
            "voice": speaking * sum(np.sin(2 * np.pi * f0_hz * k * t) / k for k in range(1, 12)),
            "bass": np.sin(2 * np.pi * f0_hz / 2 * t),
            "noise": generator.standard_normal(len(t)),
        }
        for name, sound in sounds.items():
            level = 0.05 * 10.0 ** (generator.uniform(-12.0, 0.0) / 20.0)
            soundfile.write(place / "audio" / f"{name}.wav", level * sound, RATE, "PCM_24")
        session = replace(folder.read(place / "audio"), name=place.name)
        (place / f"{place.name}.RPP").write_bytes(new.project(session, place))


class Bench:
    """The sessions, and batches on them."""

    def __init__(self, place: Path, count: int, jobs: str) -> None:
        self.place, self.root, self.count, self.jobs = place, place / "sessions", count, jobs
        self.lost = False

    def command(self, name: str, *words: str) -> list[str]:
        """A batch whose results go to a folder of this name."""
        sets = [word for job in self.jobs.split(",") for pair in SETTINGS.get(job, ()) for word in ("--set", pair)]
        start = [sys.executable, "-m", "mixengine", "batch", str(self.root), self.jobs, *sets]
        return [*start, "-o", str(self.place / name), "--json", *words]

    def start(self, name: str, *words: str) -> subprocess.Popen[str]:
        """Start it, with measurements of its own."""
        environment = {**os.environ, "MIXENGINE_CACHE": str(self.place / f"cache {name}")}
        return subprocess.Popen(
            self.command(name, *words),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=environment,
        )

    def run(self, name: str, *words: str, meanwhile: Callable[[psutil.Process], None] | None = None) -> dict[str, Any]:
        """Its ``--json`` object, with the seconds of the whole command."""
        started = time.perf_counter()
        process = self.start(name, *words)
        if meanwhile is not None:
            threading.Thread(target=meanwhile, args=(psutil.Process(process.pid),), daemon=True).start()
        output, errors = process.communicate()
        if not output:
            raise SystemExit(f"{name} failed: {errors[-500:]}")
        return {**json.loads(output), "wall": time.perf_counter() - started}

    def check(self, what: str, result: dict[str, Any], fresh: int) -> str:
        """Words on whether all items were done, ``fresh`` of them now."""
        done = sum(entry["status"] == "done" for entry in result["entries"])
        fine = done == self.count == len(result["entries"]) and result["fresh"] == fresh
        self.lost |= not fine
        return f"{what:34} {done}/{self.count} done, {result['fresh']} now{'' if fine else '   WRONG'}"

    def timed(self, what: str, result: dict[str, Any]) -> float:
        """Print the throughput; returns the seconds."""
        wall = float(result["wall"])
        print(f"{self.check(what, result, self.count)}, {wall:7.1f} s, {self.count / wall:6.2f} sessions/s")
        return wall


def local(bench: Bench) -> None:
    one = bench.timed("1 worker", bench.run("one", "--workers", "1"))
    two = bench.timed("2 workers", bench.run("two", "--workers", "2"))
    print(f"{'2 workers against 1':34} {one / two:.2f} x")


def dask(bench: Bench) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        bench.timed("Dask, 2 workers", bench.run("dask", "--cluster", address))


def kill(bench: Bench) -> None:
    killed: list[int] = []
    log = bench.place / "killed" / NAME
    result = bench.run(
        "killed", "--workers", "2", meanwhile=lambda process: _kill_again_and_again(process, log, killed)
    )
    twice = sum(entry["attempts"] == 2 for entry in result["entries"])
    what = bench.check("worker processes killed", result, bench.count)
    print(f"{what}; {len(killed)} killed, {twice} items tried again")

    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        nanny = next(iter(cluster.workers.values()))
        victim: list[int] = []

        def strike(_: psutil.Process) -> None:
            _wait_for(bench.place / "killed dask" / NAME, bench.count // 4)
            victim.append(nanny.pid)
            os.kill(nanny.pid, signal.SIGKILL)

        result = bench.run("killed dask", "--cluster", address, meanwhile=strike)
        print(f"{bench.check('Dask worker killed', result, bench.count)}; {len(victim)} killed")


def _kill_again_and_again(process: psutil.Process, log: Path, killed: list[int]) -> None:
    """Kill the oldest worker, wait until its item was done by another, and so on as long as the batch runs."""
    _wait_for(log, 1)
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        try:
            workers = [child for child in process.children() if WORKER in child.cmdline()]
            oldest = min(workers, key=lambda child: child.create_time())
            oldest.kill()
        except (psutil.Error, ValueError):
            continue
        killed.append(oldest.pid)
        while log.read_bytes().count(TRIED_AGAIN) < len(killed) and process.is_running():
            time.sleep(0.1)
        time.sleep(KILL_EVERY_S)


def resume(bench: Bench) -> None:
    process = bench.start("resumed", "--workers", "2")
    log = bench.place / "resumed" / NAME
    _wait_for(log, bench.count // 2)
    process.send_signal(signal.SIGINT)
    process.communicate()
    known = len(log.read_text().splitlines())
    half = [path for path in (bench.place / "resumed").rglob(".*") if path.is_dir()]
    bench.lost |= bool(half)
    print(f"{'interrupted':34} {known} in the journal, {len(half)} half-written")
    print(bench.check("the same command again", bench.run("resumed", "--workers", "2"), bench.count - known))
    again = bench.run("resumed", "--workers", "2")
    print(f"{bench.check('and once more', again, 0)}, {again['wall']:.1f} s")


def _wait_for(log: Path, lines: int) -> None:
    """Until the journal has so many lines."""
    while not log.exists() or log.read_bytes().count(b"\n") < lines:
        time.sleep(0.1)


PARTS = {"local": local, "dask": dask, "kill": kill, "resume": resume}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--jobs", default="balance,duck")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=list(PARTS))
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="mixengine-bench-"))
    try:
        bench = Bench(place, options.sessions, options.jobs)
        make_sessions(bench.root, options.sessions, options.seconds)
        what = f"{options.sessions} sessions, 3 tracks x {options.seconds:g} s each"
        print(f"{what}, {options.jobs}, {os.cpu_count()} cores")
        for part in options.only:
            PARTS[part](bench)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if bench.lost:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

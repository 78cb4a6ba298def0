"""Speed of ``mixengine render --mix`` against ffmpeg's amix on the same files, taken in turn in one run.

    python benchmarks/render.py [--tracks N] [--minutes M] [--rounds R] [--stems]

N stereo tracks of M minutes (24 bit, 44.1 kHz; default 100 × 1) are made on the spot. Both sides are whole commands and
write a float WAV: ours with a gain and a pan for every track, read from a project; ffmpeg's amix without either, and
with ``volume`` and ``pan`` filters that do the same. Prints real-time factors (median of the rounds), the ratios, how
well the results agree, and our peak memory. ``--stems`` times mix, stems (24 bit) and null check too.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import soundfile

from mixengine.hosts import folder
from mixengine.hosts.rpp import new
from mixengine.model.session import Session
from mixengine.model.units import amplitude

RATE = 44100
LEVEL = 0.02


def make_session(root: Path, count: int, seconds: float) -> Session:
    """Tracks of noise with a gain and a pan each, as files and as a project."""
    generator = np.random.default_rng(1)
    root.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        with soundfile.SoundFile(root / f"{number:03d}.wav", "w", RATE, 2, "PCM_24") as file:
            for _ in range(round(seconds)):
                file.write(generator.standard_normal((RATE, 2), dtype=np.float32) * LEVEL)
    session = folder.read(root)
    knobs = zip(session.tracks, generator.uniform(-12, 0, count), generator.uniform(-1, 1, count), strict=True)
    return replace(session, tracks=tuple(replace(t, fader_db=float(db), pan=float(pan)) for t, db, pan in knobs))


def timed(command: list[str]) -> tuple[float, float]:
    """Seconds and peak memory in GB of a command and its children."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    max_gb = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, max_gb), daemon=True)
    watcher.start()
    if process.wait():
        raise SystemExit(f"failed: {' '.join(command)[:200]}")
    seconds = time.perf_counter() - started
    watcher.join()
    return seconds, max_gb[0]


def _watch(process: subprocess.Popen, max_gb: list[float]) -> None:
    while process.poll() is None:
        try:
            parent = psutil.Process(process.pid)
            held = sum(part.memory_info().rss for part in [parent, *parent.children(recursive=True)])
            max_gb[0] = max(max_gb[0], held / 1e9)
        except psutil.Error:
            pass
        time.sleep(0.05)


def ffmpeg(session: Session, out: Path, *, knobs: bool) -> list[str]:
    """The command that sums the files, with each track's gain and pan or without."""
    inputs = [word for track in session.tracks for word in ("-i", str(track.file))]
    names = "".join(f"[t{number}]" for number in range(len(session.tracks)))
    parts = []
    for number, track in enumerate(session.tracks):
        left, right = (amplitude(track.fader_db) * side for side in (min(1 - track.pan, 1), min(1 + track.pan, 1)))
        parts.append(f"[{number}:a]aformat=flt,pan=stereo|c0={left:.9f}*c0|c1={right:.9f}*c1[t{number}]")
    sums = f"amix=inputs={len(session.tracks)}:normalize=0"
    graph = ";".join([*parts, f"{names}{sums}"]) if knobs else sums
    return ["ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", graph, "-c:a", "pcm_f32le", str(out)]


def agreement_db(one: Path, other: Path) -> float:
    """Largest difference of two files in dBFS."""
    worst = 0.0
    with soundfile.SoundFile(one) as a, soundfile.SoundFile(other) as b:
        while len(block := a.read(RATE, dtype="float64", always_2d=True)):
            against = b.read(len(block), dtype="float64", always_2d=True)
            worst = max(worst, float(np.abs(block[: len(against)] - against).max()))
    return 20.0 * float(np.log10(worst + 1e-30))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--stems", action="store_true")
    options = parser.parse_args()
    if shutil.which("ffmpeg") is None:
        raise SystemExit("ffmpeg is not installed")
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        session = make_session(root / "session", options.tracks, 60.0 * options.minutes)
        project = root / "song.RPP"
        project.write_bytes(new.project(session, root))
        length_s = session.duration_s
        render = [sys.executable, "-m", "mixengine", "render", str(project), "--no-progress"]
        commands = {
            "mixengine": [*render, "--mix", "--bits", "32f", "-o", str(root / "ours.wav")],
            "ffmpeg amix": ffmpeg(session, root / "plain.wav", knobs=False),
            "ffmpeg amix with gain and pan": ffmpeg(session, root / "theirs.wav", knobs=True),
        }
        if options.stems:
            commands["mixengine mix + stems"] = [*render, "-o", str(root / "all")]
        print(f"{options.tracks} tracks x {length_s:.0f} s, {os.cpu_count()} cores, median of {options.rounds} rounds")
        runs: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                runs[name].append(timed(command))
        ours = statistics.median(seconds for seconds, _ in runs["mixengine"])
        for name, results in runs.items():
            seconds = statistics.median(second for second, _ in results)
            print(
                f"{name:30} {seconds:7.2f} s  {length_s / seconds:7.1f} x real time  "
                f"{max(memory for _, memory in results):5.2f} GB  {seconds / ours:5.1f} x our time"
            )
        print(f"agreement with ffmpeg: {agreement_db(root / 'ours.wav', root / 'theirs.wav'):.1f} dBFS")


if __name__ == "__main__":
    main()

"""Speed and memory of ``mixengine balance``, against [Shi 2025] on a sample of the same tracks, in one run.

    python benchmarks/balance_speed.py [--tracks N] [--minutes M] [--from FOLDER] [--keep FOLDER]

N stereo tracks of M minutes (24 bit, 44.1 kHz; default 100 × 4, 6 GB) are made on the spot from the audio in FOLDER
(default: the demo's stems), each looped from another place at another level. Prints track-seconds per second of the
whole command, cold and cached, its peak memory with all workers, and the ratio to the procedure of [Shi 2025] (librosa
pYIN at the file's rate, PESTO when installed, pyloudnorm, pedalboard), timed on the first seconds of some of these
tracks.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import psutil
import soundfile
import soxr

from mixengine.app import demo
from mixengine.audio.files import is_audio_name

RATE = 44100
SAMPLE_TRACKS = 6
SAMPLE_SECONDS = 10.0

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


def make_tracks(source: Path, target: Path, count: int, seconds: float) -> None:
    """Write the session: every track a loop of one source file, 24 bit stereo."""
    files = sorted(path for path in source.rglob("*") if is_audio_name(path))
    generator = np.random.default_rng(1)
    target.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        path = target / f"{index + 1:03d} {files[index % len(files)].stem}.wav"
        if path.exists():
            continue
        samples, rate = soundfile.read(files[index % len(files)], dtype="float32", always_2d=True)
        samples = soxr.resample(samples, rate, RATE) if rate != RATE else samples
        samples = np.roll(samples[:, [0, -1]], int(generator.integers(len(samples))), axis=0)
        samples *= np.float32(10 ** (generator.uniform(-9, 0) / 20))
        with soundfile.SoundFile(path, "w", RATE, 2, "PCM_24") as file:
            left = int(seconds * RATE)
            while left > 0:
                file.write(samples[:left])
                left -= len(samples)


def run_command(session: Path, out: Path, cache: Path) -> tuple[float, float]:
    """Seconds and peak memory in GB of the whole command, workers included."""
    command = [sys.executable, "-m", "mixengine", "balance", str(session), "-o", str(out), "--json"]
    start = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, env={**os.environ, "MIXENGINE_CACHE": str(cache)})
        peak = [0]
        watcher = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        watcher.start()
        code = process.wait()
    seconds = time.perf_counter() - start
    if code:
        raise SystemExit(f"mixengine balance failed with exit code {code}")
    return seconds, peak[0] / 1e9


def _watch(pid: int, peak: list[int]) -> None:
    """Largest sum of unshared memory of a process and its children."""
    try:
        root = psutil.Process(pid)
        while True:
            family = [root, *root.children(recursive=True)]
            peak[0] = max(peak[0], sum(process.memory_full_info().uss for process in family))
            time.sleep(0.2)
    except psutil.Error:
        return


def paper_speed(session: Path) -> float:
    """Track-seconds per second of the procedure of [Shi 2025], one track after the other as published."""
    from mixengine.audio.pitch import has_pesto
    from tests.helpers import paper_reference

    warnings.simplefilter("ignore")
    paths = sorted(session.glob("*.wav"))
    picked = paths[:: max(len(paths) // SAMPLE_TRACKS, 1)][:SAMPLE_TRACKS]
    with tempfile.TemporaryDirectory() as place:
        short = []
        for path in picked:
            samples, rate = soundfile.read(path, frames=int(SAMPLE_SECONDS * RATE), dtype="float32")
            short.append(Path(place) / path.name)
            soundfile.write(short[-1], samples, rate, subtype="PCM_24")
        paper_reference.analyse(str(short[0]), with_pesto=has_pesto())  # compile and load first
        start = time.perf_counter()
        analysed = 0
        for path in short:
            analysed += paper_reference.analyse(str(path), with_pesto=has_pesto())["F0"] is not None
        seconds = time.perf_counter() - start
    if not analysed:
        raise SystemExit("the sample is silent: use other audio")
    return analysed * SAMPLE_SECONDS / seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--from", dest="source", type=Path, default=demo.AUDIO)
    parser.add_argument("--keep", type=Path, help="make the tracks here and leave them")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        session = (arguments.keep or Path(place)) / "session"
        make_tracks(arguments.source, session, arguments.tracks, arguments.minutes * 60.0)
        total_s = arguments.tracks * arguments.minutes * 60.0
        cold_s, cold_gb = run_command(session, Path(place) / "out", Path(place) / "cache")
        warm_s, _ = run_command(session, Path(place) / "out", Path(place) / "cache")
        paper = paper_speed(session)
    speed = total_s / cold_s
    print(f"{arguments.tracks} stereo tracks x {arguments.minutes:g} min, {os.cpu_count()} cores")
    print(f"cold:   {cold_s:.1f} s, {speed:.0f} track-seconds per second; {cold_gb:.2f} GB peak, workers included")
    print(f"cached: {warm_s:.1f} s")
    print(f"the procedure of [Shi 2025]: {paper:.2f} track-seconds per second; ours is {speed / paper:.0f} x that")


if __name__ == "__main__":
    main()

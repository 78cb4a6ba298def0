"""How long ``mixengine lint`` takes on a long project, and how much memory: 52 tracks, two hours, 633 items.

    python benchmarks/lint_long.py [--tracks N] [--items N] [--hours H] [--dense] [--folder DIR] [--profile]

The sound is made here (voices of gated noise over a hum, music of tones; FLAC and WAV, mono and stereo, 44.1 and
48 kHz), eight files of twenty minutes, of which items of 4 to 40 s (with ``--dense`` of 8 s to 10 minutes: 25 hours of
sound in all) play different places. It is written to a
temporary folder, examined in a process of its own without a cache, and deleted. Printed: seconds, processor seconds,
the largest memory of all processes together, and the findings by check. Exits with 1 above 60 s (unless ``--dense``).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile

MAX_S = 60.0
FILE_S = 1200.0
_SPARSE_S, _DENSE_S = (4.0, 8.0, 20.0, 40.0), (8.0, 45.0, 180.0, 600.0)
_SETS = (("talk", 48000, 1, "flac"), ("talk", 44100, 1, "wav"), ("music", 48000, 2, "flac"), ("music", 44100, 2, "wav"))


def voice(generator: np.random.Generator, rate: int, seconds: float) -> np.ndarray:
    """Noise in syllables and sentences, with pauses and a little hum [shape=(frames, 1)]."""
    frames = round(rate * seconds)
    syllables = np.clip(generator.normal(0.6, 0.5, round(seconds * 5) + 2), 0.0, None)
    sentences = np.repeat(generator.random(round(seconds / 3) + 2) < 0.7, 15)[: len(syllables)]
    envelope = np.interp(np.arange(frames) / rate * 5, np.arange(len(syllables)), syllables * sentences)
    noise = np.convolve(generator.standard_normal(frames).astype(np.float32), np.hanning(9) / 4.0, "same")
    hum = 0.0005 * np.sin(2.0 * np.pi * 50.0 * np.arange(frames) / rate)
    floor = 0.0003 * generator.standard_normal(frames)
    return (0.1 * envelope * noise + hum + floor).astype(np.float32)[:, None]


def music(generator: np.random.Generator, rate: int, seconds: float) -> np.ndarray:
    """Plucked tones, another one each half second and side [shape=(frames, 2)]."""
    step = rate // 2
    times = np.arange(step) / rate
    notes = generator.choice(220.0 * 2.0 ** (np.arange(24) / 12.0), (round(seconds * 2), 2))
    decay = 0.2 * np.exp(-3.0 * times)[:, None]
    tones = [decay * np.sin(2.0 * np.pi * pair[None, :] * times[:, None]) for pair in notes]
    return np.concatenate(tones).astype(np.float32)


_KINDS = {"talk": voice, "music": music}


def write_media(folder: Path, generator: np.random.Generator) -> list[tuple[str, int]]:
    """Two files of each set: their names and how many channels they have."""
    files = []
    for kind, rate, channels, suffix in _SETS:
        for number in range(2):
            name = f"{kind} {rate} {number}.{suffix}"
            soundfile.write(folder / name, _KINDS[kind](generator, rate, FILE_S), rate, "PCM_24")
            files.append((name, channels))
    return files


def write_project(folder: Path, tracks: int, items: int, hours: float, lengths_s: tuple[float, ...]) -> Path:
    """A project whose items lie anywhere in its hours, and its media."""
    generator = np.random.default_rng(14)
    files = write_media(folder, generator)
    lines = ['<REAPER_PROJECT 0.1 "7.22/win64" 1720000000', "  SAMPLERATE 48000 1 0"]
    shares = np.array_split(np.arange(items), tracks)
    for number, share in enumerate(shares):
        name, _ = files[number % len(files)]
        lines += [f"  <TRACK {{{number:08d}-0000-4000-8000-000000000000}}", f'    NAME "Track {number + 1}"']
        edges = np.sort(generator.uniform(0.0, hours * 3600.0, len(share)))
        for place, start_s in enumerate(edges):
            end_s = edges[place + 1] if place + 1 < len(edges) else hours * 3600.0
            length_s = min(float(generator.choice(lengths_s)), end_s - start_s)
            offset_s = float(generator.uniform(0.0, FILE_S - length_s))
            lines += [
                "    <ITEM",
                f"      POSITION {start_s:.6f}",
                f"      LENGTH {length_s:.6f}",
                "      FADEIN 1 0.01 0 1 0 0 0",
                "      FADEOUT 1 0.01 0 1 0 0 0",
                f"      IGUID {{{number:04d}{place:04d}-0000-4000-8000-000000000001}}",
                f"      SOFFS {offset_s:.6f}",
                f"      <SOURCE {'FLAC' if name.endswith('flac') else 'WAVE'}",
                f'        FILE "{name}"',
                "      >",
                "    >",
            ]
        lines.append("  >")
    path = folder / "long.RPP"
    path.write_text("\r\n".join([*lines, ">", ""]), newline="")
    return path


class Memory(threading.Thread):
    """The largest memory of a process and its children together, looked at five times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.max_mb = pid, 0.0

    def run(self) -> None:
        """Look until the process ends."""
        import psutil

        while True:
            try:
                process = psutil.Process(self.pid)
                family = [process, *process.children(recursive=True)]
                used = sum(member.memory_full_info().uss for member in family) / 1e6
            except psutil.Error:
                return
            self.max_mb = max(self.max_mb, used)
            time.sleep(0.2)


def examine(project: Path, *, profile: bool) -> tuple[float, float, float, dict]:
    """Seconds, processor seconds, MB and the result of ``mixengine lint``."""
    before, started = os.times(), time.monotonic()
    command = [sys.executable, *(("-m", "cProfile", "-o", "lint.prof") if profile else ()), "-m", "mixengine"]
    environment = {**os.environ, "MIXENGINE_CACHE": str(project.parent / "cache")}
    process = subprocess.Popen([*command, "lint", str(project), "--json"], stdout=subprocess.PIPE, env=environment)
    memory = Memory(process.pid)
    memory.start()
    output, _ = process.communicate()
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - started, used, memory.max_mb, json.loads(output)


def main() -> None:
    """Make the project, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=52)
    parser.add_argument("--items", type=int, default=633)
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--dense", action="store_true", help="long items; the bar does not count")
    parser.add_argument("--folder", type=Path, help="keep the project here, or use the one that is there")
    parser.add_argument("--profile", action="store_true", help="write lint.prof")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = options.folder or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        project = folder / "long.RPP"
        if not project.exists():
            project = write_project(
                folder, options.tracks, options.items, options.hours, _DENSE_S if options.dense else _SPARSE_S
            )
        seconds, processor_s, memory_mb, result = examine(project, profile=options.profile)
    checks = Counter(finding["check"] for finding in result["findings"])
    print(f"{seconds:.1f} s, {processor_s:.1f} processor-seconds, {memory_mb:.0f} MB")
    print(", ".join(f"{count} {check}" for check, count in sorted(checks.items())))
    if seconds > MAX_S and not options.dense:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

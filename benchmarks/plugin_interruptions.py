"""What is noticed of the bursts and gaps of plug-ins without a licence, and how often a sound plug-in is taken for one.

    python benchmarks/plugin_interruptions.py [FOLDER] [--files N] [--seconds S]

N files (default 24) of 20 s or longer, spread over FOLDER (default the shared music and tracks), of which the first S
seconds go through eleven effects of pedalboard: none of them should be noticed. The same files as they are, with half a
second every 9 s in which something is wrong: white noise 3 or 12 dB below the file's peak, or silence. Printed: of how
many effects something was noticed (0 is right), and of how many faults (all is right; a gap in a rest is none to hear,
so that the share of time in which the file sounds at all stands beside).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile

from mixengine.mixer.plugins.watch import Watch

SHARED = Path(__file__).resolve().parent.parent.parent / "shared" / "data" / "audio"
MIN_S, FIRST_S, EVERY_S, LASTS_S = 20.0, 3.0, 9.0, 0.5
BLOCK = 32768
AUDIBLE_DBFS = -60.0
FAULTS = {"noise 3 dB below the peak": -3.0, "noise 12 dB below the peak": -12.0, "silence": None}


def files(folder: Path, count: int) -> list[Path]:
    """Long enough, evenly out of all in the folder."""
    result = sorted(path for kind in ("wav", "flac", "ogg", "mp3") for path in folder.rglob(f"*.{kind}"))
    lasting = [path for path in result if soundfile.info(path).duration >= MIN_S]
    return lasting[:: max(len(lasting) // count, 1)][:count]


def sound_of(path: Path, seconds: float) -> tuple[np.ndarray, int]:
    rate = soundfile.info(path).samplerate
    sound, _ = soundfile.read(path, frames=int(seconds * rate), dtype="float32", always_2d=True)
    return np.ascontiguousarray(np.repeat(sound, 2, axis=1) if sound.shape[1] == 1 else sound[:, :2]), rate


def effects() -> Iterator[tuple[str, object]]:
    import pedalboard as p

    yield "compressor", p.Compressor(-40, 10)
    yield "soft gate", p.NoiseGate(-40, 100, 1, 100)
    yield "hard gate", p.NoiseGate(-25, 100, 1, 50)
    yield "echo", p.Delay(0.7, 0.5, 0.5)
    yield "reverb", p.Reverb(0.9, wet_level=0.8, dry_level=0.0)
    yield "chorus", p.Chorus()
    yield "distortion", p.Distortion(40)
    yield "high pass", p.HighpassFilter(4000)
    yield "low pass", p.LowpassFilter(120)
    yield "phaser", p.Phaser(0.2, 1.0, mix=1.0)
    yield "limiter", p.Limiter(-30)


def faulty(sound: np.ndarray, rate: int, level_db: float | None, generator: np.random.Generator) -> np.ndarray:
    times_s = np.arange(len(sound)) / rate
    now = (((times_s - FIRST_S) % EVERY_S < LASTS_S) & (times_s >= FIRST_S))[:, None]
    if level_db is None:
        return sound * ~now
    noise = generator.uniform(-1.0, 1.0, sound.shape) * np.abs(sound).max() * 10.0 ** (level_db / 20.0)
    return (sound + now * noise).astype(np.float32)


def noticed(dry: np.ndarray, wet: np.ndarray, rate: int) -> bool:
    watch = Watch(rate, 0)
    lines = [watch.add(dry[at : at + BLOCK], wet[at : at + BLOCK]) for at in range(0, len(dry), BLOCK)]
    return any((*lines, watch.look()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    paths = files(asked.folder, asked.files) if asked.folder.is_dir() else []
    if not paths:
        sys.exit(f"{asked.folder}: no audio of {MIN_S:g} s or longer")
    generator = np.random.default_rng(16)
    wrongly: dict[str, int] = {}
    rightly = dict.fromkeys(FAULTS, 0)
    sounding = []
    for path in paths:
        dry, rate = sound_of(path, asked.seconds)
        sounding.append(float((np.abs(dry).max(axis=1) > 10.0 ** (AUDIBLE_DBFS / 20.0)).mean()))
        for name, effect in effects():
            wet = effect(np.ascontiguousarray(dry.T), rate).T  # type: ignore[operator]
            wrongly[name] = wrongly.get(name, 0) + noticed(dry, wet, rate)
        for name, level_db in FAULTS.items():
            rightly[name] += noticed(dry, faulty(dry, rate, level_db, generator), rate)
    share = f"they sound {np.mean(sounding):.0%} of the time"
    print(f"{len(paths)} files of {asked.folder.name}, {asked.seconds:g} s of each; {share}")
    for name, count in wrongly.items():
        print(f"{name:28} noticed in {count:3} (0 is right)")
    for name, count in rightly.items():
        print(f"{name:28} noticed in {count:3} (all is right)")


if __name__ == "__main__":
    main()

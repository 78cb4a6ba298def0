"""What `enhance` leaves of sung leads, backing vocals and instruments, clean and under noise.

    python benchmarks/keeps_music.py [FOLDER] [--seconds S] [--voices-only] [--raw] [--model NAME] [--noise NOISE …]

FOLDER holds ``balance/songs`` and ``audio/multitrack`` (default: ``../shared/data``). Printed per stem: SI-SDR of the
output to what came in, level of the output where the stem sounds, share of frames of 50 ms there that were cut by more
than 6 dB, and as what it was judged. With ``--noise`` (``white``, or a file) for voices also with that noise 15 dB
below the voice: how far it goes down in the pauses, and SI-SDR to the clean voice. ``--raw``: without the judge.
"""

from __future__ import annotations

import argparse
import os
import re
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import soxr

from mixengine.audio.metrics import si_sdr_db
from mixengine.separation_models import DENOISER
from mixengine.separation_models.chunked import separate
from mixengine.separation_models.keeping import Guard, Keeping, guarded
from mixengine.separation_models.model import Model
from mixengine.separation_models.registry import open_model

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
VOICE = re.compile(r"vo(x|cal)", re.IGNORECASE)
RATIO_DB = 15.0
FRAME_S = 0.05
SOUNDING_DB, PAUSE_DB = -40.0, -45.0


def stems(root: Path) -> list[Path]:
    """All stems, voices first; whole mixes and sound effects left out."""
    result = [*(root / "balance" / "songs").rglob("*.ogg"), *(root / "audio" / "multitrack").rglob("*.ogg")]
    kept = [path for path in result if "egl314" not in path.parent.name and "MASTER" not in path.stem]
    return sorted(kept, key=lambda path: (VOICE.search(path.stem) is None, path))


def frame_powers(samples: np.ndarray, rate: int) -> np.ndarray:
    """Mean power of each frame of 50 ms."""
    size = round(FRAME_S * rate)
    whole = len(samples) // size * size
    return np.square(samples[:whole], dtype=np.float64).reshape(-1, size, samples.shape[1]).mean(axis=(1, 2)) + 1e-20


def clean_row(samples: np.ndarray, made: np.ndarray, rate: int) -> tuple[float, float, float]:
    """SI-SDR, level and share of frames cut."""
    before, after = frame_powers(samples, rate), frame_powers(made, rate)
    sounding = before > before.max() * 10.0 ** (SOUNDING_DB / 10.0)
    level_db = 10.0 * np.log10(after[sounding].sum() / before[sounding].sum())
    cut = float((after[sounding] < before[sounding] * 10.0**-0.6).mean())
    return si_sdr_db(samples.ravel(), made.ravel()), float(level_db), cut


def noisy_row(model: Model, samples: np.ndarray, noise: np.ndarray, rate: int) -> tuple[float, float]:
    """How far noise goes down in the pauses, and SI-SDR to the clean voice."""
    powers = frame_powers(samples, rate)
    sounding = powers > powers.max() * 1e-3
    noise = np.resize(noise, (len(samples), 1)) / (np.sqrt(np.mean(np.square(noise))) + 1e-12)
    noise = (noise * np.sqrt(powers[sounding].mean()) * 10.0 ** (-RATIO_DB / 20.0)).astype(np.float32)
    mixed = samples + noise
    made = separate(model, mixed, rate)["speech"]
    pause = powers < powers.max() * 10.0 ** (PAUSE_DB / 10.0)
    lower = frame_powers(made, rate)[pause].sum() / frame_powers(mixed, rate)[pause].sum() if pause.any() else np.nan
    return float(10.0 * np.log10(lower)), si_sdr_db(samples.ravel(), made.ravel())


def noise_of(name: str, rate: int, frames: int) -> np.ndarray:
    """White noise, or a recording in mono at ``rate``."""
    if name == "white":
        return np.random.default_rng(0).standard_normal((frames, 1))
    sound, noise_rate = soundfile.read(name, dtype="float32", always_2d=True)
    return soxr.resample(sound.mean(axis=1, keepdims=True), noise_rate, rate)


def judged(model: Model) -> str:
    """Seconds by kind and treatment."""
    if not isinstance(model, Keeping):
        return ""
    seconds: Counter[str] = Counter()
    for passage in model.passages:
        seconds[f"{passage.kind}/{passage.treatment}"] += round(passage.end_s - passage.start_s)
    return ", ".join(f"{name} {count} s" for name, count in seconds.most_common())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each stem, from its start")
    parser.add_argument("--voices-only", action="store_true")
    parser.add_argument("--raw", action="store_true", help="the network without its judge")
    parser.add_argument("--model", default=DENOISER)
    parser.add_argument("--noise", action="append", default=[], help="white, or a file")
    options = parser.parse_args()
    result = stems(options.folder)
    if not result:
        print(f"{options.folder}: no stems there; give a folder with balance/songs or audio/multitrack")
        return
    net = open_model(options.model)
    model = net if options.raw else guarded(net, Guard())
    print(f"{'stem':48s} SI-SDR  level  cut %  judged as; under noise: pauses dB, SI-SDR")
    for path in result:
        voice = VOICE.search(path.stem) is not None
        if options.voices_only and not voice:
            continue
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            samples = file.read(int(options.seconds * rate), dtype="float32", always_2d=True)
        if np.abs(samples).max(initial=0.0) < 1e-4:
            continue
        if voice:
            samples = samples.mean(axis=1, keepdims=True)
        ratio_db, level_db, cut = clean_row(samples, separate(model, samples, rate)["speech"], rate)
        name = f"{path.parent.name}/{path.stem}"
        line = f"{name:48s} {ratio_db:6.1f} {level_db:6.2f} {100 * cut:6.2f}  {judged(model)}"
        for each in options.noise if voice else ():
            lower_db, to_clean_db = noisy_row(model, samples, noise_of(each, rate, len(samples)), rate)
            line += f"; {Path(each).stem}: {lower_db:.1f}, {to_clean_db:.1f} ({judged(model)})"
        print(line, flush=True)


if __name__ == "__main__":
    main()

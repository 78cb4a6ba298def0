"""How even `level` makes uneven voices, beside ffmpeg's levellers and a compressor.

    python benchmarks/level.py [FOLDER] [--voices N]

Each voice is 180 s of one person reading (recordings from FOLDER, default the shared LibriSpeech voices), phrases of
1.5 to 6 s with pauses of 0.3 to 2.5 s, and noise 50 dB below the voice. Two kinds of unevenness:

- lively: what people do at a microphone. The level drifts by 6 dB over tens of seconds, they turn away (7 dB softer,
  treble lost, for 8 to 25 s), come closer (5 dB), get excited (6 dB louder for 5 to 15 s) or speak an aside (7 dB
  softer, 3 to 6 s).
- phrases: every phrase has a gain of its own (standard deviation 5 dB), which no speaker does and which is about as
  many levels a minute as the points that may be drawn.

All sides work on the same file:

- untouched;
- dynaudnorm, speechnorm: filters of ffmpeg with their defaults (left out where ffmpeg is not there);
- compressor: ReaComp as the mixer plays it, 3:1 from 12 dB below the voice's loudness;
- level: the points of `mixengine level` with its defaults, as the mixer plays them.

Printed: from the 10th to the 90th percentile of the loudness over 3 s while somebody speaks; how much louder the noise
in pauses is than before, beside the voice (both mean powers); of what `level` draws, points a minute and the fastest
change in 10 ms.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import soxr
from microphones import RATE, VOICES
from scipy import ndimage, signal

from mixengine.app import workflow
from mixengine.audio.curves import automation_values
from mixengine.audio.loudness import LoudnessMeter, to_lufs
from mixengine.audio.reacomp import ReaCompGain
from mixengine.jobs.level.settings import LevelSettings
from mixengine.model.plan import Envelope
from mixengine.model.session import Automation, CompressorSettings

LENGTH_S = 180.0
PHRASE_DB, DRIFT_DB = 5.0, 3.0
AWAY_HZ = 3000.0
NOISE_DB = -50.0
FRAME = RATE // 100
MARGIN_S = 0.4
SPREAD = (10.0, 90.0)


@dataclass(frozen=True)
class Move:
    """Something that a speaker does."""

    gain_db: float
    length_s: tuple[float, float]
    away: bool = False


MOVES = (Move(-7.0, (8.0, 25.0), away=True), Move(5.0, (8.0, 25.0)), Move(6.0, (5.0, 15.0)), Move(-7.0, (3.0, 6.0)))
KINDS = ("lively", "phrases")


def voice_of(paths: list[Path], kind: str, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """An uneven voice with noise, and when it speaks (true in phrases) [shape=(samples,)]."""
    samples = round(LENGTH_S * RATE)
    sound, speaks, at = np.zeros(samples), np.zeros(samples, dtype=bool), 0
    dry = np.concatenate([_read(path) for path in paths])
    dry *= 10.0 ** (-23.0 / 20.0) / np.sqrt(np.square(dry[np.abs(dry) > 0.01 * np.abs(dry).max()]).mean())
    gain_db = np.zeros(samples)
    place = 0
    while at < samples:
        length = round(generator.uniform(1.5, 6.0) * RATE)
        phrase = dry[np.arange(place, place + length) % len(dry)] * np.interp(
            np.arange(length), [0, 400, length - 400, length], [0, 1, 1, 0]
        )
        end = min(at + length, samples)
        sound[at:end] += phrase[: end - at]
        gain_db[at:end] = generator.normal(0.0, PHRASE_DB)
        speaks[at:end] = True
        place += length
        at = end + round(generator.uniform(0.3, 2.5) * RATE)
    if kind == "lively":
        gain_db, away = _lively(samples, generator)
        sound += away * (signal.sosfilt(signal.butter(2, AWAY_HZ, fs=RATE, output="sos"), sound) - sound)
    sound *= 10.0 ** (gain_db / 20.0)
    level = np.sqrt(np.square(sound[speaks]).mean())
    return sound + level * 10.0 ** (NOISE_DB / 20.0) * generator.standard_normal(samples), speaks


def _lively(samples: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Gain over time in dB, and how far the speaker is turned away, 0 … 1 [shape=(samples,)]."""
    times_s = np.arange(samples) / RATE
    knots_s = np.cumsum(generator.uniform(15.0, 40.0, size=20))
    gain_db = np.interp(times_s, np.concatenate([[0.0], knots_s]), generator.uniform(-DRIFT_DB, DRIFT_DB, size=21))
    away = np.zeros(samples)
    at_s = generator.uniform(5.0, 15.0)
    while at_s < LENGTH_S:
        what = MOVES[int(generator.integers(len(MOVES)))]
        length_s, change_s = generator.uniform(*what.length_s), generator.uniform(0.3, 1.0)
        shape = np.interp(times_s, [at_s, at_s + change_s, at_s + length_s, at_s + length_s + change_s], [0, 1, 1, 0])
        gain_db += what.gain_db * shape
        away = np.maximum(away, shape) if what.away else away
        at_s += length_s + generator.uniform(5.0, 15.0)
    return gain_db, away


def _read(path: Path) -> np.ndarray:
    sound, rate = soundfile.read(path, always_2d=True)
    return np.asarray(soxr.resample(sound.mean(axis=1), rate, RATE))


def filtered(sound: np.ndarray, name: str) -> np.ndarray:
    """The voice through a filter of ffmpeg."""
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place) / "in.wav", Path(place) / "out.wav"
        soundfile.write(source, sound, RATE, "FLOAT")
        command = ["ffmpeg", "-v", "error", "-i", source, "-af", name, "-c:a", "pcm_f32le", "-ar", str(RATE), target]
        subprocess.run([str(word) for word in command], check=True)
        result = soundfile.read(target)[0]
    return np.pad(result, (0, max(len(sound) - len(result), 0)))[: len(sound)]


def compressed(sound: np.ndarray, speaks: np.ndarray) -> np.ndarray:
    """The voice through ReaComp."""
    level_db = 10.0 * np.log10(np.square(sound[speaks]).mean())
    gain = ReaCompGain(CompressorSettings(level_db - 12.0, 3.0, 5.0, 150.0, 0.0, rms_ms=5.0), RATE)
    return sound * np.asarray(gain(sound[:, None])).reshape(-1)


def levelled(sound: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The voice with the points of `level`, points a minute, and the fastest change in dB per 10 ms."""
    with tempfile.TemporaryDirectory() as place:
        soundfile.write(Path(place) / "Host.wav", sound, RATE, "FLOAT")
        plan = workflow.run_job("level", place, LevelSettings(cache=False), dry_run=True).plan
    points = next((change.after for change in plan.changes if isinstance(change, Envelope)), ())
    if not points:
        return sound, 0.0, 0.0
    times_s = np.arange(len(sound) // FRAME + 2) * FRAME / RATE
    gain = automation_values(times_s, Automation("volume", points))
    fastest_db = float(np.abs(np.diff(20.0 * np.log10(gain))).max())
    return sound * np.interp(np.arange(len(sound)) / RATE, times_s, gain), len(points) / (LENGTH_S / 60.0), fastest_db


def spread_lu(sound: np.ndarray, speaks: np.ndarray) -> float:
    """10th to 90th percentile of the loudness over 3 s, of windows that are at least half spoken."""
    meter = LoudnessMeter(RATE, 1, dual_mono=True)
    meter.add(sound[:, None])
    powers = np.asarray(meter.powers())
    middles = np.minimum(((np.arange(len(powers)) + 2.0) * 0.1 * RATE).astype(int), len(speaks) - 1)
    spoken = speaks[middles].astype(float)
    share = ndimage.uniform_filter1d(spoken, 30, mode="constant")
    speech = ndimage.uniform_filter1d(powers * spoken, 30, mode="constant")
    counted = (share >= 0.5) & (spoken > 0)
    low, high = np.percentile(to_lufs(speech[counted] / share[counted]), SPREAD)
    return float(high - low)


def noise_db(sound: np.ndarray, speaks: np.ndarray) -> float:
    """Power in the inner parts of long pauses relative to the speech, in dB."""
    wide = ndimage.binary_dilation(speaks[::FRAME], iterations=round(MARGIN_S * 100))
    pauses = np.repeat(~wide, FRAME)[: len(sound)]
    return 10.0 * float(np.log10(np.square(sound[pauses]).mean() / np.square(sound[speaks]).mean()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=VOICES)
    parser.add_argument("--voices", type=int, default=6)
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob("*.flac"))
    if not paths:
        raise SystemExit(f"{arguments.folder}: no recordings of voices")
    for kind in KINDS:
        compare(kind, paths, arguments.voices)


def compare(kind: str, paths: list[Path], voices: int) -> None:
    """Print the sides for one kind of unevenness."""
    generator = np.random.default_rng(0)
    rows: dict[str, list[tuple[float, float]]] = {}
    drawn: list[tuple[float, float]] = []
    for _ in range(voices):
        first = paths[int(generator.integers(len(paths)))]
        same = [path for path in paths if path.name.split("-")[0] == first.name.split("-")[0]]
        sound, speaks = voice_of(same, kind, generator)
        result, points, fastest_db = levelled(sound)
        drawn.append((points, fastest_db))
        sides = {"untouched": sound, "compressor": compressed(sound, speaks), "level": result}
        if shutil.which("ffmpeg"):
            sides |= {name: filtered(sound, name) for name in ("dynaudnorm", "speechnorm")}
        before_db = noise_db(sound, speaks)
        for side, changed in sides.items():
            rows.setdefault(side, []).append((spread_lu(changed, speaks), noise_db(changed, speaks) - before_db))
    print(f"{kind}, {voices} voices\n{'side':14}{'spread LU':>11}{'at most':>9}{'noise dB':>10}{'at most':>9}")
    for side, values in rows.items():
        (spread, noise), (widest, loudest) = np.mean(values, axis=0), np.max(values, axis=0)
        print(f"{side:14}{spread:11.1f}{widest:9.1f}{noise:+10.1f}{loudest:+9.1f}")
    points, fastest_db = np.max(drawn, axis=0)
    print(f"level: at most {points:.1f} points a minute, {fastest_db:.2f} dB in 10 ms\n")


if __name__ == "__main__":
    main()

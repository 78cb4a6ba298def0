"""What `balance` makes of several microphones in one room: how loud it takes each speaker for, and which are idle.

    python benchmarks/microphones.py [FOLDER] [--sessions N] [--bleed DB]

Each session has three people (recordings from FOLDER, default the shared LibriSpeech voices) who take turns for 90 s,
one of them 7 dB quieter, a microphone for each that hears the others at DB after 4 ms and a decay of 60 ms, hiss at
-65 dBFS, and a fourth microphone that nobody uses, 35 dB down. The truth is the loudness of each dry voice. Both sides
are read from the same files: the whole track (the first edition), and what `mixengine balance` takes.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy import signal

from mixengine.app import workflow
from mixengine.audio.loudness import LoudnessMeter
from mixengine.hosts import open_session
from mixengine.jobs.balance.analyse import analyse
from mixengine.jobs.balance.measure import MeasureOptions
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.system.progress import no_progress

RATE, LENGTH_S = 44100, 90.0
VOICES = Path(__file__).resolve().parents[1].parent / "shared/data/audio/speech/librispeech_train_clean_100"
NAMES, SHARES, LEVELS_DB = ("Host", "Guest 1", "Guest 2"), (0.5, 0.3, 0.2), (0.0, 0.0, -7.0)
IDLE = "Guest 3"


def conversation(paths: list[Path], generator: np.random.Generator) -> list[np.ndarray]:
    """The dry voices of people who take turns."""
    frames = round(LENGTH_S * RATE)
    speaks = np.zeros((len(paths), frames))
    at = 0
    while at < frames:
        length = round(generator.uniform(3.0, 9.0) * RATE)
        speaks[generator.choice(len(paths), p=SHARES), at : at + length] = 1.0
        at += length + round(generator.uniform(0.2, 0.8) * RATE)
    ramp = np.hanning(441)
    voices = []
    for path, turns, level_db in zip(paths, speaks, LEVELS_DB, strict=True):
        samples, rate = soundfile.read(path, always_2d=True)
        voice = np.resize(soxr.resample(samples.mean(axis=1), rate, RATE), frames)
        voice *= 10.0 ** ((level_db - 23.0) / 20.0) / np.sqrt(np.square(voice[np.abs(voice) > 0.01]).mean())
        voices.append(voice * np.convolve(turns, ramp / ramp.sum(), "same"))
    return voices


def through_the_room(
    voice: np.ndarray, level_db: float, generator: np.random.Generator, decay_s: float = 0.06
) -> np.ndarray:
    """A voice at another microphone: after 4 ms, dying away by 8.7 dB in ``decay_s``."""
    samples = max(RATE // 4, round(5.0 * decay_s * RATE))
    decay = generator.standard_normal(samples) * np.exp(-np.arange(samples) / (decay_s * RATE))
    decay[: round(0.004 * RATE)] = 0.0
    decay[round(0.004 * RATE)] = 8.0
    decay *= 10.0 ** (level_db / 20.0) / np.sqrt(np.square(decay).sum())
    return signal.fftconvolve(voice, decay)[: len(voice)]


def write_session(folder: Path, voices: list[np.ndarray], bleed_db: float, generator: np.random.Generator) -> None:
    """One file per microphone."""
    for number, name in enumerate((*NAMES, IDLE)):
        sound = 10.0 ** (-65.0 / 20.0) * generator.standard_normal(len(voices[0]))
        for other, voice in enumerate(voices):
            away_db = bleed_db if name != IDLE else -35.0
            sound += voice if other == number else through_the_room(voice, away_db, generator)
        soundfile.write(folder / f"{name}.wav", sound, RATE, "PCM_24")


def loudness(voice: np.ndarray) -> float:
    """Integrated loudness of a mono track from both loudspeakers."""
    meter = LoudnessMeter(RATE, 1, dual_mono=True)
    meter.add(voice[:, None])
    return meter.integrated()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=VOICES)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--bleed", type=float, default=-15.0)
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob("*.flac"))
    if len(paths) < len(NAMES):
        raise SystemExit(f"{arguments.folder}: no recordings of voices")
    generator = np.random.default_rng(0)
    errors: dict[str, list[float]] = {"whole track": [], "balance": []}
    spread: dict[str, list[float]] = {"untouched": [], "balance": []}
    idle_named, taken_for_idle, idle_moves_db = 0, 0, []
    for _ in range(arguments.sessions):
        chosen = [paths[number] for number in generator.choice(len(paths), len(NAMES), replace=False)]
        voices = conversation(chosen, generator)
        with tempfile.TemporaryDirectory() as place:
            write_session(Path(place), voices, arguments.bleed, generator)
            session = open_session(place)
            whole = analyse(session, list(session.tracks), MeasureOptions(), use_cache=False, progress=no_progress)
            settings = BalanceSettings(cache=False, start_from="scratch", preset="podcast")
            outcome = workflow.run_job("balance", place, settings, dry_run=True).to_dict()
        rows = {row["name"]: row for row in outcome["tracks"]}
        readings = {track.name: whole[track.id] for track in session.tracks}
        truth = {name: loudness(voice) for name, voice in zip(NAMES, voices, strict=True)}
        idle_named += rows[IDLE]["target_lufs"] is None
        idle_moves_db.append(abs(rows[IDLE]["gain_db"]))
        speaking = [name for name, lufs in truth.items() if math.isfinite(lufs)]
        taken_for_idle += sum(rows[name]["target_lufs"] is None for name in speaking)
        for name in speaking:
            errors["whole track"].append(readings[name].heard_lufs - truth[name])
            errors["balance"].append(rows[name]["measured_lufs"] - truth[name])
        for what, gains in (
            ("untouched", dict.fromkeys(speaking, 0.0)),
            ("balance", {n: rows[n]["gain_db"] for n in speaking}),
        ):
            spread[what].append(float(np.ptp([truth[name] + gains[name] for name in speaking])))
    print(f"{arguments.sessions} sessions, bleed {arguments.bleed:g} dB")
    for what, values in errors.items():
        mean, worst = np.abs(values).mean(), np.abs(values).max()
        print(f"loudness of a speaker by {what:12}: off by {mean:.2f} LU, at most {worst:.1f}")
    for what, values in spread.items():
        print(f"loudest to softest speaker, {what:10}: {np.mean(values):.1f} LU, at most {np.max(values):.1f}")
    print(f"idle microphones named: {idle_named} of {arguments.sessions}, moved by {np.mean(idle_moves_db):.1f} dB")
    print(f"speakers taken for idle: {taken_for_idle} of {len(errors['balance'])}")


if __name__ == "__main__":
    main()

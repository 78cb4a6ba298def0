"""What `duck` takes for speech: callers on a telephone line, and music that leaks into a microphone.

    python benchmarks/callers.py [FOLDER] [--callers N] [--leaks N] [--leak-db DB]

FOLDER holds ``speech/librispeech_test_other`` and ``music/`` (default: ``../shared/data/audio``). A caller is one
person (90 s at 8 kHz, 300 to 3400 Hz, hiss 32 dB below the voice) who speaks 20 to 40 % of the time: printed is what
the track is taken for. A leak is 60 s of music that a microphone hears DB (default -22) below the voice of somebody who
speaks for 24 s and then listens: printed are the seconds taken for speech while the voice sounds and while only music
does. Both sides run on the same files: as the first edition judged (whole tracks, one track at a time), and as it is
now.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from pathlib import Path
from unittest import mock

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
import soxr
from microphones import through_the_room
from scipy import signal

from mixengine import hosts
from mixengine.audio import segments
from mixengine.audio.speech_features import FeatureStream
from mixengine.jobs import registry
from mixengine.jobs.duck import classify, leak
from mixengine.jobs.duck.settings import DuckSettings

SHARED = Path(__file__).resolve().parents[1].parent / "shared/data/audio"
LINE_RATE, LINE_HZ, HISS_DB = 8000, (300.0, 3400.0), -32.0
CALLER_S, SHARES, TURN_S = 90.0, (0.2, 0.4), (2.0, 8.0)
RATE, LEAK_S, SPOKEN_S = 44100, 60.0, (4.0, 28.0)
LEVEL, NOISE_DB, MUSIC_DB = 0.1, -60.0, -6.0


def read(path: Path, rate: int) -> np.ndarray:
    """A file as mono at a rate."""
    sound, own = soundfile.read(path, always_2d=True)
    return np.asarray(soxr.resample(sound.mean(axis=1), own, rate))


def speaker(paths: list[Path], rate: int, generator: np.random.Generator) -> np.ndarray:
    """All that one person says."""
    first = paths[int(generator.integers(len(paths)))]
    return np.concatenate([read(path, rate) for path in paths if path.name.split("-")[0] == first.name.split("-")[0]])


def caller(voice: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A person on a telephone line who mostly listens."""
    frames, share = round(CALLER_S * LINE_RATE), generator.uniform(*SHARES)
    sound, speaks, place = np.zeros(frames), np.zeros(frames, dtype=bool), 0
    at = round(generator.uniform(0.0, 4.0) * LINE_RATE)
    while at < frames:
        length = round(generator.uniform(*TURN_S) * LINE_RATE)
        end = min(at + length, frames)
        sound[at:end] = np.take(voice, np.arange(place, place + end - at), mode="wrap")
        speaks[at:end] = True
        place += length
        at = end + round(length * (1.0 - share) / share * generator.uniform(0.6, 1.4))
    line = signal.sosfilt(signal.butter(6, LINE_HZ, "bandpass", fs=LINE_RATE, output="sos"), sound)
    level = np.sqrt(np.square(line[speaks]).mean())
    return line + level * 10.0 ** (HISS_DB / 20.0) * generator.standard_normal(frames)


def callers(paths: list[Path], count: int) -> None:
    """Print what callers are taken for."""
    generator = np.random.default_rng(1)
    sides: dict[str, Counter[str]] = {"before": Counter(), "now": Counter()}
    for _ in range(count):
        stream = FeatureStream(LINE_RATE)
        stream.add(caller(speaker(paths, LINE_RATE, generator), generator))
        features = stream.finish()
        for side, starts in (("before", segments.starts(features)), ("now", segments.active_starts(features))):
            kind = classify.decide(segments.describe(features, starts).mean(axis=0)).kind
            sides[side][kind or "undecided"] += 1
    print(f"{count} callers taken for")
    for side, kinds in sides.items():
        print(f"  {side:8}" + ", ".join(f"{kind} {number}" for kind, number in kinds.most_common()))


def leaks(paths: list[Path], songs: list[Path], count: int, leak_db: float) -> None:
    """Print how long music is taken for speech."""
    generator = np.random.default_rng(4)
    frames = round(LEAK_S * RATE)
    speaks = np.zeros(frames, dtype=bool)
    speaks[round(SPOKEN_S[0] * RATE) : round(SPOKEN_S[1] * RATE)] = True
    rows: dict[str, list[tuple[float, float]]] = {"before": [], "now": []}
    for _ in range(count):
        voice = np.resize(speaker(paths, RATE, generator), frames) * speaks
        voice *= LEVEL / np.sqrt(np.square(voice[speaks]).mean())
        music = np.resize(read(songs[int(generator.integers(len(songs)))], RATE), frames)
        music *= LEVEL / np.sqrt(np.square(music).mean())
        microphone = voice + through_the_room(music, leak_db, generator)
        microphone += LEVEL * 10.0 ** (NOISE_DB / 20.0) * generator.standard_normal(frames)
        with tempfile.TemporaryDirectory() as place:
            soundfile.write(Path(place) / "Host.wav", microphone, RATE, "FLOAT")
            soundfile.write(Path(place) / "Music.wav", music * 10.0 ** (MUSIC_DB / 20.0), RATE, "FLOAT")
            session = hosts.open_session(place)
            rows["now"].append(_seconds(session, speaks))
            with mock.patch.object(leak, "without_leak", lambda _, tracks, *rest: tracks):
                rows["before"].append(_seconds(session, speaks))
    print(f"music leaks at {leak_db:g} dB, {count} microphones: seconds taken for speech")
    for side, values in rows.items():
        (own, wrong), worst = np.mean(values, axis=0), max(wrong for _, wrong in values)
        print(f"  {side:8}{own:5.1f} of {speaks.sum() / RATE:.0f} with the voice, {wrong:5.1f} of "
              f"{(~speaks).sum() / RATE:.0f} without (at most {worst:.1f})")  # fmt: skip


def _seconds(session: object, speaks: np.ndarray) -> tuple[float, float]:
    active = np.zeros(len(speaks), dtype=bool)
    for start_s, end_s in registry.run("duck", session, DuckSettings()).details.activity:
        active[round(start_s * RATE) : round(end_s * RATE)] = True
    return float((active & speaks).sum() / RATE), float((active & ~speaks).sum() / RATE)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--callers", type=int, default=24)
    parser.add_argument("--leaks", type=int, default=8)
    parser.add_argument("--leak-db", type=float, default=-22.0)
    arguments = parser.parse_args()
    paths = sorted((arguments.folder / "speech/librispeech_test_other").rglob("*.flac"))
    songs = sorted((arguments.folder / "music").glob("*.ogg"))
    if not paths or not songs:
        raise SystemExit(f"{arguments.folder}: no recordings of voices and music")
    callers(paths, arguments.callers)
    leaks(paths, songs, arguments.leaks, arguments.leak_db)


if __name__ == "__main__":
    main()

"""Faults planted in recordings: how many `enhance --repair` mends, how well, and what it does to clean ones.

    python benchmarks/repair.py [FOLDER] [--files N] [--only NAME …] [--seed S]

FOLDER holds ``audio/speech`` and ``balance/songs`` (default: ``../shared/data``; without it there is nothing to do). Of
read speech by speakers that no threshold was set on, and of stems of songs, N each (default 16) are drawn. Planted:

- ``clicks``: single samples, two to six wrong ones, ringing ones, 0 to 10 dB below the peak, one in 4 s;
- ``drop_outs``: zeros or a held value, 2 to 20 ms, where something sounds;
- ``hum``: 50 or 60 Hz ± 0.15 with up to 15 lines, drifting, −55 to −30 dBFS, on four utterances of a speaker in a row;
- ``plosives``: bursts of 30 to 60 Hz, 5 to 15 dB above the voice, one in 4 s (speech only).

``sibilance`` is nothing planted: the sharp sibilants of the same voices before and after, beside FFmpeg's ``deesser``.
Printed for ours and for FFmpeg's filters (``adeclick``; ``bandreject`` at 15 multiples; ``afftdn``; ``highpass``),
moved to where they fit best, in one run: error at the faults before and after against the clean recording (dB,
median), error elsewhere, how many were mended; for hum also the SI-SDR, the hum in the pauses, and the largest change
in a third of an octave of the voice. ``clean``: what is repaired in recordings as they are, which may hold real faults;
each is listed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
from scipy import ndimage, signal

from mixengine.analysis import sibilance
from mixengine.audio.metrics import si_sdr_db
from mixengine.repair.chain import Chain
from mixengine.repair.names import SIBILANCE_DB
from mixengine.repair.repair import Fault, Wish

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SECONDS = 20.0
AROUND_S = 0.003
NEVER_TOUCHED = ("drop_outs", "clicks", "hum")
"""Repairs that should leave clean recordings as they are, bit for bit."""
Planted = tuple[np.ndarray, list[tuple[int, int]]]


def ours(name: str) -> Callable[[np.ndarray, int], np.ndarray]:
    """The repair with its usual settings."""
    return lambda sound, rate: repaired(sound, rate, (name,))[0]


def repaired(sound: np.ndarray, rate: int, names: tuple[str, ...]) -> tuple[np.ndarray, list[Fault]]:
    """What comes back [shape=(frames,)], and the faults."""
    column = sound[:, None].astype(np.float32)
    chain = Chain(names, rate, 1, len(sound), Wish())
    chain.find(lambda start, frames: column[start : start + frames])
    return chain.over(lambda start, frames: column[start : start + frames])(0, len(sound))[:, 0], chain.faults


def ffmpeg(filters: str) -> Callable[[np.ndarray, int], np.ndarray]:
    """A chain of FFmpeg's filters."""

    def processed(sound: np.ndarray, rate: int) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder) / "in.wav", Path(folder) / "out.wav"
            soundfile.write(before, sound, rate, subtype="FLOAT")
            command = ["ffmpeg", "-v", "error", "-y", "-i", before, "-af", filters, "-c:a", "pcm_f32le", after]
            subprocess.run(command, check=True)
            out = soundfile.read(after, dtype="float32")[0]
        out = np.pad(out, (0, max(len(sound) - len(out), 0) + 8192))
        lag = int(np.argmax(signal.correlate(out[: len(sound) + 8192], sound, "valid", method="fft")))
        return out[lag : lag + len(sound)]

    return processed


def clicks(sound: np.ndarray, rate: int, rng: np.random.Generator) -> Planted:
    """Clicks of three shapes."""
    out, places = sound.copy(), []
    for start in np.arange(0.5, len(sound) / rate - 2.6, 4.0):
        at = int((start + rng.uniform(0.0, 2.0)) * rate)
        height = np.abs(sound).max() * 10.0 ** (rng.uniform(-10.0, 0.0) / 20.0) * rng.choice([-1, 1])
        shape = rng.integers(3)
        if shape == 0:
            wave = np.ones(1)
        elif shape == 1:
            wave = rng.uniform(-1.0, 1.0, rng.integers(2, 7))
        else:
            t = np.arange(int(0.0015 * rate)) / rate
            wave = np.exp(-t / rng.uniform(5e-5, 2e-4)) * np.cos(2 * np.pi * rng.uniform(1e3, 6e3) * t)
        out[at : at + len(wave)] += height * wave
        places.append((at, at + len(wave)))
    return out, places


def drop_outs(sound: np.ndarray, rate: int, rng: np.random.Generator) -> Planted:
    """Zeros or a held value where something sounds."""
    out, places = sound.copy(), []
    rms = np.sqrt(np.mean(np.square(sound)))
    for start in np.arange(0.5, len(sound) / rate - 2.1, 2.0):
        at, count = int((start + rng.uniform(0.0, 1.5)) * rate), int(rng.uniform(0.002, 0.02) * rate)
        if np.sqrt(np.mean(np.square(sound[at - count : at + 2 * count]))) > 0.5 * rms:
            out[at : at + count] = 0.0 if rng.uniform() < 0.7 else out[at - 1]
            places.append((at, at + count))
    return out, places


def plosives(sound: np.ndarray, rate: int, rng: np.random.Generator) -> Planted:
    """Bursts of air."""
    out, places = sound.copy(), []
    for start in np.arange(0.5, len(sound) / rate - 2.6, 4.0):
        at, count = int((start + rng.uniform(0.0, 2.0)) * rate), int(rng.uniform(0.05, 0.12) * rate)
        t = np.arange(count) / rate
        wave = np.sin(2 * np.pi * rng.uniform(30.0, 60.0) * t) * np.exp(-t / rng.uniform(0.02, 0.04))
        wave *= np.minimum(t / rng.uniform(0.003, 0.01), 1.0) * np.minimum((t[-1] - t) / 0.01, 1.0)
        out[at : at + count] += wave / np.abs(wave).max() * sound.std() * 10.0 ** (rng.uniform(5.0, 15.0) / 20.0) * 1.4
        places.append((at, at + count))
    return out, places


def hum(frames: int, rate: int, mains_hz: float, rng: np.random.Generator) -> np.ndarray:
    """Hum of the mains, its frequency and level not quite steady."""
    t = np.arange(frames) / rate
    base_hz = mains_hz + rng.uniform(-0.15, 0.15)
    hz = base_hz + rng.uniform(0.0, 0.1) * np.sin(2 * np.pi * t / rng.uniform(20.0, 60.0) + rng.uniform(0.0, 6.0))
    phase = 2 * np.pi * np.cumsum(hz) / rate
    tilt, count = rng.uniform(0.3, 1.3), rng.integers(5, 16)
    lines = [rng.uniform(0.2, 1.0) / k**tilt * np.cos(k * phase + rng.uniform(0.0, 6.0)) for k in range(1, count + 1)]
    wave = np.sum(lines, axis=0) * (1.0 + 0.05 * np.sin(2 * np.pi * t / 30.0))
    return wave / np.sqrt(np.mean(np.square(wave))) * 10.0 ** (rng.uniform(-55.0, -30.0) / 20.0)


def db(ratio: float) -> float:
    """Of powers."""
    return 10.0 * float(np.log10(max(ratio, 1e-20)))


def errors(clean: np.ndarray, made: np.ndarray, places: list[tuple[int, int]], rate: int) -> tuple[list[float], float]:
    """Error at each fault against the sound within 20 ms of it, and elsewhere against all of it, in dB."""
    square, power = np.square(made - clean, dtype=np.float64), np.square(clean, dtype=np.float64)
    here, near, wide = [], np.zeros(len(clean), bool), int(0.02 * rate)
    for first, last in places:
        a, b = max(first - int(AROUND_S * rate), 0), last + int(AROUND_S * rate)
        near[a:b] = True
        here.append(db(square[a:b].sum() / max(power[max(a - wide, 0) : b + wide].mean() * (b - a), 1e-20)))
    return here, db(square[~near].sum() / power.sum())


def spots(name: str, plant: Callable[..., Planted], files: list[Path], seed: int, filters: str) -> None:
    """The table of faults at certain times."""
    ways = {"ours": ours(name)} | ({f"FFmpeg {filters}": ffmpeg(filters)} if shutil.which("ffmpeg") else {})
    rows: dict[str, list] = {way: [] for way in ways}
    elsewhere: dict[str, list] = {way: [] for way in ways}
    for number, path in enumerate(files):
        clean, rate = read(path)
        broken, places = plant(clean, rate, np.random.default_rng([seed, number]))
        before, _ = errors(clean, broken, places, rate)
        for way, process in ways.items():
            after, rest = errors(clean, process(broken, rate), places, rate)
            rows[way] += list(zip(before, after, strict=True))
            elsewhere[way].append(rest)
    for way, pairs in rows.items():
        before, after = np.array(pairs).T
        better = before - after > 3.0
        mended = [np.median(each[better]) if better.any() else np.nan for each in (before, after)]
        print(
            f"{name:10s} {way:16s} {len(pairs):4d} planted, {100 * better.mean():3.0f} % mended; error at them "
            f"{np.median(before):6.1f} -> {np.median(after):6.1f} dB, where mended {mended[0]:6.1f} -> "
            f"{mended[1]:6.1f}; elsewhere {db(np.mean(10 ** (np.array(elsewhere[way]) / 10))):6.1f} dB",
            flush=True,
        )


def hums(recordings: list[tuple[np.ndarray, int]], seed: int) -> None:
    """The table of hum."""
    rows: dict[str, list] = {}
    for number, (clean, rate) in enumerate(recordings):
        rng = np.random.default_rng([seed, number])
        mains = int(rng.choice([50, 60]))
        wave = hum(len(clean), rate, mains, rng)
        ways: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {"untouched": lambda x, _: x, "ours": ours("hum")}
        if shutil.which("ffmpeg"):
            notches = ",".join(f"bandreject=f={mains * k}:width_type=h:w=2" for k in range(1, 16))
            ways |= {"FFmpeg bandreject": ffmpeg(notches), "FFmpeg afftdn": ffmpeg("afftdn")}
        level = ndimage.uniform_filter1d(np.square(clean), rate // 5)
        pause = level < np.percentile(level, 10.0)
        for way, process in ways.items():
            made, alone = process((clean + wave).astype(np.float32), rate), process(clean, rate)
            lower = db(np.mean(np.square((made - clean)[pause])) / np.mean(np.square(wave[pause])))
            voice = [bands_db(clean, sound, ~pause, rate) for sound in (made, alone)]
            rows.setdefault(way, []).append((si_sdr_db(clean, made), lower, *voice))
    for way, values in rows.items():
        table = np.array(values)
        sdr, lower, voice_db, alone_db = np.median(table, axis=0)
        print(
            f"hum        {way:18s} {len(table):3d} recordings, {(table[:, 1] < -6.0).sum():2d} with less: SI-SDR "
            f"{sdr:5.1f} dB, in the pauses {lower:6.1f} dB; voice {voice_db:5.2f} dB, clean voice {alone_db:5.2f} dB "
            "off at most",
            flush=True,
        )


def sibilants(files: list[Path]) -> None:
    """The table of sharp sibilants."""
    ways = {"ours": ours("sibilance")} | ({"FFmpeg deesser": ffmpeg("deesser=i=0.5")} if shutil.which("ffmpeg") else {})
    for way, process in ways.items():
        before, after, elsewhere = [], [], []
        for path in files:
            clean, rate = read(path)
            sharp = [each for each in sibilance.find(reader(clean), rate, len(clean)) if each.level_db > SIBILANCE_DB]
            made = process(clean, rate)
            high = signal.butter(6, 4500, "high", fs=rate, output="sos")
            bands = [signal.sosfiltfilt(high, sound) for sound in (clean, made)]
            rest = np.ones(len(clean), bool)
            for each in sharp:
                span = slice(int(each.start_s * rate), int(each.end_s * rate))
                rest[max(span.start - rate // 50, 0) : span.stop + rate // 50] = False
                before.append(each.level_db)
                after.append(each.level_db + db(np.square(bands[1][span]).sum() / np.square(bands[0][span]).sum()))
            elsewhere.append(np.square((made - clean)[rest]).sum() / max(np.square(clean[rest]).sum(), 1e-20))
        print(
            f"sibilance  {way:18s} {len(before)} sharp ones in {len(files)} voices: {np.median(before):5.1f} -> "
            f"{np.median(after):5.1f} dB beside the voice; elsewhere {db(np.mean(elsewhere)):6.1f} dB",
            flush=True,
        )


def reader(sound: np.ndarray) -> Callable[[int, int], np.ndarray]:
    """Reads it as a recording of one channel."""
    return lambda start, frames: sound[start : start + frames, None]


def in_a_row(paths: list[Path]) -> list[tuple[np.ndarray, int]]:
    """Four utterances of a speaker one after another, twice of each speaker."""
    speakers: dict[str, list[Path]] = {}
    for path in paths:
        speakers.setdefault(path.parent.name, []).append(path)
    recordings = []
    for named in speakers.values():
        for four in (named[:4], named[4:8]):
            sounds = [read(path) for path in four]
            recordings.append((np.concatenate([sound for sound, _ in sounds]), sounds[0][1]))
    return recordings


def bands_db(clean: np.ndarray, made: np.ndarray, where: np.ndarray, rate: int) -> float:
    """Largest change of a third of an octave between 100 Hz and 6 kHz, in dB, while somebody speaks."""
    before, after = (np.square(np.abs(np.fft.rfft(sound * where))) for sound in (clean, made))
    edges = (100.0 * 2.0 ** (np.arange(18) / 3.0) * len(clean) / rate).astype(int)
    changes = [abs(db(after[a:b].sum() / before[a:b].sum())) for a, b in pairwise(edges)]
    return float(max(changes))


def clean_ones(files: list[Path]) -> None:
    """What is repaired in recordings as they are."""
    seconds, same, done = 0.0, 0, 0
    for path in files:
        sound, rate = read(path)
        answer, faults = repaired(sound, rate, NEVER_TOUCHED)
        seconds += len(sound) / rate
        same += int(np.array_equal(answer, sound.astype(np.float32)))
        for fault in faults:
            done += fault.done
            if fault.done:
                where = f"{path.parent.name}/{path.name}"
                print(f"           {where}: {fault.repair} at {fault.start_s} s ({fault.sure}) {fault.what}")
    print(f"clean      {len(files)} recordings, {seconds / 60:.0f} minutes: {same} bit for bit, {done} repairs")


def read(path: Path) -> tuple[np.ndarray, int]:
    """The first channel of the first 20 s [shape=(frames,)]."""
    with soundfile.SoundFile(path) as file:
        return file.read(int(SECONDS * file.samplerate), always_2d=True)[:, 0].astype(np.float32), file.samplerate


def drawn(paths: list[Path], count: int, rng: np.random.Generator) -> list[Path]:
    """Some of them that are not silent."""
    picked = []
    for index in rng.permutation(len(paths)):
        sound, rate = read(paths[index])
        if len(picked) < count and np.abs(sound).max(initial=0.0) > 0.02 and len(sound) > 4 * rate:
            picked.append(paths[index])
    return picked


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--files", type=int, default=16)
    parser.add_argument("--only", action="append", default=[], help="the name of a table")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    speech = sorted((options.folder / "audio/speech/librispeech_test_other").rglob("*.flac"))
    stems = sorted((options.folder / "balance/songs").rglob("*.ogg"))
    if not speech or not stems:
        print(f"{options.folder}: no audio/speech/librispeech_test_other or balance/songs there; nothing to do")
        return
    rng = np.random.default_rng(options.seed)
    voices, songs = drawn(speech, options.files, rng), drawn(stems, options.files, rng)
    tables: dict[str, Callable[[], None]] = {
        "clicks": lambda: spots("clicks", clicks, voices + songs, options.seed, "adeclick"),
        "drop_outs": lambda: spots("drop_outs", drop_outs, voices + songs, options.seed, "adeclick"),
        "hum": lambda: hums(in_a_row(speech), options.seed),
        "plosives": lambda: spots("plosives", plosives, voices, options.seed, "highpass=f=100"),
        "sibilance": lambda: sibilants(voices),
        "clean": lambda: clean_ones(speech + stems),
    }
    for name, table in tables.items():
        if not options.only or name in options.only:
            table()


if __name__ == "__main__":
    main()

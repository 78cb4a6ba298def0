"""How well the models that need no downloaded weights separate two real sources, how fast, and how seamlessly.

    python benchmarks/separate.py [FOLDER] [--count N] [--seconds S] [--model M …] [--model-dir DIR]

FOLDER holds ``speech/``, ``music/`` and ``multitrack/`` (default: ``../shared/data/audio``). Printed:

1. speech over music: utterances of speakers over a finished mix, neither of which the shipped network was trained
   with, at four ratios of speech to music: SI-SDR of the ``speech`` stem and its gain over doing nothing;
2. drums and the rest: sums of real stems of songs, split by ``hpss``: SI-SDR of both parts and the gain;
3. vocals out of songs: the sum of a song's stems, split by models that make ``vocals`` (``--model``): SI-SDR of both
   parts and the gain;
4. per model: seconds of sound per second on this machine, the largest difference between blocks and the whole, and
   how exactly stems and residual sum to the input as 24-bit files.

``--model`` adds models whose weights are there (``spleeter``, ``demucs``, ``openunmix``: their ``vocals`` count as
speech).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

from mixengine.audio.metrics import si_sdr_db
from mixengine.jobs.separate import files
from mixengine.separation_models import chunked, registry
from mixengine.separation_models.model import Model

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "audio"
RATE = 44100
RATIOS_DB = (-5.0, 0.0, 5.0, 10.0)
MODELS = ("mask-faithful", "mask", "rnnoise", "unet", "blend")
DRUMS = "kick snare hh hat drum clap perc prc tom tops crash ride cymbal shaker beat k_sn".split()
VOICES = ("vox", "vocal")


def read(path: Path, seconds: float) -> np.ndarray:
    """The beginning of a file at `RATE`, in mono [shape=(frames,)]."""
    with soundfile.SoundFile(path) as file:
        block = file.read(min(int(seconds * file.samplerate), file.frames), dtype="float32", always_2d=True).mean(
            axis=1
        )
        return soxr.resample(block, file.samplerate, RATE, quality="VHQ")


def speech_over_music(folder: Path, count: int, seconds: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of a voice and music of equal length, both at −26 dB RMS."""
    voices = sorted((folder / "speech" / "librispeech_test_other").rglob("*.flac"))
    piece = read(folder / "multitrack" / "everything_is_free" / "6_Caesium" / "_MASTER_reference.ogg", 1e4)
    for index in range(count):
        voice = read(voices[index * len(voices) // count], seconds)
        music = piece[index * max(len(piece) - len(voice), 0) // count :]
        length = min(len(voice), len(music))
        yield tuple(0.05 * part[:length] / np.sqrt(np.mean(part[:length] ** 2) + 1e-12) for part in (voice, music))  # type: ignore[misc]


def in_two(folder: Path, seconds: float, words: Sequence[str]) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Per song the sum of the stems whose names hold one of these words, and the sum of all others."""
    for song in sorted(path for path in (folder / "multitrack" / "everything_is_free").iterdir() if path.is_dir()):
        sums: dict[bool, np.ndarray] = {}
        for path in sorted(song.glob("*.ogg")):
            if path.name.startswith("_"):
                continue
            part = read(path, seconds)
            named = any(word in path.stem.lower() for word in words)
            total = sums.get(named, np.zeros(1, dtype=np.float32))
            length = max(len(total), len(part))
            sums[named] = np.pad(total, (0, length - len(total))) + np.pad(part, (0, length - len(part)))
        if len(sums) == 2:
            length = min(map(len, sums.values()))
            yield song.name, sums[True][:length], sums[False][:length]


def speech_stem(model: Model) -> str:
    return next(name for name in ("speech", "vocals", model.stems[0]) if name in model.stems)


def compare_speech(chosen: list[Model], folder: Path, count: int, seconds: float) -> dict[str, float]:
    """Print SI-SDR per ratio and model; returns the mean gains."""
    pairs = list(speech_over_music(folder, count, seconds))
    print(f"speech over music: SI-SDR of the speech in dB (gain), {len(pairs)} mixtures per ratio")
    print(f"{'model':<16}" + "".join(f"{ratio:>+14.0f} dB" for ratio in RATIOS_DB) + f"{'mean gain':>14}")
    means = {}
    for model in chosen:
        cells, gains = [], []
        for ratio_db in RATIOS_DB:
            separated, before = [], []
            for voice, music in pairs:
                mix = (voice + music * 10.0 ** (-ratio_db / 20.0)).astype(np.float32)
                stem = chunked.separate(model, mix[:, None], RATE)[speech_stem(model)][:, 0]
                separated.append(si_sdr_db(voice, stem))
                before.append(si_sdr_db(voice, mix))
            gains.append(np.mean(separated) - np.mean(before))
            cells.append(f"{np.mean(separated):>8.1f} ({gains[-1]:+5.1f})")
        means[model.name] = float(np.mean(gains))
        print(f"{model.name:<16}" + "".join(f"{cell:>17}" for cell in cells) + f"{means[model.name]:>+14.1f}")
    return means


def compare_parts(
    what: str, model: Model, folder: Path, seconds: float, words: Sequence[str], stems_of: tuple[str, str]
) -> None:
    print(f"\n{what} and the rest by {model.name}: SI-SDR in dB (gain)")
    for name, part, rest in in_two(folder, seconds, words):
        mix = part + rest
        stems = chunked.separate(model, mix[:, None], RATE)
        cells = []
        for stem, truth in zip(stems_of, (part, rest), strict=True):
            after, before = si_sdr_db(truth, stems[stem][:, 0]), si_sdr_db(truth, mix)
            cells.append(f"{stem} {after:6.1f} ({after - before:+5.1f})")
        print(f"{name:<28}" + "   ".join(cells))


def properties(chosen: list[Model], folder: Path) -> None:
    """Speed, seams and sums on a minute of stereo music."""
    print("\n60 s of stereo at 44.1 kHz: speed, blocks against the whole, sum of the files against the input")
    path = sorted((folder / "music").glob("tad_*.ogg"))[0]
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True, frames=44100 * 60)
    for model in chosen:
        started = time.perf_counter()
        whole = chunked.separate(model, audio, rate, chunk_s=120.0 if model.chunk_s > 10.0 else None)
        took = time.perf_counter() - started
        parts = chunked.separate(
            model, audio, rate, chunk_s=max(model.chunk_s / 4.0, 2.0) if model.chunk_s > 10.0 else None
        )
        seam = max(float(np.abs(whole[name] - parts[name]).max()) for name in model.stems)
        seam_db = 20.0 * np.log10(seam / np.abs(audio).max() + 1e-12)
        with tempfile.TemporaryDirectory() as place:
            source = Path(place) / "in.wav"
            soundfile.write(source, audio, rate, subtype="PCM_24")
            done = files.separate(str(source), Path(place) / "out", model)
        total = "exact" if done.sum_error_dbfs is None else f"{done.sum_error_dbfs:.0f} dBFS"
        print(f"{model.name:<16}{len(audio) / rate / took:>8.0f} × real time   blocks {seam_db:>7.0f} dB   sum {total}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--count", type=int, default=16, help="mixtures per ratio")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--model-dir")
    arguments = parser.parse_args()
    names = [name for name in (*MODELS, *arguments.model) if not registry.MODELS[name.partition(":")[0]].missing]
    chosen = [registry.open_model(name, arguments.model_dir) for name in names]
    means = compare_speech(chosen, arguments.folder, arguments.count, arguments.seconds)
    print(f"mask over mask-faithful of Separation-Guide: {means['mask'] - means['mask-faithful']:+.1f} dB")
    seconds = arguments.seconds * 2
    compare_parts("drums", registry.open_model("hpss"), arguments.folder, seconds, DRUMS, ("percussive", "harmonic"))
    for model in chosen:
        if {"vocals", "accompaniment"} <= set(model.stems):
            compare_parts("vocals", model, arguments.folder, seconds, VOICES, ("vocals", "accompaniment"))
    properties([*chosen, registry.open_model("hpss")], arguments.folder)


if __name__ == "__main__":
    main()

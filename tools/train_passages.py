# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit the linear model of `mixengine.audio.passages` and print it, with its accuracy on sources it has not heard.

    python tools/train_passages.py [FOLDER]

FOLDER holds ``audio/speech``, ``audio/noise``, ``audio/music``, ``audio/multitrack`` and ``balance/songs``, like
``../shared/data``. Stems named vox or vocal are songs, other stems music. Speech and songs come alone and under noise
at −3 to 20 dB, the others alone. A source is a speaker, a song, an artist, or one noise; a sixth of the
sources is held out in turn. Every source counts the same within its kind, every kind the same.
"""

from __future__ import annotations

import argparse
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy import optimize

from mixengine.audio import passages
from mixengine.audio.speech_features import FeatureStream

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
RATE = 16000
EXCERPT_S = 25.0
SPEECH_EVERY = 3
RATIOS_DB = {"speech": (-3.0, 0.0, 5.0, 10.0, 15.0, 20.0), "song": (5.0, 10.0, 15.0, 20.0)}
FOLDS = 6
PENALTY = 0.003
_VOICE = re.compile(r"vo(x|cal)", re.IGNORECASE)


def recordings(root: Path) -> Iterator[tuple[str, str, Path]]:
    """Kind, source and path of everything to learn from."""
    speech = sorted(path for path in (root / "audio" / "speech").rglob("*") if path.suffix in {".flac", ".ogg", ".wav"})
    for path in speech[::SPEECH_EVERY]:
        yield "speech", "ami" if "ami_labelled" in path.parts else path.stem.split("-")[0], path
    for folder in (root / "balance" / "songs", root / "audio" / "multitrack"):
        for path in sorted(folder.rglob("*.ogg")):
            if "egl314" not in path.parent.name and "MASTER" not in path.stem:  # effects, and a whole mix
                yield "song" if _VOICE.search(path.stem) else "music", path.parent.name, path
    for path in sorted((root / "audio" / "music").glob("*.ogg")):
        yield "music", path.stem.split("_")[0], path
    for path in sorted((root / "audio" / "noise").iterdir()):
        yield "noise", path.stem, path


def excerpt(path: Path) -> np.ndarray:
    """The beginning of a file, in mono at `RATE`."""
    with soundfile.SoundFile(path) as file:
        samples = file.read(int(EXCERPT_S * file.samplerate), dtype="float32", always_2d=True).mean(axis=1)
        return soxr.resample(samples, file.samplerate, RATE, quality="HQ")


def rows_of(samples: np.ndarray) -> np.ndarray:
    """What the judge sees of a recording."""
    stream = FeatureStream(RATE)
    stream.add(samples)
    return passages.describe(stream.finish())[0]


def sounding_rms(samples: np.ndarray) -> float:
    """RMS of the tenths of a second within 30 dB of the loudest."""
    power = np.square(samples[: len(samples) // 1600 * 1600]).reshape(-1, 1600).mean(axis=1)
    return float(np.sqrt(power[power > 1e-3 * power.max()].mean()))


def load(root: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, kind, source and number of the recording of every second."""
    rng = np.random.default_rng(0)
    everything = list(recordings(root))
    noises = [excerpt(path) for kind, _, path in everything if kind == "noise"]
    rows, kinds, sources, numbers = [], [], [], []
    for kind, source, path in everything:
        samples = excerpt(path)
        if np.abs(samples).max(initial=0.0) < 1e-4 or len(samples) < 3 * RATE:
            continue
        heard = [samples]
        for ratio_db in rng.choice(RATIOS_DB.get(kind, (0.0,)), 3 if kind in RATIOS_DB else 0):
            noise = np.resize(noises[rng.integers(len(noises))], len(samples))
            noise = noise * (sounding_rms(samples) / (np.sqrt(np.mean(np.square(noise))) + 1e-9))
            heard.append(samples + 10.0 ** (-ratio_db / 20.0) * noise)
        for each in heard:
            result = rows_of(each)
            rows.append(result)
            kinds += [passages.KINDS.index(kind)] * len(result)
            sources += [f"{kind} {source}" if kind in {"speech", "noise"} else source] * len(result)
            numbers += [len(rows)] * len(result)
    return np.concatenate(rows), np.array(kinds), np.array(sources), np.array(numbers)


def weights_of(kinds: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Weight of each second: the square root of its source's share within the kind, kinds equal."""
    _, inverse, counts = np.unique(sources, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(counts[inverse])
    for kind in np.unique(kinds):
        weights[kinds == kind] /= weights[kinds == kind].sum()
    return weights / weights.sum()


def fit(rows: np.ndarray, kinds: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays that stand in `mixengine.audio.passages`: multinomial logistic regression with an L2 penalty."""
    means = weights @ rows
    spreads = np.sqrt(weights @ np.square(rows - means))
    inputs = np.column_stack([np.clip((rows - means) / spreads, -3.0, 3.0), np.ones(len(rows))])
    targets = np.eye(len(passages.KINDS))[kinds]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        matrix = flat.reshape(len(passages.KINDS), -1)
        logits = inputs @ matrix.T
        logits -= logits.max(axis=1, keepdims=True)
        log_odds = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        gradient = (weights[:, None] * (np.exp(log_odds) - targets)).T @ inputs + 2.0 * PENALTY * matrix
        value = -(weights[:, None] * targets * log_odds).sum() + PENALTY * np.square(matrix).sum()
        return float(value), gradient.ravel()

    start = np.zeros(len(passages.KINDS) * inputs.shape[1])
    matrix = optimize.minimize(loss, start, jac=True).x.reshape(len(passages.KINDS), -1)
    return {"_MEANS": means, "_SPREADS": spreads, "_WEIGHTS": matrix[:, :-1], "_BIASES": matrix[:, -1]}


def install(model: dict[str, np.ndarray]) -> None:
    """Let `mixengine.audio.passages` use a model."""
    for name, values in model.items():
        setattr(passages, name, values)


def main() -> None:
    """Print held-out accuracy by second and by recording, then the model fitted on everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    rows, kinds, sources, numbers = load(parser.parse_args().folder)
    folds = np.array([zlib.crc32(source.encode()) % FOLDS for source in sources])
    odds = np.zeros((len(rows), len(passages.KINDS)))
    for fold in range(FOLDS):
        inside = folds != fold
        install(fit(rows[inside], kinds[inside], weights_of(kinds[inside], sources[inside])))
        odds[~inside] = passages.log_probabilities(rows[~inside])
    for number, kind in enumerate(passages.KINDS):
        own = kinds == number
        by_second = np.bincount(odds[own].argmax(axis=1), minlength=len(passages.KINDS)) / own.sum()
        whole = [odds[numbers == each].mean(axis=0).argmax() for each in np.unique(numbers[own])]
        by_recording = np.bincount(whole, minlength=len(passages.KINDS))
        print(f"{kind:7} taken for {passages.KINDS}: seconds {np.round(by_second, 3)}, recordings {by_recording}")
    for name, values in fit(rows, kinds, weights_of(kinds, sources)).items():
        print(f"{name} = np.array({np.array2string(values, precision=3, separator=', ', max_line_width=110)})")


if __name__ == "__main__":
    main()

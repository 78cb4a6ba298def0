# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit the linear model of `mixengine.jobs.duck.classify` and print it, with its accuracy on sources it has not seen.

    python tools/train_kind_of_sound.py [FOLDER]

FOLDER holds ``speech/``, ``music/``, ``noise/`` and, if there, ``multitrack/`` (stems: music), like
``../shared/data/audio``. Every file gives excerpts of 15 s. A source is a speaker, an artist or song, or a collection
of noises (what stands before the first ``_``); a fifth of the sources is held out in turn. Every source counts the
same within its kind, every kind the same. Multinomial logistic regression with an L2 penalty, no choice of features.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
import soundfile
from scipy import optimize

from mixengine.audio.speech_features import FeatureStream
from mixengine.jobs.duck import classify

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "audio"
KIND_OF_FOLDER = {"speech": "speech", "music": "music", "multitrack": "music", "noise": "ambience"}
EXCERPT_S = 15.0
MAX_EXCERPTS = 6
FOLDS = 5
PENALTY = 0.003


def source_of(path: Path) -> str:
    """Who or what made the sound."""
    parts = path.parts
    if "multitrack" in parts:
        return f"multitrack {path.parent.name}"
    if "ami_labelled" in parts:
        return "ami"
    return path.stem.split("-" if "speech" in parts else "_")[0]


def excerpts(path: Path) -> list[np.ndarray]:
    """Features of stretches of a file, evenly spread over it."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono, length = samples.mean(axis=1), round(EXCERPT_S * rate)
    count = min(max(len(mono) // length, 1), MAX_EXCERPTS)
    rows = []
    for start in np.linspace(0, max(len(mono) - length, 0), count).astype(int):
        stream = FeatureStream(rate)
        stream.add(mono[start : start + length])
        features = classify.describe(stream.finish())
        if features is not None:
            rows.append(features)
    return rows


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Features, kind as a number, source and file of every excerpt."""
    features, kinds, sources, files = [], [], [], []
    for name, kind in KIND_OF_FOLDER.items():
        for path in sorted((folder / name).rglob("*")):
            if path.suffix not in {".flac", ".ogg", ".wav"}:
                continue
            for row in excerpts(path):
                features.append(row)
                kinds.append(classify.KINDS.index(kind))
                sources.append(f"{kind} {source_of(path)}")
                files.append(str(path.relative_to(folder)))
    return np.array(features), np.array(kinds), np.array(sources), files


def weights_of(kinds: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Weight of each excerpt: sources equal within a kind (the square root of their excerpts), kinds equal."""
    _, inverse, counts = np.unique(sources, return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(counts[inverse])
    for kind in np.unique(kinds):
        weights[kinds == kind] /= weights[kinds == kind].sum()
    return weights / weights.sum()


def fit(features: np.ndarray, kinds: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays that stand in `mixengine.jobs.duck.classify`."""
    means = weights @ features
    spreads = np.sqrt(weights @ np.square(features - means))
    standard = np.clip((features - means) / spreads, -3.0, 3.0)
    inputs = np.column_stack([standard, np.ones(len(standard))])
    targets = np.eye(len(classify.KINDS))[kinds]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        matrix = flat.reshape(len(classify.KINDS), -1)
        logits = inputs @ matrix.T
        logits -= logits.max(axis=1, keepdims=True)
        log_odds = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        gradient = (weights[:, None] * (np.exp(log_odds) - targets)).T @ inputs + 2.0 * PENALTY * matrix
        return float(
            -(weights[:, None] * targets * log_odds).sum() + PENALTY * np.square(matrix).sum()
        ), gradient.ravel()

    start = np.zeros(len(classify.KINDS) * inputs.shape[1])
    matrix = optimize.minimize(loss, start, jac=True).x.reshape(len(classify.KINDS), -1)
    return {"_MEANS": means, "_SPREADS": spreads, "_WEIGHTS": matrix[:, :-1], "_BIASES": matrix[:, -1]}


def install(model: dict[str, np.ndarray]) -> None:
    """Let `mixengine.jobs.duck.classify.decide` use a model."""
    for name, values in model.items():
        setattr(classify, name, values)


def held_out(features: np.ndarray, kinds: np.ndarray, sources: np.ndarray, files: list[str]) -> None:
    """Print how often excerpts of sources that took no part in the fit are answered, and rightly."""
    folds = np.array([zlib.crc32(source.encode()) % FOLDS for source in sources])
    answers = np.full(len(kinds), -1)
    plain = np.full(len(kinds), -1)
    for fold in range(FOLDS):
        inside = folds != fold
        install(fit(features[inside], kinds[inside], weights_of(kinds[inside], sources[inside])))
        for index in np.flatnonzero(~inside):
            answer = classify.decide(features[index])
            plain[index] = classify.KINDS.index(max(answer.scores, key=answer.scores.__getitem__))
            if answer.kind is not None:
                answers[index] = classify.KINDS.index(answer.kind)
    for number, kind in enumerate(classify.KINDS):
        own = kinds == number
        answered = own & (answers >= 0)
        right = (answers[answered] == number).mean()
        print(
            f"{kind:9} {own.sum():4} excerpts: {(plain[own] == number).mean():.3f} right without margin, "
            f"{answered.sum() / own.sum():.3f} answered, {right:.3f} of these right"
        )
    mistakes = np.flatnonzero((answers >= 0) & (answers != kinds))
    wrong = sorted({f"{files[index]} taken for {classify.KINDS[answers[index]]}" for index in mistakes})
    print("\n".join(wrong))


def main() -> None:
    """Print held-out accuracy, then the model fitted on everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    folder = parser.parse_args().folder
    features, kinds, sources, files = load(folder)
    held_out(features, kinds, sources, files)
    model = fit(features, kinds, weights_of(kinds, sources))
    for name, values in model.items():
        print(f"{name} = np.array({np.array2string(values, precision=4, separator=', ', max_line_width=110)})")


if __name__ == "__main__":
    main()

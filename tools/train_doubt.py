# SPDX-License-Identifier: GPL-3.0-or-later
"""Fit the logistic model of `mixengine.separation_models.doubt` and print it, with its accuracy on unheard sources.

    python tools/train_doubt.py [FOLDER]

FOLDER is that of ``tools/train_passages.py``, whose recordings these are. The shipped network works on all of them: on
speech under noise, where it is to be believed, and on songs (clean and under noise) and instruments, where it is not.
Every kind counts by its weight in `SHARES`, every window of a kind the same. A sixth of the sources is held out in
turn.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
from scipy import optimize
from train_passages import FOLDS, RATE, SHARED, excerpt, recordings, sounding_rms

from mixengine.separation_models import adapt, doubt
from mixengine.separation_models.registry import open_model

RATIOS_DB = {"speech": (-5.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0), "song": (np.inf, 20.0, 15.0, 10.0), "music": (np.inf,)}
SHARES = {"speech": 0.5, "song": 0.35, "music": 0.15}
PENALTY = 0.003
SEED = 1


def windows(root: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, kind, ratio to the noise (dB) and source of windows, two of each recording and ratio."""
    rng = np.random.default_rng(SEED)
    everything = list(recordings(root))
    noises = [excerpt(path) for kind, _, path in everything if kind == "noise"]
    net = open_model("unet")
    rows, kinds, ratios, sources = [], [], [], []
    for kind, source, path in everything:
        samples = excerpt(path) if kind in RATIOS_DB else np.zeros(0)
        if np.abs(samples).max(initial=0.0) < 1e-3 or len(samples) < 5 * RATE:
            continue
        for ratio_db in RATIOS_DB[kind]:
            noise = np.resize(noises[rng.integers(len(noises))], len(samples))
            noise = noise * (sounding_rms(samples) / (np.sqrt(np.mean(np.square(noise))) + 1e-9))
            mixed = (samples + 10.0 ** (-ratio_db / 20.0) * noise)[:, None].astype(np.float32)
            made = adapt.run(net, mixed, RATE)["speech"]
            result = doubt.describe(mixed, made, np.ones(len(mixed)), RATE)
            for row in result[[len(result) // 4, len(result) // 2]]:
                if np.isfinite(row).all():
                    rows.append(row)
                    kinds.append(kind)
                    ratios.append(ratio_db)
                    sources.append(f"{kind if kind == 'speech' else ''} {source}")
    return np.array(rows), np.array(kinds), np.array(ratios), np.array(sources)


def fit(rows: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, spreads and weights of a logistic regression with an L2 penalty."""
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    inputs = np.column_stack([(rows - means) / spreads, np.ones(len(rows))])
    signs = np.where(kinds == "speech", -1.0, 1.0)
    weights = np.array([SHARES[kind] / (kinds == kind).sum() for kind in kinds])

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        wrong = 1.0 / (1.0 + np.exp(signs * (inputs @ values)))
        gradient = -(weights * wrong * signs) @ inputs + 2.0 * PENALTY * values
        return float(-(weights * np.log1p(-wrong)).sum() + PENALTY * values @ values), gradient

    return means, spreads, optimize.minimize(loss, np.zeros(inputs.shape[1]), jac=True).x


def main() -> None:
    """Print how often the network would be doubted, on sources held out, and the model fitted on everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    rows, kinds, ratios, sources = windows(parser.parse_args().folder)
    folds = np.array([zlib.crc32(source.encode()) % FOLDS for source in sources])
    sure = np.zeros(len(rows))
    for fold in range(FOLDS):
        means, spreads, weights = fit(rows[folds != fold], kinds[folds != fold])
        own = folds == fold
        sure[own] = 1.0 / (1.0 + np.exp(-((rows[own] - means) / spreads @ weights[:-1] + weights[-1])))
    for kind, all_ratios in RATIOS_DB.items():
        for ratio_db in all_ratios:
            own = (kinds == kind) & (ratios == ratio_db)
            shares = ", ".join(f"{100.0 * (sure[own] > level).mean():.0f} % over {level}" for level in (0.5, 0.8))
            print(f"{kind} {ratio_db:g} dB above noise, {own.sum()} windows: doubted {shares}")
    for name, values in zip(("_MEANS", "_SPREADS", "_WEIGHTS"), fit(rows, kinds), strict=True):
        print(f"{name} = np.array({np.array2string(values, precision=3, separator=', ', max_line_width=110)})")


if __name__ == "__main__":
    main()

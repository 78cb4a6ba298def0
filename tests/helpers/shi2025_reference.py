"""The procedure of [Shi 2025], step by step, with the libraries it names: slow, obvious, and not used by mixengine.

Shi, Xie, Ma, Reiss, "Two-stage automatic mixing", AES 159 (2025), stage 1. The reference for the faithful methods, in
tests and benchmarks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pedalboard
import pyloudnorm
import soundfile

TARGET_LUFS = -50.0


class LibrosaMeasures(NamedTuple):
    """What the procedure takes from librosa."""

    pyin_hz: float | None
    """Mean of the voiced frames."""
    centroid_hz: float
    bandwidth_hz: float


def librosa_measures(y: np.ndarray, sr: int) -> LibrosaMeasures:
    import librosa

    f0, _, _ = librosa.pyin(y, fmin=librosa.note_to_hz("C1"), fmax=librosa.note_to_hz("C8"), sr=sr)
    f0 = f0[~np.isnan(f0)]
    return LibrosaMeasures(
        float(f0.mean()) if len(f0) else None,
        float(librosa.feature.spectral_centroid(y=y, sr=sr).mean()),
        float(librosa.feature.spectral_bandwidth(y=y, sr=sr).mean()),
    )


def mean_pesto_hz(y: np.ndarray, sr: int) -> float | None:
    from mixengine.audio.pitch import import_pesto

    pesto = import_pesto()
    import torch

    _, f0, _, _ = pesto.predict(torch.tensor(y), sr, step_size=10.0, model_name="mir-1k_g7")
    return float(f0.mean())


def loudness(y: np.ndarray, sr: int) -> float:
    return pyloudnorm.Meter(sr).integrated_loudness(y)


def band(y: np.ndarray, sr: int, low_hz: float, high_hz: float) -> np.ndarray:
    board = pedalboard.Pedalboard(
        [pedalboard.HighpassFilter(cutoff_frequency_hz=low_hz), pedalboard.LowpassFilter(cutoff_frequency_hz=high_hz)]
    )
    return board(y.astype(np.float32), sr)


def gain_db(measured: float, peak: float) -> float:
    gain = TARGET_LUFS - measured
    return min(gain, -1.0 - 20.0 * np.log10(peak))


def analyse(path: str, *, with_pesto: bool, measures: LibrosaMeasures | None = None) -> dict[str, float | None]:
    """Gains and measurements of one file, as stage 1 computes them; ``measures`` if librosa measured it before."""
    samples, sr = soundfile.read(path, dtype="float32", always_2d=True)
    y = samples.mean(axis=1)
    full = loudness(y, sr)
    if not full > -50.0:
        return {"p_lufs": 0.0, "lufs": 0.0, "centroid": 0.0, "F0": None}
    pyin_hz, centroid, width = measures or librosa_measures(y, sr)
    pesto_hz = mean_pesto_hz(y, sr) if with_pesto else None
    f0 = max((value for value in (pyin_hz, pesto_hz) if value is not None), default=None)
    low, high = (2 * f0, 4 * f0) if f0 else (50.0, 10000.0)
    peak = float(np.abs(samples).max())
    return {
        "p_lufs": gain_db(loudness(band(y, sr, low, high), sr), peak),
        "lufs": gain_db(full, peak),
        "centroid": gain_db(
            loudness(band(y, sr, max(centroid - width / 2, 1.0), min(centroid + width / 2, 22000.0)), sr), peak
        ),
        "F0": f0,
        "PYIN": pyin_hz,
        "PESTO": pesto_hz,
    }

"""Short songs made up for tests of matching."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from scipy import signal

RATE = 44100


def stems(seconds=8.0, rate=RATE, seed=0):
    """Name → samples [shape=(frames, channels)] of a kick, hats, a wide pad and a singer."""
    rng = np.random.default_rng(seed)
    n = int(seconds * rate)
    t = np.arange(n) / rate

    def shaped(order, edges, kind, channels=1):
        nyquist = rate / 2
        b, a = signal.butter(order, np.array(edges) / nyquist if len(edges) > 1 else edges[0] / nyquist, kind)
        return signal.lfilter(b, a, rng.normal(0.0, 1.0, (channels, n))).T

    kick = np.sin(2 * np.pi * 55 * t) * np.exp(-(t % 0.5) / 0.08) * 0.6
    hats = shaped(2, [6000], "high") * np.exp(-((t + 0.25) % 0.5) / 0.05)[:, None] * 0.15
    pad = shaped(1, [300, 3000], "band", 2) * 0.15 * (0.7 + 0.3 * np.sin(2 * np.pi * 0.3 * t))[:, None]
    sung = shaped(2, [500, 4000], "band") * 0.3 * (np.sin(2 * np.pi * 1.3 * t) > -0.3)[:, None]
    return {"kick": kick[:, None], "hats": hats, "pad": pad, "lead vocal": sung}


def folder(path: Path, parts, rate=RATE):
    """A folder with one file per part."""
    path.mkdir(parents=True, exist_ok=True)
    for name, samples in parts.items():
        soundfile.write(path / f"{name}.wav", samples, rate, subtype="FLOAT")
    return path


def reference(path: Path, samples, rate=RATE, subtype="FLOAT"):
    """A reference file."""
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def other_mix(seconds=8.0, seed=5):
    """A mix of other sounds, brighter, wider and with less kick than the stems' sum."""
    parts = stems(seconds, seed=seed)
    return (
        0.3 * parts["kick"] + 1.3 * parts["hats"] * [1.0, 0.4] + parts["pad"] * [1.2, 0.7] + 0.6 * parts["lead vocal"]
    )

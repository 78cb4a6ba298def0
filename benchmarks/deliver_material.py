"""Material for the benchmarks of finished files: sounds of their own making, seeded, and both sides' meters."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mixengine.audio.loudness import LoudnessMeter
from mixengine.mixer.limiter import TruePeaks

Sound = np.ndarray


def speech(rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """Syllables of a gliding buzz with hiss, and pauses; far from full scale, with a cough."""
    t = np.arange(round(seconds * rate)) / rate
    syllables = np.clip(np.sin(2 * np.pi * 4.1 * t + rng.uniform(0, 6)) + 0.2 * rng.standard_normal(), 0, None)
    talking = np.sin(2 * np.pi * 0.21 * t + rng.uniform(0, 6)) > -0.5
    phase = 2 * np.pi * np.cumsum(120.0 * (1.0 + 0.15 * np.sin(2 * np.pi * 0.8 * t))) / rate
    buzz = sum(np.sin(k * phase) / k for k in range(1, 20) if k * 140 < rate / 2)
    voice = syllables * talking * (buzz + 0.15 * rng.standard_normal(len(t)))
    voice[len(t) // 3 : len(t) // 3 + rate // 20] *= 2.5
    voice = 0.25 * voice / np.abs(voice).max() + 1e-4 * rng.standard_normal(len(t))
    return np.repeat(voice[:, None], channels, axis=1)


def song(rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """Drum-like bursts over a bass and chords, each channel a little different."""
    t = np.arange(round(seconds * rate)) / rate
    beat = t % 0.5
    drum = np.exp(-40.0 * beat) * (np.sin(2 * np.pi * 60.0 * t) + 0.5 * rng.standard_normal(len(t)))
    chord = sum(
        np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in (220.0, 277.2, 329.6, 554.4, 1318.5) if f < rate / 2
    )
    bass = np.sin(2 * np.pi * 55.0 * t)
    parts = [drum + rng.uniform(0.1, 0.2) * chord + 0.35 * bass for _ in range(channels)]
    sound = np.stack(parts, axis=1)
    return 0.7 * sound / np.abs(sound).max()


def noise(rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """White up to half the rate: the hardest for true peaks."""
    return 0.1 * rng.standard_normal((round(seconds * rate), channels))


def click(_rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """One sample."""
    sound = np.zeros((round(seconds * rate), channels))
    sound[len(sound) // 2] = 0.9
    return sound


def silence(_rng: np.random.Generator, seconds: float, rate: int, channels: int) -> Sound:
    """Nothing."""
    return np.zeros((round(seconds * rate), channels))


KINDS: dict[str, Callable[[np.random.Generator, float, int, int], Sound]] = {
    "speech": speech,
    "song": song,
    "noise": noise,
    "song, loud": lambda *given: np.clip(1.6 * song(*given), -1.0, 1.0),
    "click": click,
    "silence": silence,
}


def ours(sound: Sound, rate: int) -> tuple[float, float]:
    """Loudness and true peak by our meters."""
    meter, peaks = LoudnessMeter(rate, sound.shape[1]), TruePeaks(rate, sound.shape[1])
    meter.add(sound.astype(np.float32))
    peaks.add(sound.astype(np.float32))
    return meter.integrated(), peaks.dbtp()


def ffmpegs(path: Path) -> tuple[float, float] | None:
    """The same by ffmpeg's ``ebur128``; ``None`` without ffmpeg."""
    if shutil.which("ffmpeg") is None:
        return None
    chain = "ebur128=peak=true:metadata=1,ametadata=print:file=-"  # with more digits than its summary
    command = ["ffmpeg", "-nostats", "-v", "error", "-i", str(path), "-af", chain, "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lufs = re.findall(r"lavfi\.r128\.I=(-?[\d.]+)", text)
    peaks = [float(peak) for peak in re.findall(r"lavfi\.r128\.true_peaks_ch\d+=(-?[\d.]+)", text)]
    return float(lufs[-1]), 20.0 * math.log10(max(peaks)) if max(peaks) > 0 else -math.inf

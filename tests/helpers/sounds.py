"""Made-up sounds, and files of them."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import soundfile


def tone(f0_hz: float, seconds: float, rate: int = 22050, *, harmonics: int = 6, level: float = 0.1) -> np.ndarray:
    """A steady harmonic tone [shape=(frames, 1)]."""
    return _tone(f0_hz, seconds, rate, harmonics, level).copy()


@functools.lru_cache(maxsize=64)
def _tone(f0_hz: float, seconds: float, rate: int, harmonics: int, level: float) -> np.ndarray:
    t = np.arange(int(seconds * rate)) / rate
    partials = (np.sin(2 * np.pi * f0_hz * k * t + k) / k for k in range(1, harmonics + 1) if f0_hz * k < rate / 2.2)
    return (level * sum(partials))[:, None].astype(np.float32)


def noise(seconds: float, rate: int = 22050, *, level: float = 0.1, channels: int = 1, seed: int = 1) -> np.ndarray:
    """White noise [shape=(frames, channels)]."""
    return (level * np.random.default_rng(seed).standard_normal((int(seconds * rate), channels))).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = 22050, subtype: str = "FLOAT") -> Path:
    """Write a WAV file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype, format="WAV")
    return path


def pink(seconds: float, rate: int = 22050, *, level: float = 0.1, channels: int = 1, seed: int = 1) -> np.ndarray:
    """Noise falling 3 dB per octave [shape=(frames, channels)]."""
    return _pink(seconds, rate, level, channels, seed).copy()


@functools.lru_cache(maxsize=64)
def _pink(seconds: float, rate: int, level: float, channels: int, seed: int) -> np.ndarray:
    spectrum = np.fft.rfft(noise(seconds, rate, level=1.0, channels=channels, seed=seed), axis=0)
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 20 * seconds))[:, None]
    samples = np.fft.irfft(spectrum, axis=0)
    return (level * samples / samples.std()).astype(np.float32)

"""Signals and sessions that the tests of the audio layer share."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio import timeline
from mixengine.model.session import Clip, Source, Track


def amplitude(level_dbfs: float) -> float:
    return 10.0 ** (level_dbfs / 20.0)


def sine(rate: int, seconds: float, level_dbfs: float = 0.0, hz: float = 1000.0, phase_deg: float = 0.0) -> np.ndarray:
    """A sine whose peak is ``level_dbfs`` [shape=(frames,)]."""
    t = np.arange(round(rate * seconds)) / rate
    return amplitude(level_dbfs) * np.sin(2 * np.pi * hz * t + np.radians(phase_deg))


def steps(rate: int, parts: Iterable[tuple[float, float]]) -> np.ndarray:
    """A 1 kHz tone of ``(level_dbfs, seconds)`` after another; its phase runs on."""
    parts = list(parts)
    envelope = np.concatenate([np.full(round(seconds * rate), amplitude(level)) for level, seconds in parts])
    return envelope * np.sin(2 * np.pi * 1000.0 * np.arange(len(envelope)) / rate)


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.stack([mono, mono], axis=1)


def noise(frames: int, channels: int = 1, level_dbfs: float = -20.0, seed: int = 7) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return (generator.standard_normal((frames, channels)) * amplitude(level_dbfs)).astype(np.float32)


def chop(signal: np.ndarray, sizes: Iterable[int]) -> Iterable[np.ndarray]:
    """Consecutive blocks of the given sizes, over and over, until the signal is used up."""
    sizes = list(sizes)
    at = turn = 0
    while at < len(signal):
        size = sizes[turn % len(sizes)]
        yield signal[at : at + size]
        at, turn = at + size, turn + 1


def fed(meter, signal: np.ndarray, sizes: Iterable[int] = (65536,)):
    """The meter after the whole signal."""
    for block in chop(signal, sizes):
        meter.add(block)
    return meter


def db(error: np.ndarray) -> float:
    """Largest magnitude in dBFS."""
    return 20.0 * np.log10(np.abs(error).max(initial=0.0) + 1e-30)


def write(path: Path, samples: np.ndarray, rate: int, subtype: str | None = "FLOAT", **options) -> str:
    soundfile.write(path, samples, rate, subtype=subtype, **options)
    return str(path)


def clip(path: str, position_s: float = 0.0, length_s: float = 1.0, **fields) -> Clip:
    source = fields.pop("source", None) or Source(path)
    return Clip(id="clip", source=source, position_s=position_s, length_s=length_s, **fields)


def track(*clips: Clip, **fields) -> Track:
    return Track(id="track", name="track", clips=clips, **fields)


def render(of: Track, rate: int, **options) -> np.ndarray:
    blocks = list(timeline.blocks(of, rate, **options))
    return np.concatenate(blocks) if blocks else np.zeros((0, 1), np.float32)


def phrase(rate: int, seconds: float, f0_hz: float = 120.0) -> np.ndarray:
    """Syllables, four a second: a gliding pulse train through three formants, with some breath."""
    return _phrase(rate, seconds, f0_hz).copy()


@functools.lru_cache(maxsize=64)
def _phrase(rate: int, seconds: float, f0_hz: float) -> np.ndarray:
    """`phrase`, made once: a second of it is thirty sines."""
    t = np.arange(round(rate * seconds)) / rate
    phase = 2 * np.pi * f0_hz * (t + 0.02 * np.sin(2 * np.pi * 0.7 * t))
    voice = np.zeros_like(t)
    for k in range(1, int(min(3800.0, 0.45 * rate) / (1.1 * f0_hz))):
        formants = sum(1.0 / (1.0 + ((k * f0_hz - hz) / 150.0) ** 2) for hz in (500.0, 1500.0, 2500.0))
        voice += (formants + 0.02) * np.sin(k * phase)
    syllables = 0.1 + 0.9 * np.square(np.sin(np.pi * 4.0 * t))
    edges = np.minimum(np.minimum(t, seconds - t) / 0.02, 1.0)
    return 0.1 * edges * syllables * (voice + 0.02 * np.random.default_rng(1).standard_normal(len(t)))


def talk(rate: int, phrases_s: Iterable[tuple[float, float]], length_s: float) -> np.ndarray:
    """Phrases at given times, digital silence between them [shape=(frames,)]."""
    track = np.zeros(round(rate * length_s))
    for number, (start_s, end_s) in enumerate(phrases_s):
        sound = phrase(rate, end_s - start_s, 110.0 + 25.0 * (number % 3))
        track[round(start_s * rate) :][: len(sound)] = sound
    return track

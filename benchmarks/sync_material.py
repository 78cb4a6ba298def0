"""What `benchmarks/sync.py` is made of: recorded speech and music through rooms, microphones, codecs and clocks."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy import signal

RATE = 48000


@dataclass
class Material:
    """Recordings by other people, as they are drawn."""

    speech: list[Path]
    music: list[Path]
    generator: np.random.Generator

    def talk(self, seconds: float, pause_s: tuple[float, float] = (0.3, 2.0), voice: int = 0) -> np.ndarray:
        """Utterances with pauses, at −26 dBFS; voices 0 and 1 share no recording."""
        own = self.speech[voice::2]
        parts: list[np.ndarray] = []
        while sum(map(len, parts)) < seconds * RATE:
            samples = read(own[self.generator.integers(len(own))])
            parts += [0.05 * samples / np.sqrt(np.square(samples).mean())]
            parts += [np.zeros(round(self.generator.uniform(*pause_s) * RATE), np.float32)]
        return np.concatenate(parts)[: round(seconds * RATE)]

    def song(self, number: int, seconds: float, voice: int = 0) -> np.ndarray:
        """Finished mixes in mono, from one on; what is repeated would fit twice. Voices 0 and 1 share none."""
        own = self.music[voice::2]
        parts: list[np.ndarray] = []
        while sum(map(len, parts)) < seconds * RATE:
            parts.append(read(own[(number + len(parts)) % len(own)]))
        return np.concatenate(parts)[: round(seconds * RATE)]


def read(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(samples.mean(axis=1), rate, RATE), np.float32)


def image_sources(generator: np.random.Generator, decay_s: float, distance_m: float) -> np.ndarray:
    """Impulse response of a shoebox room by image sources [Allen 1979], the direct sound at time 0.

    Walls turn the sign round, so that a room does not boom where wavelengths are longer than it.
    """
    size = generator.uniform((3.0, 3.0, 2.4), (7.0, 6.0, 3.2))
    volume, surface = size.prod(), 2.0 * (size[0] * size[1] + size[0] * size[2] + size[1] * size[2])
    reflection = float(np.sqrt(max(1.0 - 0.161 * volume / (surface * decay_s), 0.05)))
    source = generator.uniform(0.5, size - 0.5)
    direction = generator.standard_normal(3)
    microphone = np.clip(source + distance_m * direction / np.linalg.norm(direction), 0.3, size - 0.3)
    direct_m = float(np.linalg.norm(source - microphone))
    response = np.zeros(round((decay_s + 0.05) * RATE))
    reach = int(min(decay_s * 343.0 / size.min() / 2.0, 12)) + 1
    orders = np.arange(-reach, reach + 1)
    grid = np.stack(np.meshgrid(orders, orders, orders, indexing="ij"), axis=-1).reshape(-1, 3)
    for flip in np.ndindex(2, 2, 2):
        images = (1 - 2 * np.array(flip)) * source + 2.0 * grid * size
        far_m = np.linalg.norm(images - microphone, axis=1)
        bounces = np.abs(2 * grid - np.array(flip)).sum(axis=1)
        places = np.round((far_m - direct_m) / 343.0 * RATE).astype(int)
        inside = (places >= 0) & (places < len(response))
        np.add.at(response, places[inside], direct_m / far_m[inside] * (-reflection) ** bounces[inside])
    return response


def at_clock(samples: np.ndarray, offset_s: float, drift_ppm: float = 0.0, seconds: float | None = None) -> np.ndarray:
    """What a recorder writes whose clock shows ``t · (1 + drift) + offset``."""
    if drift_ppm:
        up = soxr.resample(samples, RATE, 8 * RATE)
        times = (np.arange(round((seconds or len(samples) / RATE) * RATE)) / RATE - offset_s) / (1.0 + 1e-6 * drift_ppm)
        return np.interp(times * 8 * RATE, np.arange(len(up)), up, left=0.0, right=0.0).astype(np.float32)
    whole = int(np.floor(offset_s * RATE))
    spectrum = np.fft.rfft(samples)
    turned = np.exp(-2j * np.pi * np.fft.rfftfreq(len(samples)) * (offset_s * RATE - whole))
    samples = np.fft.irfft(spectrum * turned, len(samples))
    moved = np.concatenate([np.zeros(max(whole, 0)), samples[max(-whole, 0) :]])
    return moved[: round((seconds or len(samples) / RATE) * RATE)].astype(np.float32)


def coded(samples: np.ndarray, kind: str) -> np.ndarray:
    """Through a codec and back, its own delay taken out as FFmpeg does."""
    if not kind or shutil.which("ffmpeg") is None:
        return samples
    with tempfile.TemporaryDirectory() as place:
        soundfile.write(f"{place}/a.wav", samples, RATE)
        for one, other in ((f"{place}/a.wav", f"{place}/a.{kind}"), (f"{place}/a.{kind}", f"{place}/b.wav")):
            subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", one, "-b:a", "64k", other], check=False)
        return soundfile.read(f"{place}/b.wav", dtype="float32")[0] if Path(f"{place}/b.wav").exists() else samples


def second_microphone(samples: np.ndarray, generator: np.random.Generator, kind: str) -> np.ndarray:
    """The same through a room, another microphone, noise and a codec."""
    response = image_sources(generator, generator.uniform(0.2, 0.7), generator.uniform(1.0, 4.0))
    wet = signal.oaconvolve(samples, response)[: len(samples)]
    wet = signal.sosfilt(
        signal.butter(1, [generator.uniform(60, 250), generator.uniform(5e3, 12e3)], "band", fs=RATE, output="sos"), wet
    )
    noise = np.sqrt(np.square(wet).mean()) * 10.0 ** (-generator.uniform(10.0, 30.0) / 20.0)
    return coded((0.3 * (wet + noise * generator.standard_normal(len(wet)))).astype(np.float32), kind)


def at_tempo(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The second song played at the speed that gives it the first's tempo."""
    tempi = [_beat_s(samples) for samples in (first, second)]
    ratio = tempi[0] / tempi[1]
    while ratio > 1.5:
        ratio /= 2.0
    while ratio < 0.7:
        ratio *= 2.0
    return np.asarray(soxr.resample(second, RATE, RATE * ratio), np.float32)


def _beat_s(samples: np.ndarray) -> float:
    """The strongest period between 0.3 and 1 s of the energy's rises."""
    power = np.square(samples[: len(samples) // 480 * 480]).reshape(-1, 480).mean(axis=1)
    rises = np.maximum(np.diff(np.log(power + 1e-9)), 0.0)
    again = signal.correlate(rises - rises.mean(), rises - rises.mean())[len(rises) - 1 :]
    return (30 + int(np.argmax(again[30:100]))) * 0.01


def struck(generator: np.random.Generator, hits_per_s: float, length_s: float) -> np.ndarray:
    samples = np.zeros(30 * RATE)
    for begin in generator.integers(0, 29 * RATE, round(30 * hits_per_s)):
        count = round(4 * length_s * RATE)
        decay = np.exp(-np.arange(count) / (length_s * RATE))[: len(samples) - begin]
        samples[begin : begin + count] += 0.2 * decay * generator.standard_normal(len(decay))
    return signal.sosfilt(signal.butter(2, [60.0, 9e3], "band", fs=RATE, output="sos"), samples)

"""Noisy mixtures to train on: speech and noise at random ratios, varied in speed, timbre, room and kind of noise.

A mixture depends only on its number and the seed, so that training can be interrupted and resumed anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import soxr
from scipy import fft

from mixengine.training.unet.corpus import RATE, Corpus

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Recipe:
    """Parameters of the mixtures; probabilities are 0 … 1.

    Attributes
    ----------
    snr_db : tuple of float
        Lowest and highest ratio of speech to noise.
    seconds : float
        Length; 252 frames, a multiple of four as the network needs.
    clean, noise_only : float
        Probability of speech with very little noise (40 … 70 dB), and of noise without speech.
    room : float
        Probability of artificial reverberation on the speech. The target includes the reverberation.
    narrow : float
        Probability that the whole mixture is band-limited below 8 kHz, as in files with low sample rates.
    second, made, babble, music : float
        Probability of a second noise, of synthetic noise (coloured, hum, clicks), of other people talking, and of music
        where there is any.
    speed, noise_speed : float
        Largest change of playback speed of speech and of noise, as a natural logarithm.
    eq_db, noise_eq_db : float
        Largest gain of the random equalisation of speech and of noise.
    """

    seconds: float = 4.016
    snr_db: tuple[float, float] = (-6.0, 25.0)
    clean: float = 0.1
    noise_only: float = 0.05
    room: float = 0.3
    narrow: float = 0.1
    second: float = 0.3
    made: float = 0.2
    babble: float = 0.06
    music: float = 0.12
    speed: float = 0.12
    noise_speed: float = 0.35
    eq_db: float = 14.0
    noise_eq_db: float = 12.0


class Mixer:
    """Makes mixtures by number.

    Parameters
    ----------
    speech, noise, music : Corpus
        ``music`` may be ``None``.
    """

    def __init__(self, recipe: Recipe, speech: Corpus, noise: Corpus, music: Corpus | None, seed: int) -> None:
        self._recipe, self._speech, self._noise, self._music, self._seed = recipe, speech, noise, music, seed
        self._samples = round(recipe.seconds * RATE)

    def mixture(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Mixture ``number`` and the speech in it, float32 [shape=(samples,)] at 16 kHz."""
        recipe, rng = self._recipe, np.random.default_rng([self._seed, number])
        kind = rng.random()
        narrow_hz = rng.uniform(3000, 7500) if rng.random() < recipe.narrow else None
        room = _room(rng) if rng.random() < recipe.room else None
        speech = _filtered(self._voice(rng), rng, recipe.eq_db, narrow_hz, room)
        noise = _filtered(self._background(rng), rng, recipe.noise_eq_db, narrow_hz)
        if kind < recipe.noise_only:
            return noise / _rms(noise) * 0.05, np.zeros_like(noise)
        clean = kind < recipe.noise_only + recipe.clean
        snr_db = rng.uniform(40, 70) if clean else rng.uniform(*recipe.snr_db)
        speech = speech / _rms(speech) * 0.05
        noise = noise / _rms(noise) * 0.05 * 10 ** (-snr_db / 20)
        return speech + noise, speech

    def _voice(self, rng: np.random.Generator) -> np.ndarray:
        return self._pick(self._speech, rng, self._recipe.speed)

    def _background(self, rng: np.random.Generator) -> np.ndarray:
        noise = self._one_noise(rng)
        if rng.random() < self._recipe.second:
            other = self._one_noise(rng)
            noise = noise / _rms(noise) + other / _rms(other) * 10 ** (rng.uniform(-12, 0) / 20)
        return noise

    def _one_noise(self, rng: np.random.Generator) -> np.ndarray:
        recipe, draw = self._recipe, rng.random()
        if draw < recipe.made:
            return synthetic_noise(rng, self._samples)
        if draw < recipe.made + recipe.babble:
            return np.sum([self._voice(rng) for _ in range(rng.integers(4, 9))], axis=0)
        if self._music is not None and draw < recipe.made + recipe.babble + recipe.music:
            return self._pick(self._music, rng, recipe.speed)
        return self._pick(self._noise, rng, recipe.noise_speed)

    def _pick(self, corpus: Corpus, rng: np.random.Generator, spread: float) -> np.ndarray:
        """An excerpt of a recording, played at a random speed; silent excerpts are drawn again."""
        speed = np.exp(rng.uniform(-spread, spread))
        for _ in range(8):
            index = int(rng.integers(len(corpus)))
            count = int(self._samples * speed) + 64
            excerpt = corpus.take(index, int(rng.integers(corpus.length(index))), count)
            if _rms(excerpt) > 1e-4:
                break
        return soxr.resample(excerpt, RATE * speed, RATE, quality="LQ")[: self._samples]


def synthetic_noise(rng: np.random.Generator, samples: int) -> np.ndarray:
    """Synthetic noise: coloured hiss, perhaps amplitude-modulated, mains hum with harmonics, or clicks in hiss."""
    hiss = _tilt(rng.standard_normal(samples), rng.uniform(-1.2, 0.6))
    kind = rng.integers(4)
    time_s = np.arange(samples) / RATE
    if kind == 1:
        return hiss * (
            1 + rng.uniform(0.2, 0.95) * np.sin(2 * np.pi * rng.uniform(0.2, 12) * time_s + rng.uniform(0, 6))
        )
    if kind == 2:
        f0_hz = rng.choice([50.0, 60.0, rng.uniform(40, 400)])
        tones = np.arange(1, rng.integers(2, 30))
        levels = rng.uniform(0.05, 1, len(tones)) / tones ** rng.uniform(0, 1.5)
        phases = rng.uniform(0, 6.28, len(tones))
        hum = sum(a * np.sin(2 * np.pi * f0_hz * n * time_s + p) for a, n, p in zip(levels, tones, phases, strict=True))
        return hum / _rms(hum) + hiss / _rms(hiss) * 10 ** (rng.uniform(-30, 0) / 20)
    if kind == 3:
        hits = (rng.random(samples) < rng.uniform(2, 30) / RATE) * rng.standard_normal(samples)
        ring = rng.standard_normal(1024) * np.exp(-np.arange(1024) / rng.uniform(20, 300))
        clicks = np.convolve(hits, ring)[:samples]
        return clicks / (_rms(clicks) + _TINY) + hiss / _rms(hiss) * 10 ** (rng.uniform(-30, -6) / 20)
    return hiss


def _tilt(white: np.ndarray, slope: float) -> np.ndarray:
    """White noise with its spectrum tilted by f**slope."""
    spectrum = fft.rfft(white)
    return fft.irfft(spectrum * np.maximum(np.arange(len(spectrum)), 8.0) ** slope, len(white))


def _filtered(
    samples: np.ndarray,
    rng: np.random.Generator,
    eq_db: float,
    narrow_hz: float | None,
    room: np.ndarray | None = None,
) -> np.ndarray:
    """Apply a smooth random equalisation, a low pass at ``narrow_hz`` and a room, as one product of spectra."""
    size = len(samples) + (len(room) if room is not None else 0)
    size = 1 << (size - 1).bit_length()
    bins_hz = fft.rfftfreq(size, 1 / RATE).astype(np.float32)
    corners_hz = np.array([60, 200, 600, 1500, 3500, 7500.0])
    gains_db = rng.uniform(-eq_db, eq_db, len(corners_hz)) * rng.random()
    curve = (10 ** (np.interp(np.log(bins_hz + 30), np.log(corners_hz), gains_db) / 20)).astype(np.float32)
    if narrow_hz is not None:
        curve = curve / np.sqrt(1 + (bins_hz / narrow_hz) ** 40)
    spectrum = fft.rfft(samples.astype(np.float32), size) * curve
    if room is not None:
        spectrum = spectrum * fft.rfft(room, size)
    return fft.irfft(spectrum, size)[: len(samples)].astype(np.float32)


def _room(rng: np.random.Generator) -> np.ndarray:
    """An impulse response: the direct sound, then noise that decays by 60 dB in 0.1 … 0.7 s."""
    decay_s = rng.uniform(0.1, 0.7)
    count = int(decay_s * RATE)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail[: int(rng.uniform(0.002, 0.02) * RATE)] = 0
    response = tail / np.sqrt(np.sum(tail**2)) * 10 ** (rng.uniform(-18, 3) / 20)
    response[0] = 1.0
    return response.astype(np.float32)


def _rms(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) + _TINY

"""Something like a voice, and noise for it."""

import numpy as np

RATE = 16000


def voice(seconds, rate=RATE, seed=0):
    """Something like talking: glottal pulses through moving formants, in syllables, with pauses."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * rate)) / rate
    f0_hz = 120 + 25 * np.sin(2 * np.pi * 0.7 * time_s) + 10 * np.sin(2 * np.pi * 2.3 * time_s)
    phase = 2 * np.pi * np.cumsum(f0_hz) / rate
    formants_hz = [500 + 250 * np.sin(2 * np.pi * 1.9 * time_s), 1500 + 500 * np.sin(2 * np.pi * 1.3 * time_s + 1)]
    samples = np.zeros_like(time_s)
    for number in range(1, int(min(4000, rate / 2 - 200) // 160)):
        level = sum(np.exp(-(((number * f0_hz - formant) / 180) ** 2)) for formant in formants_hz) + 0.02
        samples += level / np.sqrt(number) * np.sin(number * phase)
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * time_s + rng.uniform(0, 6)), 0, 1) * (
        np.sin(2 * np.pi * 0.35 * time_s) > -0.5
    )
    samples *= syllables
    return (0.1 * samples / np.sqrt(np.mean(samples**2))).astype(np.float32)[:, None]


def hiss(like, snr_db, seed=1):
    noise = np.random.default_rng(seed).standard_normal(like.shape)
    return (noise * np.sqrt(np.mean(like**2) / np.mean(noise**2)) * 10 ** (-snr_db / 20)).astype(np.float32)

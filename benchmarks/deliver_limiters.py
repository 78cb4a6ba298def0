"""Distortion of limiters at equal loudness: ours, ffmpeg's ``alimiter`` and ``loudnorm``, pedalboard's ``Limiter``.

    python benchmarks/deliver_limiters.py [--seconds 12]

A part of `deliver.py`. Loud songs and speech of its own making go through each with the gain that gives the same
loudness: overshoot, distortion left after the best gain, and the error in bands of the ear.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from deliver_material import KINDS, Sound, ours
from scipy import signal

from mixengine.mixer import limiter
from mixengine.mixer.limiter import TruePeaks

_BANDS_HZ = (
    50,
    100,
    200,
    300,
    400,
    510,
    630,
    770,
    920,
    1080,
    1270,
    1480,
    1720,
    2000,
    2320,
    2700,
    3150,
    3700,
    4400,
    5300,
)
_BANDS_HZ += (6400, 7700, 9500, 12000, 15500)


def through_ours(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    peaks = TruePeaks(rate, sound.shape[1], ceiling - gain_db - 2.0)
    peaks.add(sound)
    limited = limiter.limit(peaks.cells(), rate, ceiling - 0.01, gain_db)
    return limiter.apply(sound, 0, limited, rate, gain_db)


def through_ffmpeg(sound: Sound, rate: int, chain: str) -> Sound:
    command = ["ffmpeg", "-v", "error", "-f", "f32le", "-ar", str(rate), "-ac", str(sound.shape[1]), "-i", "-"]
    out = subprocess.run(
        [*command, "-af", chain, "-ar", str(rate), "-f", "f32le", "-"],
        input=sound.astype(np.float32).tobytes(), capture_output=True, check=True,
    ).stdout  # fmt: skip
    return np.frombuffer(out, np.float32).reshape(-1, sound.shape[1])


def through_alimiter(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    limit = 10.0 ** (ceiling / 20.0)
    return through_ffmpeg(sound, rate, f"volume={gain_db}dB,alimiter=limit={limit}:level=0:attack=5:release=50")


def through_pedalboard(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    import pedalboard

    board = pedalboard.Pedalboard([pedalboard.Gain(gain_db), pedalboard.Limiter(threshold_db=ceiling, release_ms=50.0)])
    return board(sound.astype(np.float32).T, rate).T


def through_loudnorm(sound: Sound, rate: int, gain_db: float, ceiling: float) -> Sound:
    """Its own loudness loop; the gain is what it is asked for beyond the sound's own."""
    lufs = ours(sound, rate)[0] + gain_db
    return through_ffmpeg(sound, rate, f"loudnorm=I={min(max(lufs, -70.0), -5.0):.2f}:TP={ceiling}:LRA=50:linear=false")


LIMITERS = {
    "mixengine": through_ours,
    "ffmpeg alimiter": through_alimiter,
    "ffmpeg loudnorm": through_loudnorm,
    "pedalboard Limiter": through_pedalboard,
}


def aligned(before: Sound, after: Sound) -> tuple[Sound, Sound]:
    """Both without the delay between them."""
    count = min(len(before), len(after))
    a, b = before[:count].mean(axis=1), after[:count].mean(axis=1)
    cross = signal.correlate(b, a, "full", method="fft")
    lag = int(np.argmax(cross)) - (count - 1)
    if abs(lag) > count // 4:
        lag = 0
    return before[max(-lag, 0) : count - max(lag, 0)], after[max(lag, 0) : count - max(-lag, 0)]


def distortion_db(before: Sound, after: Sound) -> float:
    """What is left of ``after`` once the best gain of ``before`` is taken away, relative to it."""
    gain = float((before * after).sum() / np.square(before).sum())
    return 10.0 * math.log10(np.square(after - gain * before).sum() / np.square(after).sum() + 1e-30)


def band_error_db(before: Sound, after: Sound, rate: int) -> float:
    """Mean difference of the levels in Bark bands of 20 ms, the mean of all taken away, where the band sounds."""
    size = round(0.02 * rate)
    edges = [hz for hz in _BANDS_HZ if hz < rate / 2]
    levels = []
    for sound in (before, after):
        hz, _, bins = signal.stft(sound.mean(axis=1), rate, nperseg=size)
        power = np.square(np.abs(bins))
        bands = [power[(hz >= low) & (hz < high)].sum(axis=0) for low, high in pairwise(edges)]
        levels.append(10.0 * np.log10(np.array([band for band in bands if band.any()]) + 1e-12))
    loud = levels[0] > levels[0].max() - 50.0
    difference = (levels[1] - levels[0])[loud]
    return float(np.abs(difference - difference.mean()).mean())


def at_loudness(
    through: Callable[[Sound, int, float, float], Sound],
    sound: Sound,
    rate: int,
    rise_db: float,
    goal: float,
    ceiling: float,
) -> tuple[Sound, float, float]:
    """A limiter's output at a loudness, its overshoot, and the seconds of one run."""
    gain_db = rise_db
    for _ in range(6):
        started = time.perf_counter()
        out = through(sound, rate, gain_db, ceiling)
        took = time.perf_counter() - started
        lufs, peak = ours(out, rate)
        if abs(goal - lufs) < 0.03:
            break
        gain_db += goal - lufs
    return out, peak - ceiling, took


def beside(seconds: float) -> None:
    """All limiters at one loudness: as they come, and with their ceiling lowered until the true peak fits."""
    rate, ceiling = 48000, -1.0
    print("Limiters at equal loudness, ceiling −1 dBTP (own material, seeded, 48 kHz stereo). Left: asked for −1 dB.")
    print("Right: asked for as much less as it takes to keep −1 dBTP.\n")
    print(
        "| material, rise | limiter | overshoot dB | distortion dB | bands dB | dist. at −1 dBTP | bands dB | x real |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, rise_db in (("song", 6.0), ("song", 9.0), ("speech", 14.0), ("speech", 18.0)):
        sound = KINDS[name](np.random.default_rng(7), seconds, rate, 2).astype(np.float32)
        goal = ours(through_ours(sound, rate, rise_db, ceiling), rate)[0]
        for limiter_name, through in LIMITERS.items():
            words = []
            try:
                lowered = ceiling
                for _ in range(4):
                    out, over, took = at_loudness(through, sound, rate, rise_db, goal, lowered)
                    peak_over = over + lowered - ceiling
                    before, after = aligned(sound, out)
                    figures = f"{distortion_db(before, after):.1f} | {band_error_db(before, after, rate):.2f}"
                    words = words or [f"{over:+.2f}", figures]
                    if peak_over < 0.02:
                        break
                    lowered -= peak_over
                words.append(figures if peak_over < 0.05 else "not kept | –")
            except (OSError, ImportError, subprocess.CalledProcessError) as error:
                print(f"| {name}, +{rise_db:g} dB | {limiter_name} | not here: {type(error).__name__} ||||||")
                continue
            print(
                f"| {name}, +{rise_db:g} dB | {limiter_name} | {' | '.join(words)} | {seconds / took:.0f} |", flush=True
            )
    print()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0, help="length of each sound")
    beside(parser.parse_args().seconds)

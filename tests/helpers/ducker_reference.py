"""The earlier speech/music ducker as a plain script, to compare detector ``psd``, the carve and ``--alpha`` with.

Peak-normalise both, split each into three bands and add them with gains, match the RMS of the music to the speech,
decide on the *mix* frame by frame whether its mid band is loud, smooth that over five frames, and fade by it.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

THRESHOLD = -5.4738
ALPHA = 0.94
FRAME_S = 0.1


def carve(mono: np.ndarray, rate: int, mid_db: float) -> np.ndarray:
    """Low, mid and high band (fourth-order Butterworth), the mid band with a gain."""
    low = signal.sosfilt(signal.butter(4, 300.0, "low", fs=rate, output="sos"), mono)
    mid = signal.sosfilt(signal.butter(4, (300.0, 4000.0), "band", fs=rate, output="sos"), mono)
    high = signal.sosfilt(signal.butter(4, 4000.0, "high", fs=rate, output="sos"), mono)
    return low + mid * 10.0 ** (mid_db / 20.0) + high


def feature(mono: np.ndarray, rate: int) -> np.ndarray:
    """log10 of the mean power density over 300 … 3000 Hz of each frame of 0.1 s."""
    frame = int(FRAME_S * rate)
    result = []
    for at in range(0, len(mono) - frame + 1, frame):
        frequencies_hz, density = signal.welch(mono[at : at + frame], rate, nperseg=min(1024, frame))
        band = (frequencies_hz >= 300.0) & (frequencies_hz <= 3000.0)
        result.append(np.log10(density[band].mean() + 1e-12))
    return np.array(result)


def control(mono: np.ndarray, rate: int) -> np.ndarray:
    """The control of each frame, 0 … 1."""
    peak = np.abs(mono).max()
    on = (feature(mono / peak if peak else mono, rate) > THRESHOLD).astype(float)
    return np.convolve(on, np.full(5, 0.2), "same")


def duck(speech: np.ndarray, music: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gated speech, ducked music, and the music's gain, all [shape=(samples,)]."""
    speech, music = (carve(x / max(np.abs(x).max(), 1e-12), rate, db) for x, db in ((speech, 2.0), (music, -3.0)))
    music = music * np.sqrt(np.square(speech).mean() / max(np.square(music).mean(), 1e-20))
    held = np.repeat(control(speech + music, rate), int(FRAME_S * rate))
    s = np.concatenate([held, np.full(max(len(speech) - len(held), 0), held[-1])])[: len(speech)]
    return speech * s, music * (1.0 - ALPHA * s), 1.0 - ALPHA * s

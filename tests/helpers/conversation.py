"""People in one room, a microphone for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import signal

from tests.helpers import signals
from tests.helpers.sounds import write

RATE = 16000
TURNS_S = {"Host": ((0.0, 6.0), (14.0, 20.0)), "Guest 1": ((6.5, 9.5), (20.5, 23.0)), "Guest 2": ((10.0, 13.5),)}
LENGTH_S = 24.0
LEVELS_DB = {"Host": 0.0, "Guest 1": 3.0, "Guest 2": -7.0}


def voices() -> dict[str, np.ndarray]:
    """What each person says, at the microphone of that person."""
    return {
        name: signals.talk(RATE, turns, LENGTH_S).reshape(-1) * 10.0 ** (LEVELS_DB[name] / 20.0)
        for name, turns in TURNS_S.items()
    }


def room(sources: dict[str, np.ndarray], own: str, bleed_db: float, decay_s: float = 0.05) -> np.ndarray:
    """A microphone: its own speaker, the others after 6 ms and a short decay, hiss."""
    generator = np.random.default_rng(len(own))
    samples = max(RATE // 5, round(5.0 * decay_s * RATE))
    decay = generator.standard_normal(samples) * np.exp(-np.arange(samples) / (decay_s * RATE))
    decay[: round(0.006 * RATE)] = 0.0
    decay *= 10.0 ** (bleed_db / 20.0) / np.sqrt(np.square(decay).sum())
    sound = sources.get(own, np.zeros(round(LENGTH_S * RATE))) + 3e-4 * generator.standard_normal(
        round(LENGTH_S * RATE)
    )
    for name, voice in sources.items():
        if name != own:
            sound = sound + signal.oaconvolve(voice, decay)[: len(sound)]
    return sound


def write_room(root: Path, bleed_db: float = -14.0) -> Path:
    """A folder with a file for each microphone."""
    said = voices()
    for name in said:
        write(root / f"{name}.wav", room(said, name, bleed_db)[:, None].astype(np.float32), RATE)
    return root

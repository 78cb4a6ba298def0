"""Audio to separate, and items that hold it."""

from __future__ import annotations

import numpy as np

from tests.helpers import rpp_builders as b


def song(frames: int, channels: int, seed: int = 0) -> np.ndarray:
    """Tones that come and go over noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(frames)[:, None] / 8000.0
    tones = np.sin(2 * np.pi * (220.0 + 30.0 * np.arange(channels)) * at) * (np.sin(7.0 * at) > 0)
    return (0.3 * tones + 0.05 * rng.standard_normal((frames, channels))).astype(np.float32)


def difference_db(one: np.ndarray, other: np.ndarray, like: np.ndarray) -> float:
    return 20.0 * np.log10(np.abs(one - other).max() / np.abs(like).max() + 1e-12)


def clip_lines(
    number: int, file: str, *, selected: bool, fade: str = "", start_s: float = 0.5, length_s: float = 1.25
) -> list[str]:
    lines = [
        f"POSITION {start_s}", f"LENGTH {length_s}", "LOOP 0", "MUTE 0 0", f"SEL {int(selected)}",
        f"IGUID {b.guid(number)}", "NAME 'interview one.wav'", "VOLPAN 1 0 0.5 -1", "SOFFS 0.25",
        *([fade] if fade else []),
    ]  # fmt: skip
    return ["<ITEM", *lines, *b.source(file), ">"]

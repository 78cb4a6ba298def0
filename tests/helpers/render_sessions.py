"""Sessions made up for rendering tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixengine.mixer import routing
from mixengine.mixer.engine import Engine
from mixengine.model.session import Clip, Session, Source, Track
from tests.helpers.signals import noise, write

RATE = 8000


class Songs:
    """Writes audio below a folder and makes tracks that play it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sounds: dict[str, np.ndarray] = {}

    def clip(self, name: str, channels: int = 2, frames: int = 6000, position_s: float = 0.0, rate: int = RATE) -> Clip:
        """A clip that plays noise of its own."""
        sound = noise(frames, channels, seed=sum(map(ord, name)))
        self.sounds[name] = sound
        path = write(self.folder / f"{name}.wav", sound, rate)
        return Clip(f"clip {name}", Source(path), position_s, frames / rate, name=f"{name}.wav")

    def track(self, name: str, channels: int = 2, **fields) -> Track:
        """A track with such a clip."""
        return Track(name, name, clips=(self.clip(name, channels),), **fields)


def session(*tracks: Track, **fields) -> Session:
    return Session("song", "song.RPP", RATE, tracks, **fields)


def rendered(of: Session, stems=(), **options) -> tuple[np.ndarray, list[np.ndarray]]:
    """The mix and the stems as whole arrays."""
    pairs = list(Engine(of, routing.graph(of), [frozenset(stem) for stem in stems], **options).blocks())
    mix = np.concatenate([np.zeros((0, 2), np.float32), *(mix for mix, _ in pairs)])
    return mix, [np.concatenate([parts[number] for _, parts in pairs]) for number in range(len(stems))]


def mixed(of: Session, **options) -> np.ndarray:
    return rendered(of, **options)[0]


def peak_db(error: np.ndarray) -> float:
    return 20.0 * float(np.log10(np.abs(error).max(initial=0.0) + 1e-30))

"""Music that leaks into a microphone does not duck itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from mixengine import hosts
from mixengine.jobs import registry
from mixengine.jobs.duck.settings import DuckSettings
from tests.helpers import signals
from tests.helpers.sounds import write

RATE, LENGTH_S, TALK_S = 16000, 40.0, 12.0
SPOKEN_S = ((1.0, 5.0), (6.0, TALK_S))


def music() -> np.ndarray:
    """A chord that swells, in notes of half a second."""
    t = np.arange(round(LENGTH_S * RATE)) / RATE
    notes = np.exp(-(t % 0.5) * 8.0) * (0.4 + 0.6 * np.sin(2.0 * np.pi * t / 7.0) ** 2)
    return 0.1 * notes * sum(np.sin(2.0 * np.pi * hz * t) for hz in (220.0, 440.0, 660.0, 1100.0, 2200.0, 4400.0))


def activity(folder: Path, leak_db: float | None, gain: float = 1.0) -> tuple[np.ndarray, tuple[str, ...]]:
    """When somebody speaks, every 10 ms, and the notes."""
    voice = signals.talk(RATE, SPOKEN_S, LENGTH_S).reshape(-1)
    generator = np.random.default_rng(3)
    way = generator.standard_normal(RATE // 8) * np.exp(-np.arange(RATE // 8) / (0.04 * RATE))
    played = music()
    leak = signal.oaconvolve(played, way)[: len(played)]
    loud = np.sqrt(np.square(voice[np.abs(voice) > 0.0]).mean())
    mic = voice + 1e-3 * loud * generator.standard_normal(len(voice))
    if leak_db is not None:
        mic += leak * loud * 10.0 ** (leak_db / 20.0) / np.sqrt(np.square(leak).mean())
    write(folder / "Host.wav", (gain * mic)[:, None].astype(np.float32), RATE)
    write(folder / "Music.wav", played[:, None].astype(np.float32), RATE)
    plan = registry.run("duck", hosts.open_session(folder), DuckSettings())
    active = np.zeros(round(LENGTH_S * 100), dtype=bool)
    for start_s, end_s in plan.details.activity:
        active[round(start_s * 100) : round(end_s * 100)] = True
    return active, plan.notes


@pytest.mark.parametrize("gain", [1.0, 0.05])
def test_where_only_music_leaks_nobody_speaks(tmp_path: Path, gain: float) -> None:
    active, notes = activity(tmp_path, -22.0, gain)
    said = np.concatenate([active[round(a * 100) : round(b * 100)] for a, b in SPOKEN_S])
    assert said.mean() > 0.8 and active[round((TALK_S + 1.0) * 100) :].mean() < 0.1
    assert any(note.startswith("Host: for") and "hears only the music" in note for note in notes)


def test_without_leak_nothing_is_taken_away(tmp_path: Path) -> None:
    active, notes = activity(tmp_path, None)
    said = np.concatenate([active[round(a * 100) : round(b * 100)] for a, b in SPOKEN_S])
    assert said.mean() > 0.8 and not any("hears only the music" in note for note in notes)

"""Excerpts are read once while a pair is looked at, and let go afterwards."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from mixengine.analysis.alignment import stretches
from mixengine.analysis.alignment.coarse import Print
from mixengine.analysis.alignment.stretches import Sound


@dataclass
class Counting:
    """Stands for a recording."""

    read: list[float] = field(default_factory=list)

    def excerpt(self, start_s: float, end_s: float, rate: int) -> np.ndarray:
        self.read.append(start_s)
        return np.full(round((end_s - start_s) * rate), start_s, np.float32)


def test_an_excerpt_is_read_once_and_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "_MAX_KEPT", 2)
    recording = Counting()
    sound = Sound(recording, Print(0, np.zeros((0, 8), np.int8)))  # type: ignore[arg-type] - only `excerpt` is asked
    for start_s in (1.0, 2.0, 1.0, 2.0, 3.0, 2.0):
        assert np.all(sound.excerpt(start_s, start_s + 0.5, 100) == start_s)
    assert recording.read == [1.0, 2.0, 3.0]
    sound.excerpt(1.0, 1.5, 100)
    sound.forget()
    sound.excerpt(1.0, 1.5, 100)
    assert recording.read == [1.0, 2.0, 3.0, 1.0, 1.0]

"""Projects of constant levels, so that the peak of the mix is a gain, and of sounds that can be measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.model.session import Session
from tests.helpers import rpp_builders as b
from tests.helpers.render_sessions import mixed
from tests.helpers.sounds import noise, tone, write

RATE = 48000
LEVELS = {"quarter": 0.25, "eighth": 0.125, "sixteenth": 0.0625}


def media(folder: Path) -> Path:
    """The folder with half a second of each level, and ``sound 0.wav`` to ``sound 2.wav`` of three seconds."""
    for name, level in LEVELS.items():
        write(folder / f"{name}.wav", np.full((RATE // 2, 1), level, np.float32), RATE)
    for number, pitch_hz in enumerate((220.0, 330.0, 440.0)):
        sound = tone(pitch_hz, 3.0, RATE, level=0.2) + noise(3.0, RATE, level=0.02, seed=number)
        write(folder / f"sound {number}.wav", sound, RATE)
    return folder


def item(file: str, *more: str, position_s: float = 0.0, length_s: float = 0.5, lines=(), volpan="1 0 1 -1"):
    head = ["<ITEM", f"POSITION {position_s}", f"LENGTH {length_s}", "MUTE 0 0", f"IGUID {{{file} {position_s}}}"]
    return [*head, f"NAME {file}", f"VOLPAN {volpan}", "SOFFS 0", *lines, *b.source(f"{file}.wav"), *more, ">"]


def sounding(number: int, *more: str) -> list[str]:
    """An item of three seconds that can be measured."""
    lines = item(f"sound {number}", *more, length_s=3.0)
    return [f'NAME "sound {number}"' if line.startswith("NAME") else line for line in lines]


def read(place: Path, *parts, head: tuple[str, ...] = ()) -> Session:
    return b.load(b.project(*parts, head=("SAMPLERATE 48000 1 0", *head)), place / "song.RPP").session()


def peak(session: Session) -> float:
    """The peak of the mix as REAPER plays it, the same left and right."""
    sound = mixed(session)
    left, right = np.abs(sound).max(axis=0)
    assert left == pytest.approx(right, abs=1e-7)
    return float(left)

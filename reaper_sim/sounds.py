"""Plug-ins that only the simulated REAPER has: gains (of all, of the treble), a hall, and an instrument.

They stand in projects as ``<JS "sim gain +9.5dB" "">``, ``<JS "sim treble -6dB" "">``, ``<JS "sim hall -3dB" "">`` and
``<VST "VSTi: Sim Synth -12dB (mixengine)" …>``: the number is part of the name, which is all that a session knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from mixengine.mixer import effects
from mixengine.mixer.effects.kind import Kind
from mixengine.model.session import Effect
from reaper_sim.tree import Node

_NAME = re.compile(r"[Ss]im (gain|treble|hall|synth) ([-+][\d.]+)dB", re.IGNORECASE)
_CORNER_HZ = 2000.0
_HALL_S = 0.4


def sort_and_level(name: str) -> tuple[str, float] | None:
    """What a plug-in of the simulation does, and its level in dB; ``None`` for all others."""
    match = _NAME.search(name)
    return (match[1].lower(), float(match[2])) if match else None


class _Gain:
    """The gain of a plug-in, of everything or above 2 kHz."""

    def __init__(self, effect: Effect, rate: int) -> None:
        from scipy import signal  # takes two seconds, which a REAPER that renders nothing does without

        sort, level_db = sort_and_level(effect.name) or ("gain", 0.0)
        self._amplitude = 10.0 ** (level_db / 20.0)
        self._sos = signal.butter(2, _CORNER_HZ, "highpass", fs=rate, output="sos") if sort == "treble" else None
        self._state: np.ndarray | None = None
        self._filter = signal.sosfilt

    def __call__(self, block: np.ndarray) -> np.ndarray:
        if self._sos is None:
            return block * np.float32(self._amplitude)
        if self._state is None:
            self._state = np.zeros((len(self._sos), 2, block.shape[1]))
        treble, self._state = self._filter(self._sos, block.astype(float), axis=0, zi=self._state)
        return block + (self._amplitude - 1.0) * treble


def hall(level_db: float, rate: int) -> np.ndarray:
    """Impulse response of the hall, without the direct sound [shape=(frames,)]: decaying noise; white sound comes out
    at ``level_db``.
    """
    times_s = np.arange(int(_HALL_S * rate)) / rate
    response = np.random.default_rng(7).standard_normal(len(times_s)) * np.exp(-6.0 * times_s / _HALL_S)
    return response * 10.0 ** (level_db / 20.0) / np.sqrt(np.square(response).sum())


class _Hall:
    """The hall as a stream."""

    def __init__(self, effect: Effect, rate: int) -> None:
        _, level_db = sort_and_level(effect.name) or ("hall", 0.0)
        self._response = hall(level_db, rate)[:, None]
        self._rest: np.ndarray | None = None

    def __call__(self, block: np.ndarray) -> np.ndarray:
        from scipy import signal

        out = signal.oaconvolve(block.astype(float), self._response, axes=0)
        if self._rest is not None:
            out[: len(self._rest)] += self._rest[: len(out)]
        self._rest = out[len(block) :]
        return out[: len(block)]


def _make(effect: Effect, rate: int) -> _Gain | _Hall:
    own = sort_and_level(effect.name)
    return _Hall(effect, rate) if own is not None and own[0] == "hall" else _Gain(effect, rate)


def _fits(effect: Effect) -> bool:
    own = sort_and_level(effect.name)
    return own is not None and own[0] != "synth"


@contextmanager
def plugins() -> Iterator[None]:
    """Meanwhile the mixer has the simulation's own plug-ins, as REAPER has what the user installed."""
    effects.PROCESSORS["simulated"] = Kind(fits=_fits, make=_make)
    try:
        yield
    finally:
        del effects.PROCESSORS["simulated"]


def played(item: Node, level_db: float, rate: int, folder: Path, number: int, tempo_bpm: float) -> Path:
    """A file with what the synth plays of a MIDI item: a harmonic tone for each note [stereo]."""
    length_s = float(_word(item, "LENGTH") or 0.0)
    out = np.zeros(round(length_s * rate))
    for start_s, end_s, pitch, velocity in _notes(item, tempo_bpm):
        first, last = round(start_s * rate), min(round(end_s * rate), len(out))
        times = np.arange(max(last - first, 0)) / rate
        hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
        tone = sum(np.sin(2 * np.pi * hz * k * times) / k for k in (1, 2, 3) if hz * k < rate / 2.2)
        out[first:last] += velocity / 127.0 * tone * np.exp(-times)
    path = folder / f"midi{number}.wav"
    soundfile.write(path, np.repeat((10.0 ** (level_db / 20.0) * out)[:, None], 2, axis=1), rate, "FLOAT")
    return path


def _word(item: Node, name: str) -> str | None:
    line = item.line(name)
    return line.text(1) if line else None


def _notes(item: Node, tempo_bpm: float) -> Iterator[tuple[float, float, int, int]]:
    """Start and end in seconds, pitch and velocity, of ``E ticks 90 pitch velocity`` lines."""
    source = item.first("SOURCE")
    lines = source.lines if source else []
    data = next((line for line in lines if line.name == "HASDATA"), None)
    tick_s = 60.0 / tempo_bpm / (data.integer(2, 960) if data else 960)
    at, sounding = 0, {}
    for line in lines:
        if line.name.upper() != "E":
            continue
        at += line.integer(1)
        status, pitch, velocity = (int(line.text(word), 16) for word in (2, 3, 4))
        if status & 0xF0 == 0x90 and velocity:
            sounding[pitch] = (at, velocity)
        elif status & 0xE0 == 0x80 and pitch in sounding:
            begun, loud = sounding.pop(pitch)
            yield begun * tick_s, at * tick_s, pitch, loud

"""Three people at a table, a microphone for each, made from the demo's voice: for the demo and the pictures in docs.

Every line of the voice becomes a turn of another person (played faster or slower: higher or lower). Each microphone
holds its own speaker, the others 14 dB softer after 4 ms with the room around them, and hiss. Same input, same sound.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from mixengine.analysis.voice_levels import FRAME_S
from mixengine.system.staging import Staging

PEOPLE = ("Host", "Guest 1", "Guest 2")
RATE = 24000
_SPEED, _LEVEL_DB = (1.0, 0.84, 1.19), (0.0, -5.0, 2.0)
_PAUSE_S, _MIN_GAP_S = 0.35, 0.4
_BLEED_DB, _WAY_S, _DECAY_S = -14.0, 0.004, 0.06
_HISS = 3e-4


def microphones(voice_file: Path) -> list[np.ndarray]:
    """Samples of each microphone at `RATE` [shape=(samples,)]."""
    import soxr

    samples, rate = soundfile.read(voice_file, always_2d=True)
    lines = _lines(samples.mean(axis=1), rate)
    turns, at = [], 0
    for number, line in enumerate(lines):
        who = number % len(PEOPLE)
        sound = soxr.resample(line, rate * _SPEED[who], RATE) * 10.0 ** (_LEVEL_DB[who] / 20.0)
        turns.append((who, at, sound))
        at += len(sound) + round(_PAUSE_S * RATE)
    voices = np.zeros((len(PEOPLE), at))
    for who, start, sound in turns:
        voices[who, start : start + len(sound)] += sound
    return _in_a_room(voices)


def write(voice_file: Path, stage: Staging, folder: str) -> None:
    """Write one file for each microphone below ``folder``."""
    for name, sound in zip(PEOPLE, microphones(voice_file), strict=True):
        soundfile.write(stage.path(f"{folder}/{name}.wav"), sound, RATE, subtype="PCM_16", format="WAV")


def _lines(voice: np.ndarray, rate: int) -> list[np.ndarray]:
    """The parts of a recording between its longer gaps."""
    frame = round(FRAME_S * rate)
    count = len(voice) // frame
    powers = np.square(voice[: count * frame]).reshape(count, frame).mean(axis=1)
    speaks = np.flatnonzero(powers > powers.max() * 1e-4)
    ends = np.flatnonzero(np.diff(speaks) * FRAME_S > _MIN_GAP_S)
    firsts = speaks[np.concatenate([[0], ends + 1])]
    lasts = speaks[np.concatenate([ends, [len(speaks) - 1]])]
    return [voice[max(a - 1, 0) * frame : (b + 2) * frame] for a, b in zip(firsts, lasts, strict=True)]


def _in_a_room(voices: np.ndarray) -> list[np.ndarray]:
    from scipy import signal

    generator = np.random.default_rng(17)
    microphones = []
    for own in range(len(voices)):
        sound = voices[own] + _HISS * generator.standard_normal(voices.shape[1])
        for other in set(range(len(voices))) - {own}:
            way = generator.standard_normal(RATE // 4) * np.exp(-np.arange(RATE // 4) / (_DECAY_S * RATE))
            way[: round(_WAY_S * RATE)] = 0.0
            way *= 10.0 ** (_BLEED_DB / 20.0) / np.sqrt(np.square(way).sum())
            sound += signal.fftconvolve(voices[other], way)[: voices.shape[1]]
        microphones.append(np.clip(sound, -1.0, 1.0))
    return microphones

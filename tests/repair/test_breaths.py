"""Breaths are lowered, not cut; whispers, laughter and ends of words are left."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy import signal

from mixengine.analysis import breaths
from mixengine.repair.chain import Chain
from mixengine.repair.repair import Wish
from tests.helpers.signals import phrase

RATE = 16000
PHRASES_S = ((0.3, 1.8), (2.7, 4.2), (5.2, 6.7))
BREATHS_S = ((2.2, 2.6), (4.6, 5.1))


def air(seconds: float, level: float, rate: int = RATE) -> np.ndarray:
    """Unvoiced sound from 600 Hz to 4 kHz that swells and fades."""
    wave = np.random.default_rng(3).standard_normal(round(seconds * rate))
    wave = signal.sosfilt(signal.butter(2, (600, 4000), "band", fs=rate, output="sos"), wave)
    swell = np.sin(np.pi * np.arange(len(wave)) / len(wave)) ** 2
    return level * wave / wave.std() * swell


@functools.cache
def voice(rate: int = RATE) -> np.ndarray:
    """Three phrases in a quiet room [shape=(frames, 1)]."""
    out = 1e-4 * np.random.default_rng(2).standard_normal(7 * rate)
    for start_s, end_s in PHRASES_S:
        wave = phrase(rate, end_s - start_s)
        out[round(start_s * rate) :][: len(wave)] += 0.1 * wave / wave.std()
    return out[:, None].astype(np.float32)


def added(waves: list[tuple[float, np.ndarray]], rate: int = RATE) -> np.ndarray:
    out = voice(rate).copy()
    for at_s, wave in waves:
        out[round(at_s * rate) :][: len(wave), 0] += wave
    return out


def breathing(rate: int = RATE) -> np.ndarray:
    return added([(start_s, air(end_s - start_s, 0.008, rate)) for start_s, end_s in BREATHS_S], rate)


def mended(sound: np.ndarray, rate: int = RATE, size: int = 1 << 20, **wish):
    chain = Chain(("breaths",), rate, sound.shape[1], len(sound), Wish(**wish))
    chain.find(lambda start, frames: sound[start : start + frames])
    read = chain.over(lambda start, frames: sound[start : start + frames])
    return np.concatenate([read(at, min(size, len(sound) - at)) for at in range(0, len(sound), size)]), chain.faults


@pytest.mark.parametrize("breath_db", [-10.0, -4.0])
def test_breaths_go_down_by_what_is_wanted_and_nothing_else(breath_db: float) -> None:
    answer, faults = mended(breathing(), breath_db=breath_db)
    assert len(faults) == len(BREATHS_S) and all(fault.done for fault in faults)
    for (start_s, end_s), fault in zip(BREATHS_S, faults, strict=True):
        assert start_s - 0.05 < fault.start_s < fault.end_s < end_s + 0.05
        middle = slice(round((start_s + 0.15) * RATE), round((end_s - 0.15) * RATE))
        change_db = 20 * np.log10(answer[middle].std() / breathing()[middle].std())
        assert change_db == pytest.approx(breath_db, abs=0.5)
    for start_s, end_s in PHRASES_S:
        same = slice(round(start_s * RATE), round(end_s * RATE))
        assert np.array_equal(answer[same], breathing()[same])


def test_gain_channels_blocks_and_rate_do_not_matter() -> None:
    usual, faults = mended(breathing())
    quiet, _ = mended(np.float32(0.1) * breathing())
    np.testing.assert_allclose(quiet * 10, usual, atol=1e-5)
    both, _ = mended(np.repeat(breathing(), 2, axis=1), size=7001)
    np.testing.assert_allclose(both, np.repeat(usual, 2, axis=1), atol=1e-6)
    _, other = mended(breathing(48000), 48000)
    assert [f.start_s for f in other] == pytest.approx([f.start_s for f in faults], abs=0.03)


LEFT = {
    "a voice alone": [],
    "a whisper": [(1.9 + 0.3 * n, air(0.2, 0.04)) for n in range(2)],
    "laughter": [(1.9 + 0.2 * n, air(0.15, 0.015)) for n in range(3)],
    "the end of a word": [(1.76, air(0.3, 0.012))],
    "syllables": [(2.0, air(0.25, 0.006)), (2.24, air(0.25, 0.006))],
}


@pytest.mark.parametrize("name", list(LEFT))
def test_what_may_be_something_else_is_left(name: str) -> None:
    answer, faults = mended(added(LEFT[name]))
    assert np.array_equal(answer, added(LEFT[name])) and not any(fault.done for fault in faults)


def test_short_and_silent_sounds() -> None:
    for frames in (0, 1, 4000, 32000):
        sound = np.zeros((frames, 1), np.float32)
        assert breaths.find(lambda start, count, sound=sound: sound[start : start + count], RATE, frames) == []

"""Clicks and drop-outs do not depend on the blocks they are read in, nor on how long the recording is."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.analysis import recurrence
from mixengine.analysis.impulses import ImpulseMeter

RATE = 16000


def measured(sound: np.ndarray, size: int = 65536) -> ImpulseMeter:
    meter = ImpulseMeter(RATE)
    for at in range(0, len(sound), size):
        meter.add(sound[at : at + size])
    return meter


def tone(seconds: float) -> np.ndarray:
    """A chord over a little noise."""
    t = np.arange(round(seconds * RATE)) / RATE
    sound = 0.2 * np.sin(2 * np.pi * 220.0 * t) + 0.1 * np.sin(2 * np.pi * 331.0 * t + 1.0)
    return (sound + 1e-3 * np.random.default_rng(1).standard_normal(len(t))).astype(np.float32)


@pytest.mark.parametrize("size", [700, 4096, 16384, 65536, 100_001])
@pytest.mark.parametrize("before_s", [0.005, 0.065, 0.08, 0.12])
def test_what_lies_across_the_end_of_a_block_is_found(size: int, before_s: float) -> None:
    sound = tone(24.0)
    ends = range(65536, len(sound) - RATE, 65536)
    gaps = [end - round(before_s * RATE) for end in ends]
    clicks = [end - RATE // 2 - 30 for end in ends]
    for gap, click in zip(gaps, clicks, strict=True):
        sound[gap : gap + round(0.09 * RATE)] = 0.0
        sound[click] += 0.6
    meter = measured(sound, size)
    result = meter.finish()
    assert result[0] == pytest.approx([at / RATE for at in clicks], abs=2e-4)
    assert result[1] == tuple((at / RATE, 0.09) for at in gaps)
    whole = measured(sound, len(sound))
    assert result == whole.finish()


def test_silence_that_is_skipped_is_as_silence_that_is_read() -> None:
    sound = np.concatenate([tone(1.0), np.zeros(3 * RATE, np.float32), tone(1.0)])
    for at_s in (0.3, 0.99, 4.4):  # one just before the silence, where a skip must not lose it
        sound[round(at_s * RATE)] += 0.9
    sound[4 * RATE + 9000 :][:900] = 0.0
    skipped = ImpulseMeter(RATE)
    skipped.add(sound[:RATE])
    skipped.skip(3 * RATE)
    skipped.add(sound[4 * RATE :])
    assert skipped.finish() == measured(sound).finish()


def chip_music(t: np.ndarray) -> np.ndarray:
    return 0.2 * np.sign(np.sin(2 * np.pi * 440.0 * t)) * (np.sin(2 * np.pi * 8.0 * t) > -0.7)


def square_tremolo(t: np.ndarray) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 331.0 * t) * (np.sin(2 * np.pi * 30.0 * t) > -0.3)


def sample_and_hold(t: np.ndarray) -> np.ndarray:
    return 0.3 * np.random.default_rng(2).uniform(-1.0, 1.0, 1000)[(t * 100.0).astype(int)]


def clicks(t: np.ndarray) -> np.ndarray:
    """Six in a second."""
    out = np.zeros(len(t))
    out[np.random.default_rng(3).choice(len(t), round(6 * len(t) / RATE), replace=False)] = 0.8
    return out


@pytest.mark.parametrize("kind", [chip_music, square_tremolo, sample_and_hold, clicks])
@pytest.mark.parametrize("rest_s", [0.0, 30.0])
def test_what_comes_in_crowds_is_the_waveform_in_long_recordings_too(kind, rest_s: float) -> None:
    t = np.arange(3 * RATE) / RATE
    sound = tone(3.5 + rest_s)
    sound[RATE // 4 :][: len(t)] += kind(t).astype(np.float32)
    if kind is not clicks:
        sound[RATE // 4 :][: len(t)] = kind(t)
    meter = measured(sound)
    assert meter.finish() == ((), ())
    assert sum(map(len, meter.crowded)) > 10


def test_a_fault_beside_a_crowd_is_one() -> None:
    sound = tone(12.0)
    t = np.arange(2 * RATE) / RATE
    sound[RATE : 3 * RATE] = square_tremolo(t)
    sound[9 * RATE : 9 * RATE + 160] = 0.0
    assert [at_s for at_s, _ in measured(sound).finish()[1]] == pytest.approx([9.0], abs=1e-3)


def test_crowds_and_even_distances() -> None:
    times_s = [0.0, 5.0, 5.5, 6.1, 6.9, 12.0]
    assert recurrence.crowded(times_s).tolist() == [False, True, True, True, True, False]
    assert recurrence.even([0.0, 0.6, 1.2, 2.4, 3.0, 7.7]).tolist() == [True] * 5 + [False]
    assert not recurrence.even([2.05, 4.137, 6.3, 8.0, 9.1]).any() and not recurrence.even([1.0, 2.0, 3.0]).any()
    assert recurrence.alike(5, lambda a, b: 2 not in (a, b)).tolist() == [True, True, False, True, True]
    for few in ([], [1.0]):
        assert not recurrence.crowded(few).any() and not recurrence.even(few).any()

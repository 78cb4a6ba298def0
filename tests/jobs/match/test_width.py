"""Width over time, block by block."""

import numpy as np
import pytest

from mixengine.jobs.match.width import MAX_WIDTH_DB, MIN_WIDTH_DB, WidthMeter


def heard(samples, rate=1000, size=333):
    meter = WidthMeter(rate)
    for start in range(0, len(samples), size):
        meter.add(samples[start : start + size])
    return meter.per_second_db()


def test_mono_half_wide_out_of_phase_and_silent():
    seconds = [(1.0, 1.0), (1.0, 0.0), (1.0, -1.0), (0.0, 0.0)]
    samples = np.repeat(np.array(seconds) * 0.1, 1000, axis=0)
    assert heard(samples) == [MIN_WIDTH_DB, 0.0, MAX_WIDTH_DB, None]


def test_blocks_level_and_sides_change_nothing():
    samples = np.random.default_rng(0).normal(0.0, 0.1, (2500, 2)) * [1.0, 0.5]
    once = heard(samples, size=2500)
    assert len(once) == 3 and once == heard(samples, size=7) == heard(0.01 * samples) == heard(samples[:, ::-1])
    middle, sides = samples[:1000].sum(axis=1), np.subtract(*samples[:1000].T)
    assert once[0] == pytest.approx(10 * np.log10(np.sum(sides**2) / np.sum(middle**2)), abs=0.05)


def test_nothing_heard():
    assert heard(np.zeros((0, 2))) == []

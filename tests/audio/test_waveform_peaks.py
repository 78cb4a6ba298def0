"""The outline of a sound."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio.waveform_peaks import WaveformPeaks


@pytest.mark.parametrize(("frames", "columns"), [(1000, 8), (1003, 8), (5, 8), (1, 3)])
def test_lowest_and_highest_of_equal_parts_whatever_the_blocks(frames: int, columns: int) -> None:
    sound = np.random.default_rng(1).standard_normal((frames, 2)).astype(np.float32)
    place = np.arange(frames) * columns // frames
    wanted = np.zeros((columns, 2))
    for column in set(place):
        part = sound[place == column]
        wanted[column] = min(part.min(), 0.0), max(part.max(), 0.0)
    for size in (1, 7, 400):
        peaks = WaveformPeaks(columns, frames)
        for start in range(0, frames, size):
            peaks.add(sound[start : start + size])
        np.testing.assert_allclose(peaks.values, wanted)


def test_what_comes_late_belongs_to_the_last_part() -> None:
    peaks = WaveformPeaks(2, 4)
    peaks.add(np.array([[0.1], [0.2], [0.3], [0.4]]))
    peaks.add(np.array([[-0.9], [0.8]]))
    np.testing.assert_allclose(peaks.values, [[0.0, 0.2], [-0.9, 0.8]])

"""The direct sound is the first to arrive, though a reflection is louder."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from mixengine.analysis.alignment import lags
from mixengine.analysis.alignment.direct import direct, peaks
from mixengine.analysis.alignment.lags import Spectra

RATE, SECONDS = 16000, 6.0
SOURCE = np.random.default_rng(1).standard_normal(round(SECONDS * RATE))


def room(late_s: float, loud: float, decay_s: float = 0.3) -> np.ndarray:
    """A direct sound of 1, a reflection, and a decay."""
    generator = np.random.default_rng(2)
    response = 0.05 * generator.standard_normal(round(decay_s * RATE))
    response *= np.exp(-6.9 * np.arange(len(response)) / len(response))
    response[: round(0.004 * RATE)] = 0.0
    response[0], response[round(late_s * RATE)] = 1.0, loud
    return response


def compared(first: np.ndarray, second: np.ndarray) -> Spectra:
    size = lags.frame_size(RATE)
    starts = np.arange(len(first) // (size // 2) - 1) * (size / 2.0)
    return lags.spectra(first.astype(np.float32), second.astype(np.float32), starts, size, RATE)


def heard(response: np.ndarray, delay: int = 0) -> np.ndarray:
    return np.roll(signal.oaconvolve(SOURCE, response)[: len(SOURCE)], delay)


@pytest.mark.parametrize("loud", [1.6, -1.6, -1.2, 0.7])
@pytest.mark.parametrize(("gain", "delay"), [(1.0, 0), (-0.01, 37)])
def test_a_loud_reflection_is_not_the_direct_sound(loud: float, gain: float, delay: int) -> None:
    wet = gain * heard(room(0.0025, loud), delay)
    late_s, value = direct(compared(SOURCE, wet))
    assert late_s == pytest.approx(delay / RATE, abs=2e-5) and value == np.sign(gain)
    early_s, value = direct(compared(wet, SOURCE))
    assert early_s == pytest.approx(-delay / RATE, abs=2e-5) and value == np.sign(gain)


def test_without_a_room_on_one_side_the_strongest_counts() -> None:
    both = compared(heard(room(0.0025, 0.6), 20), heard(room(0.004, -0.6), 5))
    assert direct(both) == direct(both, correlation=both.lags())
    assert direct(both)[0] == both.lags().strongest(lags.MAX_LAG_S)[0]
    dry = compared(SOURCE, np.roll(SOURCE, 100))
    assert direct(dry)[0] == pytest.approx(100 / RATE, abs=1e-6)


def test_chance_before_the_sound_is_not_the_sound() -> None:
    noisy = heard(room(0.0025, 0.6), 40) + 12.0 * np.random.default_rng(3).standard_normal(len(SOURCE))
    spectra = compared(SOURCE, noisy)
    assert direct(spectra)[0] == pytest.approx(spectra.lags().strongest(lags.MAX_LAG_S)[0], abs=3e-5)


def test_peaks_come_largest_first() -> None:
    result = peaks(compared(SOURCE, heard(room(0.0025, -1.6))).response(0))
    assert [round(1000.0 * lag_s, 1) for lag_s, _ in result] == [2.5, 0.0]
    assert result[0][1] < 0.0 < result[1][1]

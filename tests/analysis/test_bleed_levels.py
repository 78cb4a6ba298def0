"""How loud a voice is in the other's microphone, whatever rumbles there."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from mixengine.analysis.alignment import lags
from mixengine.analysis.alignment.follow import Following
from mixengine.analysis.alignment.lines import Line
from mixengine.analysis.alignment.relation import MUTUAL, relation
from mixengine.analysis.alignment.stretches import Stretch

RATE, SECONDS, WAY = 16000, 36, 64


def turns(seed: int, first: bool) -> np.ndarray:
    """Noise in every other three seconds, as somebody talks by turns."""
    samples = 0.1 * np.random.default_rng(seed).standard_normal(SECONDS * RATE)
    return samples * np.repeat(np.arange(SECONDS // 3) % 2 == (0 if first else 1), 3 * RATE)


def rumble(seed: int, level_db: float) -> np.ndarray:
    """Below 30 Hz, relative to a voice."""
    noise = np.random.default_rng(seed).standard_normal(SECONDS * RATE)
    low = signal.sosfilt(signal.butter(6, 30.0, fs=RATE, output="sos"), noise)
    return 0.1 * np.sqrt(0.5) * 10.0 ** (level_db / 20.0) * low / np.sqrt(np.square(low).mean())


@pytest.mark.parametrize("level_db", [-12.0, -24.0])
@pytest.mark.parametrize("rumble_db", [-60.0, 10.0])
def test_rumble_is_no_bleed(level_db: float, rumble_db: float) -> None:
    voices, leak = (turns(1, True), turns(2, False)), 10.0 ** (level_db / 20.0)
    first = voices[0] + leak * np.roll(voices[1], WAY) + rumble(3, -60.0)
    second = voices[1] + leak * np.roll(voices[0], WAY) + rumble(4, rumble_db)
    size = lags.frame_size(RATE)
    starts = np.arange(len(first) // (size // 2) - 1) * (size / 2.0)
    spectra = lags.spectra(first.astype(np.float32), second.astype(np.float32), starts, size, RATE)
    way_s = WAY / RATE
    heard = tuple(Stretch(t, way_s if n % 2 == 0 else -way_s, 0.5, 20.0) for n, t in enumerate((1.5, 4.5, 7.5, 10.5)))
    common = relation(Following(Line(0.0), heard, [spectra], Line(0.0)))
    assert common.kind == MUTUAL and common.apart_s == pytest.approx(way_s, abs=1e-5)
    assert common.first_in_second_db == pytest.approx(level_db, abs=1.5)
    assert common.second_in_first_db == pytest.approx(level_db, abs=1.5)

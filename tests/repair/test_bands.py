"""Sharp sibilants and pops come down in their own bands, and everything else stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from mixengine.analysis import plosives, sibilance
from mixengine.repair.chain import Chain
from mixengine.repair.repair import Wish
from tests.helpers.voiced_faults import POPS_S, RATE, SHARP_S, hiss, popping, voice


def mended(sound: np.ndarray, name: str, rate: int = RATE, size: int = 1 << 20, **wish):
    chain = Chain((name,), rate, sound.shape[1], len(sound), Wish(**wish))
    chain.find(lambda start, frames: sound[start : start + frames])
    read = chain.over(lambda start, frames: sound[start : start + frames])
    return np.concatenate([read(at, min(size, len(sound) - at)) for at in range(0, len(sound), size)]), chain.faults


def level_db(sound: np.ndarray, span: tuple[float, float], rate: int = RATE) -> float:
    return 20 * np.log10(sound[round(span[0] * rate) : round(span[1] * rate), 0].std())


def test_sharp_sibilants_come_to_the_level_that_is_wanted() -> None:
    answer, faults = mended(voice(), "sibilance", sibilance_db=-6.0)
    assert len(faults) == len(SHARP_S) and all(fault.done for fault in faults)
    for span, fault in zip(SHARP_S, faults, strict=True):
        assert (fault.start_s, fault.end_s) == pytest.approx(span, abs=0.02)
        inside = (span[0] + 0.02, span[1] - 0.02)
        assert level_db(answer, inside) - level_db(voice(), inside) == pytest.approx(fault.change_db, abs=0.7)
    left = sibilance.find(lambda start, frames: answer[start : start + frames], RATE, len(answer))
    assert max(each.level_db for each in left) < -5.0
    same = slice(round(1.2 * RATE), round(2.9 * RATE))
    assert np.array_equal(answer[same], voice()[same]), "vowels and the soft sibilant, bit for bit"


def test_pops_go_down_to_what_the_voice_has_below_120_hz() -> None:
    answer, faults = mended(popping(), "plosives")
    assert [fault.start_s for fault in faults] == pytest.approx(POPS_S, abs=0.03) and all(f.done for f in faults)
    low = signal.butter(4, 120, fs=RATE, output="sos")
    for at_s in POPS_S:
        span = (at_s, at_s + 0.08)
        before, after, clean = (
            level_db(signal.sosfiltfilt(low, s, axis=0), span) for s in (popping(), answer, voice())
        )
        assert after < before - 6.0 and after > clean - 6.0
    high = signal.butter(4, 300, "high", fs=RATE, output="sos")
    rest = signal.sosfiltfilt(high, answer - popping(), axis=0)
    assert 20 * np.log10(rest.std() / voice().std()) < -40.0, "above 300 Hz nothing changes"
    assert mended(voice(), "plosives")[1] == [], "a voice without pops has none"


@pytest.mark.parametrize("name, sound", [("sibilance", voice), ("plosives", popping)])
def test_gain_channels_blocks_and_rate_do_not_matter(name: str, sound) -> None:
    usual, faults = mended(sound(), name)
    quiet, same = mended(np.float32(0.03) * sound(), name)
    assert [f.start_s for f in same] == [f.start_s for f in faults]
    np.testing.assert_allclose(quiet / np.float32(0.03), usual, atol=1e-5)
    both, _ = mended(np.repeat(sound(), 2, axis=1), name, size=9001)
    np.testing.assert_allclose(both, np.repeat(usual, 2, axis=1), atol=1e-5)
    _, other = mended(sound(48000), name, 48000)
    assert [f.start_s for f in other] == pytest.approx([f.start_s for f in faults], abs=0.01)


def test_kicks_and_hats_are_doubtful() -> None:
    t = np.arange(6 * RATE) / RATE
    kick = np.sin(2 * np.pi * 55.0 * t) * np.exp(-(t % 0.5) / 0.05)
    hat = np.concatenate(
        [hiss(0.2, RATE, n) * np.exp(-np.arange(round(0.2 * RATE)) / (0.05 * RATE)) for n in range(30)]
    )
    room = 1e-4 * np.random.default_rng(3).standard_normal(len(t))
    beat = (0.5 * kick + 0.1 * hat + room)[:, None].astype(np.float32)
    for name in ("plosives", "sibilance"):
        assert np.array_equal(mended(beat, name)[0], beat)


@pytest.mark.parametrize("frames", [0, 1, 500])
def test_short_and_silent_sounds(frames: int) -> None:
    sound = np.zeros((frames, 1), np.float32)
    read = lambda start, count: sound[start : start + count]  # noqa: E731
    assert sibilance.find(read, RATE, frames) == [] and plosives.find(read, RATE, frames) == []
    assert mended(np.zeros((RATE, 2), np.float32), "sibilance")[1] == []

"""The true-peak limiter: invariances, the ceiling, and nothing where nothing is to do."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.audio.peaks import PeakMeter
from mixengine.mixer import limiter
from mixengine.mixer.limiter import Limited, TruePeaks, apply, limit

RATE = 48000


def limited(
    sound: np.ndarray, rate: int = RATE, ceiling: float = -1.0, gain_db: float = 0.0, block: int = 30000
) -> tuple[np.ndarray, Limited]:
    """The whole way, in blocks."""
    peaks = TruePeaks(rate, sound.shape[1], ceiling - gain_db - 1.0)
    starts = range(0, len(sound), block)
    for at in starts:
        peaks.add(sound[at : at + block])
    result = limit(peaks.cells(), rate, ceiling, gain_db)
    return np.concatenate([apply(sound[at : at + block], at, result, rate, gain_db) for at in starts]), result


def true_peak(sound: np.ndarray, rate: int = RATE) -> float:
    meter = TruePeaks(rate, sound.shape[1])
    meter.add(sound)
    return meter.dbtp()


def music(rate: int = RATE, seconds: float = 2.0, channels: int = 2) -> np.ndarray:
    """Notes with attacks, peaks of 0 dBFS or a little less, not the same on all channels."""
    t = np.arange(round(seconds * rate)) / rate
    decay = np.exp(-6.0 * (t % 0.4))
    parts = [decay * np.sin(2 * np.pi * f * t + f) for f in (110.0, 331.0, 881.0, 2003.0)]
    sides = [sum(p * (1.0 + 0.2 * c * (-1) ** n) for n, p in enumerate(parts)) for c in range(channels)]
    sound = np.stack(sides, axis=1)
    return (sound / np.abs(sound).max()).astype(np.float32)


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (96000, 6)])
@pytest.mark.parametrize("gain_db", [3.0, 14.0])
def test_the_ceiling_holds(rate: int, channels: int, gain_db: float) -> None:
    sound = music(rate, 1.0, channels)
    out, result = limited(sound, rate, gain_db=gain_db)
    assert out.shape == sound.shape and result.deepest_db > gain_db
    assert -1.02 < true_peak(out, rate) < -1.0 + 0.005


def test_the_ceiling_holds_for_noise_up_to_half_the_rate() -> None:
    sound = (np.random.default_rng(3).standard_normal((RATE, 2)) * 0.2).astype(np.float32)
    assert true_peak(limited(sound, gain_db=9.0)[0]) < -1.0 + 0.005


def test_below_the_ceiling_every_bit_stays() -> None:
    sound = music() * np.float32(0.85)
    out, result = limited(sound)
    assert np.array_equal(out, sound) and result.deepest_db == 0.0 and result.share == 0.0


def test_away_from_a_peak_every_bit_stays() -> None:
    sound = music(seconds=12.0) * np.float32(0.3)
    sound[RATE // 2] = 1.5
    out, _ = limited(sound)
    ahead, after = RATE // 2 - round(2 * limiter.LOOKAHEAD_S * RATE), 11 * RATE
    assert np.array_equal(out[:ahead], sound[:ahead]) and np.array_equal(out[after:], sound[after:])


def test_blocks_do_not_matter() -> None:
    sound = music()
    whole = limited(sound, gain_db=6.0, block=len(sound))[0]
    for block in (777, 48000):
        assert np.array_equal(whole, limited(sound, gain_db=6.0, block=block)[0])


def test_gain_before_or_inside_is_the_same() -> None:
    sound = music() * np.float32(0.5)
    before = limited((sound * np.float32(4.0)).astype(np.float32))[0]
    inside = limited(sound, gain_db=20.0 * np.log10(4.0))[0]
    assert np.allclose(before, inside, atol=1e-6)
    lower = limited(sound, ceiling=-7.0, gain_db=20.0 * np.log10(4.0) - 6.0)[0]
    assert np.allclose(lower, inside * 10.0 ** (-6.0 / 20.0), atol=1e-6)


def test_channels_share_one_gain() -> None:
    sound = music()
    sound[:, 1] *= 0.1
    out, _ = limited(sound, gain_db=9.0)
    assert np.array_equal(out[:, ::-1], limited(np.ascontiguousarray(sound[:, ::-1]), gain_db=9.0)[0])
    loud = np.abs(sound).min(axis=1) > 1e-3
    ratio = out[loud] / sound[loud]
    assert np.allclose(ratio[:, 0], ratio[:, 1], rtol=1e-5)


def test_a_shift_in_time_shifts_the_result() -> None:
    sound, late = music(), 8 * limiter.cell_frames(RATE) * 25
    moved = np.concatenate([np.zeros((late, 2), np.float32), sound])
    assert np.allclose(limited(moved, gain_db=6.0)[0][late:], limited(sound, gain_db=6.0)[0], atol=1e-6)


def test_the_rate_does_not_matter() -> None:
    shares = [limited(music(rate), rate, gain_db=6.0)[1] for rate in (44100, 48000, 96000)]
    assert max(s.deepest_db for s in shares) - min(s.deepest_db for s in shares) < 0.1
    assert max(s.share for s in shares) - min(s.share for s in shares) < 0.01


def test_a_single_peak_is_let_go_sooner_than_a_passage() -> None:
    click, passage = np.full((2 * RATE, 1), 0.1, np.float32), np.full((2 * RATE, 1), 0.1, np.float32)
    click[RATE // 2] = 2.0
    passage[RATE // 4 : RATE // 2 + 1] = 2.0
    later = RATE // 2 + RATE // 5
    left = [-20.0 * np.log10(limited(sound)[0][later, 0] / 0.1) for sound in (click, passage)]
    assert left[0] < 1.5
    assert left[1] > 2.0 * left[0]


@pytest.mark.parametrize("frames", [1, 5, 31, 40])
def test_very_short_sounds(frames: int) -> None:
    sound = np.full((frames, 1), 1.5, np.float32)
    out, _ = limited(sound)
    assert out.shape == sound.shape and true_peak(out) < -1.0 + 0.005


@pytest.mark.parametrize("rate", [44100, 48000])
def test_the_true_peak_agrees_with_the_other_meter(rate: int) -> None:
    sound = music(rate)
    meter = PeakMeter(rate, 2)
    meter.add(sound)
    assert true_peak(sound, rate) == pytest.approx(meter.true_peak_dbtp, abs=0.03)


def test_the_true_peak_of_a_sine_between_its_samples() -> None:
    sound = np.sin(2 * np.pi * (RATE / 4) * np.arange(RATE) / RATE + np.pi / 4)[:, None].astype(np.float32)
    assert np.abs(sound).max() < 0.71
    fade = np.minimum(np.minimum(np.arange(RATE), np.arange(RATE)[::-1]) / 2000.0, 1.0)[:, None]
    assert true_peak((sound * fade).astype(np.float32)) == pytest.approx(0.0, abs=0.02)


def test_what_is_passed_over_does_not_hide_its_neighbours() -> None:
    sound = music(seconds=0.5) * np.float32(0.1)
    sound[9000] = 0.9
    whole = true_peak(sound)
    meter = TruePeaks(RATE, 2)
    for at in range(0, len(sound), 4000):
        part = sound[at : at + 4000]
        (meter.add if at == 8000 else meter.skip)(part)
    assert meter.dbtp() == pytest.approx(whole, abs=1e-6)


def test_where_something_is_limited() -> None:
    sound = music(seconds=2.0) * np.float32(0.1)
    sound[RATE] = 1.5
    _, result = limited(sound)
    assert limiter.is_limited(result, RATE - 50, 100, RATE) and not limiter.is_limited(result, 0, RATE // 2, RATE)


@pytest.mark.parametrize(("rate", "block"), [(48000, 32768), (44100, 777), (8000, 5)])
def test_a_stream_is_limited_as_a_whole(rate: int, block: int) -> None:
    sound = music(rate, 0.5 if block < 100 else 2.0) * np.float32(0.9)
    whole = limited(sound, rate, ceiling=-9.0)[0]
    stream, latency = limiter.Stream(rate, -9.0), limiter.Stream.latency(rate)
    longer = np.concatenate([sound, np.zeros((latency, 2), np.float32)])
    gains = np.concatenate([stream(longer[at : at + block]) for at in range(0, len(longer), block)])
    assert np.all(gains[:latency] == 1.0) and gains.min() < 0.5
    assert np.allclose(sound * gains[latency:, None], whole, atol=1e-6)

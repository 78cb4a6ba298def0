"""LoudnessMeter against the standards' signals, libebur128, ffmpeg and pyloudnorm."""

from __future__ import annotations

import math
import shutil
import subprocess

import numpy as np
import pyebur128
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.files import AudioFile
from mixengine.audio.k_weighting import _filter, _filter_pair, k_weighting
from mixengine.audio.loudness import LoudnessMeter, channel_weights, gated_lufs, to_lufs
from tests.helpers.paths import REAL_AUDIO
from tests.helpers.signals import amplitude, fed, noise, sine, steps, stereo, write

RATES = (44100, 48000)


def integrated(signal: np.ndarray, rate: int, **options) -> float:
    return fed(LoudnessMeter(rate, signal.shape[1], **options), signal).integrated()


# ---------------------------------------------------------------------------------------------- EBU Tech 3341, table 1


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("case, level", [("case_1_minus_23", -23.0), ("case_2_minus_33", -33.0)])
def test_tech3341_steady_tone(case, level, rate):
    meter = fed(LoudnessMeter(rate, 2), stereo(sine(rate, 20.0, level)))
    assert meter.integrated() == pytest.approx(level, abs=0.1)
    assert meter.momentary()[5:] == pytest.approx(level, abs=0.1)
    assert meter.short_term()[5:] == pytest.approx(level, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([(-36, 10), (-23, 60), (-36, 10)], id="case_3_relative_gate"),
        pytest.param([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], id="case_4_absolute_gate"),
        pytest.param([(-26, 20), (-20, 20.1), (-26, 20)], id="case_5_no_gate_between"),
    ],
)
def test_tech3341_steps(parts, rate):
    assert integrated(stereo(steps(rate, parts)), rate) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_tech3341_case_6_five_channels(rate):
    signal = np.stack([sine(rate, 20.0, level) for level in (-28, -28, -24, -30, -30)], axis=1)
    assert integrated(signal, rate) == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_tech3341_case_9_short_term_constant(rate):
    meter = fed(LoudnessMeter(rate, 2), stereo(steps(rate, [(-20, 1.34), (-30, 1.66)] * 5)))
    assert len(meter.short_term()) == 121
    assert meter.short_term() == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("number", (0, 1, 7, 13, 19))
def test_tech3341_case_10_short_term_maximum(number, rate):
    tone = steps(rate, [(-math.inf, number * 0.15), (-23, 3.0), (-math.inf, 1.0)])
    assert fed(LoudnessMeter(rate, 2), stereo(tone)).short_term().max() == pytest.approx(-23.0, abs=0.1)


def test_tech3341_case_11_short_term_live():
    rate = 48000
    parts = [part for i in range(20) for part in ((-math.inf, i * 0.15), (-38.0 + i, 3.0), (-math.inf, 3.0 - i * 0.15))]
    values = fed(LoudnessMeter(rate, 2), stereo(steps(rate, parts))).short_term()
    for i in range(20):  # period i is 6 s long; the value at index k ends at 3 s + k / 10
        ends_inside = values[max(i * 60 - 29, 0) : i * 60 + 31]
        assert ends_inside.max() == pytest.approx(-38.0 + i, abs=0.1)


@pytest.mark.parametrize("rate", RATES)
def test_tech3341_case_12_momentary_constant(rate):
    meter = fed(LoudnessMeter(rate, 2), stereo(steps(rate, [(-20, 0.18), (-30, 0.22)] * 25)))
    assert meter.momentary()[6:] == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("number", range(0, 20, 5))
def test_tech3341_case_13_momentary_maximum(number):
    """The signals that start on the meter's 100 ms grid; the others need a finer grid than loudness per se does."""
    tone = steps(48000, [(-math.inf, number * 0.02), (-23, 0.4), (-math.inf, 1.0)])
    assert fed(LoudnessMeter(48000, 2), stereo(tone)).momentary().max() == pytest.approx(-23.0, abs=0.1)


@pytest.mark.parametrize("number", range(0, 20, 5))
def test_tech3341_case_14_momentary_live(number):
    tone = steps(48000, [(-math.inf, number * 0.02), (-38.0 + number, 0.4), (-math.inf, 0.4 - number * 0.02)])
    meter = fed(LoudnessMeter(48000, 2), stereo(tone))
    assert meter.momentary().max() == pytest.approx(-38.0 + number, abs=0.1)


# ------------------------------------------------------------------------------------------------------- EBU Tech 3342


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    "levels, expected",
    [
        pytest.param((-20, -30), 10.0, id="case_1"),
        pytest.param((-20, -15), 5.0, id="case_2"),
        pytest.param((-40, -20), 20.0, id="case_3"),
        pytest.param((-50, -35, -20, -35, -50), 15.0, id="case_4"),
    ],
)
def test_tech3342_loudness_range(levels, expected, rate):
    signal = stereo(steps(rate, [(level, 20.0) for level in levels]))
    assert fed(LoudnessMeter(rate, 2), signal).loudness_range() == pytest.approx(expected, abs=1.0)


# ------------------------------------------------------------------------------------------------------- ITU-R BS.1770


@pytest.mark.parametrize("rate", (8000, 11025, 22050, 32000, *RATES, 96000, 192000))
def test_bs1770_997_hz_full_scale_sine_is_minus_3_01(rate):
    tolerance = 0.01 if rate in RATES else 0.06  # the bilinear transform bends the shelf: 0.03 dB from 48 to 192 kHz
    assert integrated(sine(rate, 3.0, 0.0, 997.0)[:, None], rate) == pytest.approx(-3.01, abs=tolerance)


def test_bs1770_coefficients_at_48_khz():
    """Tables 1 and 2 of the recommendation."""
    shelf = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
    high_pass = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
    assert k_weighting(48000) == pytest.approx(np.array([shelf, high_pass]), abs=1e-9)


@pytest.mark.parametrize("channels", (1, 2, 3, 4, 5, 6, 8))
def test_bs1770_channel_weights(channels):
    """A tone in one channel alone reads -3.01 LUFS plus that channel's weight; the LFE is not heard at all."""
    lfe = {6: 3, 8: 3}.get(channels)
    surrounds = {4: (2, 3), 5: (3, 4), 6: (4, 5), 8: (6, 7)}.get(channels, ())
    for channel in range(channels):
        signal = np.zeros((48000, channels))
        signal[:, channel] = sine(48000, 1.0, 0.0, 997.0)
        expected = -math.inf if channel == lfe else -3.01 + (1.49 if channel in surrounds else 0.0)
        assert integrated(signal, 48000) == pytest.approx(expected, abs=0.02), channel


def test_lfe_does_not_move_the_sum():
    signal = noise(96000, 6)
    silent_lfe = signal.copy()
    silent_lfe[:, 3] = 0.0
    assert integrated(signal, 48000) == integrated(silent_lfe, 48000)


def test_dual_mono_equals_the_same_sound_on_both_sides():
    mono = noise(96000)
    both = integrated(np.repeat(mono, 2, axis=1), 48000)
    assert integrated(mono, 48000, dual_mono=True) == pytest.approx(both, abs=1e-9)
    assert integrated(mono, 48000) == pytest.approx(both - 3.0103, abs=1e-3)
    assert integrated(np.repeat(mono, 2, axis=1), 48000, dual_mono=True) == both


def test_gate_of_known_blocks():
    """90 blocks at power 1, 10 blocks 9.9 LU and 10 blocks 20 LU below: only the last ten fall under the gate."""
    powers = np.concatenate([np.ones(90), np.full(10, 10**-0.9), np.full(10, 1e-2)])
    assert gated_lufs(powers) == pytest.approx(to_lufs((90 + 10 * 10**-0.9) / 100), abs=1e-12)
    assert gated_lufs(np.full(5, 1e-8)) == -math.inf
    assert gated_lufs(np.zeros(0)) == -math.inf


def test_short_signals_have_no_loudness():
    assert integrated(noise(19199), 48000) == -math.inf
    assert math.isfinite(integrated(noise(19200), 48000))
    assert LoudnessMeter(48000, 2).integrated() == -math.inf
    assert LoudnessMeter(48000, 2).loudness_range() == 0.0


def test_a_loud_passage_leaves_no_trace_in_the_quiet_one_after():
    """Float files may hold absurd overs; the windows behind them must not inherit their rounding error."""
    quiet = sine(48000, 5.0, -60.0)[:, None]
    loud = sine(48000, 2.0, 140.0)[:, None]
    after = fed(LoudnessMeter(48000, 1), np.concatenate([loud, quiet])).momentary()
    assert after[-20:] == pytest.approx(np.full(20, -63.01), abs=0.05)


# ----------------------------------------------------------------------------------------------- other people's meters


def libebur128(signal: np.ndarray, rate: int) -> tuple[float, float]:
    """Programme loudness and loudness range; -70 stands for silence there."""
    modes = pyebur128.MeasurementMode
    state = pyebur128.R128State(signal.shape[1], rate, modes.MODE_I | modes.MODE_LRA)
    state.add_frames(np.ascontiguousarray(signal, dtype=np.float64).reshape(-1), len(signal))
    return pyebur128.get_loudness_global(state), pyebur128.get_loudness_range(state)


def bursts(rate: int, seconds: float) -> np.ndarray:
    """Noise whose level jumps across both gates."""
    frames = round(rate * seconds)
    levels = np.array([-10, -19, -21, -32, -69, -75, -12, -31, -90, -20])
    gain = amplitude(np.repeat(levels, math.ceil(frames / 10))[:frames])
    return (noise(frames, level_dbfs=0.0, seed=3)[:, 0] * gain).astype(np.float32)


def almost_below(rate: int, seconds: float) -> np.ndarray:
    """A tone that wavers around the absolute gate."""
    t = np.arange(round(rate * seconds)) / rate
    return amplitude(-67.0 + 8.0 * np.sin(2 * np.pi * 0.7 * t)) * np.sin(2 * np.pi * 440.0 * t)


HOSTILE = {
    "bursts": bursts,
    "dc": lambda rate, seconds: np.full(round(rate * seconds), 0.5) + bursts(rate, seconds) * 0.1,
    "very_quiet": lambda rate, seconds: noise(round(rate * seconds), level_dbfs=-66.0)[:, 0],
    "around_the_gate": almost_below,
    "clipped_square": lambda rate, seconds: np.clip(sine(rate, seconds, 60.0, 313.0), -1.0, 1.0),
    "overs": lambda rate, seconds: bursts(rate, seconds) * 40.0,
    "nyquist": lambda rate, seconds: np.tile([0.7, -0.7], round(rate * seconds / 2) + 1)[: round(rate * seconds)],
    "clicks": lambda rate, seconds: (np.arange(round(rate * seconds)) % (rate // 3) == 0).astype(float),
}
SHAPES = [(8000, 1, 10.0), (11025, 2, 3.3), (22050, 1, 0.41), (44100, 2, 4.0), (48000, 6, 2.0), (96000, 5, 0.8)]
SHAPES += [(192000, 2, 0.55), (44100, 1, 0.39), (48000, 4, 1.25)]


def wide(kind: str, rate: int, channels: int, seconds: float) -> np.ndarray:
    mono = HOSTILE[kind](rate, seconds)
    shifts = [np.roll(mono, 997 * channel) * (1.0 - 0.1 * channel) for channel in range(channels)]
    return np.stack(shifts, axis=1)


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("rate, channels, seconds", SHAPES)
def test_agrees_with_libebur128(kind, rate, channels, seconds):
    signal = wide(kind, rate, channels, seconds)
    theirs, _ = libebur128(signal, rate)
    assert max(integrated(signal, rate), -70.0) == pytest.approx(max(theirs, -70.0), abs=0.02)


def test_loudness_range_agrees_with_libebur128():
    """libebur128 looks once per second and takes the nearest rank, hence the coarse tolerance."""
    rate = 48000
    level = np.repeat([-33.0, -15.0, -28.0, -18.0], 15 * rate)
    signal = noise(60 * rate, 2, 0.0) * amplitude(level)[:, None]
    assert fed(LoudnessMeter(rate, 2), signal).loudness_range() == pytest.approx(libebur128(signal, rate)[1], abs=0.2)


def ffmpeg_lufs(path: str) -> float:
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-i", path, "-af"]
    command += ["ebur128=metadata=1,ametadata=print:key=lavfi.r128.I:file=-", "-f", "null", "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [float(line.split("=")[1]) for line in lines if line.startswith("lavfi.r128.I=")][-1]


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize(
    "kind, rate, channels",
    [("bursts", 48000, 2), ("clipped_square", 44100, 1), ("dc", 48000, 6), ("very_quiet", 96000, 2)],
)
def test_agrees_with_ffmpeg(kind, rate, channels, tmp_path):
    signal = wide(kind, rate, channels, 6.0).astype(np.float32)
    path = write(tmp_path / "signal.wav", signal, rate)
    assert integrated(signal, rate) == pytest.approx(ffmpeg_lufs(path), abs=0.02)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
def test_nan_is_cleaned_before_it_is_measured(tmp_path):
    """What the file layer hands out of a file with NaN and infinities measures like the same file with zeros there."""
    signal = noise(96000, 2)
    clean = signal.copy()
    clean[1000:1100] = 0.0
    signal[1000:1050], signal[1050:1080, 0], signal[1050:1080, 1], signal[1080:1100] = np.nan, np.inf, -np.inf, -np.inf
    read = AudioFile(write(tmp_path / "nan.wav", signal, 48000)).read(0, 96000)
    assert np.array_equal(read, clean)
    assert integrated(read, 48000) == pytest.approx(ffmpeg_lufs(write(tmp_path / "clean.wav", clean, 48000)), abs=0.02)


def real_files() -> list:
    """Six files spread over what is there, in sorted order."""
    result = sorted(p for p in REAL_AUDIO.rglob("*") if p.suffix in {".flac", ".ogg"}) if REAL_AUDIO.is_dir() else []
    return result[:: max(len(result) // 6, 1)][:6]


@pytest.mark.skipif(not REAL_AUDIO.is_dir(), reason="no real recordings here")
@pytest.mark.parametrize("path", real_files(), ids=lambda path: path.stem)
def test_real_recordings(path):
    """The first 20 seconds, by libebur128 and by pyloudnorm's exact filters."""
    file = AudioFile(str(path))
    signal = file.read(0, min(file.frames, 20 * file.rate) // (file.rate // 10) * (file.rate // 10))
    ours = integrated(signal, file.rate)
    assert max(ours, -70.0) == pytest.approx(max(libebur128(signal, file.rate)[0], -70.0), abs=0.02)
    de_man = pyloudnorm.Meter(file.rate, filter_class="DeMan").integrated_loudness(signal.astype(np.float64))
    assert ours == pytest.approx(de_man, abs=0.01)


@pytest.mark.parametrize("rate", (16000, 44100, 48000, 96000))
@pytest.mark.parametrize("weighting, filter_class", [("pyloudnorm", "K-weighting"), ("bs1770", "DeMan")])
@pytest.mark.parametrize("channels", (1, 2, 5))
def test_agrees_with_pyloudnorm(rate, weighting, filter_class, channels):
    signal = wide("bursts", rate, channels, 5.0)
    theirs = pyloudnorm.Meter(rate, filter_class=filter_class).integrated_loudness(signal.astype(np.float64))
    assert integrated(signal, rate, weighting=weighting) == pytest.approx(theirs, abs=0.01)


def test_the_two_weightings_differ_by_what_the_docstring_says():
    signal = noise(5 * 44100)
    difference = integrated(signal, 44100, weighting="pyloudnorm") - integrated(signal, 44100)
    assert -0.15 < difference < -0.01


# ---------------------------------------------------------------------------------------------------------- invariance

SIGNAL = wide("bursts", 8000, 2, 6.0)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6))
def test_any_partition_into_blocks(sizes):
    whole = fed(LoudnessMeter(8000, 2), SIGNAL, (10**9,))
    parts = fed(LoudnessMeter(8000, 2), SIGNAL, [*sizes, 1500])
    assert len(whole.powers()) == len(parts.powers())
    assert parts.powers() == pytest.approx(whole.powers(), rel=1e-9)
    assert parts.loudness_range() == pytest.approx(whole.loudness_range(), abs=1e-6)


def test_empty_blocks_change_nothing():
    meter = LoudnessMeter(8000, 2)
    for block in (SIGNAL[:0], SIGNAL[:300], SIGNAL[300:300], SIGNAL[300:], SIGNAL[:0]):
        meter.add(block)
    assert meter.integrated() == integrated(SIGNAL, 8000)


def test_swapping_left_and_right():
    assert integrated(SIGNAL[:, ::-1], 8000) == pytest.approx(integrated(SIGNAL, 8000), abs=1e-9)


def test_polarity():
    assert integrated(-SIGNAL, 8000) == integrated(SIGNAL, 8000)


def test_twice_the_amplitude_is_6_02_lu_more():
    """Of a signal that crosses no absolute gate on the way."""
    signal = SIGNAL[:800]
    signal = np.tile(signal, (10, 1))
    assert integrated(2 * signal, 8000) - integrated(signal, 8000) == pytest.approx(20 * math.log10(2), abs=1e-9)


@pytest.mark.parametrize("hops", (1, 7, 33))
def test_silence_before_changes_nothing_but_the_partial_windows(hops):
    """Shifted by whole hops every full window is the same; the new windows around the start can only add gated ones."""
    meter = fed(LoudnessMeter(8000, 2), SIGNAL)
    late = fed(LoudnessMeter(8000, 2), np.concatenate([np.zeros((hops * 800, 2)), SIGNAL]))
    assert late.powers()[hops:] == pytest.approx(meter.powers(), rel=1e-9)


def test_stereo_is_the_sum_of_its_channels():
    left, right, both = (fed(LoudnessMeter(8000, len(c)), SIGNAL[:, c]) for c in ([0], [1], [0, 1]))
    assert both.powers() == pytest.approx(left.powers() + right.powers(), rel=1e-9)


def test_shares_of_two_channels():
    """Left twice as loud as right by amplitude, and half of the right one in step with it."""
    left, other = np.random.default_rng(6).standard_normal((2, 40000))
    right = 0.5 * (left + other) / np.sqrt(2.0)
    meter = fed(LoudnessMeter(8000, 2), np.stack([left, right], axis=1))
    every = np.ones(len(meter.powers()), dtype=bool)
    assert meter.shares(every) == pytest.approx((0.8, 0.5 / np.sqrt(2.0) / 1.25), abs=0.01)
    assert fed(LoudnessMeter(8000, 1), left[:, None]).shares(every) == (0.5, 0.5)
    assert fed(LoudnessMeter(8000, 2), np.zeros((8000, 2))).shares(np.ones(7, dtype=bool)) == (0.5, 0.5)


def test_unknown_layouts_count_every_channel():
    assert channel_weights(7).tolist() == [1.0] * 7


def test_two_channels_have_a_loop_of_their_own_that_does_the_same():
    rows = np.random.default_rng(5).standard_normal((2, 4800)).astype(np.float32)
    answers = []
    for loop in (_filter, _filter_pair):
        state, sums, powers = np.zeros((2, 4)), np.zeros(3), np.empty((3, 4))
        filled = loop(rows, k_weighting(48000), state, np.array([1.0, 1.41]), 1000, sums, 0, powers)
        answers.append((filled, powers, state, sums))
    for one, other in zip(*answers, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)

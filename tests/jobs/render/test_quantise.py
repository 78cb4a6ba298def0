"""Rounding and dither."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from mixengine.jobs.render.quantise import STRETCH, Quantiser, packed


@pytest.mark.parametrize("bits", [16, 24])
@pytest.mark.parametrize("offset", [0.0001, 0.25, 0.4999])
def test_the_error_has_no_mean_and_the_same_power_whatever_the_sound(bits, offset):
    block = np.full((200_000, 2), offset * 2.0 ** (1 - bits), dtype=np.float64)
    error = Quantiser(bits, "a")(block) - offset
    assert abs(error.mean()) < 5e-3
    # rounding 1/12 and dither 2/12 of a step squared
    assert error.var() == pytest.approx(0.25, rel=0.02)
    assert np.abs(error).max() <= 1.5


def test_the_noise_is_white_and_its_channels_differ():
    error = Quantiser(16, "a")(np.full((2**16, 2), 0.3 / 32768)).astype(float) - 0.3
    power = np.abs(np.fft.rfft(error[:, 0] - error[:, 0].mean())) ** 2
    low, high = power[1 : len(power) // 2].mean(), power[len(power) // 2 :].mean()
    assert low == pytest.approx(high, rel=0.1)
    assert abs(np.corrcoef(error.T)[0, 1]) < 0.02


def test_silence_stays_silent_beside_sound():
    block = np.zeros((4 * STRETCH, 2), np.float32)
    block[:STRETCH] = 0.1
    out = Quantiser(16, "a")(block)
    assert not out[STRETCH:].any()
    assert out[:STRETCH].std() > 0.3


def test_what_is_on_the_grid_is_kept_to_the_bit():
    steps = np.random.default_rng(1).integers(-32768, 32768, (5000, 2))
    assert np.array_equal(Quantiser(16, "a")((steps / 32768.0).astype(np.float32)), steps)


def test_full_scale_is_cut_and_counted():
    quantiser = Quantiser(16, "a")
    out = quantiser(np.array([[1.0, -1.0], [1.5, -1.5], [0.5, -0.5]], np.float32))
    assert out.tolist() == [[32767, -32768], [32767, -32768], [16384, -16384]]
    assert quantiser.clipped == 3  # 1.0 itself lies one step beyond


def test_a_render_can_be_repeated_and_files_do_not_share_their_noise():
    block = np.random.default_rng(1).uniform(-0.1, 0.1, (3000, 2)).astype(np.float32)
    first, again, other = (Quantiser(16, name)(block) for name in ("a", "a", "b"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("shape", [(0, 2), (1, 1), (1, 2), (STRETCH + 1, 1)])
def test_odd_shapes(shape):
    assert Quantiser(24, "a")(np.full(shape, 0.5, np.float32)).shape == shape


def test_packed_samples_are_those_that_the_file_library_writes(tmp_path):
    steps = np.array([[0, 1], [-1, 2**23 - 1], [-(2**23), 12345], [-98765, 7]], np.int32)
    soundfile.write(tmp_path / "a.wav", steps << 8, 8000, "PCM_24")
    assert (tmp_path / "a.wav").read_bytes().endswith(packed(steps).tobytes())
    for odd in (steps[:0], steps[:1, :1]):
        assert len(packed(odd)) == 3 * odd.size

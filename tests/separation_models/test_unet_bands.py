"""The bands are the same at every rate, and analysis and synthesis belong together."""

import numpy as np
import pytest

from mixengine.separation_models import unet_bands
from mixengine.separation_models.unet_model import frames_at

RATES = [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000]


def test_centres_rise_by_at_least_a_bin_and_end_at_8_khz():
    centres = unet_bands.centres_hz()
    assert len(centres) == unet_bands.BANDS
    assert np.diff(centres).min() >= unet_bands.BIN_HZ - 1e-9
    assert centres[0] == 0.0
    assert centres[-1] == pytest.approx(8000.0, abs=0.01)
    steps = np.diff(centres)
    in_mel = np.diff(np.log(centres + 700.0))[steps > 32.0]
    assert np.ptp(in_mel) < 1e-9


@pytest.mark.parametrize("rate", RATES)
def test_equal_gains_stay_equal(rate):
    assert np.allclose(np.full(unet_bands.BANDS, 0.3) @ unet_bands.synthesis(rate), 0.3, atol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_bands_mean_the_power_of_their_bins(rate):
    matrix = unet_bands.analysis(rate)
    totals = matrix.sum(axis=0)
    below = unet_bands.centres_hz() < rate / 2 - 60
    assert np.allclose(totals[below], 1.0, atol=1e-5)
    assert (totals[unet_bands.centres_hz() > rate / 2 + 200] == 0.0).all()


def test_a_tone_has_the_same_powers_at_every_rate():
    def powers(rate):
        samples = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate).astype(np.float32)
        spectra = frames_at(rate).forward(samples[:, None])[0]
        power = np.square(np.abs(spectra[10:40])).mean(axis=0) / frames_at(rate).size ** 2
        return power @ unet_bands.analysis(rate)

    wanted = powers(16000)
    for rate in RATES:
        assert np.abs(powers(rate) - wanted)[:100].max() < 0.1 * wanted.max(), rate


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("length", [1, 255, 4097, 20000])
def test_frames_give_back_the_signal(rate, length):
    samples = np.random.default_rng(length).standard_normal((length, 2)).astype(np.float32)
    stft = frames_at(rate)
    padded = np.pad(samples, ((0, 2 * stft.hop), (0, 0)))
    assert np.abs(stft.inverse(stft.forward(padded), length) - samples).max() < 1e-5

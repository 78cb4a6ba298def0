"""The audio-feature loss: against a second transcription, its known edges, and what must not change it."""

import numpy as np
import pytest

from mixengine.jobs.match import bark_filters, features

torch = pytest.importorskip("torch")


def noise(seed, frames=65536, level=0.1):
    rng = np.random.default_rng(seed)
    common = rng.normal(0.0, level, frames)
    return np.stack([common + rng.normal(0.0, level / 3, frames), 0.8 * common + rng.normal(0.0, level / 4, frames)])


def plain_bark(x):
    """The published mid and side Bark spectrum, written out."""
    spectra = []
    for signal in (x[0] + x[1], x[0] - x[1]):
        padded = np.pad(signal, 16384, mode="reflect")
        window = np.hanning(32769)[:-1]
        frames = [padded[at : at + 32768] * window for at in range(0, len(padded) - 32768 + 1, 8192)]
        spectra.append(np.mean([np.abs(np.fft.rfft(frame)) for frame in frames], axis=0))

    def z_of(f):
        z = 26.81 * f / (1960 + f) - 0.53
        if z < 2:
            z += 0.15 * (2 - z)
        elif z > 20.1:
            z += 0.22 * (z - 20.1)
        return z

    points = []
    for z in np.linspace(z_of(20.0), z_of(20000.0), 26):
        lowered = (z - 0.3) / 0.85 if z < 2 else z
        points.append(1960 * (lowered + 0.53) / (26.28 - lowered))
    bins = np.linspace(0, 22050, 16385)
    bank = np.zeros((16385, 24))
    for i in range(24):
        low, mid, high = points[i : i + 3]
        rises, falls = (bins >= low) & (bins <= mid), (bins > mid) & (bins < high)
        bank[rises, i] = (bins[rises] - low) / (mid - low)
        bank[falls, i] = (high - bins[falls]) / (high - mid)
    return np.stack([np.log(spectrum @ bank + 1e-8) for spectrum in spectra])


def plain_loss(a, b):
    def features_of(x):
        power = [np.mean(channel**2) for channel in x]
        rms = np.array([np.sqrt(max(p, 1e-8)) for p in power])
        crest = np.array([20 * np.log10(max(np.max(np.abs(c)) / r, 1e-8)) for c, r in zip(x, rms, strict=True)])
        width = np.mean((x[0] - x[1]) ** 2) / max(np.mean((x[0] + x[1]) ** 2), 1e-8)
        imbalance = (power[1] - power[0]) / max(power[0] + power[1], 1e-8)
        return rms, crest, width, imbalance, plain_bark(x)

    weights = (0.1, 0.001, 1.0, 1.0, 0.1)
    return sum(w * np.mean((p - q) ** 2) for w, p, q in zip(weights, features_of(a), features_of(b), strict=True))


def test_known_edges_of_the_filters():
    edges = bark_filters.edges_hz()
    assert len(edges) == 26
    assert edges[:4] == pytest.approx([20.0, 110.5, 208.8, 300.8], abs=0.06)
    assert edges[-6:] == pytest.approx([6139, 7590, 9674, 12922, 18685, 31731], abs=0.6)
    assert float(bark_filters.bark(20.0)) == pytest.approx(0.0797, abs=5e-5)
    assert float(bark_filters.bark(20000.0)) == pytest.approx(24.7203, abs=5e-5)


def test_filters_peak_at_one_and_the_last_is_cut_off():
    bank = bark_filters.filterbank(16385, 44100)
    assert bank.shape == (24, 16385)
    assert bank.max(axis=1) == pytest.approx(np.ones(24), abs=0.02)
    assert bank[-1, -1] > 0.5  # 22050 Hz lies on the falling side that ends at 31731 Hz
    assert (bank >= 0).all()


@pytest.mark.parametrize("other", [1, 2])
def test_against_a_second_transcription(other):
    a, b = noise(0), noise(other, level=0.03 * other)
    assert float(features.loss(a, b)) == pytest.approx(plain_loss(a, b), rel=1e-9)
    assert features.barkspectrum(a) == pytest.approx(plain_bark(a), abs=1e-9)


def test_a_whole_window_has_33_frames():
    x = noise(0, frames=262144)
    padded = 262144 + 32768
    assert (padded - 32768) // 8192 + 1 == 33
    assert features.barkspectrum(x) == pytest.approx(plain_bark(x), abs=1e-9)


@pytest.mark.parametrize("name", features.SETS)
def test_torch_and_numpy_agree(name):
    a, b = noise(3), noise(4, level=0.2)
    ours = features.loss(torch.tensor(a), torch.tensor(b), features.SETS[name])
    assert float(ours) == pytest.approx(float(features.loss(a, b, features.SETS[name])), rel=1e-9)
    single = features.loss(torch.tensor(a).float(), torch.tensor(b).float(), features.SETS[name])
    assert float(single) == pytest.approx(float(ours), rel=1e-4)


@pytest.mark.parametrize("name", features.SETS)
def test_gradient_is_right_and_finite(name):
    a, b = noise(5, frames=20000), noise(6, frames=20000)
    x = torch.tensor(a, requires_grad=True)
    features.loss(x, torch.tensor(b), features.SETS[name]).backward()
    towards = np.random.default_rng(7).normal(0.0, 1.0, a.shape)
    step = 1e-6
    up, down = (float(features.loss(a + sign * step * towards, b, features.SETS[name])) for sign in (1, -1))
    assert float((x.grad * torch.tensor(towards)).sum()) == pytest.approx((up - down) / (2 * step), rel=1e-3)


@pytest.mark.parametrize("name", features.SETS)
@pytest.mark.parametrize("kind", ["silence", "mono", "one sided", "one click"])
def test_extremes_have_finite_loss_and_gradient(name, kind):
    x = noise(8, frames=20000)
    if kind == "silence":
        x = np.zeros_like(x)
    elif kind == "mono":
        x[1] = x[0]
    elif kind == "one sided":
        x[1] = 0.0
    else:
        x = np.zeros_like(x)
        x[:, 500] = 1.0
    tensor = torch.tensor(x, requires_grad=True)
    value = features.loss(tensor, torch.tensor(noise(9, frames=20000)), features.SETS[name])
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(tensor.grad).all()


@pytest.mark.parametrize("name", features.SETS)
def test_swapping_channels_of_both_changes_nothing(name):
    a, b = noise(10), noise(11)
    assert float(features.loss(a[::-1], b[::-1], features.SETS[name])) == pytest.approx(
        float(features.loss(a, b, features.SETS[name])), rel=1e-9
    )


@pytest.mark.parametrize("name", features.SETS)
def test_polarity_of_a_mix_changes_nothing(name):
    a, b = noise(12), noise(13)
    assert float(features.loss(-a, b, features.SETS[name])) == pytest.approx(
        float(features.loss(a, b, features.SETS[name])), rel=1e-9
    )


@pytest.mark.parametrize("name", features.SETS)
def test_same_mix_has_no_loss_and_is_symmetric(name):
    a, b = noise(14), noise(15, level=0.3)
    assert float(features.loss(a, a, features.SETS[name])) == 0.0
    assert float(features.loss(a, b, features.SETS[name])) == pytest.approx(
        float(features.loss(b, a, features.SETS[name]))
    )


def test_gain_moves_only_what_is_sensitive_to_level():
    a = noise(16)
    before, after = features.measure(a), features.measure(2.0 * a)
    assert after["rms"] == pytest.approx(2.0 * before["rms"])
    for name in ("crest_factor", "stereo_width", "stereo_imbalance"):
        assert after[name] == pytest.approx(before[name], abs=1e-6)
    assert after["barkspectrum"] - before["barkspectrum"] == pytest.approx(np.full((2, 24), np.log(2.0)), abs=1e-5)


def test_mixes_in_a_batch_are_measured_alone():
    both = np.stack([noise(17), noise(18)])
    for name, value in features.measure(both).items():
        for index in range(2):
            assert value[index] == pytest.approx(features.measure(both[index])[name], abs=1e-12)


def test_a_mono_mix_has_side_bands_at_the_bottom():
    mono = np.repeat(noise(19)[:1], 2, axis=0)
    assert features.barkspectrum(mono)[1] == pytest.approx(np.full(24, np.log(1e-8)), abs=1e-9)
    gap = np.ptp(features.floored_barkspectrum(mono)[1])
    assert gap == pytest.approx(0.0, abs=1e-9)


def test_repairs_are_bounded():
    out_of_phase = noise(20)
    out_of_phase[1] = -out_of_phase[0]
    assert float(features.stereo_width(out_of_phase)) > 1e3
    assert float(features.side_share(out_of_phase)) == pytest.approx(1.0)
    clicked = noise(21)
    clicked[:, 100] = 5.0
    published = features.crest_factor(clicked) - features.crest_factor(noise(21))
    robust = features.robust_crest_factor(clicked) - features.robust_crest_factor(noise(21))
    assert (published > 15.0).all() and (robust < 4.0).all()


def test_residuals_are_in_the_features_own_unit():
    a = noise(22)
    result = features.residuals(2.0 * a, a, features.REPAIRED)
    assert result["rms_db"] == pytest.approx(6.02, abs=0.01)
    assert result["side_share"] == pytest.approx(0.0, abs=1e-9)


def test_too_short_a_mix_is_refused():
    with pytest.raises(ValueError, match="16384 frames; a Bark spectrum needs at least 16385"):
        features.barkspectrum(np.ones((2, 16384)))
    assert np.isfinite(features.barkspectrum(np.ones((2, 16385)))).all()

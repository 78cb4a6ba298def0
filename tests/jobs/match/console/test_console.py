"""The console: twins agree, dasp-pytorch agrees, the cookbook agrees, and what must not change changes nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.jobs.match.console import compressor, console, envelope, eq, pan, parameters, reverb
from tests.helpers.arrays import assert_near

torch = pytest.importorskip("torch")
RATE = 44100


def some_tracks(seed, tracks=3, channels=1, frames=65536):
    rng = np.random.default_rng(seed)
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * np.arange(frames) / 5000)
    return rng.normal(0.0, 0.1, (tracks, channels, frames)) * swell


def some_values(seed, tracks=3):
    rng = np.random.default_rng(seed)
    track = rng.uniform(0.05, 0.95, (tracks, 27))
    track[:, 0] = rng.uniform(0.4, 0.6, tracks)
    master = rng.uniform(0.05, 0.95, 26)
    master[24:] = rng.uniform(0.45, 0.55, 2)
    return (
        parameters.values(track, parameters.track_controls()),
        parameters.values(master, parameters.master_controls()),
    )


def rms_error_db(a, b):
    return 20 * np.log10(np.sqrt(np.mean((a - b) ** 2)) / np.sqrt(np.mean(b**2)) + 1e-30)


def test_controls_have_the_published_order_and_ranges():
    track, master = parameters.track_controls(), parameters.master_controls()
    assert (len(track), len(parameters.fx_bus_controls()), len(master)) == (27, 25, 26)
    names = list(track)
    assert (names[0], names[19], names[22], names[25], names[26]) == (
        "fader_db",
        "threshold_db",
        "release_ms",
        "pan",
        "send_db",
    )
    assert names[16] == "high_shelf.gain_db" and track["high_shelf.frequency_hz"] == (6000.0, 21050.0)
    assert track["band3.frequency_hz"] == (12000.0, 21050.0) and track["knee_db"] == (3.0, 12.0)
    assert list(master)[24:] == ["output_fader_db", "input_fader_db"]
    middle = parameters.values(np.full(27, 0.5), track)
    assert middle[0] == 0.0 and middle[2] == 1010.0 and middle[19] == -30.0 and middle[25] == 0.5


@given(st.lists(st.floats(0.0, 1.0), min_size=27, max_size=27))
@settings(max_examples=50, deadline=None)
def test_values_and_numbers_are_inverse(numbers):
    controls = parameters.track_controls()
    back = parameters.numbers(parameters.values(np.array(numbers), controls), controls)
    assert back == pytest.approx(numbers, abs=1e-12)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, np.nan])
def test_numbers_outside_0_1_are_refused(wrong):
    numbers = np.full(27, 0.5)
    numbers[3] = wrong
    with pytest.raises(ValueError, match=r"low_shelf\.q: a control must be set from 0 to 1"):
        parameters.values(numbers, parameters.track_controls())


def test_configured_ranges():
    ranges = parameters.ConsoleRanges(fader_db=(-24.0, 24.0), eq_gain_db=(-6.0, 6.0))
    assert parameters.values(np.ones(27), parameters.track_controls(ranges))[[0, 1, 16]] == pytest.approx([24, 6, 6])
    with pytest.raises(ValueError, match="no range"):
        parameters.ConsoleRanges(fader_db=(3.0, 3.0))


def test_neutral_console_only_delays():
    tracks = some_tracks(0, tracks=1, channels=2)
    neutral = parameters.neutral_track()[None], parameters.neutral_master()
    assert_near(console.mix(tracks, *neutral, setup=console.REAPER), tracks[0], abs=1e-12)
    out = console.mix(tracks, *neutral, setup=console.Setup(pan_law="balance"))
    assert_near(out[:, 3072:], tracks[0][:, :-3072], abs=1e-12)
    assert_near(out[:, :3000], np.zeros((2, 3000)), abs=1e-12)


def cookbook(kind, gain_db, f, q, rate=RATE):
    """The equations of the cookbook as they stand there."""
    a, w = 10 ** (gain_db / 40), 2 * np.pi * f / rate
    alpha, c = np.sin(w) / (2 * q), np.cos(w)
    if kind == "band":
        return [1 + alpha * a, -2 * c, 1 - alpha * a], [1 + alpha / a, -2 * c, 1 - alpha / a]
    s = 2 * np.sqrt(a) * alpha
    sign = 1 if kind == "low_shelf" else -1
    b = [
        a * ((a + 1) - sign * (a - 1) * c + s),
        sign * 2 * a * ((a - 1) - sign * (a + 1) * c),
        a * ((a + 1) - sign * (a - 1) * c - s),
    ]
    d = [(a + 1) + sign * (a - 1) * c + s, -sign * 2 * ((a - 1) + sign * (a + 1) * c), (a + 1) + sign * (a - 1) * c - s]
    return b, d


@pytest.mark.parametrize("seed", range(5))
def test_equalizer_is_the_cookbook(seed):
    values = some_values(seed, 1)[0][0, parameters.EQ]
    n = 8192
    z = np.exp(-2j * np.pi * np.arange(n // 2 + 1) / n)
    expected = np.ones(len(z), dtype=complex)
    for kind, (gain_db, f, q) in zip(eq.KINDS.values(), values.reshape(6, 3), strict=True):
        b, d = cookbook(kind, gain_db, f, q)
        expected *= (b[0] + b[1] * z + b[2] * z**2) / (d[0] + d[1] * z + d[2] * z**2)
    assert np.abs(eq.response(values, n, RATE) - expected).max() < 1e-9
    assert np.abs(eq.response(torch.tensor(values), n, RATE).numpy() - expected).max() < 1e-9


def test_response_in_single_precision_stays_right_where_coefficients_do_not():
    values = parameters.neutral_track()[parameters.EQ].copy()
    values[:3] = (12.0, 20.0, 5.0)
    values[3:6] = (-12.0, 80.0, 5.0)
    exact = np.abs(eq.response(values, 524288, RATE))
    single = np.abs(eq.response(torch.tensor(values).float(), 524288, RATE).numpy())
    assert np.abs(20 * np.log10(single / exact)).max() < 0.005


@pytest.mark.parametrize("setup", [console.PUBLISHED, console.REAPER], ids=["published", "reaper"])
@pytest.mark.parametrize("channels", [1, 2])
def test_twins_agree(setup, channels):
    tracks, (track_values, master_values) = some_tracks(1, channels=channels), some_values(2)
    exact = console.Stream(track_values, master_values, setup)(tracks)
    double = console.mix(tracks, track_values, master_values, setup=setup)
    assert rms_error_db(double, exact) < -100.0
    single = console.mix(
        *(torch.tensor(part).float() for part in (tracks, track_values, master_values)), setup=setup
    ).numpy()
    assert rms_error_db(single, exact) < -60.0  # 0.1 dB of the level would be -38


@pytest.mark.parametrize("cuts", [[1], [1, 2, 700, 5000], [65535]])
def test_stream_in_blocks_is_the_stream_in_one(cuts):
    tracks, values = some_tracks(3, channels=2), some_values(4)
    whole = console.Stream(*values)(tracks)
    stream = console.Stream(*values)
    pieces = [stream(piece) for piece in np.split(tracks, cuts, axis=-1)]
    assert np.abs(np.concatenate(pieces, axis=-1) - whole).max() < 1e-12


def test_order_of_tracks_changes_nothing():
    tracks, (track_values, master_values) = some_tracks(5), some_values(6)
    turned = console.mix(tracks[::-1].copy(), track_values[::-1].copy(), master_values)
    assert_near(turned, console.mix(tracks, track_values, master_values), abs=1e-12)


@pytest.mark.parametrize("law", pan.LAWS)
def test_mirrored_pan_swaps_the_sides(law):
    positions = np.array([0.01, 0.3, 0.5, 0.8])
    gains = pan.LAWS[law](positions)
    assert pan.LAWS[law](1.0 - positions)[:, ::-1] == pytest.approx(gains, abs=1e-12)


def test_published_pan_at_the_centre_and_as_reaper_plays_it():
    assert pan.published(np.float64(0.5)) == pytest.approx([0.5946, 0.5946], abs=1e-4)
    for position in (0.0, 0.1, 0.5, 0.77, 1.0):
        reaper_pan, gain_db = pan.as_balance(position)
        ours = 10 ** (gain_db / 20) * pan.balance(np.float64((reaper_pan + 1) / 2))
        assert ours == pytest.approx(pan.published(np.float64(position)), abs=1e-12)


def test_curve_of_the_compressor():
    levels = np.linspace(-80.0, 10.0, 2000)
    threshold, ratio, knee = -24.0, 4.0, 6.0
    expected = np.where(
        levels < threshold - knee / 2,
        0.0,
        np.where(
            levels <= threshold + knee / 2,
            (1 / ratio - 1) * (levels - threshold + knee / 2) ** 2 / (2 * knee),
            (threshold - levels) * (1 - 1 / ratio),
        ),
    )
    assert_near(compressor.curve_db(levels, threshold, ratio, knee), expected, abs=1e-12)


def test_attack_is_the_time_from_10_to_90_percent_and_release_does_nothing():
    values = np.array([-40.0, 10.0, 100.0, 10.0, 3.0, 0.0])
    step = np.full((1, RATE), 1.0)
    gain_db = 20 * np.log10(compressor.Compressor(values, RATE, lookahead=0)(step)[0])
    share = gain_db / gain_db[-1]
    assert (np.searchsorted(share, 0.9) - np.searchsorted(share, 0.1)) / RATE == pytest.approx(0.1, rel=0.01)
    slower = values.copy()
    slower[3] = 250.0
    assert np.array_equal(
        compressor.compressed(step, slower, RATE, lookahead=0), compressor.compressed(step, values, RATE, lookahead=0)
    )


@pytest.mark.parametrize("detector", compressor.DETECTORS)
def test_detector_of_two_equal_channels(detector):
    values = np.array([-30.0, 4.0, 20.0, 10.0, 6.0, 0.0])
    mono = some_tracks(7, 1)[0]
    stereo = np.repeat(mono, 2, axis=0)
    moved = values.copy()
    if detector == "published":  # of the channels' sum, not of the louder one
        moved[0] += 20 * np.log10(2.0)
    both = compressor.compressed(stereo, moved, RATE, lookahead=100, detector=detector)
    alone = compressor.compressed(mono, values, RATE, lookahead=100, detector=detector)[0]
    assert_near(both[1], alone, abs=1e-9)


def test_against_dasp_pytorch():
    functional = pytest.importorskip("dasp_pytorch").functional
    tracks, (track_values, master_values) = some_tracks(8, tracks=4), some_values(9, 4)
    x = torch.tensor(tracks)
    t, m = torch.tensor(track_values), torch.tensor(master_values)
    x = x * 10 ** (t[:, 0] / 20)[:, None, None]
    x = functional.parametric_eq(x, RATE, *(t[:, i] for i in range(1, 19)))
    x = functional.compressor(x, RATE, *(t[:, i] for i in range(19, 25)), lookahead_samples=2048)
    x = functional.stereo_panner(x[:, 0][None], RATE, t[None, :, 25]).sum(dim=2)
    x = x * 10 ** (m[25] / 20)
    channels = x[0][:, None]  # dasp filters a stereo bus as a batch of its channels
    x = functional.parametric_eq(channels, RATE, *(m[i].expand(2) for i in range(18)))[:, 0][None]
    x = functional.compressor(x, RATE, *(m[None, i] for i in range(18, 24)), lookahead_samples=1024)
    theirs = (x * 10 ** (m[24] / 20))[0].numpy()
    ours = console.mix(tracks, track_values, master_values)
    assert rms_error_db(ours, theirs) < -100.0


def test_without_master_bus_the_output_fader_stays_on():
    tracks, (track_values, master_values) = some_tracks(10), some_values(11)
    setup = console.Setup(master_bus=False)
    out = console.mix(tracks, track_values, master_values, setup=setup)
    flat = parameters.neutral_master()
    flat[24] = master_values[24]
    assert_near(out, console.mix(tracks, track_values, flat, setup=setup), abs=1e-12)
    assert rms_error_db(console.Stream(track_values, master_values, setup)(tracks), out) < -100.0
    assert setup.delay == 2048


def test_gradients_of_reacomps_envelope():
    levels = torch.tensor(np.random.default_rng(4).uniform(0.0, 1.0, (2, 3, 40)), requires_grad=True)
    kept = torch.tensor([[[0.9], [0.5], [0.99]]] * 2, dtype=torch.float64, requires_grad=True)
    rest = torch.tensor([[[0.4], [0.45], [0.2]]] * 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(envelope.follow, (levels, kept, rest))


def test_gradient_reaches_every_control_but_release_and_send():
    tracks, (track_values, master_values) = some_tracks(12), some_values(13)
    t, m = (torch.tensor(part, requires_grad=True) for part in (track_values, master_values))
    console.mix(torch.tensor(tracks), t, m).square().sum().backward()
    dead = {22, 26}
    assert torch.isfinite(t.grad).all() and torch.isfinite(m.grad).all()
    assert [i for i in range(27) if not t.grad[:, i].abs().max() > 0] == sorted(dead)
    assert [i for i in range(26) if not m.grad[i].abs() > 0] == [21]


def test_batches():
    tracks, values = some_tracks(14), some_values(15)
    both = console.mix(*(np.stack([part, part]) for part in (tracks, *values)))
    assert_near(both[1], console.mix(tracks, *values), abs=1e-12)


def test_a_short_tail_changes_little_when_filters_are_gentle():
    tracks = some_tracks(16, frames=40000)
    track_values = np.stack([parameters.neutral_track()] * 3)
    track_values[:, 1], track_values[:, 20], track_values[:, 19] = 6.0, 3.0, -30.0
    master_values = parameters.neutral_master()
    short = console.mix(tracks, track_values, master_values, tail=16384)
    assert rms_error_db(short, console.mix(tracks, track_values, master_values)) < -60.0


def test_reverb_against_dasp_pytorch(monkeypatch):
    functional = pytest.importorskip("dasp_pytorch").functional
    monkeypatch.setattr(reverb, "FRAMES", 4096)
    rng = np.random.default_rng(17)
    white = rng.standard_normal((2, 12, reverb.FRAMES + reverb.TAPS - 1))
    monkeypatch.setattr(torch, "randn", lambda *_: torch.tensor(white))
    x, values = rng.normal(0.0, 0.1, (2, 2048)), rng.uniform(0.0, 1.0, 25)
    values[24] = 1.0
    theirs = functional.noise_shaped_reverberation(
        torch.tensor(x)[None], RATE, *(torch.tensor([value]) for value in values), num_samples=reverb.FRAMES
    )[0].numpy()
    assert rms_error_db(reverb.reverberated(x, values, reverb.banded(white)), theirs) < -100.0


def test_reverb_is_sent_to_repeatable_and_differentiable():
    tracks, (track_values, master_values) = some_tracks(18, frames=8192), some_values(19)
    fx = np.random.default_rng(20).uniform(0.0, 1.0, 25)
    track_values[:, parameters.SEND] = -6.0
    wet = console.mix(tracks, track_values, master_values, reverb_values=fx)
    assert np.array_equal(wet, console.mix(tracks, track_values, master_values, reverb_values=fx))
    dry = console.mix(tracks, track_values, master_values)
    assert rms_error_db(wet, dry) > -60.0
    track_values[:, parameters.SEND] = -400.0
    assert rms_error_db(console.mix(tracks, track_values, master_values, reverb_values=fx), dry) < -200.0
    values = torch.tensor(fx, requires_grad=True)
    track_values[:, parameters.SEND] = 0.0
    parts = [torch.tensor(part) for part in (tracks, track_values, master_values)]
    console.mix(*parts, reverb_values=values).square().sum().backward()
    assert torch.isfinite(values.grad).all() and (values.grad[:24] != 0).all() and values.grad[24] == 0

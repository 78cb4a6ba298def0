"""Encoder, controller, meter and prediction against a second transcription, and what must not change them."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm
import pytest
from scipy import signal as scipy_signal

from tests.helpers.diffmst_models import RATE, checkpoint, model_state, mono, song

torch = pytest.importorskip("torch")

from mixengine.jobs.match.console import console, parameters  # noqa: E402
from mixengine.jobs.match.diffmst import WINDOW, render  # noqa: E402
from mixengine.jobs.match.diffmst.checkpoint import load  # noqa: E402
from mixengine.jobs.match.diffmst.controller import ControllerShape, TransformerController  # noqa: E402
from mixengine.jobs.match.diffmst.encoder import EncoderShape, SpectrogramEncoder  # noqa: E402
from mixengine.jobs.match.diffmst.meter import integrated_lufs  # noqa: E402
from mixengine.jobs.match.diffmst.predict import Prediction, mono_tracks, predict, predict_with  # noqa: E402
from mixengine.system.errors import UserError  # noqa: E402


# A second transcription of the published definitions, in plain numpy (double precision).
def plain_encoder(state: dict[str, np.ndarray], signal: np.ndarray, hop: int = 512) -> np.ndarray:
    n = 2048
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(n) / n)
    padded = np.pad(signal.astype(float), n // 2, mode="reflect")
    frames = np.stack([padded[start : start + n] * window for start in range(0, len(padded) - n + 1, hop)])
    x = (np.abs(np.fft.rfft(frames, axis=1)).T[None] + 1e-8) ** 0.3
    for block, pooling in enumerate([(2, 2), (4, 4), (4, 2), (4, 2), (4, 2), (2, 2)], start=1):
        for layer in (1, 2):
            name = f"model.conv_block{block}."
            x = plain_convolution(x, state[f"{name}conv{layer}.weight"])
            if f"{name}bn{layer}.weight" in state:
                mean, variance = state[f"{name}bn{layer}.running_mean"], state[f"{name}bn{layer}.running_var"]
                x = (x - mean[:, None, None]) / np.sqrt(variance[:, None, None] + 1e-5)
                x = x * state[f"{name}bn{layer}.weight"][:, None, None] + state[f"{name}bn{layer}.bias"][:, None, None]
            x = np.maximum(x, 0.0)
        high, wide = x.shape[1] // pooling[0], x.shape[2] // pooling[1]
        x = x[:, : high * pooling[0], : wide * pooling[1]]
        x = x.reshape(len(x), high, pooling[0], wide, pooling[1]).mean(axis=(2, 4))
    x = x.mean(axis=1)
    return state["model.fc.weight"] @ (x.max(axis=1) + x.mean(axis=1)) + state["model.fc.bias"]


def plain_convolution(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(weight), *x.shape[1:]))
    for output in range(len(weight)):
        for row in range(3):
            for column in range(3):
                taps = weight[output, :, row, column]
                shifted = padded[:, row : row + x.shape[1], column : column + x.shape[2]]
                out[output] += np.tensordot(taps, shifted, axes=1)
    return out


def plain_layer(state: dict[str, np.ndarray], x: np.ndarray, heads: int) -> np.ndarray:
    d = x.shape[1]
    q, k, v = np.split(x @ state["self_attn.in_proj_weight"].T + state["self_attn.in_proj_bias"], 3, axis=1)
    attended = []
    for head in range(heads):
        part = slice(head * d // heads, (head + 1) * d // heads)
        scores = q[:, part] @ k[:, part].T / math.sqrt(d / heads)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        attended.append(weights / weights.sum(axis=1, keepdims=True) @ v[:, part])
    x = x + np.concatenate(attended, axis=1) @ state["self_attn.out_proj.weight"].T + state["self_attn.out_proj.bias"]
    x = plain_norm(x, state["norm1.weight"], state["norm1.bias"])
    hidden = np.maximum(x @ state["linear1.weight"].T + state["linear1.bias"], 0.0)
    x = x + hidden @ state["linear2.weight"].T + state["linear2.bias"]
    return plain_norm(x, state["norm2.weight"], state["norm2.bias"])


def plain_norm(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-5) * weight + bias


def plain_controller(
    state: dict[str, np.ndarray], tracks: np.ndarray, mix: np.ndarray, heads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = np.concatenate(
        [
            tracks + state["track_embedding"][0],
            mix[:1] + state["mix_embedding"][0, :1],
            mix[1:] + state["mix_embedding"][0, 1:],
            state["fx_bus_embedding"][0],
            state["master_bus_embedding"][0],
        ]
    )
    layer = 0
    while f"transformer_encoder.layers.{layer}.norm1.weight" in state:
        prefix = f"transformer_encoder.layers.{layer}."
        x = plain_layer({key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)}, x, heads)
        layer += 1

    def out(name: str, rows: np.ndarray) -> np.ndarray:
        return 1.0 / (1.0 + np.exp(-(rows @ state[f"{name}_projection.weight"].T + state[f"{name}_projection.bias"])))

    return out("track", x[:-4]), out("fx_bus", x[-2]), out("master_bus", x[-1])


def arrays(state: dict) -> dict[str, np.ndarray]:
    return {key: value.numpy().astype(float) for key, value in state.items()}


@pytest.mark.parametrize("batch_norm", [True, False])
def test_the_encoder_is_the_published_one(batch_norm):
    state = model_state(batch_norm=batch_norm)["track_encoder"]
    encoder = SpectrogramEncoder(EncoderShape.of(state))
    encoder.load_state_dict(state)
    heard = song(1, seconds=1.6)[0][1][:, 0]
    with torch.inference_mode():
        ours = encoder.eval()(torch.from_numpy(heard)[None])[0].numpy()
    assert EncoderShape.of(state).batch_norm is batch_norm
    np.testing.assert_allclose(ours, plain_encoder(arrays(state), heard), rtol=2e-4, atol=2e-5)


def test_the_controller_is_the_published_one():
    state = model_state()["controller"]
    controller = TransformerController(ControllerShape.of(state, heads=4))
    controller.load_state_dict(state)
    rng = np.random.default_rng(0)
    tracks, mix = rng.normal(size=(5, 16)), rng.normal(size=(2, 16))
    with torch.inference_mode():
        ours = controller.eval()(torch.from_numpy(tracks).float()[None], torch.from_numpy(mix).float()[None])
    for mine, theirs in zip(ours, plain_controller(arrays(state), tracks, mix, 4), strict=True):
        np.testing.assert_allclose(mine[0].numpy(), theirs, atol=3e-7)


def test_published_sizes():
    with torch.device("meta"):
        encoder = SpectrogramEncoder(EncoderShape(embed_dim=512))
        controller = TransformerController(ControllerShape(512, 12, 2048))
    assert sum(parameter.numel() for parameter in encoder.parameters()) == 76_526_400
    assert sum(parameter.numel() for parameter in controller.parameters()) == 37_871_182
    assert encoder.shape.min_samples == 65_024


def test_tracks_that_only_fill_up_change_nothing():
    controller = TransformerController(ControllerShape(16, 2, 24, heads=4)).eval()
    tracks, mix = torch.randn(1, 5, 16), torch.randn(1, 2, 16)
    absent = torch.tensor([[False, False, False, True, True]])
    with torch.inference_mode():
        padded = controller(tracks, mix, absent)
        alone = controller(tracks[:, :3], mix)
    for one, other in zip((padded[0][:, :3], *padded[1:]), alone, strict=True):
        torch.testing.assert_close(one, other, atol=3e-7, rtol=0.0)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.97, 2.04, 5.944])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_meter_is_pyloudnorm(seconds, channels):
    rng = np.random.default_rng(1)
    x = rng.normal(0.0, 0.1, (round(seconds * RATE), channels)) * np.linspace(0.01, 1.0, round(seconds * RATE))[:, None]
    assert integrated_lufs(x) == pytest.approx(pyloudnorm.Meter(RATE).integrated_loudness(x), abs=1e-9)


def test_the_meter_on_silence_and_less_than_a_block():
    assert integrated_lufs(np.zeros((RATE, 2))) == -math.inf
    with pytest.raises(ValueError, match="block"):
        integrated_lufs(np.zeros((17_000, 1)))


def plain_prediction(parts: dict, tracks: list, reference: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The whole way from audio to parameters with pyloudnorm and the transcription above."""
    meter = pyloudnorm.Meter(RATE)
    reference = reference * 10.0 ** ((-16.0 - meter.integrated_loudness(reference.astype(float))) / 20.0)
    windows = []
    for _, samples in tracks:
        window = samples.mean(axis=1)[:WINDOW].astype(float)
        windows.append(window * 10.0 ** ((-48.0 - meter.integrated_loudness(window[:, None])) / 20.0))
    track_state, mix_state = arrays(parts["track_encoder"]), arrays(parts["mix_encoder"])
    embedded = np.stack([plain_encoder(track_state, window) for window in windows])
    sides = np.stack([plain_encoder(mix_state, side) for side in reference[:WINDOW].T])
    tracks_out, _, master_out = plain_controller(arrays(parts["controller"]), embedded, sides, 8)
    return tracks_out, master_out


def test_a_prediction_is_the_published_one(tmp_path):
    parts = model_state()
    path = checkpoint(tmp_path / "run" / "checkpoints" / "epoch=1-step=2.ckpt", parts)
    tracks, reference = song(2, seconds=1.7), mono(9, seconds=2.5, channels=2)
    got = predict(path, tracks, reference)
    wanted_tracks, wanted_master = plain_prediction(parts, tracks, reference)
    np.testing.assert_allclose(np.stack(list(got.track_parameters.values())), wanted_tracks, atol=3e-7)
    np.testing.assert_allclose(got.master_parameters, wanted_master, atol=3e-7)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return load(checkpoint(tmp_path_factory.mktemp("model") / "a.ckpt", model_state()))


def test_tracks_in_another_order_give_the_same_parameters_in_that_order(small):
    tracks, reference = mono_tracks(song(4), "mean"), mono(9, channels=2)
    forwards, backwards = predict_with(small, tracks, reference), predict_with(small, tracks[::-1], reference)
    assert list(backwards.track_parameters) == list(forwards.track_parameters)[::-1]
    for name, numbers in forwards.track_parameters.items():
        np.testing.assert_allclose(backwards.track_parameters[name], numbers, atol=1e-6)
    np.testing.assert_allclose(backwards.master_parameters, forwards.master_parameters, atol=1e-6)


def test_levels_of_tracks_and_reference_do_not_matter(small):
    tracks, reference = mono_tracks(song(3), "mean"), mono(9, channels=2)
    louder = [(name, samples * np.float32(4.0**number)) for number, (name, samples) in enumerate(tracks)]
    one, other = predict_with(small, tracks, reference), predict_with(small, louder, reference * np.float32(0.25))
    for number, name in enumerate(one.track_parameters):
        np.testing.assert_allclose(other.track_parameters[name], one.track_parameters[name], atol=1e-6)
        assert other.gains_db[name] == pytest.approx(one.gains_db[name] - number * 20.0 * math.log10(4.0), abs=1e-4)


def test_only_the_window_is_heard(small):
    tracks, reference = mono_tracks(song(2, seconds=6.5), "mean"), mono(9, seconds=6.5, channels=2)
    changed = [(name, np.concatenate([samples[:WINDOW], -samples[WINDOW:] * 3])) for name, samples in tracks]
    one, other = predict_with(small, tracks, reference), predict_with(small, changed, reference)
    for name in one.track_parameters:
        np.testing.assert_array_equal(other.track_parameters[name], one.track_parameters[name])


def test_silent_tracks_get_nothing_and_change_nothing(small):
    tracks, reference = mono_tracks(song(2), "mean"), mono(9, channels=2)
    with_silence = [("silent", np.zeros_like(tracks[0][1])), *tracks]
    one, other = predict_with(small, tracks, reference), predict_with(small, with_silence, reference)
    assert list(other.track_parameters) == list(other.gains_db) == ["track 0", "track 1"]
    np.testing.assert_array_equal(other.master_parameters, one.master_parameters)


def test_stereo_as_mean_or_as_two_tracks():
    left, right = mono(1), mono(2)
    tracks = [
        ("keys", np.stack([left, right], axis=1)),
        ("vox", left[:70_000, None]),
        ("bass", np.stack([left] * 2, 1)),
    ]
    mean, split = dict(mono_tracks(tracks, "mean")), dict(mono_tracks(tracks, "split"))
    np.testing.assert_allclose(mean["keys"], (left + right) / 2.0, atol=1e-7)
    assert list(split) == ["keys (left)", "keys (right)", "vox", "bass"]
    np.testing.assert_array_equal(split["keys (right)"], right)
    assert len(split["vox"]) == len(left)
    assert not split["vox"][70_000:].any()
    with pytest.raises(UserError, match="choose from: mean, split"):
        mono_tracks(tracks, "both")
    with pytest.raises(ValueError, match="same name"):
        mono_tracks([tracks[0], tracks[0]], "mean")


def test_what_cannot_be_heard_is_refused(small):
    tracks, reference = mono_tracks(song(1), "mean"), mono(9, channels=2)
    with pytest.raises(UserError, match=r"the tracks: 65023 samples .* are too short .* needs 65024"):
        predict_with(small, [("a", tracks[0][1][:65_023])], reference)
    with pytest.raises(UserError, match="the reference section: 1 samples"):
        predict_with(small, tracks, reference[:1])
    with pytest.raises(UserError, match="the reference is silent"):
        predict_with(small, tracks, np.zeros_like(reference))
    with pytest.raises(UserError, match="no track reaches"):
        predict_with(small, [("a", np.zeros(70_000, np.float32))], reference)
    exactly = predict_with(small, [("a", tracks[0][1][:65_024])], reference[:65_024])
    assert np.isfinite(exactly.master_parameters).all()


def prediction(count: int, rng: np.random.Generator) -> Prediction:
    """Moderate parameters; fast compressors, so that nothing rings on beyond the short windows of a test."""
    names = [f"track {number}" for number in range(count)]
    track_numbers, master_numbers = rng.uniform(0.3, 0.7, (count, 27)), rng.uniform(0.3, 0.7, 26)
    track_numbers[:, 21] = master_numbers[20] = 0.02
    return Prediction(
        dict(zip(names, track_numbers, strict=True)),
        master_numbers,
        dict.fromkeys(names, -6.0),
        parameters.ConsoleRanges(),
    )


def test_rendering_in_windows_is_the_published_overlap_add():
    rng = np.random.default_rng(4)
    tracks = [(name, samples[:, 0]) for name, samples in song(2, seconds=0.55)]
    made = prediction(2, rng)
    window = 8192
    got = render.mix(tracks, made, window=window)
    signals = np.stack([10 ** (-6.0 / 20) * samples.astype(float) for _, samples in tracks])[:, None]
    track_values = parameters.values(np.stack(list(made.track_parameters.values())), parameters.track_controls())
    master_values = parameters.values(made.master_parameters, parameters.master_controls())
    frames, hann = signals.shape[-1], scipy_signal.get_window("hann", window, fftbins=True)
    wanted = np.zeros((2, frames + window))
    for number, start in enumerate(range(0, frames, window // 2)):
        part = console.mix(signals[..., start : start + window], track_values, master_values)
        part = np.pad(part, ((0, 0), (0, window - part.shape[-1])))
        wanted[:, start : start + window] += part * (
            np.r_[np.ones(window // 2), hann[window // 2 :]] if not number else hann
        )
    np.testing.assert_allclose(got, wanted[:, :frames].T, atol=1e-12)


def test_the_delay_can_be_taken_back():
    rng = np.random.default_rng(5)
    tracks = [(name, samples[:, 0]) for name, samples in song(2, seconds=0.6)]
    made = prediction(2, rng)
    for window in (8192, WINDOW):
        late, in_time = (
            render.mix(tracks, made, window=window),
            render.mix(tracks, made, window=window, keep_delay=False),
        )
        assert late.shape == in_time.shape == (len(tracks[0][1]), 2)
        np.testing.assert_allclose(in_time[:-3072], late[3072:], atol=1e-8)
        assert np.abs(in_time[-3072:]).max() > 1e-4

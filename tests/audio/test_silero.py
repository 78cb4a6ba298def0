"""The network on its own: the same numbers as its step-by-step model, and nothing loaded that need not be."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from mixengine.audio import silero
from mixengine.audio.speech import DETECTORS
from mixengine.system.errors import UserError
from tests.helpers.signals import noise

RATE = 16000
HAS_SILERO = all(importlib.util.find_spec(name) for name in ("silero_vad", "onnxruntime"))
needs_silero = pytest.mark.skipif(not HAS_SILERO, reason="the extra neural is not installed")


def bursts() -> np.ndarray:
    """Something between voice and noise, 20 s and a bit: more than one call of the network."""
    t = np.arange(20 * RATE + 100) / RATE
    buzz = np.sign(np.sin(2 * np.pi * 130.0 * t + 3.0 * np.sin(2 * np.pi * t))) * np.square(np.sin(np.pi * 4.0 * t))
    return (0.02 * buzz * (t % 3.0 < 2.0) + noise(len(t), 1, -50.0)[:, 0]).astype(np.float32)


@needs_silero
def test_silero_equals_the_step_by_step_model():
    import onnxruntime

    track = bursts()
    stream = silero.SileroStream(RATE)
    stream.add(track)
    ours = stream.finish()
    powers = np.square(np.resize(np.pad(track, (0, -len(track) % 512)), (len(ours), 512)), dtype=np.float64).mean(
        axis=1
    )
    windows = np.pad(track, (0, -len(track) % 512)).reshape(-1, 512) * silero._gain(powers)
    session = onnxruntime.InferenceSession(str(silero.model_file().with_name("silero_vad.onnx")))
    state, context, theirs = np.zeros((2, 1, 128), np.float32), np.zeros((1, 64), np.float32), []
    for window in windows:
        feed = {"input": np.hstack([context, window[None]]), "state": state, "sr": np.array(16000)}
        value, state = session.run(None, feed)
        context = window[None, -64:]
        theirs.append(float(value[0, 0]))
    assert ours == pytest.approx(np.array(theirs), abs=1e-4)


def test_without_its_package_silero_says_what_to_install(monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "silero_vad" else real(name))
    with pytest.raises(UserError) as caught:
        DETECTORS["silero"].start(RATE)
    assert "pip install --no-deps silero-vad (without torch)" in str(caught.value)
    assert 'pip install "mixengine[neural]"' in str(caught.value)

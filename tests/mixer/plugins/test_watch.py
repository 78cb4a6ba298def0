"""What a missing licence does is noticed, and nothing of what effects do to music is taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.mixer.plugins.watch import Watch, noticed
from tests.helpers.signals import noise

RATE = 8000
LENGTH_S = 64.0
SPACING_S, EVENT_S = 10.0, 0.5


def music(seed: int = 1) -> np.ndarray:
    """Beats with rests between phrases, louder and softer [shape=(frames, 2)]."""
    sound = 0.1 * noise(int(LENGTH_S * RATE), 2, seed=seed)
    times_s = np.arange(len(sound)) / RATE
    beat = np.exp(-6.0 * (times_s % 0.5))
    phrase = np.where(times_s % 8.0 < 6.5, 1.0, 0.0) * (0.4 + 0.6 * (times_s % 16.0 < 8.0))
    return (sound * (beat * phrase)[:, None]).astype(np.float32)


def now(start_s: float = 3.0, spacing_s: float = SPACING_S) -> np.ndarray:
    """When it happens [shape=(frames, 1)]."""
    times_s = np.arange(int(LENGTH_S * RATE)) / RATE
    return (((times_s - start_s) % spacing_s < EVENT_S) & (times_s >= start_s))[:, None]


def watched(sound_in: np.ndarray, sound_out: np.ndarray, latency: int = 0, block: int = 3000) -> str:
    late = np.concatenate([np.zeros((latency, 2)), sound_out])[: len(sound_out)]
    watch = Watch(RATE, latency)
    lines = [watch.add(sound_in[at : at + block], late[at : at + block]) for at in range(0, len(sound_in), block)]
    return next(filter(None, reversed(lines)), "")


BURST = 0.5 * noise(int(LENGTH_S * RATE), 2, seed=9)


@pytest.mark.parametrize("gain", [0.1, 1.0])
@pytest.mark.parametrize("latency", [0, 1237])
def test_bursts_and_gaps_at_regular_times_are_noticed(gain, latency):
    dry = music()
    burst = watched(dry, gain * dry + now() * BURST, latency)
    assert burst.startswith("plays something of its own for 0.5 s every 10 s")
    steady = 0.05 * noise(int(LENGTH_S * RATE), 2, seed=4)
    assert watched(steady, gain * steady * ~now(), latency).startswith("goes silent for 0.5 s every 10 s")


def test_the_end_of_a_sound_is_looked_at_too():
    """The third burst comes after the last look: the next one would be at one and a half times the length."""
    frames, watch = int(24.5 * RATE), Watch(RATE, 0)
    dry = music()[:frames]
    wet = dry + now()[:frames] * BURST[:frames]
    lines = [watch.add(dry[at : at + 800], wet[at : at + 800]) for at in range(0, frames, 800)]
    assert not any(lines)
    assert watch.look().startswith("plays something of its own for 0.5 s every 10 s")
    assert watch.look() == ""


def test_the_work_grows_with_the_length(monkeypatch):
    seen = []
    monkeypatch.setattr("mixengine.mixer.plugins.watch.noticed", lambda *parts: seen.append(len(parts[0])) or "")
    watch, block = Watch(400, 0), np.ones((400, 2), np.float32)
    for _ in range(3600):
        watch.add(block, block)
    assert sum(seen) < 4.0 * 20 * 3600


def test_level_and_channels_do_not_matter():
    dry = music()
    wet = dry + now() * BURST
    assert watched(dry, wet) == watched(dry[:, ::-1], wet[:, ::-1]) == watched(0.2 * dry, 0.2 * wet)


def test_gaps_in_rests_are_missed_and_the_others_are_regular_all_the_same():
    dry = music()
    assert watched(dry, dry * ~now(1.0, 8.0)).startswith("goes silent")


def echo(dry: np.ndarray) -> np.ndarray:
    delayed = np.concatenate([np.zeros((int(1.5 * RATE), 2)), dry])[: len(dry)]
    return dry + 0.8 * delayed


def reverb(dry: np.ndarray) -> np.ndarray:
    from scipy.signal import oaconvolve

    times_s = np.arange(2 * RATE) / RATE
    response = np.random.default_rng(3).standard_normal(2 * RATE) * np.exp(-3.0 * times_s) * 0.1
    return oaconvolve(dry, response[:, None], axes=0)[: len(dry)]


def gate(dry: np.ndarray) -> np.ndarray:
    hops = np.sqrt(np.square(dry).mean(axis=1).reshape(-1, 400).mean(axis=1))
    return dry * np.repeat(hops > 0.02, 400)[:, None]


def compressor(dry: np.ndarray) -> np.ndarray:
    level = np.maximum(np.sqrt(np.square(dry).mean(axis=1).reshape(-1, 400).mean(axis=1)), 1e-4)
    return dry * np.repeat(level**-0.8, 400)[:, None]


def tremolo(dry: np.ndarray) -> np.ndarray:
    times_s = np.arange(len(dry)) / RATE
    return dry * (times_s % 1.0 < 0.6)[:, None]


def low_pass(dry: np.ndarray) -> np.ndarray:
    """Of hats with a kick every ten seconds, which are put into ``dry``: all that comes out are kicks."""
    from scipy.signal import butter, sosfilt

    times_s = np.arange(len(dry)) / RATE
    kick = 0.3 * np.sin(2.0 * np.pi * 60.0 * times_s) * (times_s % 10.0 < 0.3)
    hats = sosfilt(butter(4, 2000.0, "highpass", fs=RATE, output="sos"), dry, axis=0)
    dry[:] = hats + kick[:, None]
    return sosfilt(butter(1, 120.0, fs=RATE, output="sos"), dry, axis=0)


@pytest.mark.parametrize(
    "effect", [low_pass, echo, reverb, gate, compressor, tremolo, lambda dry: 0.0 * dry, lambda dry: -dry]
)
def test_what_effects_do_is_not_noticed(effect):
    dry = music()
    wet = effect(dry)
    assert watched(dry, wet) == ""


def test_one_burst_and_irregular_ones_are_no_licence():
    dry = music()
    times_s = np.arange(len(dry)) / RATE
    for starts in ((5.0,), (5.0, 12.0, 31.0, 36.0)):
        flags = sum(((times_s >= start) & (times_s < start + EVENT_S)).astype(float) for start in starts)
        assert watched(dry, dry + flags[:, None] * BURST) == ""


def test_nothing_is_noticed_in_silence():
    assert noticed(*np.zeros((4, 400))) == noticed(*np.zeros((4, 0))) == ""


def hits(spacing_s: float) -> np.ndarray:
    """A short sound at regular times, and hardly anything between [shape=(frames, 2)]."""
    times_s = np.arange(int(LENGTH_S * RATE)) / RATE
    since_s = (times_s - 0.5) % spacing_s
    sound = 0.5 * noise(len(times_s), 2, seed=2) * np.where(since_s < 0.5, np.exp(-10.0 * since_s), 0.0)[:, None]
    return sound + 1e-5 * noise(len(times_s), 2, seed=7)


@pytest.mark.parametrize("spacing_s", [4.0, 8.0, 9.6, 16.0])
@pytest.mark.parametrize("decay_s", [3.0, 6.0])
def test_long_tails_of_rare_sounds_are_not_noticed(spacing_s, decay_s):
    from scipy.signal import oaconvolve

    dry, frames = hits(spacing_s), int(decay_s * RATE)
    response = np.random.default_rng(3).standard_normal(frames) * 10.0 ** (-3.0 * np.arange(frames) / frames)
    response *= 2.0 / np.sqrt(np.square(response).sum())
    assert watched(dry, oaconvolve(dry, response[:, None], axes=0)[: len(dry)]) == ""


@pytest.mark.parametrize("delay_s", [2.18, 2.4, 4.0])
@pytest.mark.parametrize("feedback", [0.0, 0.8])
@pytest.mark.parametrize("gain", [1.0, 10.0])
def test_late_echoes_of_rare_sounds_are_not_noticed(delay_s, feedback, gain):
    dry = hits(9.6)
    wet, late = dry.copy(), int(delay_s * RATE)
    for repeat in range(1, 6):
        wet[repeat * late :] += 0.7 * feedback ** (repeat - 1) * dry[: -repeat * late]
    assert watched(dry, gain * wet) == ""


def test_what_a_low_cut_takes_away_is_no_gap():
    from scipy.signal import butter, sosfilt

    times_s = np.arange(int(LENGTH_S * RATE)) / RATE
    deep = ((times_s % 8.0 >= 6.5) & (times_s % 8.0 < 7.5))[:, None]
    sound = np.where(deep, 0.3 * np.sin(2.0 * np.pi * 35.0 * times_s)[:, None], 0.1 * noise(len(times_s), 2, seed=5))
    assert watched(sound, sosfilt(butter(4, 200.0, "highpass", fs=RATE, output="sos"), sound, axis=0)) == ""

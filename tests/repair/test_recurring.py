"""What recurs is no fault: ticks, beats and cuts stay as they are, and are named."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.jobs.separate.repaired import fault_sentences
from mixengine.repair.chain import Chain
from mixengine.repair.repair import Fault, Wish

RATE = 16000
SECONDS = 20.0


def mended(sound: np.ndarray, rate: int = RATE, **wish: float) -> tuple[np.ndarray, list[Fault]]:
    """The sound without clicks and drop-outs, and what was found."""
    sound = sound.reshape(len(sound), -1).astype(np.float32)
    chain = Chain(("drop_outs", "clicks"), rate, sound.shape[1], len(sound), Wish(**wish))
    chain.find(lambda start, frames: sound[start : start + frames])
    return chain.over(lambda start, frames: sound[start : start + frames])(0, len(sound)), chain.faults


def room(rate: int = RATE, seconds: float = SECONDS) -> np.ndarray:
    return 3e-4 * np.random.default_rng(1).standard_normal(round(seconds * rate))


def tone(rate: int = RATE, seconds: float = SECONDS) -> np.ndarray:
    return room(rate, seconds) + 0.2 * np.sin(2 * np.pi * 220.3 * np.arange(round(seconds * rate)) / rate)


def hits(times_s: np.ndarray, tau_s: float, hz: float, rate: int, heights: np.ndarray) -> np.ndarray:
    """Short sounds that die away."""
    out = room(rate)
    t = np.arange(round(0.005 * rate)) / rate
    for at_s, height in zip(times_s, heights, strict=True):
        first = round(at_s * rate)
        out[first : first + len(t)] += height * np.exp(-t / tau_s) * np.cos(2 * np.pi * hz * t)
    return out


def metronome() -> np.ndarray:
    """One sample at each of 70 beats in a minute."""
    out = room()
    out[np.round(np.arange(0.5, SECONDS, 60.0 / 70.0) * RATE).astype(int)] += 0.8
    return out


def ticks() -> np.ndarray:
    """A clock."""
    times_s = np.arange(0.5, SECONDS, 1.0)
    return hits(times_s, 1.2e-4, 0.0, RATE, np.full(len(times_s), 0.5))


def rims() -> np.ndarray:
    """A rim, played by hand, now louder, now softer."""
    rng = np.random.default_rng(2)
    times_s = np.arange(0.5, SECONDS - 0.5, 0.75) + rng.uniform(0.0, 0.05, 26)
    return hits(times_s, 2.5e-4, 4500.0, 44100, 0.6 * 10.0 ** (rng.uniform(-3.0, 3.0, 26) / 20.0))


def stutter() -> np.ndarray:
    """Eight cuts of 15 ms, one in a beat."""
    out = tone()
    for number in range(8):
        out[round((1.0 + 0.8 * number) * RATE) :][: round(0.015 * RATE)] = 0.0
    return out


@pytest.mark.parametrize("kind, rate", [(metronome, RATE), (ticks, RATE), (rims, 44100), (stutter, RATE)])
def test_what_recurs_stays_and_is_named(kind, rate: int) -> None:
    sound = kind().astype(np.float32)
    answer, faults = mended(sound, rate)
    assert np.array_equal(answer[:, 0], sound) and len(faults) >= 1
    assert not any(fault.done for fault in faults)
    said = " ".join(fault_sentences(faults))
    assert "as beats" in said or "too many to be faults" in said


def test_clicks_that_are_like_no_other_are_mended_beside_a_metronome() -> None:
    sound = np.concatenate([metronome(), tone(seconds=6.0)])
    places = round((SECONDS + 2.5) * RATE), round((SECONDS + 4.9) * RATE)
    sound[places[0]] -= 0.9
    sound[places[1] : places[1] + 3] += [0.7, -0.5, 0.6]
    _, faults = mended(sound)
    assert [round(f.start_s * RATE) for f in faults if f.done] == pytest.approx(places, abs=3)


def test_crowds_are_said_once() -> None:
    sound = tone()
    places_s = 1.0 + 0.1 * np.arange(30) + np.random.default_rng(3).uniform(0.0, 0.03, 30)
    sound[np.round(places_s * RATE).astype(int)] += 0.8
    answer, faults = mended(np.stack([sound, sound], axis=1))
    assert np.array_equal(answer[:, 0], sound.astype(np.float32))
    [fault] = [fault for fault in faults if fault.repair == "clicks"]
    assert fault.count == 30 and not fault.done
    [said] = [line for line in fault_sentences(faults) if "click" in line]
    assert said == "30 possible clicks from 0:01.0 to 0:03.9, too many to be faults: left"


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_a_gap_of_all_channels_is_one(channels: int) -> None:
    sound = np.stack([(1.0 + 0.1 * number) * tone(seconds=5.0) for number in range(channels)], axis=1)
    sound[2 * RATE + 17 :][:80] = 0.0
    sound[3 * RATE + 99 :][:500] = 0.0
    _, faults = mended(sound)
    assert [(fault.done, fault.why) for fault in faults] == [(True, ""), (False, "too long to be filled")]
    assert (f"all {channels} channels" in faults[0].what) == (channels > 1)
    said = fault_sentences(faults)
    assert said[0].startswith("1 drop-out at 0:02.0: filled (")
    assert said[1] == "1 drop-out at 0:03.0: left, too long to be filled"


def test_a_click_of_two_channels_that_differ_is_one() -> None:
    sound = np.stack([tone(seconds=5.0), 0.5 * tone(seconds=5.0)[::-1], tone(seconds=5.0)], axis=1)
    sound[2 * RATE : 2 * RATE + 3, 0] += [0.8, -0.7, 0.5]
    sound[2 * RATE + 1, 1] += 0.6
    [fault] = mended(sound)[1]
    assert fault.done and fault.what == "channels 1, 2"
    assert fault_sentences([fault])[0].startswith("1 click at 0:02.0: repaired (")

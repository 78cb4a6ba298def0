"""Hum, clicks and drop-outs: mended where they are, and what is no fault comes back bit for bit."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio.metrics import si_sdr_db
from mixengine.jobs.separate.repaired import fault_sentences
from mixengine.repair import interpolation
from mixengine.repair.chain import Chain
from mixengine.repair.names import NAMES, chosen
from mixengine.repair.registry import REPAIRS
from mixengine.repair.repair import Fault, Wish
from tests.helpers.command_line import run
from tests.helpers.signals import talk
from tests.helpers.sounds import write

RATE = 16000
CLICKS_S, GAPS_S = (2.05, 4.137, 6.3), (3.03, 6.2)
FAULTS = ("drop_outs", "clicks", "hum")
"""What clean recordings have none of."""


@functools.cache  # nobody changes it in place
def voice(rate: int = RATE, seconds: float = 8.0) -> np.ndarray:
    """Somebody who speaks three times, in a room that is not quite silent [shape=(frames, 1)]."""
    sound = talk(rate, [(0.6, 2.6), (3.0, 5.0), (5.6, 7.6)], seconds)
    room = 2e-4 * np.random.default_rng(2).standard_normal(len(sound))
    return (sound + room)[:, None].astype(np.float32)


def hum(frames: int, rate: int, hz: float = 50.08, level: float = 0.01) -> np.ndarray:
    """Ten lines of a mains that drifts by 0.05 Hz [shape=(frames, 1)]."""
    t = np.arange(frames) / rate
    phase = 2 * np.pi * np.cumsum(hz + 0.05 * np.sin(2 * np.pi * t / 15.0)) / rate
    lines = sum(np.cos(k * phase + 2.0 * k) / k**0.7 for k in range(1, 11))
    return (level * lines / np.sqrt(np.mean(lines**2)))[:, None].astype(np.float32)


def broken(sound: np.ndarray, rate: int = RATE) -> np.ndarray:
    """With hum, clicks and drop-outs, the last of which holds a value."""
    out = sound + hum(len(sound), rate)
    for at_s in CLICKS_S:
        out[round(at_s * rate)] += 1.2
    first, second = (slice(round(at_s * rate), round((at_s + 0.01) * rate)) for at_s in GAPS_S)
    out[first] = 0.0
    out[second] = out[second.start - 1]
    return out


def mended(
    sound: np.ndarray, rate: int = RATE, names=FAULTS, size: int = 1 << 20, **wish
) -> tuple[np.ndarray, list[Fault]]:
    """The repaired sound, read in blocks, and what was found."""
    chain = Chain(names, rate, sound.shape[1], len(sound), Wish(**wish))
    chain.find(lambda start, frames: sound[start : start + frames])
    read = chain.over(lambda start, frames: sound[start : start + frames])
    return np.concatenate([read(at, min(size, len(sound) - at)) for at in range(0, len(sound), size)]), chain.faults


@pytest.fixture(scope="module")
def usual() -> tuple[np.ndarray, list[Fault]]:
    return mended(broken(voice()))


def test_what_is_broken_is_mended_and_named(usual) -> None:
    answer, faults = usual
    assert all(fault.done for fault in faults) and [fault.repair for fault in faults].count("hum") == 1
    assert [f.start_s for f in faults if f.repair == "clicks"] == pytest.approx(CLICKS_S, abs=1e-3)
    assert [f.start_s for f in faults if f.repair == "drop_outs"] == pytest.approx(GAPS_S, abs=1e-3)
    before, after = (si_sdr_db(voice()[:, 0], sound[:, 0]) for sound in (broken(voice()), answer))
    assert after > before + 12.0
    assert "2 drop-outs at" in fault_sentences(faults)[0] and "hum of 50.1" in fault_sentences(faults)[2]


def test_hum_goes_and_the_voice_stays() -> None:
    noisy = voice() + hum(len(voice()), RATE)
    answer, [fault] = mended(noisy, names=("hum",))
    rest = answer - voice()
    assert np.mean(rest**2) < 1e-2 * np.mean(hum(len(voice()), RATE) ** 2), "20 dB lower, pauses and speech together"
    assert fault.change_db < -20.0 and fault.sure >= 0.9
    speaking = slice(round(3.0 * RATE), round(5.0 * RATE))
    bands = [np.abs(np.fft.rfft(sound[speaking, 0]))[: 2 * 2000].reshape(-1, 200) for sound in (voice(), answer)]
    levels_db = 10 * np.log10(np.square(bands[1]).sum(axis=1) / np.square(bands[0]).sum(axis=1))
    assert np.abs(levels_db).max() < 0.3, "in each band of 100 Hz up to 2 kHz"


@pytest.mark.parametrize("gain", [0.05, -1.0])
def test_gain_and_polarity_do_not_matter(usual, gain: float) -> None:
    answer, faults = mended(np.float32(gain) * broken(voice()))
    assert [(f.repair, f.start_s, f.done) for f in faults] == [(f.repair, f.start_s, f.done) for f in usual[1]]
    np.testing.assert_allclose(answer / np.float32(gain), usual[0], atol=2e-4)


def test_channels_and_blocks_do_not_matter(usual) -> None:
    both = np.concatenate([voice(), broken(voice())], axis=1)
    answer, faults = mended(both, names=("drop_outs", "clicks"), size=7001)
    swapped, _ = mended(both[:, ::-1], names=("drop_outs", "clicks"))
    assert np.array_equal(answer, swapped[:, ::-1]) and np.array_equal(answer[:, 0], both[:, 0])
    assert {fault.what[-9:] for fault in faults} == {"channel 2"}
    blocks, _ = mended(broken(voice()), size=7001)
    np.testing.assert_allclose(blocks, usual[0], atol=1e-6)


@pytest.mark.parametrize("rate, names", [(8000, ("drop_outs", "hum")), (48000, FAULTS)])
def test_the_rate_does_not_matter(rate: int, names: tuple[str, ...]) -> None:
    before = broken(voice(rate), rate)
    answer, faults = mended(before, rate, names)
    assert {f.repair for f in faults if f.done} == set(names)
    clean = voice(rate)[:, 0]
    assert si_sdr_db(clean, answer[:, 0]) > si_sdr_db(clean, before[:, 0]) + 4.0, "at 8 kHz the clicks stay"


def test_time_does_not_matter() -> None:
    late = np.concatenate([2e-4 * np.random.default_rng(5).standard_normal((4321, 1)).astype(np.float32), voice()])
    answer, faults = mended(broken(voice()), names=("drop_outs", "clicks"))
    late[4321:] = broken(voice())
    shifted, later = mended(late, names=("drop_outs", "clicks"))
    assert [f.start_s + 4321 / RATE for f in faults] == pytest.approx([f.start_s for f in later], abs=2e-4)
    np.testing.assert_allclose(shifted[4321:], answer, atol=1e-6)


def bass(hz: float) -> np.ndarray:
    """Plucked notes of one pitch, a fifth of a second apart, over the room."""
    t = np.arange(8 * RATE) / RATE
    since = t % 1.6
    notes = np.exp(-since / 0.35) * sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 8)) * (since < 1.4)
    return (0.2 * notes + 2e-4 * np.random.default_rng(3).standard_normal(len(t)))[:, None].astype(np.float32)


def drums() -> np.ndarray:
    """Sticks and claps: noise that begins at once and dies away."""
    rng = np.random.default_rng(4)
    t = np.arange(8 * RATE) / RATE
    hits = rng.standard_normal(len(t)) * np.exp(-(t % 0.25) / 0.02) * (1.0 + np.sin(7.0 * t))
    return (0.2 * hits + 1e-4 * rng.standard_normal(len(t)))[:, None].astype(np.float32)


def low_voice() -> np.ndarray:
    """A man who speaks at 100 Hz throughout."""
    from tests.helpers.signals import phrase

    out = 2e-4 * np.random.default_rng(6).standard_normal(8 * RATE)
    for at_s in (0.5, 3.0, 5.5):
        out[round(at_s * RATE) :][: 2 * RATE] += phrase(RATE, 2.0, 100.0)
    return out[:, None].astype(np.float32)


SOUNDS = {
    "voice": voice,
    "low voice": low_voice,
    "bass at 50 Hz": lambda: bass(50.0),
    "bass at 100 Hz": lambda: bass(100.0),
    "drums": drums,
    "silence": lambda: np.zeros((RATE, 1), np.float32),
    "one sample": lambda: np.ones((1, 1), np.float32),
    "square": lambda: 0.2 * np.sign(np.sin(np.arange(4 * RATE) / 30.0))[:, None].astype(np.float32),
    "clipped bass": lambda: np.clip(2.0 * bass(60.0), -0.15, 0.15),
}


@pytest.mark.parametrize("name", list(SOUNDS))
def test_what_is_no_fault_comes_back_bit_for_bit(name: str) -> None:
    sound = SOUNDS[name]()
    answer, faults = mended(sound, names=FAULTS)
    assert np.array_equal(answer, sound) and not any(fault.done for fault in faults)


def test_what_is_not_sure_enough_is_left_and_named() -> None:
    answer, faults = mended(broken(voice()), min_sure=1.0)
    assert np.array_equal(answer, broken(voice())) and faults and not any(fault.done for fault in faults)
    assert "possibly 3 clicks at" in fault_sentences(faults)[1] and ": left (" in fault_sentences(faults)[1]


@pytest.mark.parametrize("count", [1, 8, 80, 300])
def test_lost_samples_of_a_chord_come_back(count: int) -> None:
    t = np.arange(3000) / RATE
    sound = sum(np.sin(2 * np.pi * hz * t + hz) for hz in (220.0, 277.2, 329.6, 1200.0)) / 4.0
    lost = np.zeros(len(t), dtype=bool)
    lost[1500 : 1500 + count] = True
    answers = [interpolation.bridged(sound[:1500], sound[1500 + count :], count, RATE)]
    if count < 10:
        answers.append(interpolation.least_squares(np.where(lost, 0.0, sound), lost)[lost])
    for answer in answers:
        assert si_sdr_db(sound[lost], answer) > 20.0 if count > 1 else abs(answer - sound[lost]).max() < 0.01


def test_names_are_those_of_the_registry() -> None:
    assert tuple(REPAIRS) == NAMES and set(FAULTS) < set(NAMES)
    assert chosen(("hum", "clicks")) == ("clicks", "hum") and chosen(("hum", "none")) == ()


def test_the_command_says_what_it_mended(tmp_path: Path) -> None:
    path = write(tmp_path / "in.wav", broken(voice()), RATE)
    answer = run("enhance", path, "-o", tmp_path / "out.wav", "--repair", "clicks,hum", "--model", "mask", "--json")
    result = json.loads(answer.stdout)
    assert {fault["repair"] for fault in result["faults"]} == {"clicks", "hum"}
    assert any("3 clicks at 0:02.0" in note for note in result["notes"])
    plain = run("enhance", path, "-o", tmp_path / "plain.wav", "--model", "mask", "--blend", "0", "--json")
    assert json.loads(plain.stdout)["faults"] == [], "nothing is mended that was not asked for"
    assert np.array_equal(soundfile.read(tmp_path / "plain.wav")[0], soundfile.read(path)[0])
    unknown = run("enhance", path, "-o", tmp_path / "no.wav", "--repair", "hmu")
    assert unknown.returncode == 1 and "hum" in unknown.stderr

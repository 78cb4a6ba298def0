"""Hum of the mains goes; notes and voices that rest in digital silence stay as they are."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from mixengine.analysis import line_frames
from mixengine.repair.chain import Chain
from mixengine.repair.repair import Fault, Wish
from tests.helpers.signals import phrase, talk


def mended(sound: np.ndarray, rate: int, size: int = 50021, **wish: float) -> tuple[np.ndarray, list[Fault]]:
    """The sound without its hum, read in blocks, and what was found."""
    chain = Chain(("hum",), rate, sound.shape[1], len(sound), Wish(**wish))
    chain.find(lambda start, frames: sound[start : start + frames])
    read = chain.over(lambda start, frames: sound[start : start + frames])
    return np.concatenate([read(at, min(size, len(sound) - at)) for at in range(0, len(sound), size)]), chain.faults


def column(sound: np.ndarray) -> np.ndarray:
    return sound[:, None].astype(np.float32)


def lines(
    seconds: float, rate: int, hz: float = 50.03, wobble: float = 0.0, phase_rad: float = 0.0, slow_hz: float = 0.15
) -> np.ndarray:
    """Eight lines at -40 dBFS whose length and phase go slowly to and fro [shape=(frames,)]."""
    t = np.arange(round(seconds * rate)) / rate
    slow = np.sin(2 * np.pi * slow_hz * t)
    of = [np.cos(k * (2 * np.pi * hz * t + phase_rad * slow) + 2.0 * k) / k**0.7 for k in range(1, 9)]
    wave = np.sum(of, axis=0)
    return 0.01 * wave / np.sqrt(np.mean(wave**2)) * (1.0 + wobble * slow)


@functools.cache
def voice(rate: int, seconds: float = 12.0, room: float = 2e-4) -> np.ndarray:
    """Somebody who speaks with pauses of most of a second, in a room [shape=(frames,)]."""
    spans = [(at, at + 1.8) for at in np.arange(0.6, seconds - 2.0, 2.7)]
    return talk(rate, spans, seconds) + room * np.random.default_rng(2).standard_normal(round(seconds * rate))


def less_db(clean: np.ndarray, noisy: np.ndarray, answer: np.ndarray) -> float:
    return 10.0 * float(np.log10(np.mean((answer - clean) ** 2) / np.mean((noisy - clean) ** 2)))


def notes(hz: float, rate: int, note_s: float, rest_s: float, decay_s: float, seconds: float = 12.0) -> np.ndarray:
    """Notes of one pitch with eight partials, and exact zeros between them."""
    t = np.arange(round(seconds * rate)) / rate
    since = t % (note_s + rest_s)
    edges = np.clip(np.minimum(since, note_s - since) / 0.01, 0.0, 1.0)
    tone = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 9))
    return column(0.2 * tone * edges * np.exp(-since / decay_s))


def played(hz: float, rate: int, pattern: str) -> np.ndarray:
    """Bars of plucked notes, of soft and loud ones that are held, or notes one after another [shape=(frames, 1)]."""
    t = np.arange(16 * rate) / rate
    tone = 0.2 * sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 9))
    how = {
        "bars": np.exp(-(t % 1.0) / 0.3) * ((t % 4.0) < 3.3),
        "soft and loud": (0.55 + 0.45 * np.sign(np.sin(2 * np.pi * 0.25 * t))) * ((t % 9.0) < 8.5),
        "one after another": np.exp(-(t % 1.0) / 0.3),
    }
    return column(tone * how[pattern])


def monotone(rate: int) -> np.ndarray:
    """A voice at 100 Hz with exact zeros between its phrases."""
    out = np.zeros(12 * rate)
    for at_s in (0.5, 3.0, 5.5, 8.0):
        out[round(at_s * rate) :][: 2 * rate] += phrase(rate, 2.0, 100.0)
    return column(out)


RESTING = {
    "808": lambda rate: notes(60.0, rate, 1.5, 0.5, 2.0),
    "808 of 50 Hz": lambda rate: notes(50.0, rate, 1.5, 0.5, 0.6),
    "held bass of 120 Hz": lambda rate: notes(120.0, rate, 2.2, 0.3, 50.0),
    "organ": lambda rate: notes(100.0, rate, 2.0, 1.0, 1e6),
    "monotone": monotone,
    "bars of 60 Hz": lambda rate: played(60.0, rate, "bars"),
    "soft and loud organ": lambda rate: played(100.0, rate, "soft and loud"),
    "bass without rests": lambda rate: played(50.0, rate, "one after another"),
}


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("name", list(RESTING))
def test_notes_and_voices_are_no_hum(name: str, rate: int) -> None:
    sound = RESTING[name](rate)
    answer, faults = mended(sound, rate)
    assert np.array_equal(answer, sound) and not any(fault.done for fault in faults)


@pytest.mark.parametrize("rate", [11025, 16000, 47952])
def test_hum_goes_at_any_rate(rate: int) -> None:
    clean = column(voice(rate))
    noisy = clean + column(lines(12.0, rate))
    answer, [fault] = mended(noisy, rate)
    assert fault.done and less_db(clean, noisy, answer) < -30.0


@pytest.mark.parametrize(
    "wobble, phase_rad, slow_hz, off_db", [(0.0, 0.0, 0.0, 3.0), (0.1, 0.0, 0.15, 6.0), (0.0, 0.3, 0.3, 6.0)]
)
def test_what_is_said_is_what_goes(wobble: float, phase_rad: float, slow_hz: float, off_db: float) -> None:
    """How hum wanders between the pauses is a guess; that of steady hum is none."""
    clean = column(voice(16000))
    noisy = clean + column(lines(12.0, 16000, 50.03, wobble, phase_rad, slow_hz))
    answer, [fault] = mended(noisy, 16000)
    assert fault.done and fault.change_db == pytest.approx(less_db(clean, noisy, answer), abs=off_db)


def test_hum_of_one_channel_goes_from_that_one() -> None:
    rate = 16000
    clean = np.concatenate([column(voice(rate)), 0.5 * column(np.roll(voice(rate), 77))], axis=1)
    noisy = clean + np.stack([np.zeros(12 * rate), lines(12.0, rate)], axis=1).astype(np.float32)
    answer, [fault] = mended(noisy, rate)
    assert fault.done and less_db(clean[:, 1], noisy[:, 1], answer[:, 1]) < -30.0
    assert np.mean((answer - clean)[:, 0] ** 2) < 1e-3 * np.mean((noisy - clean)[:, 1] ** 2)
    swapped, _ = mended(noisy[:, ::-1], rate)
    np.testing.assert_allclose(swapped[:, ::-1], answer, atol=1e-6)
    silent = noisy * np.float32([0.0, 1.0])
    answer, [fault] = mended(silent, rate)
    assert fault.done and not answer[:, 0].any() and less_db(clean[:, 1], noisy[:, 1], answer[:, 1]) < -30.0


def gated(noisy: np.ndarray, rate: int, *silent_s: tuple[float, float]) -> np.ndarray:
    out = noisy.copy()
    for start_s, end_s in silent_s:
        out[round(start_s * rate) : round(end_s * rate)] = 0.0
    return out


def test_nothing_is_written_into_digital_silence() -> None:
    rate = 16000
    clean = column(voice(rate))
    spans = (0.0, 1.0), (10.9, 12.0)
    clean, noisy = (gated(sound, rate, *spans) for sound in (clean, clean + column(lines(12.0, rate))))
    answer, [fault] = mended(noisy, rate)
    assert fault.done and less_db(clean, noisy, answer) < -30.0
    assert not answer[noisy == 0.0].any()
    blocks, _ = mended(noisy, rate, size=977)
    np.testing.assert_allclose(blocks, answer, atol=1e-6)


def test_between_silences_hum_goes_only_where_pauses_show_it() -> None:
    rate = 16000
    clean = 3.0 * column(voice(rate, 24.0))
    noisy = clean + 0.4 * column(lines(24.0, rate))
    middle = [(at, at + 0.8) for at in (9.0, 14.4, 19.8)]
    answer, [fault] = mended(gated(noisy, rate, *middle), rate)
    assert fault.done and less_db(gated(clean, rate, *middle), gated(noisy, rate, *middle), answer) < -20.0
    pauses = [(at + 1.75, at + 2.75) for at in np.arange(0.6, 22.0, 2.7)]
    sound = gated(noisy, rate, *pauses)
    answer, faults = mended(sound, rate)
    assert np.array_equal(answer, sound) and not any(fault.done for fault in faults)


def test_one_break_says_little_about_minutes() -> None:
    rate, seconds = 8000, 100
    t = np.arange(seconds * rate) / rate
    music = 0.05 * np.random.default_rng(1).standard_normal(len(t)) * (1.0 + np.sin(5.0 * t))
    held = 0.02 * sum(np.sin(2 * np.pi * 100.0 * k * t) / k for k in range(1, 6))
    pause = (t > 40.0) & (t < 43.3)
    sound = column(np.where(pause, 2e-4 * music, music) + held * ((t > 36.0) & (t < 47.0)))
    answer, faults = mended(sound, rate)
    assert np.array_equal(answer, sound) and not any(fault.done for fault in faults)


def test_far_from_all_pauses_nothing_is_subtracted() -> None:
    rate, seconds = 8000, 100
    t = np.arange(seconds * rate) / rate
    loud = np.where(((t < 10.0) | (t > 90.0)) & (t % 2.0 < 1.2), 2e-5, 0.3)
    sound = column(loud * np.random.default_rng(1).standard_normal(len(t)) + 0.1 * lines(seconds, rate))
    answer, [fault] = mended(sound, rate, min_sure=0.0)
    middle = (t > 45.0) & (t < 55.0)
    assert fault.sure < 0.5 and np.array_equal(answer[middle], sound[middle]) and not np.array_equal(answer, sound)


def test_digital_silence_is_runs_of_five_milliseconds() -> None:
    sound = np.ones((100, 2), np.float32)
    sound[:5, 0] = sound[20:24, 0] = sound[30:36, 1] = sound[95:, 1] = 0.0
    expected = np.zeros((100, 2), bool)
    expected[:5, 0] = expected[30:36, 1] = expected[95:, 1] = True
    assert np.array_equal(line_frames.silence(sound, 1000), expected)
    assert not line_frames.silence(sound[:3], 1000).any()


def test_figures_are_plain_numbers_without_warnings(recwarn: pytest.WarningsRecorder) -> None:
    _, [fault] = mended(column(voice(16000)) + column(lines(12.0, 16000)), 16000)
    assert type(fault.sure) is float and type(fault.change_db) is float
    mended(column(lines(12.0, 16000)), 16000)
    assert not [
        each for each in recwarn.list if issubclass(each.category, RuntimeWarning)
    ]  # others may be of a collection


def test_a_short_file_is_named() -> None:
    sound = column(voice(16000)[: 3 * 16000] + lines(3.0, 16000))
    answer, [fault] = mended(sound, 16000)
    assert np.array_equal(answer, sound) and not fault.done and fault.sure == 0.0
    assert fault.why == "too short to be looked for (3.0 s, 4 s are needed)"

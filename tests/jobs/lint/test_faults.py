"""Faults inside recordings: clicks, drop-outs, samples far too high, hum; each found, none where there is none."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import pytest

from mixengine.analysis.impulses import ImpulseMeter
from tests.helpers.lint_sessions import RATE, ask, indifferent, playing, stems
from tests.helpers.signals import talk
from tests.helpers.sounds import write

CLICKS_S, GAPS_S = (2.0, 4.137, 7.5), (3.0, 6.2)


@functools.cache  # nobody changes it in place
def voice(seconds: float = 10.0, rate: int = RATE) -> np.ndarray:
    """Somebody who speaks, in a room that is not quite silent [shape=(frames, 1)]."""
    sound = talk(rate, [(0.4, 0.48 * seconds), (0.52 * seconds, seconds - 0.5)], seconds)
    room = 2e-4 * np.random.default_rng(2).standard_normal(len(sound))
    return (sound + room)[:, None].astype(np.float32)


def with_clicks(sound: np.ndarray, rate: int = RATE) -> np.ndarray:
    out = sound.copy()
    for at_s in CLICKS_S:
        out[round(at_s * rate)] += 0.6
    return out


def with_gaps(sound: np.ndarray, rate: int = RATE) -> np.ndarray:
    out = sound.copy()
    for at_s in GAPS_S:
        out[round(at_s * rate) : round((at_s + 0.01) * rate)] = 0.0
    return out


def test_clicks_and_drop_outs_are_named_with_their_times(tmp_path: Path) -> None:
    session = stems(tmp_path, clicks=with_clicks(voice()), gaps=with_gaps(voice()), clean=voice())
    click, gap = indifferent(session, "clicks", "drop_outs")
    assert (click["tracks"], gap["tracks"]) == (("clicks",), ("gaps",))
    assert "3 clicks" in click["message"] and "0:04.1" in click["message"]
    assert (click["start_s"], click["end_s"]) == pytest.approx((CLICKS_S[0], CLICKS_S[-1]), abs=1e-3)
    assert "2 drop-outs of 10 ms" in gap["message"]
    assert gap["start_s"] == pytest.approx(GAPS_S[0], abs=1e-3)


@pytest.mark.parametrize("rate", [16000, 44100, 96000])
@pytest.mark.parametrize("gain", [1.0, 0.01])
@pytest.mark.parametrize("size", [1000, 1 << 18])
def test_gain_rate_and_blocks_do_not_matter(rate: int, gain: float, size: int) -> None:
    sound = gain * with_gaps(with_clicks(voice(rate=rate), rate), rate)[:, 0]
    meter = ImpulseMeter(rate)
    for at in range(0, len(sound), size):
        meter.add(sound[at : at + size])
    clicks, gaps = meter.finish()
    assert clicks == pytest.approx(CLICKS_S, abs=2e-3)
    assert [at_s for at_s, _ in gaps] == pytest.approx(GAPS_S, abs=2e-3)


def test_sounds_that_are_meant_so(tmp_path: Path) -> None:
    t = np.arange(6 * RATE) / RATE
    session = stems(
        tmp_path,
        saw=(0.3 * ((t * 41.0) % 1.0 - 0.5))[:, None].astype(np.float32),
        square=(0.2 * np.sign(np.sin(2 * np.pi * 110.0 * t)))[:, None].astype(np.float32),
        drums=playing(4, 6.0),
        chopped=(0.3 * np.sin(2 * np.pi * 330.0 * t) * (t % 0.15 < 0.1))[:, None].astype(np.float32),
    )
    assert ask(session, "clicks", "drop_outs", "hum", "outliers") == []


@pytest.mark.parametrize("level_dbfs, peak_dbfs", [(-20.0, 20.0), (-40.0, 85.0)])
def test_a_sample_far_too_high_is_named(tmp_path: Path, level_dbfs: float, peak_dbfs: float) -> None:
    sound = voice() * 10.0 ** (level_dbfs / 20.0)
    broken = sound.copy()
    broken[round(0.002 * RATE)] = 10.0 ** (peak_dbfs / 20.0)
    (result,) = ask(stems(tmp_path, broken=broken, sound=sound), "outliers")
    assert result["severity"] == "error" and result["tracks"] == ("broken",)
    assert f"{peak_dbfs:+.1f} dBFS" in result["message"]
    assert result["start_s"] == pytest.approx(0.002, abs=1e-3)


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_hum_is_found_in_the_pauses(tmp_path: Path, mains_hz: float) -> None:
    speaks = talk(RATE, [(3.0, 7.0), (11.0, 15.0)], 18.0)
    t = np.arange(len(speaks)) / RATE
    room = 1e-4 * np.random.default_rng(3).standard_normal(len(t))
    hum = sum(0.003 / k * np.sin(2 * np.pi * k * (mains_hz + 0.03) * t + k) for k in range(1, 7))
    sounds = {"hums": speaks + room + hum, "clean": speaks + room}
    (result,) = ask(stems(tmp_path, **{k: v[:, None].astype(np.float32) for k, v in sounds.items()}), "hum")
    assert result["tracks"] == ("hums",)
    assert f"hum of {mains_hz:.0f} Hz" in result["message"]
    assert result["end_s"] - result["start_s"] == pytest.approx(2.0)
    assert "`mixengine enhance --repair hum --blend 0` takes it out where it lasts" in result["advice"]


def test_a_bass_in_the_pauses_of_a_voice_is_no_hum(tmp_path: Path) -> None:
    """Notes have multiples too, but none of exactly 50 Hz."""
    t = np.arange(18 * RATE) / RATE
    bass = sum(0.01 / k * np.sin(2 * np.pi * 48.99943 * k * t) for k in range(1, 7))
    sound = talk(RATE, [(3.0, 7.0), (11.0, 15.0)], 18.0) + bass
    write(tmp_path / "a.wav", sound[:, None].astype(np.float32), RATE)
    assert ask(stems(tmp_path), "hum") == []


def test_what_is_missing_in_a_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "guest.wav"
    write(path, voice(), RATE)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    (tmp_path / "page.mp3").write_bytes(b"<!DOCTYPE html><html>404</html>")
    missing, incomplete = ask(stems(tmp_path), "missing_media", "incomplete_media")
    assert "is a web page" in missing["message"] and missing["severity"] == "error"
    assert "breaks off at 6.7 of 10.0 s" in incomplete["message"]

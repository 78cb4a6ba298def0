"""What each recording tells by itself: every check finds its fault and is quiet without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.jobs.lint.clipping import Rail
from tests.helpers.lint_sessions import RATE, ask, indifferent, playing, stems
from tests.helpers.sounds import noise, tone, write


def test_clipping_is_found_at_full_scale_and_below(tmp_path: Path) -> None:
    loud = tone(110.0, 3.0, harmonics=3, level=1.0)
    hard = np.clip(loud, -1.0, 1.0)
    session = stems(tmp_path, hard=hard, turned_down=0.3 * hard, clean=0.4 * loud)
    full, lower = indifferent(session, "clipped")
    assert (full["severity"], full["tracks"]) == ("error", ("hard",)) and "at full scale" in full["message"]
    assert (lower["severity"], lower["tracks"]) == ("warning", ("turned down",)) and "−10.46 dBFS" in lower["message"]
    assert 0.0 <= full["start_s"] < full["end_s"] <= 3.2


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_a_single_over_is_found_where_it_is(tmp_path: Path, subtype: str) -> None:
    samples = playing(1, 4.0)
    at = 3 * RATE
    samples[at - 1 : at + 5] = np.array([0.2, 1.0, 1.0, 1.0, 1.0, 0.1])[:, None]
    write(tmp_path / "a.wav", samples, RATE, subtype)
    (result,) = ask(hosts.open_session(tmp_path), "clipped")
    assert result["start_s"] == pytest.approx(3.0, abs=1e-3)


@pytest.mark.parametrize("frequency_hz", [20.0, 41.0, 82.4, 150.0, 997.0])
@pytest.mark.parametrize("level", [1.0, 0.03])
def test_round_tops_are_not_flat(tmp_path: Path, frequency_hz: float, level: float) -> None:
    t = np.arange(3 * 48000) / 48000
    write(tmp_path / "a.wav", (level * np.sin(2 * np.pi * frequency_hz * t))[:, None] * (1 - 2**-15), 48000, "PCM_16")
    assert ask(hosts.open_session(tmp_path), "clipped") == []


def test_square_waves_are_meant(tmp_path: Path) -> None:
    assert ask(stems(tmp_path, chip=0.5 * np.sign(tone(200.0, 2.0, harmonics=1))), "clipped") == []


def test_clipped_hats_are_back_after_two_samples(tmp_path: Path) -> None:
    hats, fine = (np.clip(noise(4.0, RATE, level=0.2), -0.9, 0.9) for _ in range(2))
    for sound, count in ((hats, 30), (fine, 5)):
        for at in range(1000, 1000 * (count + 1), 1000):
            sound[at : at + 2] = 1.0
    (result,) = ask(stems(tmp_path, hats=hats, fine=fine), "clipped")
    assert result["tracks"] == ("hats",) and result["severity"] == "error" and "30 flat tops" in result["message"]


def test_a_higher_ceiling_forgets_lower_ones() -> None:
    rail = Rail()
    rail.add(np.array([0, 0.5, 0.5, 0.5, 0.5, 0]), 0)
    assert (rail.runs, rail.places) == (1, [1])
    rail.add(np.array([0, 0.9, 0, 0.9, 0.9, 0.9, 0]), 6)
    assert (rail.runs, rail.samples, rail.places) == (1, 3, [9])


def test_peaks_between_samples(tmp_path: Path) -> None:
    t = np.arange(2 * RATE)
    between = np.sin(np.pi / 2 * t + np.pi / 4)[:, None] * np.hanning(len(t))[:, None]  # samples at 0.71 of the peak
    session = stems(tmp_path, hot=1.2 * between, fine=0.9 * between)
    (result,) = indifferent(session, "inter_sample_peaks")
    assert result["tracks"] == ("hot",) and result["severity"] == "hint" and "1.6 dBTP" in result["message"]


def test_hats_cut_off_for_single_samples(tmp_path: Path) -> None:
    t = np.arange(2 * RATE) / RATE
    hats = 1.6 * np.sin(2 * np.pi * 9000.0 * t + 300.0 * t * t)[:, None] * np.hanning(len(t))[:, None]
    session = stems(tmp_path, hats=np.clip(hats, -1.0, 1.0), fine=hats / np.abs(hats).max())
    result = {row["tracks"][0]: row for row in ask(session, "clipped", "inter_sample_peaks")}
    assert result["hats"]["severity"] in ("warning", "error")
    assert "fine" not in result or result["fine"]["severity"] == "hint"


def test_silence(tmp_path: Path) -> None:
    nothing = np.zeros((RATE, 1), np.float32)
    faint = noise(2.0, RATE, level=1e-4)
    result = indifferent(stems(tmp_path, empty=nothing, faint=faint, quiet=30 * faint), "silent")
    assert {row["tracks"][0]: row["message"].split(":")[0] for row in result} == {
        "empty": "silent",
        "faint": "almost silent",
    }


def test_numbers_that_are_none(tmp_path: Path) -> None:
    broken = playing(1, 3.0)
    broken[1000:1003] = [[np.nan], [np.inf], [-np.inf]]
    (result,) = indifferent(stems(tmp_path, broken=broken, fine=playing(2, 3.0)), "non_finite")
    assert result["severity"] == "error" and "3 samples" in result["message"] and result["tracks"] == ("broken",)


@pytest.mark.parametrize(("offset_db", "expected"), [(-30.0, 1), (-50.0, 0)])
def test_offset(tmp_path: Path, offset_db: float, expected: int) -> None:
    sound = tone(110.0, 5.0) + noise(5.0, RATE, level=0.01)
    sound += np.float32(np.sqrt(np.mean(sound**2)) * 10 ** (offset_db / 20))
    result = indifferent(stems(tmp_path, a=sound), "dc_offset")
    assert len(result) == expected and all("−30 dB" in row["message"] for row in result)


def test_low_notes_are_no_offset(tmp_path: Path) -> None:
    t = np.arange(RATE // 2) / RATE
    thumps = np.tile(np.sin(2 * np.pi * 50.0 * t) * np.exp(-t / 0.08), 10)[:, None].astype(np.float32)
    assert ask(stems(tmp_path, kick=thumps, bass=tone(31.0, 5.3)), "dc_offset") == []


@pytest.mark.parametrize(("floor_db", "expected"), [(-20.0, 1), (-45.0, 0)])
def test_noise_floor(tmp_path: Path, floor_db: float, expected: int) -> None:
    sound = tone(220.0, 6.0, RATE, level=0.2)
    sound[2 * RATE : 4 * RATE] = 0.0
    level = float(np.sqrt(np.mean(sound[:RATE] ** 2))) * 10 ** (floor_db / 20)
    result = indifferent(stems(tmp_path, a=sound + noise(6.0, RATE, level=level)), "noisy")
    assert len(result) == expected
    assert all("20 dB above" in row["message"] and 2.0 <= row["start_s"] <= 3.1 for row in result)


def test_soft_notes_are_no_noise(tmp_path: Path) -> None:
    soft = tone(220.0, 6.0, RATE, level=0.2)
    soft[2 * RATE : 4 * RATE] *= 0.1
    assert ask(stems(tmp_path, soft=soft, hiss=noise(6.0, RATE), drum=playing(3)), "noisy") == []


def test_long_silence_is_told_once(tmp_path: Path) -> None:
    late = np.concatenate([np.zeros((12 * RATE, 1), np.float32), playing(1, 4.0)])
    begin, end = sorted(
        indifferent(stems(tmp_path, late=late, later=late, early=late[::-1], none=playing(2)), "long_silence"),
        key=lambda row: row["message"],
    )
    assert begin["tracks"] == ("late", "later") and begin["message"].startswith("begin with")
    assert end["tracks"] == ("early",) and end["message"].startswith("ends with")


def test_other_sample_rates(tmp_path: Path) -> None:
    session = stems(tmp_path, a=playing(1), b=playing(2))
    assert ask(session, "sample_rates") == []
    write(tmp_path / "odd.wav", playing(3), 48000)
    (result,) = indifferent(hosts.open_session(tmp_path), "sample_rates")
    assert result["tracks"] == ("odd",) and "22050 Hz" in result["advice"]


def test_stereo(tmp_path: Path) -> None:
    a, b = playing(1), playing(2)
    session = stems(
        tmp_path,
        wide=np.hstack([a, b]),
        normal=np.hstack([a, 0.5 * a + 0.1 * b]),
        inverted=np.hstack([a, -a]),
        doubtful=np.hstack([a, b - 0.9 * a]),
        one=np.hstack([a, 0 * a]),
        twin=np.hstack([b, b]),
        mono=a,
    )
    result = indifferent(session, "mono", "one_sided", "dual_mono")
    assert {(row["check"], row["severity"], *row["tracks"]) for row in result} == {
        ("mono", "error", "inverted"),
        ("mono", "warning", "doubtful"),
        ("one_sided", "warning", "one"),
        ("dual_mono", "hint", "twin"),
    }


def test_the_sum_in_mono(tmp_path: Path) -> None:
    a, b = playing(1), playing(2)
    sounds = {"pad": np.hstack([a, -a]), "bass": 0.05 * np.hstack([b, b])}
    (result,) = ask(stems(tmp_path / "bad", **sounds), "mono_mix")
    assert result["tracks"] == () and "the sum of all tracks" in result["message"]
    sounds["pad"] = np.hstack([a, a])
    assert ask(stems(tmp_path / "good", **sounds), "mono_mix") == []


def test_lossy_files_are_heard(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.ogg", playing(1), RATE)
    assert ask(hosts.open_session(tmp_path)) == []

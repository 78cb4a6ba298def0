"""What recordings have to do with each other: polarity, offset, bleed, copies, masking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.jobs.lint.pairs import source_name
from tests.helpers.lint_sessions import RATE, SECONDS, ask, delayed, indifferent, playing, stems
from tests.helpers.sounds import noise, tone

PAIRS = ("duplicates", "polarity", "offset", "bleed")


def other_microphone(samples: np.ndarray, seed: int) -> np.ndarray:
    """The same sound through another, duller microphone with noise and some sound of its own."""
    dull = np.convolve(samples[:, 0], [0.2, 0.6, 0.2], "same")[:, None]
    return (0.5 * dull + 0.15 * playing(seed) + noise(SECONDS, RATE, level=2e-4, seed=seed)).astype(np.float32)


@pytest.mark.parametrize("names", [("kick_in", "kick_out"), ("bass_DI", "bass_amp"), ("drums__a1", "drums__b2")])
def test_polarity_of_close_microphones(tmp_path: Path, names: tuple[str, str]) -> None:
    source = playing(1)
    other = delayed(other_microphone(source, 2), 0.0001)
    good = stems(tmp_path / "good", **{names[0]: source, names[1]: other}, third=playing(5))
    bad = stems(tmp_path / "bad", **{names[0]: source, names[1]: -other}, third=playing(5))
    assert indifferent(good, *PAIRS) == []
    (result,) = indifferent(bad, *PAIRS)
    assert (result["check"], result["severity"]) == ("polarity", "warning") and len(result["tracks"]) == 2


@pytest.mark.parametrize("delay_ms", [0.5, 5.0, 15.0])
def test_offset_of_close_microphones(tmp_path: Path, delay_ms: float) -> None:
    source = playing(1)
    later = delayed(other_microphone(source, 2), delay_ms / 1000.0)
    (result,) = indifferent(stems(tmp_path, snare_top=source, snare_bottom=later), "offset", "polarity")
    assert result["check"] == "offset"
    said = float(result["message"].split(" ms")[0].split()[-1])
    assert result["message"].startswith("snare bottom comes") and said == pytest.approx(delay_ms, abs=0.11)


def test_bleed_says_from_where_how_late_and_how_loud(tmp_path: Path) -> None:
    snare, hats = playing(1, hits_per_s=2.0), playing(2, hits_per_s=0.7)
    leak = delayed(snare, 0.004)
    (result,) = indifferent(stems(tmp_path / "bad", snare=snare, hats=hats + 0.03 * leak), *PAIRS)
    assert result["check"] == "bleed" and result["tracks"] == ("hats", "snare") and result["severity"] == "hint"
    assert "snare is heard on hats, 4.0 ms later" in result["message"]
    room = noise(SECONDS, RATE, level=1e-4, seed=7)
    assert ask(stems(tmp_path / "good", snare=snare, hats=hats + room), *PAIRS) == []


def test_bleed_in_real_pauses_of_a_track_with_quiet_passages_of_its_own(tmp_path: Path) -> None:
    snare = playing(1, level=0.05)
    own = playing(2, level=0.5, hits_per_s=0.5)
    frames = len(own)
    softly = 0.08 * playing(3, level=0.5, hits_per_s=6.0)
    pause = np.zeros((frames, 1), np.float32)
    pause[: frames // 2] = 1.0
    session = stems(tmp_path, guitar=pause * (own + softly) + 0.1 * delayed(snare, 0.003), drum=snare)
    result = [row for row in indifferent(session, *PAIRS) if row["check"] == "bleed"]
    assert [row["tracks"] for row in result] == [("guitar", "drum")] and "3.0 ms later" in result[0]["message"]


@pytest.mark.parametrize("delay_ms", [21.0, 25.0, 47.9, 300.0, 4000.0])
def test_a_late_copy_is_an_offset_and_never_bleed(tmp_path: Path, delay_ms: float) -> None:
    source = playing(1)
    (result,) = ask(stems(tmp_path, camera=source, recorder=0.3 * delayed(source, delay_ms / 1000.0)), *PAIRS)
    assert result["check"] == "offset" and result["message"].startswith("recorder comes")
    said, unit = result["message"].split(" after")[0].split()[-2:]
    assert float(said) * {"ms": 1.0, "s": 1000.0}[unit] == pytest.approx(delay_ms, abs=0.06)


@pytest.mark.parametrize("drift", [1e-4, -1e-3])
def test_a_drifting_copy_is_named_with_its_drift(tmp_path: Path, drift: float) -> None:
    source = playing(1)
    times = (np.arange(len(source)) - 500.0) / (1.0 + drift)
    drifting = np.interp(times, np.arange(len(source)), source[:, 0])[:, None].astype(np.float32)
    (result,) = indifferent(stems(tmp_path, near=source, far=0.4 * drifting), *PAIRS)
    assert (result["check"], result["severity"]) == ("offset", "warning")
    assert float(result["message"].split("drifts by ")[1].split()[0]) == pytest.approx(1e6 * abs(drift), abs=6.0)


@pytest.mark.parametrize("bleed_db", [-14.0, -18.0, -24.0])
def test_bleed_is_told_by_the_level_on_its_own_track(tmp_path: Path, bleed_db: float) -> None:
    snare, hats = playing(1, hits_per_s=2.0), playing(2, hits_per_s=0.7)
    leak = 10.0 ** (bleed_db / 20.0) * delayed(snare, 0.005)
    (result,) = ask(stems(tmp_path, snare=snare, hats=hats + leak), "bleed")
    assert float(result["message"].split(" and ")[1].split()[0]) == pytest.approx(-bleed_db, abs=2.0)


def test_copies(tmp_path: Path) -> None:
    a, b = playing(1), playing(2)
    (result,) = indifferent(stems(tmp_path / "same", a=a, b=b, c=0.4 * a), *PAIRS)
    assert (result["check"], result["tracks"], result["severity"]) == ("duplicates", ("a", "c"), "warning")
    (result,) = indifferent(stems(tmp_path / "against", a=a, b=b, c=-a), *PAIRS)
    assert (result["check"], result["tracks"], result["severity"]) == ("polarity", ("a", "c"), "error")


def test_players_of_the_same_notes_are_not_the_same(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    notes = random.choice([110.0, 130.8, 146.8, 164.8], 24)
    lines = [
        np.concatenate([tone(note * cents, 0.5, RATE, harmonics=count, level=level) for note in notes])
        for cents, count, level in ((1.0, 6, 0.1), (1.003, 3, 0.05), (0.998, 8, 0.2))
    ]
    assert indifferent(stems(tmp_path, band__bass=lines[0], band__cello=lines[1], band__piano=lines[2]), *PAIRS) == []


def test_unrelated_tracks_and_short_ones(tmp_path: Path) -> None:
    session = stems(tmp_path, kit__a=playing(1), kit__b=playing(2), kit__c=playing(3), kit__d=playing(4)[:300])
    assert indifferent(session, *PAIRS) == []
    assert ask(stems(tmp_path / "one", alone=playing(1)), *PAIRS, "mono_mix", "always_masked") == []


def test_always_masked(tmp_path: Path) -> None:
    hiss = noise(6.0, RATE, level=0.1)
    session = stems(tmp_path, wall=hiss, voice=tone(500.0, 6.0, RATE, level=0.001), lead=tone(300.0, 6.0, RATE))
    (result,) = indifferent(session, "always_masked")
    assert result["tracks"] == ("voice",) and result["severity"] == "hint"


@pytest.mark.parametrize(("level_lu", "said"), [(-12.0, False), (-17.0, False), (-26.0, True)])
def test_what_is_covered_and_meant_so_is_not_said(tmp_path: Path, level_lu: float, said: bool) -> None:
    """In finished songs pads and doubles lie 12 to 17 LU down, wholly covered, and are missed when they are muted."""
    wall = noise(6.0, RATE, level=0.1, seed=1)
    pad = noise(6.0, RATE, level=0.1 * 10 ** (level_lu / 20), seed=2)
    lead = tone(300.0, 6.0, RATE)
    result = ask(stems(tmp_path, wall=wall, pad=pad, lead=lead), "always_masked")
    assert [row["tracks"] for row in result] == [("pad",)] * said


def test_a_session_that_nobody_balanced_is_told_once(tmp_path: Path) -> None:
    faint = {f"line_{index}": tone(200.0 * index, 4.0, RATE, level=0.001) for index in range(1, 6)}
    (result,) = indifferent(stems(tmp_path, wall=noise(4.0, RATE), **faint), "always_masked")
    assert (
        len(result["tracks"]) == 5 and "5 of 6 tracks" in result["message"] and "loudest is wall" in result["message"]
    )


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("01_KickIn.wav", "kick"),
        ("Kick Out", "kick"),
        ("Snare_Btm", "snare"),
        ("Bass DI", "bass"),
        ("OH L", "oh"),
        ("Track 1", ""),
        ("audio_02", ""),
        ("Audio Drama", "audio drama"),
    ],
)
def test_names_without_microphones(name: str, source: str) -> None:
    assert source_name(name) == source

"""What must not matter to the duck job does not matter: levels, widths, rates, where things stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from mixengine import hosts
from mixengine.model.session import Session
from mixengine.model.units import decibels
from tests.helpers.podcast import (
    RATE,
    depths,
    edited,
    envelopes,
    louder_clips,
    moved,
    plan,
    podcast,
    same_points,
    song,
    spans,
    speech,
)
from tests.helpers.sounds import write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return podcast(tmp_path / "pod")


@pytest.fixture
def session(folder: Path) -> Session:
    return hosts.open_session(folder)


@pytest.mark.parametrize("bed", ["keep", "loudness", "rms"])
def test_scaling_everything_changes_nothing(session: Session, bed: str) -> None:
    both = louder_clips(louder_clips(session, "voice", -17.0), "music", -17.0)
    same_points(plan(session, bed=bed), plan(both, bed=bed), 1e-4)


@pytest.mark.parametrize("gain_db", [-3.0, 4.0])
def test_gain_of_the_music_moves_the_depth(session: Session, gain_db: float) -> None:
    session = louder_clips(session, "music", 3.0)
    before = depths(plan(session, bed="keep"))
    (music,) = (track for track in session.tracks if track.name == "music")
    for louder in (
        louder_clips(session, "music", gain_db),
        edited(session, "music", fader_db=music.fader_db + gain_db),
    ):
        after = depths(plan(louder, bed="keep"))
        assert after == pytest.approx([depth + gain_db for depth in before], abs=0.15)


def test_mono_is_heard_from_both_sides(folder: Path) -> None:
    mono = song()[:, :1]
    write(folder / "music.wav", mono, RATE)
    one = plan(folder)
    write(folder / "music.wav", np.repeat(mono, 2, axis=1), RATE)
    same_points(one, plan(folder), 1e-5)
    write(folder / "voice.wav", np.repeat(speech(), 2, axis=1), RATE)
    same_points(one, plan(folder), 1e-5)


def test_a_later_start_shifts_everything(session: Session) -> None:
    later = plan(moved(moved(session, "voice", 10.0), "music", 10.0))
    one, other = envelopes(plan(session)), envelopes(later)
    for key, envelope in one.items():
        shifted = np.array([(p.time_s + 10.0, decibels(p.value)) for p in envelope.after])
        assert np.array([(p.time_s, decibels(p.value)) for p in other[key].after]) == pytest.approx(shifted, abs=0.1)
    only_speech = plan(moved(session, "voice", 5.03))
    assert spans(only_speech) == pytest.approx(spans(plan(session)) + 5.03, abs=0.1)


def test_rates_and_lengths_may_differ(folder: Path) -> None:
    one = plan(folder)
    write(folder / "voice.wav", soxr.resample(speech(), RATE, 48000), 48000)
    write(folder / "music.wav", song(44100, seconds=15.0), 44100)
    other = plan(folder)
    assert depths(other)[0] == pytest.approx(depths(one)[0], abs=0.5)
    assert spans(other) == pytest.approx(spans(one)[: len(spans(other))], abs=0.15)


def test_music_in_surround_is_ducked(folder: Path) -> None:
    six = np.concatenate([song(), song(), song()], axis=1)
    write(folder / "music.wav", six, RATE)
    assert all(depth > 5.0 for depth in depths(plan(folder, bed="keep")))


def test_broken_samples_are_silence(folder: Path) -> None:
    broken = song()
    broken[RATE * 4 : RATE * 4 + 50] = np.nan
    broken[RATE * 15, 0] = np.inf
    one = plan(folder)
    write(folder / "music.wav", broken, RATE)
    assert depths(plan(folder)) == pytest.approx(depths(one), abs=0.2)

"""Microphones in one room: who uses which, and how loud each speaker is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mixengine.app import workflow
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs.balance import microphones
from mixengine.jobs.balance.settings import BalanceSettings
from tests.helpers import sounds
from tests.helpers.conversation import RATE, room, voices


def loudness(sound: np.ndarray) -> float:
    meter = LoudnessMeter(RATE, 1, dual_mono=True)
    meter.add(sound[:, None])
    return meter.integrated()


def balanced(folder: Path, start_from: str = "scratch", **microphone: np.ndarray) -> dict:
    for name, sound in microphone.items():
        sounds.write(folder / f"{name.replace('_', ' ')}.wav", sound[:, None], RATE)
    outcome = workflow.run_job("balance", folder, BalanceSettings(cache=False, start_from=start_from), dry_run=True)
    return {row["name"]: row for row in outcome.to_dict()["tracks"]}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> dict:
    said = voices()
    bled = {name.replace(" ", "_"): room(said, name, -15.0) for name in said}
    return balanced(tmp_path_factory.mktemp("talk"), **bled, Guest_3=room(said, "Guest 3", -35.0))


def test_a_microphone_that_nobody_uses_stays_where_it_is_and_is_named(session):
    row = session["Guest 3"]
    assert row["fader_after_db"] == row["fader_before_db"]
    assert "nothing of its own in it" in row["reason"] and "mute it" in row["reason"]


def test_speakers_are_as_loud_as_they_speak_and_come_to_one_level(session):
    said = voices()
    reached = []
    for name, voice in said.items():
        row = session[name]
        assert row["measured_lufs"] == pytest.approx(loudness(voice), abs=1.0)
        reached.append(row["measured_lufs"] + row["gain_db"])
    assert np.ptp(reached) < 0.1


def test_that_one_speaker_is_softer_is_nobodys_taste(tmp_path):
    said = voices()
    gains = dict(zip(said, (1.0, 0.4, 0.6), strict=False))
    alone = {name.replace(" ", "_"): np.float32(gains.get(name, 1.0)) * voice for name, voice in said.items()}
    rows = balanced(tmp_path, start_from="auto", **alone)
    measured = [row["measured_lufs"] for row in rows.values()]
    reached = [row["measured_lufs"] + row["gain_db"] for row in rows.values()]
    assert np.ptp(measured) > 5.0 and np.ptp(reached) < 0.1
    assert all("one level with the other speakers" in row["reason"] for row in rows.values())


def test_no_gain_of_a_microphone_changes_who_is_ahead():
    generator = np.random.default_rng(3)
    powers = {name: np.square(generator.standard_normal(400)) * generator.uniform(0.1, 9.0) for name in "abc"}
    before = microphones.speaking_lufs(powers)
    after = microphones.speaking_lufs({name: trace * 100.0 if name == "b" else trace for name, trace in powers.items()})
    assert after == pytest.approx({**before, "b": before["b"] + 20.0}, abs=1e-6)


def test_one_word_is_a_sound_of_its_own():
    generator = np.random.default_rng(5)
    other = np.repeat(generator.uniform(1e-4, 1e-2, 60), 10)
    bleed = other * 1e-3 + 1e-8 * generator.uniform(0.8, 1.2, len(other))
    assert not microphones.holds_sound_of_its_own(bleed, [other])
    word = bleed.copy()
    word[300:307] += 1e-4
    assert microphones.holds_sound_of_its_own(word, [other])
    assert microphones.holds_sound_of_its_own(np.roll(other, 35), [other])


def test_steady_noise_is_no_sound_of_its_own_and_silence_neither():
    steady = 1e-6 * np.random.default_rng(6).uniform(0.8, 1.2, 500)
    assert not microphones.holds_sound_of_its_own(steady, [])
    assert not microphones.holds_sound_of_its_own(np.zeros(500), [])

"""Voices at one level, from files to a project and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app import workflow
from mixengine.jobs import registry
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.level.details import LevelDetails
from mixengine.jobs.level.settings import LevelSettings
from mixengine.model.plan import Envelope, MixPlan, from_json
from mixengine.model.session import VOLUME_PRE_FX, Session
from mixengine.system.errors import UserError
from tests.helpers import conversation, signals
from tests.helpers.sounds import tone, write

SETTINGS = LevelSettings(cache=False)
RATE, LENGTH_S = conversation.RATE, 40.0
TURNS = tuple((start_s, start_s + 4.0) for start_s in np.arange(0.5, LENGTH_S - 4.0, 5.0).tolist())
LEVELS_DB = (0.0, -7.0, 3.0, -4.0, 5.0, -6.0, 1.0, 4.0)


def uneven() -> np.ndarray:
    """Somebody who says every sentence at another level, and hiss."""
    sound = signals.talk(RATE, TURNS, LENGTH_S).reshape(-1)
    for (start_s, end_s), level_db in zip(TURNS, LEVELS_DB, strict=True):
        sound[round(start_s * RATE) : round(end_s * RATE)] *= 10.0 ** (level_db / 20.0)
    return 0.3 * sound + 3e-5 * np.random.default_rng(1).standard_normal(len(sound))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("uneven")
    write(root / "Host.wav", uneven()[:, None].astype(np.float32), RATE)
    write(root / "Music.wav", tone(220.0, LENGTH_S, RATE), RATE)
    return root


@pytest.fixture(scope="module")
def session(folder: Path) -> Session:
    return hosts.open_session(folder)


@pytest.fixture(scope="module")
def plan(session: Session) -> MixPlan:
    return decided(session)


def decided(session: Session, **settings: object) -> MixPlan:
    return registry.run("level", session, replace(SETTINGS, **settings))


def details(plan: MixPlan) -> LevelDetails:
    assert isinstance(plan.details, LevelDetails)
    return plan.details


def test_a_voice_is_ridden_before_its_plugins_and_music_is_not(plan: MixPlan) -> None:
    (change,) = plan.changes
    assert isinstance(change, Envelope) and change.envelope == VOLUME_PRE_FX and change.drawn_by == "level"
    (voice,) = details(plan).voices
    assert voice.track == "Host" and voice.spread_before_lu > 8.0 and voice.spread_after_lu < 4.0
    assert voice.after_lufs == pytest.approx(voice.loudness_lufs, abs=1.0)
    assert len(change.after) <= 12.0 * LENGTH_S / 60.0 and "phrases varied by" in change.reason
    assert from_json(plan.to_json()).to_json() == plan.to_json()


def test_a_gain_of_the_session_changes_no_point(session: Session, plan: MixPlan) -> None:
    louder = replace(
        session,
        tracks=tuple(replace(t, clips=tuple(replace(c, gain_db=-20.0) for c in t.clips)) for t in session.tracks[::-1]),
    )
    before, after = (details(each).envelopes[0].points for each in (plan, decided(louder)))
    assert [point[0] for point in after] == [point[0] for point in before]
    assert [point[1] for point in after] == pytest.approx([point[1] for point in before], abs=0.3)


def test_target_strength_and_style(session: Session, plan: MixPlan) -> None:
    (voice,) = details(decided(session, target_lufs=-30.0)).voices
    assert voice.after_lufs == pytest.approx(-30.0, abs=0.1)
    assert not decided(session, strength=0.0).changes
    (singer,) = details(decided(session, style="singing", track=("Host",))).voices
    (speaker,) = details(plan).voices
    assert singer.highest_db - singer.lowest_db < speaker.highest_db - speaker.lowest_db


def test_bleed_of_others_is_not_raised(tmp_path: Path) -> None:
    said = conversation.voices()
    for name in said:
        write(tmp_path / f"{name}.wav", conversation.room(said, name, -14.0)[:, None].astype(np.float32), RATE)
    measured = details(decided(hosts.open_session(tmp_path)))
    spoken_s = {name: sum(b - a for a, b in turns) for name, turns in conversation.TURNS_S.items()}
    assert {voice.track: voice.speaks_s for voice in measured.voices} == pytest.approx(spoken_s, abs=1.5)


def test_running_twice_and_after_an_automix_stacks_nothing(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.RPP", tmp_path / "second.RPP"
    workflow.run_job("level", folder, SETTINGS, out=str(first))
    workflow.run_job("level", first, SETTINGS, out=str(second))
    once, twice = (
        {t.name: [(a.kind, a.points) for a in t.automation] for t in hosts.open_session(path).tracks}
        for path in (first, second)
    )
    assert once == twice and [kind for kind, _ in once["Host"]] == [VOLUME_PRE_FX]
    assert not workflow.run_job("automix", first, AutomixSettings(cache=False), dry_run=True).plan.changes


def test_an_unknown_track_is_named(session: Session) -> None:
    with pytest.raises(UserError, match="Ghost"):
        decided(session, track=("Ghost",))

"""The automix of people in one room, from files to a project and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app import workflow
from mixengine.hosts.rpp.envelopes import same_points
from mixengine.jobs import registry
from mixengine.jobs.automix.details import AutomixDetails
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.mixer.engine import Engine
from mixengine.mixer.routing import graph
from mixengine.model.plan import Envelope, MixPlan, from_json
from mixengine.model.session import Session
from mixengine.system.errors import UserError
from tests.helpers import conversation, signals
from tests.helpers.conversation import LENGTH_S, RATE, TURNS_S
from tests.helpers.sounds import noise, tone, write

SETTINGS = AutomixSettings(cache=False)


def conversation_folder(root: Path, bleed_db: float = -14.0, decay_s: float = 0.05) -> Path:
    said = conversation.voices()
    for name in said:
        sound = conversation.room(said, name, bleed_db, decay_s)
        write(root / f"{name}.wav", sound[:, None].astype(np.float32), RATE)
    return root


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return conversation_folder(tmp_path_factory.mktemp("talk"))


@pytest.fixture(scope="module")
def session(talk: Path) -> Session:
    return hosts.open_session(talk)


@pytest.fixture(scope="module")
def plan(session: Session) -> MixPlan:
    return decided(session)


def decided(session: Session, **settings: object) -> MixPlan:
    return registry.run("automix", session, replace(SETTINGS, **settings))


def details(plan: MixPlan) -> AutomixDetails:
    assert isinstance(plan.details, AutomixDetails)
    return plan.details


def envelopes(plan: MixPlan) -> dict[str, tuple]:
    return {change.track: change.after for change in plan.changes if isinstance(change, Envelope)}


def turns(plan: MixPlan) -> dict[str, list[tuple[float, float]]]:
    result = details(plan).turns or {}
    return {mic.track: list(result[mic.id]) for mic in details(plan).mics}


def mixed(session: Session) -> np.ndarray:
    return np.concatenate([block for block, _ in Engine(session, graph(session)).blocks()]).mean(axis=1)


def clarity_db(mix: np.ndarray, voices: np.ndarray) -> float:
    """SI-SDR of a mix to the voices alone."""
    count = min(len(mix), len(voices))
    mix, voices = mix[:count], voices[:count]
    wanted = voices * (mix @ voices) / (voices @ voices)
    return float(10.0 * np.log10((wanted @ wanted) / np.square(mix - wanted).sum()))


def level_db(samples: np.ndarray) -> float:
    return float(10.0 * np.log10(np.square(samples).mean()))


@pytest.mark.parametrize(("bleed_db", "decay_s"), [(-14.0, 0.05), (-9.0, 0.02), (-14.0, 0.13)])
def test_who_speaks_when_is_heard_through_the_bleed(bleed_db: float, decay_s: float, tmp_path: Path) -> None:
    plan = decided(hosts.open_session(conversation_folder(tmp_path, bleed_db, decay_s)))
    for name, spans in turns(plan).items():
        told = np.zeros(round(LENGTH_S * 100), dtype=bool)
        for start_s, end_s in spans:
            told[round(start_s * 100) : round(end_s * 100)] = True
        real = np.zeros_like(told)
        for start_s, end_s in TURNS_S[name]:
            real[round(start_s * 100) : round(end_s * 100)] = True
        assert told[real].mean() > 0.9 and told[~real].mean() < 0.06, name


def test_the_mix_is_clearer_and_nobody_is_cut(talk: Path, session: Session, tmp_path: Path) -> None:
    voices = sum(conversation.voices().values())
    out = tmp_path / "talk.RPP"
    workflow.run_job("automix", talk, SETTINGS, out=str(out))
    after = mixed(hosts.open_session(out))
    assert clarity_db(after, voices) > clarity_db(mixed(session), voices) + 7.0
    before = mixed(session)
    for start_s, end_s in (span for spans in TURNS_S.values() for span in spans):
        part = slice(round(start_s * RATE), round((end_s - 0.05) * RATE))
        assert level_db(after[part]) == pytest.approx(level_db(before[part]), abs=1.0)


def test_what_it_says_of_the_room(plan: MixPlan) -> None:
    measured = details(plan)
    assert {mic.track: mic.room for mic in measured.mics} == dict.fromkeys(TURNS_S, 1)
    assert measured.bleed_before_db is not None and measured.bleed_after_db is not None
    assert measured.bleed_before_db == pytest.approx(-11.0, abs=2.5)
    assert measured.bleed_after_db < measured.bleed_before_db - 7.0
    host = next(mic for mic in measured.mics if mic.track == "Host")
    assert host.hears is not None and host.hears["Guest 1"] == pytest.approx(-14.0, abs=3.0)
    reasons = [change.reason for change in plan.changes]
    assert all("open" in reason and "% of the time; hears" in reason for reason in reasons) and len(reasons) == 3
    assert from_json(plan.to_json()).to_json() == plan.to_json()
    assert sum(len(points) for points in envelopes(plan).values()) < 40


@pytest.mark.parametrize("gain_db", [-40.0, 12.0])
def test_a_gain_of_everything_changes_nothing(session: Session, plan: MixPlan, gain_db: float) -> None:
    louder = replace(
        session,
        tracks=tuple(
            replace(t, clips=tuple(replace(c, gain_db=c.gain_db + gain_db) for c in t.clips)) for t in session.tracks
        ),
    )
    assert turns(decided(louder)) == turns(plan)


def test_a_gain_of_one_microphone_hardly_changes_who_speaks(session: Session, plan: MixPlan) -> None:
    first = session.tracks[0]
    turned = replace(first, clips=tuple(replace(clip, gain_db=9.0) for clip in first.clips))
    assert turns(decided(replace(session, tracks=(turned, *session.tracks[1:])))) == turns(plan)


def test_the_order_of_tracks_does_not_matter(session: Session, plan: MixPlan) -> None:
    assert turns(decided(replace(session, tracks=session.tracks[::-1]))) == turns(plan)


def test_later_is_the_same_later(session: Session, plan: MixPlan) -> None:
    moved = replace(
        session,
        tracks=tuple(replace(t, clips=tuple(replace(c, position_s=5.0) for c in t.clips)) for t in session.tracks),
    )
    later = turns(decided(moved))
    for name, spans in turns(plan).items():
        assert later[name] == [pytest.approx((a + 5.0, b + 5.0), abs=1e-6) for a, b in spans]


def test_a_remote_guest_is_left_alone(tmp_path: Path) -> None:
    conversation_folder(tmp_path)
    remote = signals.talk(RATE, ((3.1, 5.6), (11.0, 13.1), (15.1, 18.1)), LENGTH_S).reshape(-1, 1).astype(np.float32)
    write(tmp_path / "Guest 3 (remote).wav", remote + noise(LENGTH_S, RATE, level=1e-4), RATE)
    plan = decided(hosts.open_session(tmp_path))
    remote_mic = next(mic for mic in details(plan).mics if "remote" in mic.track)
    assert remote_mic.room == 0 and remote_mic.id not in envelopes(plan)
    assert any("remote" in note and "left alone" in note for note in plan.notes)
    assert len(envelopes(plan)) == 3


def test_without_bleed_nothing_changes(tmp_path: Path) -> None:
    said = conversation.voices()
    for number, (name, voice) in enumerate(said.items()):
        hiss = noise(LENGTH_S, RATE, level=1e-4, seed=number)
        write(tmp_path / f"{name}.wav", voice[:, None].astype(np.float32) + hiss, RATE)
    plan = decided(hosts.open_session(tmp_path))
    assert not plan.changes and "no microphones that hear each other: nothing to automix" in plan.notes


def test_an_unused_microphone_waits(tmp_path: Path) -> None:
    conversation_folder(tmp_path)
    idle = conversation.room(conversation.voices(), "Guest 3", -30.0)[:, None].astype(np.float32)
    write(tmp_path / "Guest 3.wav", idle, RATE)
    plan = decided(hosts.open_session(tmp_path))
    mic = next(mic for mic in details(plan).mics if mic.track == "Guest 3")
    assert mic.speaks_s < 0.5 and mic.open_share < 0.1


def test_music_is_no_microphone(tmp_path: Path) -> None:
    conversation_folder(tmp_path)
    write(tmp_path / "Music.wav", tone(220.0, LENGTH_S, RATE), RATE)
    write(tmp_path / "Audio 7.wav", tone(330.0, LENGTH_S, RATE), RATE)
    plan = decided(hosts.open_session(tmp_path))
    assert {mic.track for mic in details(plan).mics} == set(TURNS_S)


def test_only_selected_tracks_change_and_strength_is_a_share(session: Session) -> None:
    chosen = replace(session, tracks=tuple(replace(t, selected=t.name == "Host") for t in session.tracks))
    plan = decided(chosen, selected_only=True)
    assert list(envelopes(plan)) == [t.id for t in session.tracks if t.name == "Host"]
    half = details(decided(session, strength=50.0))
    assert half.floor_db == pytest.approx(-7.5)
    assert min(gain_db for drawn in half.envelopes for _, gain_db, _ in drawn.points) == pytest.approx(-7.5)
    assert not decided(session, strength=0.0).changes


def test_a_locked_microphone_stays_open(session: Session, plan: MixPlan) -> None:
    locked = decided(replace(session, tracks=tuple(replace(t, locked=t.name == "Guest 1") for t in session.tracks)))
    shares, before = ({mic.track: mic.open_share for mic in details(each).mics} for each in (locked, plan))
    assert shares == before | {"Guest 1": 1.0} and before["Guest 1"] < 0.5
    assert {drawn.track for drawn in details(locked).envelopes} == {"Host", "Guest 2"}
    assert details(plan).bleed_after_db + 2.0 < details(locked).bleed_after_db < details(plan).bleed_before_db
    assert "Guest 1: locked, its envelopes stay: left alone" in locked.notes


def test_names_choose_and_bad_ones_are_told(session: Session) -> None:
    two = decided(session, mic=("Host", "Guest 1"))
    assert {mic.track for mic in details(two).mics} == {"Host", "Guest 1"}
    with pytest.raises(UserError, match=r"no track is called 'Hots' \(did you mean 'Host'"):
        decided(session, mic=("Hots",))


def test_twice_is_once_and_a_duck_stays(tmp_path: Path, run) -> None:
    stems = conversation_folder(tmp_path / "stems")
    write(stems / "Music.wav", 0.3 * noise(LENGTH_S, RATE, level=0.3), RATE)
    song = tmp_path / "talk.RPP"
    workflow.run_job("automix", stems, SETTINGS, out=str(song))
    workflow.run_job("duck", song, DuckSettings(music=("Music",)), in_place=True)

    def drawn() -> dict[str, tuple]:
        return {t.name: tuple(a.points for a in t.automation if a.points) for t in hosts.open_session(song).tracks}

    both = drawn()
    assert all(both[name] for name in (*TURNS_S, "Music"))
    again = workflow.run_job("automix", song, SETTINGS, in_place=True)
    for change in again.plan.changes:
        assert isinstance(change, Envelope) and same_points(list(change.before), change.after), change.reason
    ducked = workflow.run_job("duck", song, DuckSettings(music=("Music",)), in_place=True)
    assert drawn() == both
    assert run("revert", ducked.outputs["plan"], song, "--in-place").returncode == 0
    assert not any(drawn().values())


def test_the_table_and_the_json(talk: Path, run) -> None:
    done = run("automix", talk, "--no-cache", "--json", "--dry-run")
    data = json.loads(done.stdout)
    assert {mic["track"] for mic in data["mics"]} == set(TURNS_S)
    assert data["bleed_after_db"] < data["bleed_before_db"]
    assert all(drawn["points"] for drawn in data["envelopes"])
    shown = run("automix", talk, "--no-cache", "--dry-run").stdout
    assert "Guest 2" in shown and "All speakers in the microphones of others" in shown

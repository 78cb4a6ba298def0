"""Voices at one level, from files to a project and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mixengine import hosts
from mixengine.app import workflow
from mixengine.app.pages import page
from mixengine.jobs import registry
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.envelopes.drawn import DrawnEnvelope
from mixengine.jobs.level import figures, table
from mixengine.jobs.level.details import LevelDetails, Voice
from mixengine.jobs.level.settings import LevelSettings
from mixengine.jobs.level.view import VIEW
from mixengine.model import apply
from mixengine.model.plan import Envelope, MixPlan, from_json
from mixengine.model.session import (
    VOLUME,
    VOLUME_PRE_FX,
    VOLUME_TRIM,
    Automation,
    EnvelopePoint,
    Receive,
    Session,
    Track,
)
from mixengine.model.units import amplitude
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


def test_a_voice_is_heard_where_its_sends_lead_it(session: Session, plan: MixPlan) -> None:
    """A bus without effects, 6 dB down, fed by a send and not by the main way."""
    host = next(track for track in session.tracks if track.name == "Host")
    bus = Track("bus", "Voices", fader_db=-6.0, receives=(Receive(host.id),))
    tracks = tuple(replace(track, main_send=track.id != host.id) for track in session.tracks)
    (sent,) = details(decided(replace(session, tracks=(*tracks, bus)))).voices
    (straight,) = details(plan).voices
    assert sent.loudness_lufs == pytest.approx(straight.loudness_lufs - 6.0, abs=1e-6)


def test_target_strength_and_style(session: Session, plan: MixPlan) -> None:
    (voice,) = details(decided(session, target_lufs=-30.0)).voices
    assert voice.after_lufs == pytest.approx(-30.0, abs=0.1)
    assert not decided(session, strength=0.0).changes
    assert not decided(session, strength=0.0, target_lufs=-30.0).changes
    (half,) = details(decided(session, strength=50.0, target_lufs=-30.0)).voices
    assert half.after_lufs == pytest.approx(0.5 * (half.loudness_lufs - 30.0), abs=0.1)
    (singer,) = details(decided(session, style="singing", track=("Host",))).voices
    (speaker,) = details(plan).voices
    assert singer.highest_db - singer.lowest_db < speaker.highest_db - speaker.lowest_db


def automated(session: Session, *points: EnvelopePoint, kind: str = VOLUME_TRIM) -> Session:
    """The voice with an envelope that the user drew."""
    drawn_by_hand = (Automation(kind, points),)
    return replace(
        session, tracks=tuple(replace(t, automation=drawn_by_hand) if t.name == "Host" else t for t in session.tracks)
    )


@pytest.mark.parametrize("kind", [VOLUME, VOLUME_TRIM])
def test_a_voice_that_the_user_rode_by_hand_is_at_one_level(session: Session, kind: str) -> None:
    square = 1
    points = (
        EnvelopePoint(max(start_s - 0.5, 0.0), amplitude(-level_db), square)
        for (start_s, _), level_db in zip(TURNS, LEVELS_DB, strict=True)
    )
    plan = decided(automated(session, *points, kind=kind))
    (voice,) = details(plan).voices
    assert voice.spread_before_lu < 2.0 and not plan.changes


@pytest.mark.parametrize("place", [VOLUME_TRIM, "folder"])
def test_the_target_is_reached_behind_the_users_own_envelopes(session: Session, place: str) -> None:
    lower = EnvelopePoint(0.0, amplitude(-10.0))
    if place == "folder":
        folder = Track("{folder}", "Voices", is_folder=True, automation=(Automation(VOLUME, (lower,)),))
        inside = tuple(replace(track, parent=folder.id) for track in session.tracks)
        lowered = replace(session, tracks=(folder, *inside))
    else:
        lowered = automated(session, lower, kind=place)
    (before,), (after,) = (
        details(decided(of, target_lufs=target)).envelopes for of, target in ((session, -30.0), (lowered, -40.0))
    )
    assert [point[0] for point in after.points] == [point[0] for point in before.points]
    assert [point[1] for point in after.points] == pytest.approx([point[1] for point in before.points], abs=0.1)


def test_what_other_jobs_drew_is_not_heard(session: Session, plan: MixPlan) -> None:
    host = next(track for track in session.tracks if track.name == "Host")
    points = (EnvelopePoint(0.0, 1.0), EnvelopePoint(11.0, 0.1), EnvelopePoint(30.0, 0.1), EnvelopePoint(31.0, 1.0))
    ducked = Envelope(host.id, VOLUME, 0.0, 31.0, (), points, created=True, drawn_by="duck")
    standing = replace(apply.applied(session, [ducked]), drawn=(ducked,))
    assert decided(standing).changes == plan.changes
    by_hand = (replace(point, value=0.25) if point.value < 1.0 else point for point in points)
    users = replace(automated(session, *by_hand, kind=VOLUME), drawn=(ducked,))
    without = decided(replace(users, drawn=()))
    assert decided(users).changes == without.changes != plan.changes, "what is not there any more is not taken back"


def test_a_named_singer_is_no_bleed_of_a_double(tmp_path: Path) -> None:
    said = uneven()
    late = np.roll(said, round(0.01 * RATE)) * np.float32(0.7)
    for name, sound in (("Lead Vox", said), ("Lead Vox Double", late)):
        write(tmp_path / "song" / f"{name}.wav", sound[:, None].astype(np.float32), RATE)
    both = hosts.open_session(tmp_path / "song")
    for name in ("Lead Vox", "Lead Vox Double"):
        alone = replace(both, tracks=tuple(track for track in both.tracks if track.name == name))
        voices = [details(decided(each, style="singing", track=(name,))).voices for each in (both, alone)]
        assert voices[0] == voices[1]
        assert voices[0][0].speaks_s > 5.0


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, said = tmp_path_factory.mktemp("talk"), conversation.voices()
    said["Host"][round(10.0 * RATE) :] *= 0.5
    for name in said:
        write(root / f"{name}.wav", conversation.room(said, name, -14.0)[:, None].astype(np.float32), RATE)
    return root


def drawn(path: Path) -> dict[str, list[tuple]]:
    return {
        track.name: [(a.kind, [(p.time_s, p.value, p.shape) for p in a.points]) for a in track.automation]
        for track in hosts.open_session(path).tracks
    }


def test_bleed_of_others_is_not_raised_and_naming_one_voice_changes_nothing_for_it(talk: Path) -> None:
    room = hosts.open_session(talk)
    measured = details(decided(room, target_lufs=-20.0))
    spoken_s = {name: sum(b - a for a, b in turns) for name, turns in conversation.TURNS_S.items()}
    assert {voice.track: voice.speaks_s for voice in measured.voices} == pytest.approx(spoken_s, abs=1.5)
    alone = details(decided(room, target_lufs=-20.0, track=("Guest 2",)))
    assert alone.voices == tuple(voice for voice in measured.voices if voice.track == "Guest 2")
    assert alone.envelopes and alone.envelopes == tuple(e for e in measured.envelopes if e.track == "Guest 2")


def test_running_twice_stacks_nothing(folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.RPP", tmp_path / "second.RPP"
    workflow.run_job("level", folder, SETTINGS, out=str(first))
    workflow.run_job("level", first, SETTINGS, out=str(second))
    once, twice = drawn(first), drawn(second)
    assert once == twice and [kind for kind, _ in once["Host"]] == [VOLUME_PRE_FX]


def test_level_and_automix_come_to_the_same_in_both_orders(talk: Path, tmp_path: Path) -> None:
    jobs = {"level": SETTINGS, "automix": AutomixSettings(cache=False)}
    results = []
    for order in (list(jobs), list(jobs)[::-1]):
        source = talk
        for name in order:
            out = tmp_path / f"{order[0]} first, {name}.RPP"
            workflow.run_job(name, source, jobs[name], out=str(out))
            source = out
        results.append({name: sorted(envelopes) for name, envelopes in drawn(source).items()})
    kinds = {name: [kind for kind, _ in envelopes] for name, envelopes in results[0].items()}
    assert all(VOLUME in of_track for of_track in kinds.values())
    assert any(VOLUME_PRE_FX in of_track for of_track in kinds.values())
    assert results[0] == results[1]


def test_a_voice_that_may_not_be_ridden_is_named(session: Session) -> None:
    tracks = tuple(replace(track, locked=True, selected=track.name == "Music") for track in session.tracks)
    for settings, why in (({}, "locked: left alone"), ({"selected_only": True}, "not selected")):
        plan = decided(replace(session, tracks=tracks), **settings)
        (voice,) = details(plan).voices
        assert voice.why == why and not plan.changes and not details(plan).envelopes
        (said, named) = VIEW.sentences(SimpleNamespace(plan=plan))
        assert said == "No voice was changed." and named == f"Host: {why}."


def test_an_unknown_track_is_named(session: Session) -> None:
    with pytest.raises(UserError, match="Ghost"):
        decided(session, track=("Ghost",))


def test_the_page_shows_the_voice(session: Session, plan: MixPlan) -> None:
    text = page(session, plan, lambda *_: None)
    assert "1 voice ridden by" in text and "Host: phrases varied by" in text


def test_two_voices_of_one_name_keep_their_points_apart() -> None:
    voices = (Voice("{a}", "Guest"), Voice("{b}", "Guest"))
    drawn_one = DrawnEnvelope("Guest", VOLUME_PRE_FX, "amplitude", ((0.0, 1.0, 0), (1.0, 2.0, 0)), "{b}")
    assert [row[-1] for row in table.rows(LevelDetails(voices, (drawn_one,)))] == ["0", "2"]


def test_a_steady_voice_is_drawn_steady() -> None:
    from matplotlib.axes import Axes

    spans = []
    set_limits = Axes.set_ylim
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Axes, "set_ylim", lambda axis, *a, **k: (spans.append(a), set_limits(axis, *a, **k))[1])
        voice = Voice("{a}", "Host", loudness=(-20.0, -20.1, -20.0), gain=(0.0, 0.0, 0.0))
        assert figures.rides(LevelDetails((voice,)))
    assert next(span[1] - span[0] for span in spans if len(span) == 2) == pytest.approx(6.0)

"""The duck job on sessions made of WAV files: who is what, and what a person asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine import hosts
from mixengine.model.plan import Fader, Marker
from mixengine.model.session import VOLUME, VOLUME_KINDS, Automation, EnvelopePoint, Session, Track
from mixengine.model.units import amplitude
from mixengine.system.errors import UserError
from tests.helpers.paths import REAL_AUDIO
from tests.helpers.podcast import (
    LENGTH_S,
    PHRASES_S,
    RATE,
    depths,
    edited,
    envelopes,
    louder_clips,
    plan,
    podcast,
    same_points,
    song,
    spans,
)
from tests.helpers.signals import phrase, talk
from tests.helpers.sounds import noise, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return podcast(tmp_path / "pod")


@pytest.fixture
def session(folder: Path) -> Session:
    return hosts.open_session(folder)


def test_music_steps_back_under_each_phrase(session: Session) -> None:
    result = plan(session, bed="keep")
    assert result.details["speech"] == ["voice"] and result.details["music"] == ["music"]
    assert spans(result) == pytest.approx(np.array(PHRASES_S), abs=0.3)
    (envelope,) = envelopes(result).values()
    assert (len(envelope.after), envelope.envelope, envelope.created) == (8, VOLUME, True)
    assert "ducked" in envelope.reason and "10.0 LU" in envelope.reason
    for region in result.details["regions"]:
        after_lufs = region["background_lufs"] - region["depth_db"]
        assert region["met"] and 9.8 <= region["least_lu"] <= 11.0
        assert region["speech_lufs"] - after_lufs == pytest.approx(10.5, abs=1.0)


# ------------------------------------------------------------------------------------------------------- who is what


@pytest.mark.skipif(not (REAL_AUDIO / "speech").is_dir(), reason="no real recordings here")
def test_sound_tells_speech_from_music(tmp_path: Path) -> None:
    for name, kind in (("take 1", "speech"), ("take 2", "music")):
        path = sorted(path for path in (REAL_AUDIO / kind).rglob("*") if path.suffix in (".wav", ".flac", ".ogg"))[0]
        samples, rate = soundfile.read(path, frames=20 * soundfile.info(path).samplerate, always_2d=True)
        write(tmp_path / "s" / f"{name}.wav", samples, rate)
    result = plan(tmp_path / "s")
    assert (result.details["speech"], result.details["music"]) == (["take 1"], ["take 2"])


def test_the_user_knows_better_than_names_and_sound(folder: Path) -> None:
    (folder / "voice.wav").rename(folder / "guitar.wav")
    (folder / "music.wav").rename(folder / "narrator.wav")
    result = plan(folder, speech=("guitar",), music=("narrator",))
    assert (result.details["speech"], result.details["music"]) == (["guitar"], ["narrator"])
    assert depths(result)
    assert plan(folder, roles=("guitar=voice", "narrator=music")).details["speech"] == ["guitar"]
    with pytest.raises(UserError, match="given as speech and as music"):
        plan(folder, speech=("guitar",), music=("guitar",))
    with pytest.raises(UserError, match="no track is called 'gitar'"):
        plan(folder, speech=("gitar",))


def test_the_order_of_tracks_does_not_matter(folder: Path) -> None:
    write(folder / "host.wav", talk(RATE, ((8.0, 12.0),), 20.0)[:, None].astype(np.float32), RATE)
    session = hosts.open_session(folder)
    one = plan(session)
    same_points(one, plan(replace(session, tracks=session.tracks[::-1])))
    assert len(one.details["activity"]) >= 3
    for order in (("voice", "host"), ("host", "voice")):
        same_points(one, plan(session, speech=order))


def test_voice_over_has_priority_over_an_interview(folder: Path) -> None:
    write(folder / "interview.wav", phrase(RATE, LENGTH_S, 95.0)[:, None].astype(np.float32), RATE)
    session = hosts.open_session(folder)
    assert depths(plan(session), "speech") == []
    result = plan(session, priority=("voice",))
    over = [region for region in result.details["regions"] if region["background"] == "speech"]
    assert [r["start_s"] for r in over] == pytest.approx([start for start, _ in PHRASES_S], abs=0.3)
    assert {session.track(key).name for key in envelopes(result)} == {"interview", "music"}


def test_ambience_stays_further_away(folder: Path) -> None:
    write(folder / "roomtone.wav", noise(LENGTH_S, RATE, level=0.1), RATE)
    result = plan(folder, bed="keep")
    assert result.details["ambience"] == ["roomtone"]
    assert result.details["target_lu"] == {"music": 10.0, "ambience": 15.0}
    least = {r["background"]: r["least_lu"] for r in result.details["regions"]}
    assert least["music"] == pytest.approx(10.4, abs=0.6) and least["ambience"] == pytest.approx(15.4, abs=0.6)
    assert plan(folder, target_lu=6.0).details["target_lu"] == {"music": 6.0, "ambience": 11.0}


# ------------------------------------------------------------------------------------------------- what is asked for


def test_depth_as_the_user_says(session: Session) -> None:
    for settings, depth_db in (({"depth_db": 9.0}, 9.0), ({"alpha": 0.94}, 24.4369750), ({"alpha": 0.5}, 6.02059991)):
        result = plan(session, **settings)
        assert depths(result) == pytest.approx([depth_db] * 2, abs=1e-3)
        assert min(p.value for e in envelopes(result).values() for p in e.after) == pytest.approx(amplitude(-depth_db))
    assert not envelopes(plan(session, depth_db=0.0))


def test_the_limit_binds_and_is_listed_and_marked(session: Session) -> None:
    result = plan(session, max_duck_db=4.0, bed="keep")
    assert depths(result) == [4.0, 4.0]
    assert not any(region["met"] for region in result.details["regions"])
    marks = [change for change in result.changes if isinstance(change, Marker)]
    assert np.array([(m.time_s, m.end_s) for m in marks]) == pytest.approx(spans(result), abs=1e-3)
    assert all(m.name.startswith("mixengine: speech only ") for m in marks)
    assert not any(isinstance(change, Marker) for change in plan(session).changes)


def test_music_that_is_locked_counts_as_staying(folder: Path) -> None:
    write(folder / "music 2.wav", 0.5 * song(), RATE)
    free = louder_clips(hosts.open_session(folder), "music", 6.0)
    result = plan(edited(free, "music", locked=True))
    names = {track.id: track.name for track in free.tracks}
    assert (
        {names[key] for key in envelopes(result)} == {move["track"] for move in result.details["levels"]} == {"music 2"}
    )
    assert min(depths(result)) > max(depths(plan(free)))
    regions = result.details["regions"]
    assert regions and not any(region["met"] for region in regions)
    assert sum(isinstance(change, Marker) for change in result.changes) == len(regions)
    assert "music: locked, its envelopes stay: left alone" in result.notes


def test_no_depth_allowed_is_a_target_missed(session: Session) -> None:
    result = plan(session, max_duck_db=0.0, bed="keep")
    assert not envelopes(result)
    assert any(isinstance(change, Marker) for change in result.changes) or any("target" in n for n in result.notes)


def test_beds(session: Session) -> None:
    def move(of: Session, bed: str) -> list[float]:
        return [c.after - c.before for c in plan(of, bed=bed).changes if isinstance(c, Fader)]

    loud, soft = louder_clips(session, "music", 20.0), louder_clips(session, "music", -8.0)
    assert move(loud, "keep") == move(soft, "keep") == move(soft, "loudness") == []
    assert move(loud, "loudness")[0] < -10.0
    assert move(soft, "rms")[0] - move(loud, "rms")[0] == pytest.approx(28.0, abs=0.05)
    assert depths(plan(loud, bed="loudness")) == pytest.approx([10.5] * 2, abs=2.0)


def test_only_selected_tracks_change(folder: Path) -> None:
    write(folder / "piano.wav", song(level=0.1), RATE)
    session = edited(hosts.open_session(folder), "piano", selected=True)
    result = plan(session, selected_only=True, bed="rms")
    assert {session.track(change.track).name for change in result.changes if not isinstance(change, Marker)} == {
        "piano"
    }


def test_muted_music_stays_alone(folder: Path) -> None:
    write(folder / "piano.wav", song(level=0.1), RATE)
    session = edited(hosts.open_session(folder), "piano", mute=True)
    result = plan(session)
    assert {session.track(key).name for key in envelopes(result)} == {"music"}
    assert result.details["music"] == ["music"]


# --------------------------------------------------------------------------------------- nothing to do, much to do


def test_silent_speech_changes_nothing(folder: Path) -> None:
    write(folder / "voice.wav", np.zeros((RATE * 5, 1), np.float32), RATE)
    result = plan(folder)
    assert result.changes == () and result.details["regions"] == []
    assert any("no speech found in 'voice'" in note for note in result.notes)


def test_no_music_changes_nothing(folder: Path) -> None:
    (folder / "music.wav").unlink()
    result = plan(folder)
    assert result.changes == ()
    assert any("nothing to duck" in note for note in result.notes)


def test_speech_everywhere_is_one_region(folder: Path) -> None:
    write(folder / "voice.wav", phrase(RATE, LENGTH_S)[:, None].astype(np.float32), RATE)
    result = plan(folder)
    assert len({region["start_s"] for region in result.details["regions"]}) == len(depths(result))
    (envelope,) = envelopes(result).values()
    assert envelope.after[0].time_s == 0.0 and envelope.after[0].value < 0.5
    assert len(envelope.after) == 3 + 2 * (len(depths(result)) - 1)


# ------------------------------------------------------------------------------------------------- not yet as it should


def test_a_folder_of_voices_has_priority(folder: Path) -> None:
    write(folder / "interview.wav", phrase(RATE, LENGTH_S, 95.0)[:, None].astype(np.float32), RATE)
    (folder / "voice over").mkdir()
    (folder / "voice.wav").rename(folder / "voice over" / "narrator.wav")
    assert depths(plan(folder, priority=("voice over",)), "speech")


def test_nothing_selected_is_said(session: Session) -> None:
    with pytest.raises(UserError, match="no track is selected"):
        plan(session, selected_only=True)


def test_music_that_must_not_change_is_still_heard(folder: Path) -> None:
    write(folder / "piano.wav", song(level=0.01), RATE)
    session = edited(hosts.open_session(folder), "piano", selected=True)
    result = plan(session, selected_only=True, bed="keep")
    assert any(isinstance(change, Marker) for change in result.changes)


def test_a_target_near_the_end_of_its_range(session: Session) -> None:
    plan(session, target_lu=58.0)


# --------------------------------------------------------------------------------------- VCA leads and ruled faders


def led(session: Session, *followers: str, **fields: object) -> Session:
    """The session with a VCA lead that some tracks follow."""
    for name in followers:
        session = edited(session, name, leads=(("lead", False),))
    return replace(session, tracks=(*session.tracks, Track("lead", "lead", **fields)))


def backgrounds_lufs(result) -> np.ndarray:
    return np.array([region["background_lufs"] for region in result.details["regions"]])


def test_music_is_as_loud_as_its_vca_lead_lets_it_be(session: Session) -> None:
    drawn = (Automation(VOLUME, (EnvelopePoint(0.0, amplitude(-2.0)),)),)
    plain = backgrounds_lufs(plan(session, bed="keep"))
    lowered = backgrounds_lufs(plan(led(session, "music", fader_db=-3.0, automation=drawn), bed="keep"))
    assert lowered == pytest.approx(plain - 5.0, abs=0.01)


def test_a_vca_lead_is_not_ducked_and_faders_that_must_stay_are_not_levelled(session: Session) -> None:
    music = next(track.id for track in session.tracks if track.name == "music")
    leading = edited(session, "voice", leads=((music, False),))
    result = plan(leading, bed="keep")
    assert not envelopes(result)
    assert any(note.startswith("music: a VCA lead, its envelope would duck its followers") for note in result.notes)
    drawn = (Automation(VOLUME, (EnvelopePoint(0.0, 1.0),)),)
    loud = louder_clips(session, "music", 20.0)
    ruled, leading = (
        edited(loud, "music", automation=drawn, automation_mode=1),
        edited(loud, "voice", leads=((music, False),)),
    )
    moved = [[c for c in plan(of, bed="loudness").changes if isinstance(c, Fader)] for of in (loud, ruled, leading)]
    assert [len(faders) for faders in moved] == [1, 0, 0]


# ------------------------------------------------------------------------------------- what will sound, and what not


def test_without_an_envelope_that_governs_nothing_is_called_met(session: Session) -> None:
    """Through the project file: what REAPER would bypass or play otherwise is not ducked, and the note says why."""
    names = {track.name: track.id for track in session.tracks}
    bypassed = tuple(Automation(kind, active=False) for kind in VOLUME_KINDS)
    tracks = [replace(t, automation=bypassed) if t.name == "music" else t for t in session.tracks]
    for stuck in (replace(session, tracks=tuple(tracks)), replace(session, envelopes_bypassed=True)):
        result = plan(stuck, bed="keep")
        assert [change for change in result.changes if not isinstance(change, Fader)] == []
        assert result.details["regions"] == [] and names["music"] not in {c.track for c in result.changes}
        assert sum("music: not ducked" in note for note in result.notes) == 1
        assert not any("nothing to duck; name it" in note for note in result.notes)


def test_music_that_stays_counts_as_loud_as_it_is(folder: Path) -> None:
    second = noise(LENGTH_S, RATE, level=0.05, seed=9)
    write(folder / "music 2.wav", second, RATE)
    of = hosts.open_session(folder)
    free = plan(of, bed="keep", music=("music", "music 2"))
    off = tuple(Automation(kind, active=False) for kind in VOLUME_KINDS)
    tracks = [replace(t, automation=off) if t.name == "music 2" else t for t in of.tracks]
    stuck = plan(replace(of, tracks=tuple(tracks)), bed="keep", music=("music", "music 2"))
    assert all(region["met"] for region in free.details["regions"])
    assert not any(region["met"] for region in stuck.details["regions"])
    assert [change.track for change in envelopes(stuck).values()] == [t.id for t in of.tracks if t.name == "music"]

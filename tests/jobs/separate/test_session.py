"""Items of a session: parts on child tracks, or the speech as a new take; in a project file and in REAPER."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import saved_plans, workflow
from mixengine.audio import timeline
from mixengine.hosts import open_session
from mixengine.hosts.rpp import history
from mixengine.hosts.rpp.project import Project
from mixengine.jobs import registry
from mixengine.jobs.separate.settings import SeparateSettings
from mixengine.model.plan import MuteClip, NewClip, NewTake, NewTrack
from mixengine.model.session import Session
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b
from tests.helpers.command_line import run
from tests.helpers.separation_songs import clip_lines, song
from tests.helpers.sounds import write

RATE = 48000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with two tracks; one item of each is selected, one lies outside the selection."""
    folder = tmp_path / "my söng"
    write(folder / "voice.wav", song(44100 * 2, 1), 44100, "PCM_24")
    write(folder / "music.wav", song(RATE * 2, 2, seed=4), RATE, "FLOAT")
    fade = "FADEIN 3 0.2 0 1 0 0.5 0.5"
    text = b.project(
        b.track(1, clip_lines(11, "voice.wav", selected=True, fade=fade), name="voice"),
        b.track(
            2, clip_lines(12, "music.wav", selected=False), clip_lines(13, "music.wav", selected=True, start_s=3.0)
        ),
        b.track(3, name="empty"),
    )
    (folder / "song.RPP").write_bytes(text)
    return folder / "song.RPP"


def sound(session: Session, track_id: str) -> np.ndarray:
    """What a track plays, in stereo."""
    blocks = list(timeline.blocks(session.track(track_id), RATE, end_s=5.0, channels=2))
    return np.concatenate(blocks)


def heard(session: Session) -> np.ndarray:
    return sum(sound(session, track.id) for track in session.tracks)


@pytest.mark.parametrize("model", ["hpss", "mask"])
def test_parts_go_to_child_tracks_and_sound_like_the_original(place, model):
    before = open_session(place)
    outcome = workflow.run_job("separate", place, SeparateSettings(model=model))
    assert outcome.notes == []
    after = open_session(Path(outcome.outputs["project"]))
    parts = {"hpss": ["harmonic", "percussive", "residual"], "mask": ["speech", "residual"]}[model]
    children = [track for track in after.tracks if track.parent == b.guid(1)]
    assert [track.name for track in children] == parts
    assert all(len(track.clips) == 1 for track in children)
    [voice] = before.track(b.guid(1)).clips
    for track in children:
        [clip] = track.clips
        assert (clip.position_s, clip.length_s, clip.fade_in) == (voice.position_s, voice.length_s, voice.fade_in)
        info = soundfile.info(clip.source.path)
        assert (info.samplerate, info.frames, info.subtype) == (RATE, RATE * 5 // 4, "FLOAT")
        assert clip.source.path.startswith(str(place.parent / "mixengine"))
    muted = {clip.id: clip.mute for track in after.tracks for clip in track.clips}
    assert (muted[b.guid(11)], muted[b.guid(12)], muted[b.guid(13)]) == (True, False, True)
    difference = np.abs(heard(after) - heard(before)).max()
    assert 20 * np.log10(difference) < -90.0


def test_a_new_take_says_what_it_kept(place):
    seconds = np.arange(RATE * 13) / RATE
    chord = sum(np.sin(2 * np.pi * f0_hz * seconds) for f0_hz in (220.0, 277.2, 329.6)) * np.exp(-(seconds % 0.5) * 4)
    write(place.parent / "music.wav", np.stack([chord, chord], axis=1) * 0.1, RATE, "FLOAT")
    text = b.project(b.track(1, clip_lines(11, "music.wav", selected=True, start_s=1.0, length_s=12.0), name="keys"))
    place.write_bytes(text)
    outcome = workflow.run_job("separate", place, SeparateSettings(model="mask", take=True))
    assert len(outcome.notes) == 1 and "at 1.00 s: 0:00–0:12 is music" in outcome.notes[0]
    assert outcome.notes[0].endswith(": kept")
    before, after = open_session(place), open_session(Path(outcome.outputs["project"]))
    assert np.abs(heard(after) - heard(before)).max() < 1e-4


def test_it_works_in_another_folder_and_is_taken_back(place, tmp_path):
    outcome = workflow.run_job("separate", place, SeparateSettings(model="mask"), out=str(tmp_path / "other"))
    project = Path(outcome.outputs["project"])
    session = open_session(project)
    assert all(clip.source.kind == "audio" for track in session.tracks for clip in track.clips)
    assert {path.suffix for path in (tmp_path / "other" / "mixengine").iterdir()} == {".wav"}
    back = saved_plans.apply_plan(Path(outcome.outputs["plan"]), project, undo=True, out=str(place.parent / "back.RPP"))
    assert [track.name for track in open_session(Path(back.outputs["project"])).tracks] == ["voice", "T2", "empty"]


def test_a_second_run_finds_the_first(place):
    first = workflow.run_job("separate", place, SeparateSettings(model="mask", tracks=("voice",)), in_place=True)
    made = {path: path.stat().st_mtime_ns for path in (place.parent / "mixengine").iterdir()}
    second = workflow.run_job("separate", place, SeparateSettings(model="mask"), in_place=True)
    assert [type(change) for change in first.plan.changes] == [NewTrack, NewTrack, NewClip, NewClip, MuteClip]
    assert second.plan.details["items"][0]["track"] == b.guid(2), "a muted item is left as it is"
    assert any("it is muted" in note for note in second.notes)
    assert {path: path.stat().st_mtime_ns for path in made} == made


@pytest.mark.parametrize("take", [False, True])
def test_an_item_whose_takes_all_sound_is_left_as_it_is(place, take):
    both = [*clip_lines(21, "voice.wav", selected=True)[:-1], "TAKE", "NAME other", *b.source("music.wav"), ">"]
    both.insert(1, "ALLTAKES 1")
    place.write_bytes(b.project(b.track(1, both, name="voice"), b.track(2, clip_lines(22, "voice.wav", selected=True))))
    outcome = workflow.run_job("separate", place, SeparateSettings(model="mask", take=take), in_place=True)
    touched = {change.clip for change in outcome.plan.changes if isinstance(change, (MuteClip, NewTake))}
    assert touched == {b.guid(22)}
    (said,) = (note for note in outcome.notes if "all its takes sound at once" in note)
    assert "left as it is" in said
    place.write_bytes(b.project(b.track(1, both, name="voice")))
    with pytest.raises(UserError, match="all its takes sound at once"):
        workflow.run_job("separate", place, SeparateSettings(model="mask", take=take), in_place=True)


def test_dialogue_becomes_a_take(place):
    outcome = workflow.run_job("separate", place, SeparateSettings(model="mask", take=True))
    assert [type(change) for change in outcome.plan.changes] == [NewTake, NewTake]
    before, after = open_session(place), open_session(Path(outcome.outputs["project"]))
    [clip] = after.track(b.guid(1)).clips
    assert clip.name == "interview one.wav (speech)"
    assert clip.behind is not None
    assert clip.behind.source == before.track(b.guid(1)).clips[0].source
    assert not clip.mute
    whole = sound(before, b.guid(1))
    part = sound(after, b.guid(1))
    share = float((whole * part).sum() / (whole**2).sum())
    assert 0.5 < share <= 1.05, "at its place, at its level"


def test_two_stems_and_chosen_stems(place):
    plan = registry.run("separate", open_session(place), SeparateSettings(model="hpss", two_stems="harmonic"))
    assert list(plan.details["items"][0]["files"]) == ["harmonic", "no_harmonic"]
    plan = registry.run(
        "separate", open_session(place), SeparateSettings(model="hpss", stems=("percussive",), residual=False)
    )
    assert list(plan.details["items"][0]["files"]) == ["percussive"]


def test_the_plan_is_pure_and_a_dry_run_writes_nothing(place):
    before = sorted(path.name for path in place.parent.iterdir())
    one = registry.run("separate", open_session(place), SeparateSettings(model="mask"))
    two = registry.run("separate", open_session(place), SeparateSettings(model="mask"))
    assert one == two
    workflow.run_job("separate", place, SeparateSettings(model="mask"), dry_run=True)
    assert sorted(path.name for path in place.parent.iterdir()) == before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tracks": ("empty",)}, "these tracks hold no items"),
        ({"tracks": ("vocie",)}, "voice"),
        ({"model": "hpss", "take": True}, "hpss makes harmonic, percussive and no speech"),
        ({"model": "mask", "take": True, "two_stems": "speech"}, "one part becomes the take"),
        ({"model": "mask", "stems": ("drums",)}, "stem of mask 'drums' is unknown"),
        ({"model": "mask", "scenario": "noise"}, "model and scenario: give one of them"),
    ],
)
def test_what_cannot_be_done_is_one_line(place, settings, said):
    with pytest.raises(UserError, match=said):
        registry.run("separate", open_session(place), SeparateSettings(**settings))


def test_nothing_selected_is_one_line(place):
    place.write_bytes(place.read_bytes().replace(b"SEL 1", b"SEL 0"))
    with pytest.raises(UserError, match="no item is selected; select items in REAPER and save, or name a track"):
        registry.run("separate", open_session(place), SeparateSettings(model="mask"))


def test_a_missing_file_is_named(place):
    (place.parent / "voice.wav").unlink()
    plan = registry.run("separate", open_session(place), SeparateSettings(model="mask"))
    assert len(plan.details["items"]) == 1
    assert any("its file is missing" in note for note in plan.notes)


def test_the_command_line(place, tmp_path, run):
    done = run("separate", place, "--model", "mask", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [item["name"] for item in told["items"]] == ["interview one.wav", "interview one.wav"]
    source = place.parent / "voice.wav"
    done = run("separate", source, "-o", tmp_path / "o", "--model", "hpss")
    assert done.returncode == 0, done.stderr
    assert "all parts sum to it" in done.stdout
    assert (tmp_path / "o" / "harmonic.wav").exists()
    done = run("separate", source, "-o", tmp_path / "p", "--model", "hspp")
    assert (done.returncode, done.stdout) == (1, "")
    assert "did you mean 'hpss'" in done.stderr
    done = run("separate", "--list", "--json")
    assert {"folder", "models", "scenarios"} == set(json.loads(done.stdout))


def command(*words):
    done = run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def balanced(tmp_path):
    """A project that balance made and remembers."""
    (tmp_path / "stems").mkdir()
    soundfile.write(tmp_path / "stems" / "host.wav", 0.1 * np.random.default_rng(0).standard_normal(22050), 44100)
    command("balance", tmp_path / "stems", "-o", tmp_path / "p", "--no-report")
    [project] = (tmp_path / "p").glob("*.RPP")
    return project


def test_a_second_run_stacks_no_takes(balanced):
    options = ("enhance", balanced, "--track", "host", "--in-place", "--model", "mask")
    command(*options)
    assert "its take is there already" in command(*options)
    assert balanced.read_text().count("TAKE SEL") == 1
    command(*options, "--blend", "0.5")
    text = balanced.read_text()
    assert text.count("mixengine/host speech") == 2, "from the recording, beside the other"
    assert "(speech) (speech)" not in text


def test_revert_keeps_what_other_jobs_did(balanced, tmp_path):
    balanced.write_bytes(re.sub(rb"(?m)^(    VOLPAN) \S+", rb"\1 0.1", balanced.read_bytes()))
    command("balance", balanced, "--in-place", "--no-report", "--start-from", "scratch")
    done = Project.load(balanced)
    assert history.stored_plan(done.root).changes
    command("enhance", balanced, "--track", "host", "--model", "mask", "-o", tmp_path / "p" / "e.RPP")
    command("revert", tmp_path / "p" / "e" / "plan.json", tmp_path / "p" / "e.RPP", "-o", tmp_path / "p" / "back.RPP")
    back = Project.load(tmp_path / "p" / "back.RPP")
    assert history.stored_plan(back.root).changes == history.stored_plan(done.root).changes

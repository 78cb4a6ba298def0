"""Stems that end before the faders: what is in them, and that they give the mix through the faders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.jobs.render import export, into_project
from mixengine.jobs.render.settings import RenderSettings
from mixengine.model import apply
from mixengine.model.effects import CompressorSettings, Effect, UtilitySettings
from mixengine.model.plan import MuteTrack, NewTrack
from mixengine.model.session import (
    PAN,
    POST_FX,
    PRE_FX,
    VOLUME,
    VOLUME_PRE_FX,
    Automation,
    EnvelopePoint,
    Receive,
    Session,
)
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging
from tests.helpers.render_sessions import RATE, Songs, peak_db, session

GAIN = Effect("JS: gain", utility=UtilitySettings(-6.0))
SQUASH = Effect("VST: ReaComp", compressor=CompressorSettings(-30.0, 4.0, 5.0, 80.0, 0.0))
AHEAD = Effect("VST: ReaComp", compressor=CompressorSettings(-30.0, 4.0, 5.0, 80.0, 0.0, lookahead_ms=12.0))


def points(*pairs: tuple[float, float]) -> tuple[EnvelopePoint, ...]:
    return tuple(EnvelopePoint(*pair) for pair in pairs)


def song(folder: Path, **fields) -> Session:
    """A folder with two tracks, a bus with a compressor that they send to in all three modes, a moving voice."""
    folder.mkdir(exist_ok=True)
    songs = Songs(folder)
    fader = Automation(VOLUME, points((0.0, 1.0), (0.4, 0.2)))
    drawn = Automation(VOLUME_PRE_FX, points((0.0, 0.3), (0.5, 1.0)))
    pan = Automation(PAN, points((0.0, -0.5), (0.6, 0.9)))
    drums = songs.track("Drums", 2, is_folder=True, fader_db=-3.0, effects=(SQUASH,))
    return session(
        replace(drums, clips=()),
        songs.track("Kick", 1, parent="Drums", fader_db=-7.0, pan=0.3, effects=(GAIN,), automation=(drawn,)),
        songs.track("Snare", 2, parent="Drums", fader_db=4.0, effects=(AHEAD,), inverted=True),
        songs.track("Voice", 1, fader_db=-2.0, automation=(fader, pan), width=0.5),
        replace(
            songs.track("Bus", 2, effects=(SQUASH,), fader_db=-9.0),
            clips=(),
            receives=(
                Receive("Kick", PRE_FX, -4.0),
                Receive("Snare", POST_FX, -8.0, pan=-0.4),
                Receive("Voice", 0, -1.0, mono=True),
                Receive("Drums", 0, -12.0),
            ),
        ),
        **fields,
    )


def rendered(of: Session, folder: Path, **settings) -> export.Rendered:
    with Staging(folder) as stage:
        done = export.to_staging(of, RenderSettings(pre_fader=True, **settings), stage)
        stage.commit()
    done.written = [replace(file, file=str(folder / file.file)) for file in done.written]
    return done


def sounds(done: export.Rendered) -> dict[str, np.ndarray]:
    return {file.name: soundfile.read(file.file, always_2d=True)[0] for file in done.written if file.kind == "stem"}


@pytest.mark.parametrize("per", ["track", "group"])
@pytest.mark.parametrize("bits", ["32f", "16"])
def test_stems_give_the_mix_through_the_faders(tmp_path, per, bits):
    done = rendered(song(tmp_path / "song", master_db=-5.0), tmp_path / per, stems_per=per, bits=bits)
    assert done.adds_up and done.null_dbfs is None
    assert done.file_null_dbfs < (-115.0 if bits == "32f" else -75.0) and done.file_null_dbfs <= done.tolerance_dbfs
    names = {"track": ["Kick", "Snare", "Voice"], "group": ["Drums", "Voice"]}[per]
    assert [file.name for file in done.written if file.kind == "stem"] == names


def test_faders_pans_and_later_envelopes_are_in_no_stem(tmp_path):
    of = song(tmp_path / "song")
    moved = replace(
        of,
        tracks=tuple(
            replace(
                track, fader_db=track.fader_db - 5.0, pan=-0.7, automation=track.automation[:1] * (track.id == "Kick")
            )
            for track in of.tracks
        ),
    )
    before, after = (sounds(rendered(each, tmp_path / name, bits="32f")) for each, name in ((of, "a"), (moved, "b")))
    for name, sound in before.items():
        assert peak_db(sound - after[name]) < -200.0
    kick = soundfile.read(tmp_path / "song" / "Kick.wav")[0]
    at_end = slice(int(0.6 * RATE), len(kick))  # behind the pre-FX envelope's last point
    np.testing.assert_allclose(before["Kick"][at_end, 0], kick[at_end] * 10 ** (-6.0 / 20.0), atol=1e-6)


def test_a_stem_that_is_not_what_was_taken_is_noticed(tmp_path, monkeypatch):
    """The check reads the written files."""
    from mixengine.jobs.render import files

    write = files.Sink.write
    monkeypatch.setattr(
        files.Sink, "write", lambda self, block: write(self, block * (0.99 if self.path.stem == "Voice" else 1.0))
    )
    done = rendered(song(tmp_path / "song"), tmp_path / "out")
    assert done.adds_up is False and done.file_null_dbfs > -60.0
    assert any("THE STEMS DO NOT GIVE THE MIX" in line for line in export.summary_lines(done))


def too_loud(folder: Path) -> Session:
    """A track whose plug-ins bring it beyond full scale, and whose fader brings it back."""
    songs = Songs(folder)
    louder = Effect("JS: gain", utility=UtilitySettings(20.0))
    return session(songs.track("Loud", 2, effects=(louder,), fader_db=-30.0), songs.track("Other", 2, fader_db=-12.0))


def test_a_clipped_stem_does_not_give_the_mix(tmp_path):
    done = rendered(too_loud(tmp_path), tmp_path / "out", bits="24")
    [loud] = [file for file in done.written if file.name == "Loud"]
    assert loud.clipped and done.adds_up is False
    [line] = [line for line in export.summary_lines(done) if "null check" in line]
    assert "DO NOT GIVE" in line and f"because {loud.clipped} of their samples clipped: use --bits 32f" in line
    assert [note for note in done.notes if "clipped" in note and "turn it down" not in note]
    whole = rendered(too_loud(tmp_path), tmp_path / "float", bits="32f")
    assert whole.adds_up and not any("clipped" in line for line in export.summary_lines(whole))


def test_clipped_stems_are_not_put_into_a_project(tmp_path):
    of = too_loud(tmp_path)
    with Staging(tmp_path / "beside") as stage, pytest.raises(UserError, match="samples clipped"):
        into_project.write(of, into_project.plan(of, RenderSettings(pre_fader=True)), stage, lambda *_: None)


def test_a_mix_file_that_clips_hides_no_wrong_stem(tmp_path, monkeypatch):
    """The stems are compared with the mix itself, of which nothing is clipped."""
    from mixengine.jobs.render import files

    songs = Songs(tmp_path)
    of = session(*(songs.track(name, 2, fader_db=12.0) for name in "AB"), master_db=12.0)
    right = rendered(of, tmp_path / "right", bits="24")
    assert right.written[0].clipped and right.adds_up
    write = files.Sink.write
    monkeypatch.setattr(
        files.Sink, "write", lambda self, block: write(self, block * (0.5 if self.path.stem == "B" else 1.0))
    )
    assert rendered(of, tmp_path / "wrong", bits="24").adds_up is False


def test_the_limit_follows_the_faders_on_the_way(tmp_path):
    """16 bits, 36 dB louder behind the file: its rounding is no fault, and a stem 1 % too soft is one."""
    songs = Songs(tmp_path)
    softer = Effect("JS: gain", utility=UtilitySettings(-40.0))
    folder = replace(songs.track("Folder", 2, is_folder=True, fader_db=12.0), clips=())
    track = songs.track("A", 2, parent="Folder", fader_db=12.0, effects=(softer,))
    done = rendered(session(folder, track, master_db=12.0), tmp_path / "up", bits="16")
    assert done.adds_up and done.file_null_dbfs > -60.0
    down = session(replace(folder, fader_db=-3.0), replace(track, fader_db=-12.0), master_db=-6.0)
    lower = rendered(down, tmp_path / "down", bits="16")
    assert lower.adds_up and lower.tolerance_dbfs == -90.0
    assert done.tolerance_dbfs == pytest.approx(20.0 * np.log10(1.5 * 2.0**-15) + 36.0, abs=0.01)


def test_the_limit_counts_envelopes_sends_and_pans(tmp_path):
    from mixengine.jobs.render import raised
    from mixengine.mixer import routing

    songs = Songs(tmp_path)
    drawn = Automation(VOLUME, points((0.0, 0.5), (0.4, 2.0)))
    voice = songs.track("Voice", 2, automation=(drawn,), inverted=True)
    bus = replace(songs.track("Bus", 2), clips=(), receives=(Receive("Voice", POST_FX, 6.0206),))
    for of, largest in (
        (session(voice), 2.0),
        (session(voice, bus), 4.0),
        (session(voice, bus, master_db=-120.0), 0.0),
    ):
        got = raised.at_master(of, routing.graph(of), {"Voice"}, 1.0, master=True)
        assert got == pytest.approx(largest, abs=1e-4)


def test_a_part_of_the_time_and_solos(tmp_path):
    of = song(tmp_path / "song")
    part = rendered(of, tmp_path / "part", bits="32f", start_s=0.2001, end_s=0.5)
    assert part.adds_up
    soloed = replace(of, tracks=tuple(replace(track, solo=track.id == "Kick") for track in of.tracks))
    done = rendered(soloed, tmp_path / "solo", bits="32f", stems_per="group")
    assert done.adds_up and done.file_null_dbfs < -115.0
    assert [file.name for file in done.written if file.kind == "stem"] == ["Drums"]


def test_folders_with_items_hold_their_tracks_and_say_so(tmp_path):
    of = song(tmp_path / "song")
    songs = Songs(tmp_path)
    of = replace(of, tracks=(replace(of.tracks[0], clips=(songs.clip("Room"),)), *of.tracks[1:]))
    done = rendered(of, tmp_path / "out", bits="32f")
    assert done.adds_up and done.file_null_dbfs < -115.0
    assert "in the stem of their folder too: Kick, Snare" in done.notes
    assert "plug-ins behind the stems, not in them: Bus" in done.notes


def test_a_folder_that_nothing_plays_through_has_no_stem(tmp_path):
    of = song(tmp_path / "song")
    tracks = tuple(replace(track, main_send=track.parent is None) for track in of.tracks)
    done = rendered(replace(of, tracks=tracks), tmp_path / "out", bits="32f", stems_per="group")
    assert done.adds_up
    assert [file.name for file in done.written if file.kind == "stem"] == ["Voice"]
    assert "nothing plays through these folders, so that they have no stem: Drums" in done.notes


def test_only_what_is_selected(tmp_path):
    of = song(tmp_path / "song")
    of = replace(of, tracks=tuple(replace(track, selected=track.id == "Voice") for track in of.tracks))
    done = rendered(of, tmp_path / "out", stems_per="selection", stems=True)
    assert done.adds_up and [file.name for file in done.written] == ["Voice"]


def test_in_the_project_they_come_in_muted_and_the_tracks_play_on(tmp_path):
    of = song(tmp_path / "song")
    plan = into_project.plan(of, RenderSettings(pre_fader=True))
    assert not [change for change in plan.changes if isinstance(change, MuteTrack)]
    [folder, *stems] = [change for change in plan.changes if isinstance(change, NewTrack)]
    assert folder.mute and not any(stem.mute for stem in stems)
    assert apply.applied(of, plan.changes).track(folder.track).mute
    with Staging(tmp_path / "beside") as stage:
        notes = into_project.write(of, plan, stage, lambda *_: None)
    assert any("null check: the stems give the mix through the faders" in note for note in notes)


@pytest.mark.parametrize("settings", [{"mix": True}, {"target": "podcast"}])
def test_a_mix_alone_has_no_stems_before_the_fader(settings):
    with pytest.raises(UserError, match="pre_fader: is for stems"):
        RenderSettings(pre_fader=True, **settings)

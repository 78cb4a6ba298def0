"""A folder as a session: every file once, pairs, recorders' times, exports of Pro Tools, mixes among stems."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.audio import timeline
from mixengine.hosts.folder import Folder, FolderOptions, read
from mixengine.hosts.rpp.project import Project
from mixengine.system.errors import UserError
from tests.helpers.encoded import RATE, encode, song
from tests.helpers.signals import render
from tests.helpers.sounds import noise, tone, write


def stamped(path: Path, samples: np.ndarray, at_s: float, day: str = "2024-05-01") -> None:
    """A WAV with the time at which a recorder began it."""
    write(path, samples, RATE)
    words = bytearray(602)
    words[320:330] = day.encode()
    words[338:346] = struct.pack("<Q", round(at_s * RATE))
    data = path.read_bytes()
    at = data.index(b"fmt ")
    path.write_bytes(data[:at] + b"bext" + struct.pack("<I", len(words)) + bytes(words) + data[at:])


def test_every_file_is_listed_once(tmp_path: Path) -> None:
    write(tmp_path / "voice.wav", tone(200.0, 1.0))
    write(tmp_path / "group" / "bass.wav", tone(80.0, 1.0))
    encode(tmp_path / "guest.m4a", song(1.0), RATE, "aac", "ipod")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "broken.flac").write_bytes(b"<html>")
    host = Folder(tmp_path)
    used = {entry.file: (entry.used_as, entry.reason) for entry in host.inputs}
    assert used == {
        "voice.wav": ("track 'voice'", ""),
        "group/bass.wav": ("track 'bass'", ""),
        "guest.m4a": ("track 'guest'", ""),
        "notes.txt": ("", "no sound file by its name"),
        ".DS_Store": ("", "hidden"),
        "broken.flac": (
            "track 'broken'",
            "cannot be read: is a web page, not sound: the download failed, get it again",
        ),
    }
    assert len(host.inputs) == len(used)
    assert [track.name for track in host.session.tracks if track.audio_clips] == ["guest", "voice", "bass"]


def test_a_project_plays_decoded_copies_of_what_reaper_may_not_read(tmp_path: Path) -> None:
    from mixengine.hosts.host import Results
    from mixengine.model.plan import MixPlan

    stems = tmp_path / "stems"
    write(stems / "voice.wav", tone(200.0, 1.0))
    encode(stems / "guest.m4a", song(1.0), RATE, "aac", "ipod")
    (stems / "band").mkdir()
    encode(stems / "band" / "film.mp4", song(1.0), RATE, "aac", "mp4")
    host = Folder(stems)
    before = {track.name: render(track, RATE) for track in host.session.tracks if track.clips}
    place = host.destination(None, "balanced")
    host.write(MixPlan("balance", "stems", str(stems)), place, Results())
    assert (place.folder / "media" / "guest.m4a.wav").is_file()
    session = Project.load(place.folder / place.project).session()
    after = {track.name: render(track, RATE) for track in session.tracks if track.clips}
    assert after.keys() == before.keys()
    for name, sound in before.items():
        assert np.abs(after[name] - sound).max() < 2.0**-22, name
    assert any("guest.m4a" in note and "media/" in note for note in host.session.notes)
    (stems / "inside.RPP").touch()
    inside = host.destination(str(stems / "x.RPP"), "balanced")
    host.write(MixPlan("balance", "stems", str(stems)), inside, Results())
    assert [t.name for t in read(stems).tracks] == [t.name for t in host.session.tracks], "copies are no stems"


def test_left_and_right_are_one_stereo_track(tmp_path: Path) -> None:
    left, right = noise(1.0, seed=1), noise(1.0, seed=2)
    for marks in ((".L", ".R"), ("_l", "_r"), ("-L", "-R")):
        folder = tmp_path / marks[0][0].replace(".", "dot")
        write(folder / f"Piano{marks[0]}.wav", left, RATE)
        write(folder / f"Piano{marks[1]}.wav", right, RATE)
        write(folder / "Bass.wav", tone(60.0, 1.0), RATE)
        host = Folder(folder)
        bass, piano = host.session.tracks
        assert (bass.name, piano.name) == ("Bass", "Piano")
        assert np.array_equal(render(piano, RATE), np.concatenate([left, right], axis=1))
        reasons = [entry.reason for entry in host.inputs if entry.used_as == "track 'Piano'"]
        assert reasons == ["its left channel", "its right channel"]
        copy = host.project_at(folder / "a.RPP").session().tracks[1]
        assert np.array_equal(render(copy, RATE), render(piano, RATE)), "as it stands in a project"


def test_sides_of_other_lengths_are_tracks_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "Guitar.L.wav", noise(1.0))
    write(tmp_path / "Guitar.R.wav", noise(1.1))
    assert [track.name for track in read(tmp_path).tracks] == ["Guitar.L", "Guitar.R"]


def test_times_of_recorders(tmp_path: Path) -> None:
    stamped(tmp_path / "a.wav", tone(200.0, 1.0), 36000.0)
    stamped(tmp_path / "b.wav", tone(300.0, 1.0), 36010.0)
    session = read(tmp_path)
    assert [track.clips[0].position_s for track in session.tracks] == [0.0, 10.0]
    assert any("time stamps (0 to 10.00 s)" in note for note in session.notes)
    plain = read(tmp_path, FolderOptions(timestamps=False))
    assert [track.clips[0].position_s for track in plain.tracks] == [0.0, 0.0]
    write(tmp_path / "c.wav", tone(400.0, 1.0))
    mixed = read(tmp_path)
    assert [track.clips[0].position_s for track in mixed.tracks] == [0.0, 0.0, 0.0]
    assert any("in 2 of 3 files and not used" in note for note in mixed.notes)
    forced = read(tmp_path, FolderOptions(timestamps=True))
    assert [track.clips[0].position_s for track in forced.tracks] == [0.0, 10.0, 0.0]


def test_times_of_two_days_are_not_used(tmp_path: Path) -> None:
    stamped(tmp_path / "a.wav", tone(200.0, 1.0), 10.0)
    stamped(tmp_path / "b.wav", tone(300.0, 1.0), 20.0, "2024-05-02")
    session = read(tmp_path)
    assert [track.clips[0].position_s for track in session.tracks] == [0.0, 0.0]
    assert any("of another day" in note for note in session.notes)


def test_an_export_of_pro_tools_is_one_session_for_every_command(tmp_path: Path, run) -> None:
    root = tmp_path / "My Song"
    for name, hz in (("Bass", 60.0), ("Keys", 400.0)):
        write(root / "Audio Files" / f"{name}.wav", tone(hz, 2.0))
    write(root / "Bounced Files" / "My Song.wav", tone(60.0, 2.0))
    (root / "Session File Backups").mkdir()
    (root / "My Song.ptx").write_bytes(b"x")
    assert [track.name for track in read(root).tracks] == ["Bass", "Keys"]
    import json

    for command in ("balance", "lint"):
        data = json.loads(run(command, root, "--json", "-o", tmp_path / command).stdout)
        assert "songs" not in data
        assert {entry["file"] for entry in data["inputs"]} == {"Audio Files/Bass.wav", "Audio Files/Keys.wav"}


@pytest.mark.parametrize("order", [1, -1])
def test_the_sum_of_the_others_is_a_mix(tmp_path: Path, order: int) -> None:
    parts = [noise(2.0, seed=seed) for seed in range(4)][::order]
    for number, part in enumerate(parts):
        write(tmp_path / f"{number}.wav", part, RATE)
    write(tmp_path / "x.wav", sum(gain * part for gain, part in zip((0.5, 1.0, 0.8, 0.3), parts, strict=True)), RATE)
    session = read(tmp_path)
    assert [track.name for track in session.tracks if track.mute] == ["x"]
    assert "x: left out (muted): the sum of the other files" in session.notes


@pytest.mark.parametrize("name, others", [("Rough Mix", ("a", "b")), ("ZOOM0001_LR", ("ZOOM0001_Tr1", "ZOOM0001_Tr2"))])
def test_a_mix_by_name(tmp_path: Path, name: str, others: tuple[str, ...]) -> None:
    for seed, each in enumerate((name, *others)):
        write(tmp_path / f"{each}.wav", noise(1.0, seed=seed), RATE)
    host = Folder(tmp_path)
    assert [track.name for track in host.session.tracks if track.mute] == [name]
    (entry,) = [entry for entry in host.inputs if entry.file == f"{name}.wav"]
    assert entry.used_as.endswith("(muted)") and entry.reason


def test_stems_of_one_sound_are_no_mix(tmp_path: Path) -> None:
    sound = noise(2.0)
    for number in range(3):
        write(tmp_path / f"{number}.wav", sound * (number + 1) / 3, RATE)
    assert not any(track.mute for track in read(tmp_path).tracks)


def test_channels_that_are_not_heard_are_named_and_not_measured(tmp_path: Path) -> None:
    sound = np.concatenate([noise(1.0, seed=seed, level=0.1 * (seed + 1)) for seed in range(4)], axis=1)
    write(tmp_path / "recorder.wav", sound, RATE)
    session = read(tmp_path)
    (track,) = session.tracks
    assert timeline.channel_count(track) == 2
    assert np.array_equal(render(track, RATE), sound[:, :2])
    assert any("channels 3 to 4 of 4 are not heard" in note for note in session.notes)
    split = read(tmp_path, FolderOptions(split_channels=True))
    assert [track.name for track in split.tracks] == [f"recorder {n}" for n in (1, 2, 3, 4)]
    for channel, one in enumerate(split.tracks):
        assert np.array_equal(render(one, RATE)[:, 0], sound[:, channel])
    assert not any("not heard" in note for note in split.notes)


def test_a_folder_without_sound_says_what_is_in_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no audio files"):
        read(tmp_path)
    soundfile.write(tmp_path / "a.txt", noise(1.0), RATE, format="WAV")
    with pytest.raises(UserError, match="no audio files"):
        read(tmp_path)

"""A mix at a target: loudness, ceiling, dialogue, formats, tags, and targets that are not sane."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from mixengine.app import render_files
from mixengine.audio.files import AudioFile
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs.render import dialogue, finish, tags
from mixengine.jobs.render.export import Rendered
from mixengine.jobs.render.levels import Levels
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.spool import gather
from mixengine.jobs.render.tags import Chapter, Loudness, Tags
from mixengine.mixer.limiter import TruePeaks
from mixengine.model.session import Marker, Session, Track
from mixengine.system.errors import UserError
from tests.helpers.render_sessions import Songs
from tests.helpers.signals import talk
from tests.helpers.sounds import write

RATE = 16000


def song(rate: int = RATE, seconds: float = 6.0, channels: int = 2, level: float = 0.2) -> np.ndarray:
    """Notes with an attack each half second, over a bass."""
    t = np.arange(round(seconds * rate)) / rate
    notes = np.exp(-8.0 * (t % 0.5)) * (np.sin(2 * np.pi * 330.0 * t) + 0.5 * np.sin(2 * np.pi * 1230.0 * t))
    bass = 0.4 * np.sin(2 * np.pi * 82.0 * t)
    return np.stack([level * (bass + notes * (1.0 - 0.1 * c)) for c in range(channels)], axis=1).astype(np.float32)


def measured(path: str | Path) -> tuple[float, float]:
    """Loudness and true peak of a file."""
    file = AudioFile(str(path))
    sound = file.read(0, file.frames)
    file.close()
    meter, peaks = LoudnessMeter(file.rate, file.channels), TruePeaks(file.rate, file.channels)
    meter.add(sound)
    peaks.add(sound)
    return meter.integrated(), peaks.dbtp()


def at(path: Path, target: str, **settings) -> Rendered:
    return render_files.render(path, RenderSettings(target=target, **settings))


@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2), (48000, 6)])
@pytest.mark.parametrize("target", ["-23", "-13.5"])
def test_loudness_and_ceiling(tmp_path: Path, rate: int, channels: int, target: str) -> None:
    done = at(write(tmp_path / "a.wav", song(rate, 3.0, channels), rate), target, ceiling_dbtp=-1.5)
    lufs, peak = measured(done.written[0].file)
    assert done.finished is not None
    assert lufs == pytest.approx(float(target), abs=0.1) and lufs == pytest.approx(done.finished.lufs, abs=0.01)
    assert peak <= -1.5 + 0.02 and peak == pytest.approx(done.finished.true_peak_dbtp, abs=0.01)
    assert (done.rate, soundfile.info(done.written[0].file).channels) == (rate, channels)


def test_where_no_peak_is_high_only_the_gain_changes(tmp_path: Path) -> None:
    done = at(write(tmp_path / "a.wav", song(), RATE), "-30", bits="32f")
    before, after = (soundfile.read(path, dtype="float32")[0] for path in (tmp_path / "a.wav", done.written[0].file))
    assert done.finished is not None and done.finished.limited_db == 0.0
    assert np.abs(after - before * 10.0 ** (done.finished.gain_db / 20.0)).max() < 1e-6


def test_the_level_of_what_comes_in_does_not_matter(tmp_path: Path) -> None:
    results = []
    for number, level in enumerate((0.05, 0.4)):
        done = at(write(tmp_path / f"{number}.wav", song(level=level), RATE), "-14", bits="32f")
        results.append(soundfile.read(done.written[0].file, dtype="float32")[0])
    assert np.abs(results[0] - results[1]).max() < 0.01


def test_channels_swapped_are_swapped_after(tmp_path: Path) -> None:
    sound = song()
    both = [
        soundfile.read(at(write(tmp_path / f"{n}.wav", s, RATE), "-14", bits="32f").written[0].file)[0]
        for n, s in enumerate((sound, np.ascontiguousarray(sound[:, ::-1])))
    ]
    assert np.array_equal(both[0], both[1][:, ::-1])


def test_a_session_like_its_mix(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    write(tmp_path / "s" / "piano.wav", song(), RATE)
    done = at(tmp_path / "s", "podcast")
    assert done.finished is not None and done.finished.target == "podcast"
    assert Path(done.written[0].file).name == "s-podcast.wav"
    assert measured(done.written[0].file)[0] == pytest.approx(-16.0, abs=0.1)
    values = done.to_dict()
    for key in ("lufs", "dialogue_lufs", "true_peak_dbtp", "lra_lu", "gain_db", "limited_db", "limited_share"):
        assert key in values


def test_a_target_beyond_sense_names_the_nearest(run, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", song(), RATE)
    with pytest.raises(UserError, match=r": target -\d+\.?\d* ceiling_dbtp -1;") as refused:
        at(path, "-3")
    nearest = str(refused.value).split(": target ")[1].split(" ")[0]
    typed = run("render", path, "--target", "-3", "-o", tmp_path / "out")  # who types reads options
    assert f": --target {nearest} --ceiling -1;" in typed.stderr
    assert at(path, nearest).finished is not None
    assert not [p for p in tmp_path.iterdir() if p.is_dir() and p.name != "a-render"]


def test_one_click_is_answered(tmp_path: Path) -> None:
    sound = np.zeros((2 * RATE, 1), np.float32)
    sound[RATE] = 0.5
    with pytest.raises(UserError, match="the nearest that"):
        at(write(tmp_path / "a.wav", sound, RATE), "-16")


@pytest.mark.parametrize("sound", [np.zeros((2 * RATE, 2)), song(seconds=0.2)])
def test_without_loudness(tmp_path: Path, sound: np.ndarray) -> None:
    with pytest.raises(UserError, match="no loudness"):
        at(write(tmp_path / "a.wav", sound, RATE), "-16")


def test_much_limiting_is_said(tmp_path: Path) -> None:
    done = at(write(tmp_path / "a.wav", song(), RATE), "-9.6")
    assert done.finished is not None and done.finished.heavy_share > 0.01
    assert any("mixengine level" in note for note in done.notes)


def test_dialogue_on_tracks_is_the_programme_where_all_is_speech(tmp_path: Path) -> None:
    speech = talk(RATE, [(0.3, 4.0), (4.6, 9.5)], 10.0)
    (tmp_path / "s").mkdir()
    write(tmp_path / "s" / "dialogue.wav", speech, RATE)
    done = at(tmp_path / "s", "netflix")
    assert done.finished is not None and done.finished.measured_by == "dialogue"
    assert "dialogue" in done.finished.dialogue_from and done.rate == 48000
    assert done.finished.dialogue_lufs == pytest.approx(-27.0, abs=0.1)
    assert done.finished.dialogue_lufs == pytest.approx(done.finished.lufs, abs=0.5)


def test_without_dialogue_the_programme_counts(tmp_path: Path) -> None:
    done = at(write(tmp_path / "a.wav", song(), RATE), "netflix")
    assert done.finished is not None and done.finished.measured_by == "programme"
    assert done.finished.lufs == pytest.approx(-24.0, abs=0.1) and any("dialogue" in note for note in done.notes)


def test_speech_shares() -> None:
    assert dialogue._shares([(0.25, 0.4), (0.9, 2.0)], 1.0) == pytest.approx([0, 0, 0.5, 1, 0, 0, 0, 0, 0, 1])


@pytest.mark.parametrize("form", ["mp3", "aac", "opus"])
def test_lossy_files_are_measured_as_they_are_decoded(tmp_path: Path, form: str) -> None:
    pytest.importorskip("av")
    done = at(write(tmp_path / "a.wav", song(44100, 4.0), 44100), "-14", format=form, title="T", artist="A")
    lufs, peak = measured(done.written[0].file)
    assert lufs == pytest.approx(-14.0, abs=0.1) and peak <= -1.0 + 0.02


def test_what_is_told_of_a_lossy_file_is_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its encoder never comes below the ceiling."""
    pytest.importorskip("av")
    lower = iter((0.5, 0.4, 0.3, 0.2, 0.1))

    def decoded(*_: object) -> tuple[Levels, float]:
        return levels, -1.0 + next(lower)

    levels = Levels(RATE, 2)
    levels.add(0.1 * song())
    written: list[float] = []
    monkeypatch.setattr(finish, "_decoded", decoded)
    real = finish._write
    monkeypatch.setattr(
        finish, "_write", lambda way, tried, *rest: written.append(tried.gain_db) or real(way, tried, *rest)
    )
    done = at(write(tmp_path / "a.wav", song(), RATE), "-20", format="mp3")
    assert done.finished is not None and len(written) == 5
    assert done.finished.gain_db == written[-1]
    assert any("the mp3 file is at" in note and "not at −20.0" in note for note in done.notes)


@pytest.mark.parametrize("channels", [3, 4, 8])
def test_channels_that_a_lossy_format_has_no_place_for(tmp_path: Path, channels: int) -> None:
    pytest.importorskip("av")
    with pytest.raises(UserError, match=f"format aac: holds 1, 2, 6 channels here, not {channels}; use flac"):
        at(write(tmp_path / "a.wav", song(RATE, 1.0, channels), RATE), "-20", format="aac")


def test_names_that_are_no_text_are_written_as_far_as_they_are(tmp_path: Path) -> None:
    """Older projects name their markers in other encodings."""
    name = b"Caf\xe9\x01".decode("utf-8", "surrogateescape")
    given = Tags(name, name, name, chapters=(Chapter(name, 0.0, 1.0),))
    assert {*given.words().values(), given.chapters[0].name} == {"Caf\ufffd "}
    assert tags.id3(given)
    path = write(tmp_path / "a.wav", song(), RATE)
    tags.write_into_wav(path, given, Loudness(-20.0, 5.0, -1.0, -15.0, -18.0), RATE)
    data = path.read_bytes()
    ElementTree.fromstring(data[data.index(b"<?xml") : data.index(b"</BWFXML>") + 9])


def test_acx_is_rms(tmp_path: Path) -> None:
    pytest.importorskip("av")
    done = at(write(tmp_path / "a.wav", song(RATE, 4.0, 1), RATE), "acx")
    assert done.finished is not None and done.finished.rms_db == pytest.approx(-20.5, abs=0.1)
    file = AudioFile(done.written[0].file)
    assert (file.rate, file.channels, Path(done.written[0].file).suffix) == (44100, 1, ".mp3")
    sound = file.read(0, file.frames)
    assert 10.0 * np.log10(np.square(sound).mean()) == pytest.approx(-20.5, abs=0.1)


def test_broadcast_wav_says_its_loudness(tmp_path: Path) -> None:
    done = at(write(tmp_path / "a.wav", song(), RATE), "-20", title="Ä title", album="B")
    data = Path(done.written[0].file).read_bytes()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8
    place = data.index(b"bext") + 8
    values = struct.unpack("<5h", data[place + 412 : place + 422])
    assert done.finished is not None and struct.unpack("<H", data[place + 346 : place + 348])[0] == 2
    assert values[0] == round(100 * done.finished.lufs) and values[2] == round(100 * done.finished.true_peak_dbtp)
    assert b"<LOUDNESS_VALUE>-20.0" in data and soundfile.info(done.written[0].file).frames == 6 * RATE


def test_chapters_from_regions_else_markers() -> None:
    session = Session("s", "s.RPP", RATE, (), markers=(Marker("One", 1.0), Marker("=END", 5.0), Marker("Two", 3.0)))
    assert tags.chapters(session, 0.5, 9.5) == (Chapter("One", 0.5, 2.5), Chapter("Two", 2.5, 9.0))
    regions = (*session.markers, Marker("Part", 2.0, 4.0))
    assert tags.chapters(replace(session, markers=regions), 0.0, 9.0) == (Chapter("Part", 2.0, 4.0),)


def test_chapters_that_began_before_the_file_go_on_in_it() -> None:
    session = Session("s", "s.RPP", RATE, (), markers=(Marker("One", 1.0), Marker("Two", 3.0), Marker("Three", 30.0)))
    assert tags.chapters(session, 2.0, 9.0) == (Chapter("One", 0.0, 1.0), Chapter("Two", 1.0, 7.0))
    assert tags.chapters(session, 3.0, 9.0) == (Chapter("Two", 0.0, 6.0),)
    assert tags.chapters(session, 5.0, 9.0) == (Chapter("Two", 0.0, 4.0),)
    regions = (
        Marker("Before", 0.0, 4.0),
        Marker("Intro", 4.5, 12.0),
        Marker("Talk", 12.0, 30.0),
        Marker("X", 35.0, 40.0),
    )
    mixed = replace(session, markers=(*session.markers, *regions))
    assert tags.chapters(mixed, 5.0, 35.0) == (Chapter("Intro", 0.0, 7.0), Chapter("Talk", 7.0, 25.0))
    assert tags.chapters(mixed, 4.0, 6.0) == (Chapter("Intro", 0.5, 2.0),)


def test_chunks_of_an_rf64_file_keep_its_size(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, song(), RATE, format="RF64", subtype="PCM_16")
    tags.write_into_wav(path, Tags("T"), Loudness(-20.0, 5.0, -1.0, -15.0, -18.0), RATE)
    data = path.read_bytes()
    assert struct.unpack("<Q", data[20:28])[0] == len(data) - 8 and soundfile.info(path).frames == 6 * RATE


def test_five_channels_fold_down_and_rates_change() -> None:
    blocks = [np.ones((1000, 6), np.float32)] * 20
    with gather(blocks, 8000, 6, 16000, 2, lambda _: None) as spool:
        assert (spool.channels, spool.rate, spool.frames) == (2, 16000, 40000)
        sound = np.concatenate([block for _, block in spool.blocks()])
    assert sound[20000] == pytest.approx([1.0 + 2.0 * np.sqrt(0.5)] * 2, abs=1e-3)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"format": "mp3"}, "how loud"),
        ({"ceiling_dbtp": -2.0}, "goes with target"),
        ({"ceiling_dbtp": 0.0}, "goes with target"),
        ({"target": "podcast", "stems": True}, "for the mix"),
        ({"target": "podcast", "format": "wav", "art": "a.png"}, "holds no picture"),
    ],
)
def test_settings_that_do_not_fit(settings: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        RenderSettings(**settings)


def test_an_audio_file_needs_a_target(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", song(), RATE)
    with pytest.raises(UserError, match="say with target how loud"):
        render_files.render(path, RenderSettings())
    with pytest.raises(UserError, match="is what is read"):
        render_files.render(path, RenderSettings(target="-20"), out=str(path))


def test_samples_that_are_no_numbers_are_said(tmp_path: Path) -> None:
    sound = song()
    sound[4000:4010, 0] = np.nan
    done = at(write(tmp_path / "a.wav", sound, RATE), "-20")
    words = f"samples that are no numbers were made silence: 10, the first at {4000 / RATE:.3f} s"
    assert words in done.notes
    done = render_files.render(tmp_path, RenderSettings(target="-20"), out=str(tmp_path / "out.wav"))
    assert f"a: {words} (item 'a.wav')" in done.notes


def test_what_the_target_asks_otherwise_is_said(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('level = -20.0\nformat = "flac"\nbits = "16"\n', encoding="utf-8")
    path = write(tmp_path / "a.wav", song(), RATE)
    assert not any("asks for" in note for note in at(path, str(own), bits="16").notes)
    notes = at(path, str(own), format="wav").notes
    assert "own asks for flac; this is wav" in notes and "own asks for 16 bits; this has 24" in notes


def test_a_refusal_names_what_was_measured(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('level = -3.0\nmeasure = "rms"\n', encoding="utf-8")
    path = write(tmp_path / "a.wav", song(), RATE)
    with pytest.raises(UserError, match="dB RMS") as refused:
        at(path, str(own))
    assert "target" not in str(refused.value), "a number as target would be one of LUFS"


def test_stems_as_tracks_have_no_target(run, tmp_path: Path) -> None:
    write(tmp_path / "song" / "a.wav", song(), RATE)
    result = run("render", tmp_path / "song", "--into-project", "--target", "podcast")
    assert result.returncode and "mixengine deliver" in result.stderr


def test_the_command(run, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", song(), RATE)
    result = run("render", path, "--target", "-18", "--ceiling", "-2", "--json")
    values = json.loads(result.stdout)
    assert values["lufs"] == pytest.approx(-18.0, abs=0.1) and values["limited_db"] >= 0.0


def test_muted_speech_is_not_listened_to(tmp_path: Path) -> None:
    songs = Songs(tmp_path)
    tracks = (songs.track("dialogue"), replace(songs.track("dialogue 2"), mute=True), songs.track("piano"))
    assert [track.name for track in dialogue.speech_tracks(Session("s", "s", RATE, tracks))] == ["dialogue"]
    assert isinstance(tracks[0], Track)


@pytest.mark.parametrize("target", ["-20", "-5"])
def test_the_nearest_target_of_a_click_is_reached(tmp_path: Path, target: str) -> None:
    """More gain hardly makes a limited click louder."""
    sound = np.zeros((3 * RATE, 2), np.float32)
    sound[RATE] = 0.9
    path = write(tmp_path / "a.wav", sound, RATE)
    with pytest.raises(UserError, match="the nearest that leaves the sound as it is") as refused:
        at(path, target)
    named = re.search(r": target (\S+) ceiling_dbtp (\S+?);", str(refused.value))
    assert named is not None
    done = at(path, named[1], ceiling_dbtp=float(named[2])).finished
    assert done is not None and done.lufs == pytest.approx(float(named[1]), abs=0.1)
    assert done.true_peak_dbtp <= done.ceiling_dbtp

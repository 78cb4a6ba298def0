"""Files: what is written, what is said about it, and what goes wrong."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mixengine.app import render_files, workflow
from mixengine.hosts import open_session
from mixengine.hosts.rpp.project import Project
from mixengine.jobs.render import export, files
from mixengine.jobs.render.settings import RenderSettings
from mixengine.system.errors import UserError
from tests.helpers import rpp_builders as b
from tests.helpers.render_sessions import peak_db
from tests.helpers.sounds import noise, tone, write

RATE = 22050


def read(path: Path | str) -> np.ndarray:
    return soundfile.read(path, dtype="float64", always_2d=True)[0]


def by_name(done: export.Rendered) -> dict[str, export.RenderedFile]:
    return {file.name: file for file in done.written}


@pytest.fixture
def song(tmp_path) -> Path:
    """A project: a folder with two tracks, a bus, MIDI, a plug-in of somebody's, a missing file."""
    folder = tmp_path / "Lied ü"
    write(folder / "kick.wav", tone(55.0, 1.0, level=0.2), RATE)
    write(folder / "pad.wav", noise(1.5, level=0.1, channels=2), RATE)
    at_zero = [
        line.replace("SOFFS 0.75", "SOFFS 0").replace("LOOP 1", "LOOP 0")
        for line in b.item(11, media=b.source("kick.wav"))
    ]
    pad = [line.replace("SOFFS 0.75", "SOFFS 0") for line in b.item(12, media=b.source("pad.wav"))]
    data = b.project(
        b.track(1, name="Drums", bus="1 1"),
        b.track(2, b.chain(b.plugin()), at_zero, name="Kick", volpan="0.5 0.25 -1 -1 1", bus="2 -1"),
        b.track(3, pad, b.item(13, media=["<SOURCE MIDI", ">"]), b.item(14, media=b.source("gone.wav")), name="Päd"),
        b.track(4, ["AUXRECV 2 0 0.5 0 0 0 0 0 0 -1:U 0 -1 ''", "AUXRECV 1 0 1 0 0 0 0 0 2 -1:U 0 -1 ''"], name="Bus"),
    ).replace(b"SAMPLERATE 48000", b"PANLAWFLAGS 3\r\n  SAMPLERATE 22050")  # fmt: skip
    path = folder / "söng.RPP"
    path.write_bytes(data)
    return path


def test_mix_and_stems_line_up_and_add_up(song):
    done = render_files.render(song, RenderSettings(bits="32f"), out=None)
    assert [(file.kind, file.name) for file in done.written] == [("mix", "söng"), ("stem", "Kick"), ("stem", "Päd")]
    assert {str(Path(file.file).relative_to(song.parent)) for file in done.written} == {
        "söng-render/mix.wav", "söng-render/stems/Kick.wav", "söng-render/stems/Päd.wav",
    }  # fmt: skip
    mix, kick, pad = (read(file.file) for file in done.written)
    assert len(mix) == len(kick) == len(pad) == round(4.75 * RATE)
    assert peak_db(kick + pad - mix) < -120.0
    source = read(song.parent / "kick.wav")
    assert peak_db(kick[round(1.5 * RATE) :][: len(source)] - source * 0.5 * [0.75, 1.0]) < -120.0
    assert done.adds_up and done.null_dbfs < -120.0 and done.file_null_dbfs <= done.tolerance_dbfs


def test_what_is_not_rendered_is_said_for_each_track(song):
    done = render_files.render(song, RenderSettings(mix=True), out=None)
    assert {entry.track: entry.what for entry in done.unheard} == {
        "Kick": ("effect VST: ReaDelay (Cockos)", "send to 'Bus': into channel 3 (a side chain)"),
        "Päd": ("MIDI item", "missing file gone.wav"),
    }


@pytest.mark.parametrize("stems", [False, True])
@pytest.mark.parametrize(("start_s", "end_s", "sounds"), [(0.0, 1.4, False), (4.8, 9.0, False), (1.0, 1.6, True)])
def test_a_range_in_which_nothing_sounds_is_named(song, start_s, end_s, sounds, stems):
    settings = RenderSettings(mix=not stems, stems=stems, start_s=start_s, end_s=end_s)
    done = render_files.render(song, settings, out=None)
    assert (export.NOTHING_SOUNDS in done.notes) is not sounds
    assert any(read(file.file).any() for file in done.written) is sounds


def test_stems_of_silence_are_named_where_they_become_tracks(song, run):
    shown = run("render", song, "--into-project", "--from", "4.8", "--to", "6", "--no-progress")
    assert shown.returncode == 0 and f"note: {export.NOTHING_SOUNDS}" in shown.stdout


def test_channels_beyond_stereo_are_said(tmp_path):
    write(tmp_path / "stems" / "surround.wav", noise(0.2, channels=8), RATE)
    write(tmp_path / "stems" / "stereo.wav", noise(0.2, channels=2), RATE)
    done = render_files.render(tmp_path / "stems", RenderSettings(mix=True), out=None)
    said = "channels 3 to 8 of surround.wav: 'surround.wav' at 0.00 s"
    assert {entry.track: entry.what for entry in done.unheard} == {"surround": (said,)}


@pytest.mark.parametrize("form", ["wav", "flac"])
@pytest.mark.parametrize("bits", ["16", "24"])
def test_whole_numbers_are_right_within_rounding_and_dither(song, form, bits):
    exact = by_name(render_files.render(song, RenderSettings(bits="32f"), out=str(song.parent / "exact")))
    done = render_files.render(song, RenderSettings(format=form, bits=bits), out=None)
    for file in done.written:
        info = soundfile.info(file.file)
        assert (info.format, info.subtype) == (form.upper(), f"PCM_{bits}")
        error = read(file.file) - read(exact[file.name].file)
        assert 0.0 < np.abs(error).max() <= 1.5001 * files.step(bits)
    assert done.adds_up and -130.0 < done.tolerance_dbfs < -60.0


def test_tags(song):
    for form in ("wav", "flac"):
        done = render_files.render(song, RenderSettings(format=form), out=None)
        with soundfile.SoundFile(by_name(done)["Päd"].file) as file:
            assert file.title == "Päd"
            assert file.software.startswith("mixengine")


def test_a_render_can_be_repeated_to_the_bit(song):
    done = render_files.render(song, RenderSettings(bits="16"), out=None)
    before = [Path(file.file).read_bytes() for file in done.written]
    done = render_files.render(song, RenderSettings(bits="16"), out=None)
    assert [Path(file.file).read_bytes() for file in done.written] == before


def test_a_part_of_the_time(song):
    whole = by_name(render_files.render(song, RenderSettings(bits="32f"), out=None))
    done = render_files.render(song, RenderSettings(bits="32f", start_s=1.6, end_s=2.0), out=str(song.parent / "part"))
    for file in done.written:
        part = read(file.file)
        assert len(part) == round(0.4 * RATE)
        assert peak_db(part - read(whole[file.name].file)[round(1.6 * RATE) :][: len(part)]) < -120.0


def test_groups_and_the_selection(song):
    done = render_files.render(song, RenderSettings(stems_per="group"), out=None)
    assert [(file.name, file.tracks) for file in done.written[1:]] == [("Drums", ("Kick",)), ("Päd", ("Päd",))]
    with pytest.raises(UserError, match="no track that sounds is selected"):
        render_files.render(song, RenderSettings(stems_per="selection"), out=None)
    song.write_bytes(song.read_bytes().replace(b"NAME Kick\r\n", b"NAME Kick\r\n    SEL 1\r\n"))
    done = render_files.render(song, RenderSettings(stems_per="selection", stems=True), out=None)
    assert [file.name for file in done.written] == ["Kick"]
    assert done.null_dbfs < -120.0  # with what is not selected


def test_overs_are_kept_as_float_and_counted_as_whole_numbers(tmp_path):
    root = tmp_path / "loud"
    for name in "ab":
        write(root / f"{name}.wav", np.full((500, 1), 0.75, np.float32), RATE)
    kept = render_files.render(root, RenderSettings(mix=True, bits="32f"), out=str(tmp_path / "x.wav"))
    assert read(tmp_path / "x.wav").max() == 1.5
    assert kept.written[0].clipped == 0
    cut = render_files.render(root, RenderSettings(bits="16"), out=str(tmp_path / "y"))
    assert cut.written[0].clipped == 1000
    assert "1000 samples were beyond full scale" in " ".join(cut.notes)
    assert cut.adds_up


def test_silence_and_one_sample(tmp_path):
    write(tmp_path / "s" / "silent.wav", np.zeros((1000, 1), np.float32), RATE)
    write(tmp_path / "s" / "click.wav", np.full((1, 1), 0.5, np.float32), RATE)
    done = render_files.render(tmp_path / "s", RenderSettings(bits="16"), out=None)
    assert not read(by_name(done)["silent"].file).any()
    assert np.flatnonzero(read(by_name(done)["click"].file)[:, 0]).tolist() == [0]


@pytest.mark.parametrize("rate, channels", [(8000, 1), (44100, 6), (192000, 8)])
def test_rates_and_channels(tmp_path, rate, channels):
    sound = noise(0.05, rate, channels=channels)
    write(tmp_path / "s" / "a.wav", sound, rate)
    done = render_files.render(tmp_path / "s", RenderSettings(bits="32f", mix=True), out=None)
    heard = read(done.written[0].file)
    assert soundfile.info(done.written[0].file).samplerate == rate
    assert np.array_equal(heard, np.repeat(sound, 2, axis=1) if channels == 1 else sound[:, :2])


def test_a_damaged_file_is_named_and_the_rest_is_rendered(song):
    (song.parent / "kick.wav").write_bytes(b"RIFF")
    done = render_files.render(song, RenderSettings(), out=None)
    assert [file.name for file in done.written] == ["söng", "Päd"]
    what = [what for entry in done.unheard if entry.track == "Kick" for what in entry.what]
    assert any(line.startswith("damaged file kick.wav: its header is damaged") for line in what)


def test_a_file_with_damage_is_one_line_and_nothing_is_left(song):
    flac = song.parent / "kick.flac"
    soundfile.write(flac, noise(2.0, seed=3), RATE, format="FLAC")
    data = flac.read_bytes()
    middle = len(data) // 2
    flac.write_bytes(data[:middle] + bytes(4000) + data[middle + 4000 :])
    song.write_bytes(song.read_bytes().replace(b"kick.wav", b"kick.flac"))
    before = sorted(song.parent.iterdir())
    with pytest.raises(UserError, match=r"kick.flac: .*; nothing was written; mute that item"):
        render_files.render(song, RenderSettings(), out=None)
    assert sorted(song.parent.iterdir()) == before


def test_nothing_to_render(song, tmp_path):
    with pytest.raises(UserError, match="nothing between 5000 s"):
        render_files.render(song, RenderSettings(start_s=5000.0), out=None)
    song.write_bytes(song.read_bytes().replace(b"MUTESOLO 0", b"MUTESOLO 1"))
    with pytest.raises(UserError, match="all tracks with audio are muted"):
        render_files.render(song, RenderSettings(), out=None)
    with pytest.raises(UserError, match="not found"):
        render_files.render(tmp_path / "no.RPP", RenderSettings(), out=None)


def test_no_input_is_replaced(tmp_path):
    write(tmp_path / "s" / "mix.wav", tone(100.0, 0.1), RATE)
    before = (tmp_path / "s" / "mix.wav").read_bytes()
    with pytest.raises(UserError, match="is played by the session"):
        render_files.render(tmp_path / "s", RenderSettings(), out=str(tmp_path / "s"))
    assert (tmp_path / "s" / "mix.wav").read_bytes() == before


@pytest.mark.parametrize(
    "given, said",
    [
        ({"stems_per": "bus"}, "stems_per 'bus' is unknown"),
        ({"format": "wma"}, "format 'wma' is unknown"),
        ({"format": "mp3"}, "say with target how loud"),
        ({"bits": "20"}, "bits '20' is unknown"),
        ({"format": "flac", "bits": "32f"}, "FLAC holds whole numbers"),
        ({"start_s": 2.0, "end_s": 2.0}, "end_s 2 is not after start_s 2"),
        ({"start_s": -1.0}, "start_s -1 is outside"),
        ({"end_s": float("nan")}, "end_s nan is outside"),
    ],
)
def test_settings_that_make_no_sense(given, said):
    with pytest.raises(UserError, match=said):
        RenderSettings(**given)


class FullDisk:
    """libsndfile that can write no bytes."""

    def __init__(self, library):
        self._library = library

    def __getattr__(self, name):
        return getattr(self._library, name)

    def sf_write_raw(self, _file, _data, _size):
        return 0


@pytest.mark.parametrize("bits", ["24", "32f"])
def test_a_full_disk_leaves_nothing(song, monkeypatch, bits):
    def full(self, block):
        raise RuntimeError("Error : could not write")

    before = sorted(song.parent.iterdir())
    monkeypatch.setattr(soundfile.SoundFile, "write", full)
    monkeypatch.setattr(soundfile, "_snd", FullDisk(soundfile._snd))
    with pytest.raises(UserError, match=r"No space left on device.*nothing was changed"):
        render_files.render(song, RenderSettings(bits=bits), out=None)
    assert sorted(song.parent.iterdir()) == before


def test_beyond_four_gigabytes_the_header_can_count(tmp_path):
    sink = files.Sink(tmp_path / "long.wav", 48000, 2**30, "wav", "24", "long")
    sink.write(np.full((100, 2), 0.25, np.float32))
    sink.close()
    assert soundfile.info(tmp_path / "long.wav").format == "RF64"
    assert read(tmp_path / "long.wav").shape == (100, 2)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_plain_mix_is_that_of_ffmpeg(tmp_path):
    root = tmp_path / "s"
    for number in range(8):
        write(root / f"{number}.wav", noise(0.5, channels=2, seed=number + 1), RATE, "PCM_24")
    inputs = [word for path in sorted(root.iterdir()) for word in ("-i", str(path))]
    theirs = tmp_path / "theirs.wav"
    graph = ["-filter_complex", "amix=inputs=8:normalize=0", "-c:a", "pcm_f32le"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *graph, str(theirs)], check=True)
    render_files.render(root, RenderSettings(mix=True, bits="32f"), out=str(tmp_path / "ours.wav"))
    assert peak_db(read(tmp_path / "ours.wav") - read(theirs)) < -120.0


def test_stems_in_the_project_sound_as_the_project_did(song):
    data = song.read_bytes().replace(b"MASTER_VOLUME 1 0", b"PANLAW 0.5\r\n  MASTER_VOLUME 0.5 -0.5")
    song.write_bytes(data)
    as_float, folder = RenderSettings(mix=True, bits="32f"), song.parent
    before = read(render_files.render(song, as_float, out=str(folder / "a.wav")).written[0].file)
    outcome = workflow.run_job("render", song, RenderSettings(bits="32f"))
    assert "Kick: not in its stem: effect VST: ReaDelay (Cockos)" in " ".join(outcome.notes)
    written = Path(outcome.outputs["project"])
    session = open_session(written)
    assert [track.name for track in session.tracks[4:]] == ["mixengine stems", "Kick", "Päd"]
    assert [track.name for track in session.tracks if track.mute] == ["Kick", "Päd"]
    after = read(render_files.render(written, as_float, out=str(folder / "b.wav")).written[0].file)
    assert peak_db(after - before) < -115.0


def test_stems_in_the_project_are_taken_back(song, run):
    out = song.parent / "anders wo"
    shown = run("render", song, "--into-project", "-o", out, "--no-progress")
    assert shown.returncode == 0, shown.stderr
    project = out / "söng-rendered.RPP"
    clips = [clip for track in open_session(project).tracks[4:] for clip in track.clips]
    assert [clip.source.kind for clip in clips] == ["audio", "audio"]
    assert all(Path(clip.source.path).is_relative_to(out / "mixengine") for clip in clips)
    shown = run("revert", out / "plan.json", project)
    assert shown.returncode == 0, shown.stderr
    back = Project.load(out / "söng-rendered-reverted.RPP").session()
    assert [track.name for track in back.tracks] == ["Drums", "Kick", "Päd", "Bus"]
    assert not any(track.mute for track in back.tracks)


@pytest.mark.parametrize("soloed", ["Drums", "Kick", "Bus"])
def test_stems_of_a_soloed_session_sound_as_it_did(song, run, soloed):
    data = song.read_bytes()
    at = data.index(b"MUTESOLO 0 0 0", data.index(f"NAME {soloed}".encode()))
    song.write_bytes(data[:at] + b"MUTESOLO 0 1 0" + data[at + 14 :])
    shown = run("render", song, "--into-project", "--no-progress")
    assert shown.returncode == 0 and "is soloed, so that it sounds too" in shown.stdout, shown.stderr
    project = song.with_name("söng-rendered.RPP")
    before, after = (
        render_files.render(path, RenderSettings(mix=True, bits="32f", end_s=4.75), out=song.parent / f"{n}.wav")
        for n, path in enumerate((song, project))
    )
    mixes = [read(done.written[0].file) for done in (before, after)]
    assert peak_db(mixes[0]) > -60.0 and peak_db(mixes[1] - mixes[0]) < -100.0
    shown = run("revert", song.parent / "söng-rendered" / "plan.json", project, "-o", song.with_name("back.RPP"))
    assert shown.returncode == 0 and song.with_name("back.RPP").read_bytes() == song.read_bytes(), shown.stderr


def test_the_command_says_what_it_did(song, run):
    shown = run("render", song, "--bits", "16", "--no-progress")
    assert shown.returncode == 0, shown.stderr
    assert "the stems add up to the mix" in shown.stdout
    assert "not rendered of Päd: MIDI item; missing file gone.wav" in shown.stdout
    data = json.loads(run("render", song, "--json", "--stems", "--by", "group").stdout)
    assert data["adds_up"] is True
    assert [file["name"] for file in data["written"]] == ["Drums", "Päd"]
    assert data["unheard"][0]["track"] == "Kick"


@pytest.mark.parametrize(
    "options, said",
    [
        (["--mix", "--into-project"], "--mix with --into-project"),
        (["--in-place"], "--in-place goes with --into-project"),
        (["-o", "x.wav"], "names one file"),
        (["--mix", "-o", "x.flac"], "is not named as wav; use --format flac"),
        (["--mix", "-o", "x.mp3"], "mp3 is for a finished mix; name it .wav or .flac, or say with --target how loud"),
        (["--mix", "-o", "x.m4a"], "aac is for a finished mix"),
        (["--target", "-16", "--format", "wav", "-o", "x.m4a"], "use --format aac"),
        (["--mix", "-o", "x.ogg"], "cannot write this kind of file; give a folder, or one of .wav, .flac, .mp3"),
        (["-o", ""], "-o is empty"),
    ],
)
def test_options_that_do_not_go_together(song, run, options, said):
    done = run("render", song, *options)
    assert done.returncode == 1 and said in done.stderr


def test_the_running_reaper_has_an_action_for_it(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    done = run("render", "reaper", "--into-project")
    assert done.returncode == 1 and "use the action 'Render stems' in REAPER" in done.stderr


@pytest.mark.parametrize("target", [None, "-18"])
def test_media_that_are_all_missing_are_named(tmp_path, target):
    (tmp_path / "song.RPP").write_bytes(b.project(b.track(1, b.item(11, media=b.source("gone.wav")), name="Kick")))
    settings = RenderSettings(mix=True, target=target)
    with pytest.raises(UserError, match=r"no audio that can be read \(Kick: media missing: gone.wav\)"):
        render_files.render(tmp_path / "song.RPP", settings)

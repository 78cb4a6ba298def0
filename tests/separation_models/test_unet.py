"""The shipped network through the same road as in use: invariances first, then what it must do, then bad input."""

import json

import numpy as np
import pytest
import soundfile

from mixengine.audio.metrics import si_sdr_db
from mixengine.cli import app
from mixengine.jobs.separate.enhance_files import enhance
from mixengine.separation_models.chunked import separate
from mixengine.separation_models.unet_model import UNet, _makeup_gains, _soften_gains
from mixengine.system.errors import UserError
from tests.helpers.command_line import run
from tests.helpers.voices import hiss, voice

RATE = 16000


@pytest.fixture(scope="module")
def net():
    return UNet()


@pytest.fixture(scope="module")
def talk():
    return voice(6.0)


def speech_of(net, samples, rate=RATE, **how):
    return separate(net, samples, rate, **how)["speech"]


def test_gain_scales_the_answer(net, talk):
    noisy = talk + hiss(talk, 5)
    answer = speech_of(net, noisy)
    for gain in (0.01, 0.2, 5.0):
        assert np.abs(speech_of(net, gain * noisy) - gain * answer).max() < 2e-3 * gain * np.abs(answer).max()


def test_swapped_channels_swap_the_answer(net, talk):
    noisy = np.concatenate([talk + hiss(talk, 5), 0.4 * talk + hiss(talk, 15, seed=2)], axis=1)
    assert np.array_equal(speech_of(net, noisy[:, ::-1].copy()), speech_of(net, noisy)[:, ::-1])


def test_polarity_turns_the_answer(net, talk):
    noisy = talk + hiss(talk, 5)
    assert np.array_equal(speech_of(net, -noisy), -speech_of(net, noisy))


def test_two_equal_channels_are_one(net, talk):
    noisy = talk + hiss(talk, 5)
    assert np.abs(speech_of(net, np.repeat(noisy, 2, axis=1)) - speech_of(net, noisy)).max() < 1e-4


def test_channels_beyond_two_are_on_their_own(net, talk):
    noisy = talk + hiss(talk, 5)
    many = np.concatenate([noisy, np.zeros_like(noisy), hiss(talk, 0)] + [noisy] * 5, axis=1)
    answer = speech_of(net, many)
    assert answer.shape == many.shape
    assert np.array_equal(answer[:, :1], speech_of(net, noisy))
    assert not answer[:, 1].any()


def test_a_shift_by_whole_frames_shifts_the_answer(net, talk):
    noisy = talk + hiss(talk, 5)
    late = 8 * 256 * 4
    quiet = 1e-4 * hiss(talk, 0)[:late]
    shifted = speech_of(net, np.concatenate([quiet, noisy]))[late:]
    middle = slice(3 * RATE, 5 * RATE)
    assert np.abs(shifted - speech_of(net, noisy))[middle].max() < 0.1 * np.abs(noisy).max()


def test_pieces_are_the_whole(net):
    talk = voice(13.0, seed=3)
    noisy = talk + hiss(talk, 3)
    whole, pieces = speech_of(net, noisy, chunk_s=1000.0), speech_of(net, noisy, chunk_s=4.0)
    assert np.abs(whole - pieces).max() < 1e-4 * np.abs(whole).max()


@pytest.mark.parametrize("snr_db", [0, 5, 10])
def test_noise_goes_and_speech_stays(net, talk, snr_db):
    noisy = talk + hiss(talk, snr_db)
    assert si_sdr_db(talk[:, 0], speech_of(net, noisy)[:, 0]) > snr_db + 4


def test_noise_alone_goes_down(net, talk):
    noise = hiss(talk, 0)
    assert np.mean(speech_of(net, noise) ** 2) < np.mean(noise**2) * 10**-1.5


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000, 96000, 192000])
def test_rates(net, rate):
    talk = voice(4.0, rate)
    noisy = talk + hiss(talk, 5)
    answer = speech_of(net, noisy, rate)
    assert answer.shape == noisy.shape
    assert si_sdr_db(talk[:, 0], answer[:, 0]) > 7


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((RATE, 1)),
        np.ones((1, 1)),
        np.zeros((1, 8)),
        np.full((RATE, 2), 0.5),
        np.clip(8 * voice(2.0), -1, 1),
        1e-7 * voice(1.0),
        np.full((3 * RATE, 1), 1.0) * (np.arange(3 * RATE) == RATE)[:, None],
    ],
    ids=["silence", "one sample", "one frame of eight", "dc", "clipped", "faint", "click"],
)
def test_strange_audio_gives_finite_audio_of_its_size(net, samples):
    answer = speech_of(net, samples.astype(np.float32))
    assert answer.shape == samples.shape
    assert np.isfinite(answer).all()
    assert np.abs(answer).max() <= 1.5 * np.abs(samples).max()


def test_a_file_comes_back_as_it_was(tmp_path, net):
    source = tmp_path / "Ä b.wav"
    talk = voice(3.0, 48000)
    soundfile.write(source, np.repeat(talk + hiss(talk, 10), 2, axis=1), 48000, "PCM_24")
    before = source.read_bytes()
    done = enhance(str(source), tmp_path / "out" / "clean.wav", net)
    info = soundfile.info(done.output)
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (48000, 2, len(talk), "PCM_24")
    assert source.read_bytes() == before
    assert not list(tmp_path.rglob(".mixengine*"))


def test_blend(tmp_path, net):
    source = tmp_path / "in.wav"
    talk = voice(2.0)
    noisy = talk + hiss(talk, 5)
    soundfile.write(source, noisy, RATE, "FLOAT")
    result = {}
    for blend in (0.0, 0.5, 1.0):
        enhance(str(source), tmp_path / f"{blend}.wav", net, blend=blend)
        result[blend] = soundfile.read(tmp_path / f"{blend}.wav", dtype="float32")[0]
    assert np.array_equal(result[0.0], noisy[:, 0])
    assert np.allclose(result[0.5], (result[0.0] + result[1.0]) / 2, atol=1e-6)


@pytest.mark.parametrize("blend", [-0.1, 1.1, float("nan")])
def test_blend_outside_is_refused(tmp_path, net, blend):
    soundfile.write(tmp_path / "in.wav", np.zeros(100), RATE)
    with pytest.raises(UserError, match="blend"):
        enhance(str(tmp_path / "in.wav"), tmp_path / "out.wav", net, blend=blend)


def test_a_weight_file_that_is_none(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"not a network")
    with pytest.raises(UserError, match=r"bad\.onnx"):
        UNet(str(tmp_path / "bad.onnx"))
    with pytest.raises(UserError, match=r"gone\.onnx"):
        UNet(str(tmp_path / "gone.onnx"))


def test_the_command(tmp_path):
    talk = voice(2.0)
    soundfile.write(tmp_path / "in.wav", talk + hiss(talk, 5), RATE)
    done = run("enhance", tmp_path / "in.wav", "-o", tmp_path / "out.wav", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["frames"] == len(talk)
    assert soundfile.info(result["output"]).frames == len(talk)


@pytest.mark.parametrize(
    ("make", "words", "says"),
    [
        (None, [], "in.wav"),
        (b"RIFF no audio", [], "in.wav"),
        ("silence", ["-o", "{}/out.mp3"], ".wav or .flac"),
        ("silence", ["-o", "{}/in.wav"], "is the input"),
        ("silence", ["--model", "nobody"], "nobody"),
        ("silence", ["--model", "hpss"], "no speech"),
    ],
)
def test_bad_input_is_one_line(tmp_path, make, words, says):
    source = tmp_path / "in.wav"
    if make == "silence":
        soundfile.write(source, np.zeros(100), RATE)
    elif make is not None:
        source.write_bytes(make)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = run("enhance", source, *[word.format(tmp_path) for word in words])
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0
    assert says in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_folder_goes_on_after_a_bad_file(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.wav", "sub/b.flac"):
        soundfile.write(tmp_path / "in" / name, voice(1.0), RATE)
    (tmp_path / "in" / "bad.wav").write_bytes(b"nothing")
    done = run("enhance", tmp_path / "in", "--json")
    assert done.returncode == 1
    assert "bad.wav" in done.stderr
    assert len(json.loads(done.stdout)["files"]) == 2
    made = {path.relative_to(tmp_path / "in-enhanced").as_posix() for path in (tmp_path / "in-enhanced").rglob("*.*")}
    assert made == {"a.wav", "sub/b.flac"}


def test_files_that_differ_in_kind_alone_do_not_meet(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.wav", "a.ogg", "b.ogg"):
        soundfile.write(folder / name, voice(1.0), RATE)
    done = run("enhance", folder, "--model", "mask", "--json")
    assert done.returncode == 0, done.stderr
    assert len({row["output"] for row in json.loads(done.stdout)["files"]}) == 3
    made = {path.name for path in (tmp_path / "in-enhanced").iterdir()}
    assert made == {"a.wav", "a.ogg.wav", "b.wav"}


def test_a_folder_inside_its_input_does_not_grow(tmp_path):
    soundfile.write(tmp_path / "a.wav", voice(1.0), RATE)
    for _ in range(2):
        done = run("enhance", tmp_path, "--model", "mask", "-o", tmp_path / "clean")
        assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.rglob("*.wav")} == {"a.wav"}
    assert len(list(tmp_path.rglob("*.wav"))) == 2


def test_the_folder_one_stands_in(tmp_path, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    soundfile.write(folder / "a.wav", voice(1.0), RATE)
    monkeypatch.chdir(folder)
    app(["enhance", ".", "--model", "mask"], standalone_mode=False)
    assert (tmp_path / "in-enhanced" / "a.wav").is_file()
    with pytest.raises(UserError, match="is the input"):
        app(["enhance", ".", "-o", str(folder), "--model", "mask"], standalone_mode=False)


def test_what_is_lost_is_noted(tmp_path, net):
    audio = 30.0 * voice(1.0)
    audio[100] = np.nan
    soundfile.write(tmp_path / "in.wav", audio, RATE, "FLOAT")
    assert enhance(str(tmp_path / "in.wav"), tmp_path / "float.wav", net).notes == [
        "1 samples are not numbers (NaN or infinite): taken as silence"
    ]
    notes = enhance(str(tmp_path / "in.wav"), tmp_path / "out.flac", net).notes
    assert any("clipped" in note for note in notes)


def test_in_a_project_it_is_a_take_with_some_of_the_room(tmp_path):
    (tmp_path / "stems").mkdir()
    talk = voice(1.5, 44100)
    noisy = talk + hiss(talk, 5)
    soundfile.write(tmp_path / "stems" / "host.wav", noisy, 44100, "FLOAT")
    assert run("balance", tmp_path / "stems", "-o", tmp_path / "p", "--no-report").returncode == 0
    [project] = (tmp_path / "p").glob("*.RPP")
    takes = {}
    for blend in (0.0, 1.0, 0.25):
        place = tmp_path / f"{blend}"
        done = run("enhance", project, "--track", "host", "--blend", blend, "-o", place / "out.RPP")
        assert done.returncode == 0, done.stderr
        assert "TAKE SEL" in (place / "out.RPP").read_text()
        [file] = place.rglob("host*.wav")
        takes[blend] = soundfile.read(file, dtype="float32", always_2d=True)[0]
    assert np.allclose(takes[0.0], noisy, atol=1e-6)
    assert np.allclose(takes[0.25], 0.75 * noisy + 0.25 * takes[1.0], atol=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_the_level_is_given_back_with_care_after_loud_sound(seed):
    rng = np.random.default_rng(seed)
    power = np.concatenate([1e4 * rng.exponential(size=(400, 50)), 1e-14 * rng.exponential(size=(600, 50))])
    gains = rng.random(power.shape)
    with np.errstate(all="raise"):
        makeup = _makeup_gains(power.astype(np.float32), gains.astype(np.float32))
    assert makeup.min() >= 1.0
    assert makeup.max() <= 10 ** (6 / 20) + 1e-9


def test_gains_are_cautious_only_where_there_is_little_noise():
    power = np.ones((1000, 4), dtype=np.float32)
    power[:, 3] = 1e-3
    gains = np.full((1000, 4), 1.0, dtype=np.float32)
    gains[:, 3] = 0.01
    careful = _soften_gains(power, gains)
    assert careful.dtype == np.float32
    assert careful[500, 3] == pytest.approx(0.01**0.3, rel=1e-3), "noise 35 dB below the speech"
    power[:, 3] = 0.5
    assert np.array_equal(_soften_gains(power, gains), gains), "noise 8 dB below the speech"


def test_caution_does_not_outlast_what_was_loud():
    power = np.full((2000, 4), 1e-9, dtype=np.float32)
    power[:500] = 1e6
    gains = np.full((2000, 4), 0.5, dtype=np.float32)
    gains[:500] = 1.0
    assert np.array_equal(_soften_gains(power, gains)[1200:], gains[1200:])

"""What is sung or played is kept, speech goes through the model, and under everything lies a floor."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from mixengine.audio import passages
from mixengine.audio.metrics import si_sdr_db
from mixengine.jobs.separate.enhance_files import enhance
from mixengine.separation_models import keeping, noise_floor
from mixengine.separation_models.chunked import separate
from mixengine.separation_models.keeping import Guard, Keeping, guarded
from mixengine.separation_models.registry import open_model
from mixengine.separation_models.unet_model import UNet
from tests.helpers.command_line import run
from tests.helpers.voices import hiss, voice

RATE = 16000


def sung(seconds: float = 12.0, rate: int = RATE) -> np.ndarray:
    """Notes of 1.5 s with vibrato through two formants, with rests between [shape=(frames, 1)]."""
    time_s = np.arange(int(seconds * rate)) / rate
    notes_hz = 220.0 * 2.0 ** (np.array([0, 4, 7, 5, 2, 9, 7, 0])[(time_s / 1.5).astype(int) % 8] / 12.0)
    phase = 2 * np.pi * np.cumsum(notes_hz * 2.0 ** (0.4 / 12.0 * np.sin(2 * np.pi * 5.5 * time_s))) / rate
    samples = np.zeros_like(time_s)
    for number in range(1, 20):
        level = sum(np.exp(-(((number * notes_hz - hz) / 250.0) ** 2)) for hz in (700.0, 1200.0, 2700.0)) + 0.05
        samples += level * np.sin(number * phase)
    within = time_s % 1.5
    samples *= np.clip(within / 0.05, 0, 1) * np.clip((1.2 - within) / 0.15, 0, 1)
    return (0.1 * samples / np.sqrt(np.mean(samples**2))).astype(np.float32)[:, None]


def chords(seconds: float = 12.0, rate: int = RATE) -> np.ndarray:
    """Four chords of decaying partials, each ringing into the next [shape=(frames, 1)]."""
    time_s = np.arange(int(seconds * rate)) / rate
    samples = np.zeros_like(time_s)
    for number, root in enumerate([0, 5, 7, 0, 9, 5]):
        since = np.maximum(time_s - 2.0 * number, 0.0)
        for step in (0, 4, 7, 12):
            hz = 196.0 * 2.0 ** ((root + step) / 12.0)
            ring = np.exp(-since / 1.5) * (time_s >= 2.0 * number) * np.minimum(since / 0.01, 1.0)
            samples += ring * sum(np.sin(2 * np.pi * k * hz * since) / k**1.5 for k in range(1, 7))
    return (0.1 * samples / np.sqrt(np.mean(samples**2))).astype(np.float32)[:, None]


def bells(seconds: float = 12.0, rate: int = RATE) -> np.ndarray:
    """Inharmonic partials struck every second and ringing for seconds [shape=(frames, 1)]."""
    time_s = np.arange(int(seconds * rate)) / rate
    samples = np.zeros_like(time_s)
    for number in range(int(seconds)):
        since = np.maximum(time_s - number, 0.0)
        hz = 400.0 * 2.0 ** ([0, 7, 3, 10, 5][number % 5] / 12.0)
        for ratio, decay_s in ((1.0, 1.2), (2.76, 0.7), (5.4, 0.4), (8.93, 0.2)):
            struck = (time_s >= number) * np.minimum(since / 0.002, 1.0)
            samples += struck * np.exp(-since / decay_s) * np.sin(2 * np.pi * ratio * hz * since) / ratio
    return (0.1 * samples / np.sqrt(np.mean(samples**2))).astype(np.float32)[:, None]


def bass(seconds: float = 12.0, rate: int = RATE) -> np.ndarray:
    """Partials of a bowed low E closer to each other than a short frame can part [shape=(frames, 1)]."""
    time_s = np.arange(int(seconds * rate)) / rate
    wobble = np.cumsum(1.0 + 0.002 * np.sin(2 * np.pi * 4.0 * time_s)) / rate
    samples = sum(np.sin(2 * np.pi * k * 41.2 * wobble + k * k) / k for k in range(1, 90))
    return (0.1 * samples / np.sqrt(np.mean(samples**2))).astype(np.float32)[:, None]


@pytest.fixture(scope="module")
def net():
    return UNet()


def made(net, samples, rate=RATE, **said):
    return separate(guarded(net, Guard(**said)), samples, rate)["speech"]


@pytest.mark.parametrize("sound", [sung, chords, bells])
@pytest.mark.parametrize("gain", [1.0, 0.01])
def test_what_is_sung_or_played_is_kept(net, sound, gain):
    samples = np.float32(gain) * sound()
    answer = made(net, samples)
    assert si_sdr_db(samples[:, 0], answer[:, 0]) > 25.0
    assert abs(10 * np.log10(np.mean(answer**2) / np.mean(samples**2))) < 0.5, "si-sdr does not see the level"
    assert si_sdr_db(samples[:, 0], separate(net, samples, RATE)["speech"][:, 0]) < 25.0, (
        "the network alone takes it away"
    )


@pytest.mark.parametrize("rate", [8000, 44100])
def test_at_every_rate(net, rate):
    samples = sung(8.0, rate)
    answer = made(net, samples, rate)
    assert answer.shape == samples.shape
    assert si_sdr_db(samples[:, 0], answer[:, 0]) > 25.0


def test_channels_swap_and_polarity_turns(net):
    both = np.concatenate([sung(), 0.5 * chords()], axis=1) + np.repeat(0.1 * hiss(sung(), 10), 2, axis=1)
    answer = made(net, both, voice="song")
    assert np.array_equal(made(net, both[:, ::-1].copy(), voice="song")[:, ::-1], answer)
    assert np.allclose(made(net, -both, voice="song"), -answer, atol=1e-7)


def test_sound_that_cancels_in_the_middle_is_judged_too(net):
    samples = chords() * np.array([[1.0, -1.0]], np.float32)
    assert si_sdr_db(samples.ravel(), made(net, samples).ravel()) > 25.0


def test_noise_under_a_song_goes_down_in_its_pauses(net):
    voice_alone = sung(24.0)
    voice_alone *= ((np.arange(len(voice_alone)) / RATE) % 6.0 < 4.2)[:, None]
    noisy = voice_alone + hiss(voice_alone, 15)
    answer = made(net, noisy, voice="song")
    rests = (np.arange(len(noisy)) / RATE) % 6.0 > 4.3
    assert np.mean(answer[rests] ** 2) < np.mean(noisy[rests] ** 2) * 10**-1.2
    assert si_sdr_db(voice_alone[:, 0], answer[:, 0]) > 20.0


def test_without_a_pause_nothing_is_known_and_nothing_done():
    samples = chords() + hiss(chords(), 40)
    assert np.allclose(noise_floor.lowered(samples, RATE, 0.06), samples, atol=1e-4)


def test_speech_goes_through_the_model(net):
    talk = voice(12.0)
    noisy = talk + hiss(talk, 5)
    alone = separate(net, noisy, RATE)["speech"]
    floor = np.float32(10 ** (-24 / 20))
    assert np.allclose(made(net, noisy, voice="speech"), floor * noisy + (1 - floor) * alone, atol=1e-4)


@pytest.mark.parametrize("sound", [sung, chords])
def test_a_singer_taken_for_a_speaker_is_kept(net, sound, monkeypatch):
    monkeypatch.setattr(passages, "_HEAD_START", np.array([50.0, 0.0, 0.0, 0.0]))  # everything is speech
    monkeypatch.setattr(keeping, "_CLEAN_FROM_DB", 90.0)  # and nothing is clean
    samples = sound()
    assert si_sdr_db(samples[:, 0], separate(net, samples, RATE)["speech"][:, 0]) < 15.0
    assert si_sdr_db(samples[:, 0], made(net, samples)[:, 0]) > 25.0


def test_a_speaker_in_noise_is_not_taken_for_a_singer(net, monkeypatch):
    monkeypatch.setattr(passages, "_HEAD_START", np.array([50.0, 0.0, 0.0, 0.0]))
    talk = voice(12.0)
    noisy = talk + hiss(talk, 5)
    assert np.allclose(made(net, noisy), made(net, noisy, voice="speech"), atol=1e-4)


def test_a_bass_taken_for_noise_is_kept(net, monkeypatch):
    monkeypatch.setattr(passages, "_HEAD_START", np.array([0.0, 0.0, 0.0, 50.0]))  # everything is noise
    samples = bass()
    assert si_sdr_db(samples[:, 0], separate(net, samples, RATE)["speech"][:, 0]) < 15.0
    assert si_sdr_db(samples[:, 0], made(net, samples)[:, 0]) > 25.0


def test_a_singer_over_steady_noise_taken_for_a_speaker_loses_what_pauses_explain(net, monkeypatch):
    voice_alone = sung(24.0)
    voice_alone *= ((np.arange(len(voice_alone)) / RATE) % 6.0 < 4.2)[:, None]
    noisy = voice_alone + hiss(voice_alone, 15)
    monkeypatch.setattr(passages, "_HEAD_START", np.array([50.0, 0.0, 0.0, 0.0]))
    answer = made(net, noisy)
    rests = (np.arange(len(noisy)) / RATE) % 6.0 > 4.5
    assert np.mean(answer[rests] ** 2) < np.mean(noisy[rests] ** 2) * 10**-1.2
    assert si_sdr_db(voice_alone[:, 0], answer[:, 0]) > 20.0


@pytest.mark.parametrize(("before", "is_lowered"), [("noise", True), ("speech", False)])
def test_noise_does_not_come_and_go_with_music_over_it(net, monkeypatch, before, is_lowered):
    rests = np.zeros((4 * RATE, 1), np.float32)
    played = np.concatenate([rests, chords(6.0), rests])
    kinds = np.repeat([passages.KINDS.index(each) for each in (before, "music", "noise")], [4, 6, 4])
    judgement = passages.Judgement(kinds, np.ones(14), np.full(14, 10.0), np.full(14, 10.0))
    monkeypatch.setattr(passages.PassageMeter, "finish", lambda _: judgement)
    noisy = played + hiss(played, 20)
    music = slice(5 * RATE, 9 * RATE)
    out_db = si_sdr_db(played[music, 0], made(net, noisy)[music, 0])
    assert (out_db > si_sdr_db(played[music, 0], noisy[music, 0]) + 1.0) == is_lowered
    assert out_db > 15.0


@pytest.mark.parametrize("floor_db", [-24.0, -12.0, -6.0])
def test_the_floor_lies_under_noise(net, floor_db):
    noise = hiss(voice(8.0), 0)
    lower_db = 10 * np.log10(np.mean(made(net, noise, floor_db=floor_db) ** 2) / np.mean(noise**2))
    assert floor_db - 0.1 < lower_db < floor_db + 3.0


def test_pieces_are_the_whole(net):
    samples = np.concatenate([voice(15.0), sung(15.0)]) + hiss(voice(30.0), 20)
    model = guarded(net, Guard(voice="song"))
    whole, pieces = (separate(model, samples, RATE, chunk_s=chunk_s)["speech"] for chunk_s in (1000.0, 5.0))
    assert np.abs(whole - pieces).max() < 1e-3 * np.abs(whole).max()


def test_models_that_part_music_are_left_alone():
    model = open_model("hpss")
    assert guarded(model, Guard()) is model


def test_the_report_names_what_was_kept(tmp_path, net):
    soundfile.write(tmp_path / "in.wav", chords(), RATE, "FLOAT")
    done = enhance(str(tmp_path / "in.wav"), tmp_path / "out.wav", net)
    assert done.taken_out
    assert all(abs(row.change_db) < 0.5 for row in done.taken_out)
    assert any("kept" in note for note in done.notes)


@pytest.mark.parametrize(
    ("sound", "kind", "said"), [(sung, "speech", "--voice speech"), (bass, "noise", "--no-keep-music")]
)
def test_the_report_says_where_the_network_was_refused(tmp_path, net, monkeypatch, sound, kind, said):
    monkeypatch.setattr(passages, "_HEAD_START", 50.0 * (np.array(passages.KINDS) == kind))
    monkeypatch.setattr(keeping, "_CLEAN_FROM_DB", 90.0)
    soundfile.write(tmp_path / "in.wav", sound(), RATE, "FLOAT")
    done = enhance(str(tmp_path / "in.wav"), tmp_path / "out.wav", net)
    assert {(row.kind, row.treatment) for row in done.taken_out} == {(kind, "noise floor")}
    assert min(row.refused_share for row in done.taken_out) > 0.9
    assert any("100 % refused" in note and said in note for note in done.notes)


def test_the_report_of_speech_in_noise_names_no_refusal(tmp_path, net):
    talk = voice(12.0)
    soundfile.write(tmp_path / "in.wav", talk + hiss(talk, 5), RATE, "FLOAT")
    done = enhance(str(tmp_path / "in.wav"), tmp_path / "out.wav", net)
    assert [(row.treatment, row.refused_share < 0.1) for row in done.taken_out] == [("model", True)]
    assert not any("refused" in note for note in done.notes)


def test_the_command_takes_the_options(tmp_path):
    talk = voice(6.0)
    soundfile.write(tmp_path / "in.wav", talk + hiss(talk, 5), RATE)
    words = ["--floor-db", "-6", "--voice", "speech", "--no-keep-music", "--json"]
    done = run("enhance", tmp_path / "in.wav", "-o", tmp_path / "out.wav", *words)
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)["taken_out"]
    assert (row["kind"], row["treatment"]) == ("speech", "model")
    assert row["largest_cut_db"] >= -6.1
    assert run("enhance", tmp_path / "in.wav", "-o", tmp_path / "b.wav", "--voice", "loud").returncode == 1


def test_short_sounds_and_silence_pass(net):
    for samples in (np.zeros((RATE, 1), np.float32), voice(0.2), np.zeros((1, 2), np.float32)):
        answer = made(net, samples)
        assert answer.shape == samples.shape
        assert np.isfinite(answer).all()
    assert isinstance(guarded(net, Guard()), Keeping)

"""Every measure of the registry on the same material: what holds for all of them, and what sets each apart."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from mixengine import hosts
from mixengine.audio import bark, pitch, robust_pitch
from mixengine.audio.bands import BandMeter, band_response
from mixengine.audio.filters import Band
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs import registry
from mixengine.jobs.balance.measure import MeasureOptions, Reading, measure
from mixengine.jobs.balance.methods import METHODS
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.balance.view import VIEW
from mixengine.jobs.balance.wanted import wanted
from mixengine.model import presets
from mixengine.model.session import Clip, Source, Track
from tests.helpers.sounds import noise, tone, write

RATE = 44100
EVERYTHING = MeasureOptions(shi2025=True, robust=True)
MATERIAL = {
    "tone": lambda: tone(220.0, 2.0, RATE),
    "bass": lambda: tone(41.2, 2.0, RATE, harmonics=8),
    "noise": lambda: noise(2.0, RATE),
    "stereo": lambda: noise(2.0, RATE, channels=2),
    "bursts": lambda: noise(2.0, RATE) * (np.arange(2 * RATE) % RATE < RATE // 4)[:, None].astype(np.float32),
}


def reading(path: Path, options: MeasureOptions = EVERYTHING, **clip: object) -> Reading:
    import soundfile

    info = soundfile.info(path)
    length_s = info.frames / info.samplerate
    whole = Clip("c", Source(str(path)), 0.0, length_s)
    return measure(Track("t", "t", clips=(replace(whole, **clip),)), info.samplerate, options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("material")
    return {name: write(root / f"{name}.wav", make(), RATE) for name, make in MATERIAL.items()}


@pytest.fixture(scope="module")
def everything(files: dict[str, Path]) -> Callable[..., Reading]:
    """All measures of a piece of material, taken once for all methods."""
    return functools.cache(lambda name, **clip: reading(files[name], **clip))


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("name", MATERIAL)
def test_gain_moves_every_measure_by_as_much(everything: Callable[..., Reading], method, name: str) -> None:
    plain, louder = everything(name), everything(name, gain_db=6.0)
    assert method.measured(louder) - method.measured(plain) == pytest.approx(6.0, abs=0.02)
    assert louder.crest_db == pytest.approx(plain.crest_db, abs=0.01) and louder.playing_s == plain.playing_s


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_polarity_and_channel_swap_change_nothing(everything: Callable[..., Reading], method) -> None:
    plain, turned = everything("stereo"), everything("stereo", inverted=True, channel_mode=1)
    assert method.measured(turned) == pytest.approx(method.measured(plain), abs=1e-4)


def test_pitch_is_searched_only_where_it_is_asked_for(files: dict[str, Path], monkeypatch) -> None:
    everything = reading(files["tone"])
    for name, estimator in (("pyin_hz", pitch), ("pesto_hz", pitch), ("f0_hz", robust_pitch)):
        monkeypatch.setattr(estimator, name, lambda *_, **__: pytest.fail("a pitch was searched"))
    plain = reading(files["tone"], options=MeasureOptions())
    pitched = {"f0_hz", "pyin_hz", "robust_f0_hz", "p_lufs", "robust_lufs", "band_hz"}
    assert all(getattr(plain, name) is None and getattr(everything, name) is not None for name in pitched)
    rest = {name: value for name, value in asdict(plain).items() if name not in pitched}
    assert rest == {name: value for name, value in asdict(everything).items() if name not in pitched}


@pytest.mark.parametrize(
    "settings, searched",
    [({}, False), ({"method": "robust"}, False), ({"method": "lufs"}, True), ({"variants": True}, True)],
)
def test_who_asks_for_the_papers_pitch(files: dict[str, Path], settings: dict, searched: bool) -> None:
    # the default first: what it leaves in the cache has no pitch, and must not be taken for a reading with one
    session = hosts.open_session(files["tone"].parent)
    for chosen in ({}, settings):
        plan = registry.run("balance", session, BalanceSettings(**chosen))
    tone = next(row for row in plan.details["tracks"] if row["name"] == "tone")
    assert (tone["f0_hz"] is not None) is searched
    assert set(VIEW.files(plan)) == ({"results_json", "results_csv"} if searched else set())


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_silence_is_not_audible(tmp_path: Path, method) -> None:
    silent = reading(write(tmp_path / "silence.wav", np.zeros((RATE, 1), np.float32), RATE))
    assert not method.is_audible(silent)
    assert method.measured(silent) == -np.inf


def test_pauses_do_not_count(tmp_path: Path) -> None:
    steady = noise(2.0, RATE)
    with_pause = np.concatenate([steady, np.zeros((18 * RATE, 1), np.float32)])
    whole, rare = (reading(write(tmp_path / f"{i}.wav", x, RATE)) for i, x in enumerate((steady, with_pause)))
    assert rare.heard_lufs == pytest.approx(whole.heard_lufs, abs=0.6)
    assert rare.active_s == pytest.approx(2.0, abs=0.5)


def test_bleed_does_not_count(tmp_path: Path) -> None:
    hits = np.concatenate([noise(1.0, RATE), 10 ** (-32 / 20) * noise(9.0, RATE, seed=2)])
    bled = reading(write(tmp_path / "bleed.wav", hits, RATE))
    clean = reading(write(tmp_path / "clean.wav", noise(1.0, RATE), RATE))
    assert bled.heard_lufs == pytest.approx(clean.heard_lufs, abs=0.8)
    assert bled.active_s < 2.0


def test_low_and_steady_sounds_are_wanted_louder(files: dict[str, Path]) -> None:
    songs = presets.load("pop")
    wishes = {
        name: wanted(reading(files[name]), "unknown", METHODS["instrument"], songs, 1.0)
        for name in ("tone", "bass", "noise")
    }
    assert wishes["bass"].centroid_lu > 0.5 > -0.5 > wishes["noise"].centroid_lu
    assert wishes["tone"].crest_lu > wishes["noise"].crest_lu
    assert "low" in wishes["bass"].why and "steady" in wishes["tone"].why and "high" in wishes["noise"].why
    assert wanted(reading(files["bass"]), "unknown", METHODS["active"], songs, 1.0).offset_lu == 0.0


def test_crest_factor_is_that_of_what_plays(tmp_path: Path) -> None:
    sine = tone(440.0, 4.0, RATE, level=0.5, harmonics=1)
    paused = np.concatenate([sine, np.zeros((len(sine) * 3, 1), np.float32)])
    whole, part = (reading(write(tmp_path / f"{i}.wav", x, RATE)) for i, x in enumerate((sine, paused)))
    assert whole.crest_db == pytest.approx(3.01, abs=0.05)
    assert part.crest_db == pytest.approx(whole.crest_db, abs=0.1)
    assert part.playing_s == ((0.0, pytest.approx(4.0, abs=0.5)),)


@pytest.mark.parametrize("band", [(60.0, 120.0), (440.0, 880.0), (3000.0, 6000.0), (8000.0, 16000.0)])
@pytest.mark.parametrize("name", ["tone", "noise", "bursts"])
def test_bands_from_spectra_equal_filtered_audio(name: str, band: tuple[float, float]) -> None:
    mono = MATERIAL[name]()[:, 0]
    meter = BandMeter(RATE)
    for start in range(0, len(mono), 10000):
        meter.add(mono[start : start + 10000])
    filtered = LoudnessMeter(RATE, 1)
    filtered.add(Band(RATE, *band)(mono[:, None].astype(float)))
    assert meter.finish().lufs(band_response(RATE, *band)) == pytest.approx(filtered.integrated(), abs=0.3)


@pytest.mark.parametrize("f0_hz", [31.0, 41.2, 55.0, 110.0, 440.0, 1480.0])
@pytest.mark.parametrize("level", [0.3, 0.003])
def test_robust_pitch_finds_notes_at_any_level(f0_hz: float, level: float) -> None:
    result = robust_pitch.f0_hz(tone(f0_hz, 1.5, RATE, level=level)[:, 0], RATE)
    assert result == pytest.approx(f0_hz, rel=0.02)


def test_robust_pitch_takes_the_middle_of_a_melody_and_no_noise() -> None:
    melody = np.concatenate([tone(f, 0.5, RATE)[:, 0] for f in (220.0, 247.0, 262.0, 294.0, 330.0)])
    assert robust_pitch.f0_hz(melody, RATE) == pytest.approx(262.0, rel=0.03)
    assert robust_pitch.f0_hz(noise(2.0, RATE)[:, 0], RATE) is None
    assert robust_pitch.f0_hz(np.zeros(RATE), RATE) is None


def test_bark_level_of_pink_noise_is_its_loudness_and_wide_is_louder_than_narrow() -> None:
    octaves = np.geomspace(25.0, 16000.0, 120)
    pink = np.full(120, 1e-4)
    narrow = np.where(np.abs(octaves - 1000.0) < 60.0, pink.sum() / 2, 0.0)
    assert bark.level_db(octaves, pink * 4) == pytest.approx(bark.level_db(octaves, pink) + 6.02, abs=0.01)
    assert bark.level_db(octaves, narrow) < bark.level_db(octaves, pink) - 6.0
    assert bark.level_db(octaves, pink * 0.0) == -np.inf


def test_channels_in_opposite_polarity_sound_in_their_bands(tmp_path: Path) -> None:
    one = noise(4.0, RATE)
    turned = np.where(np.arange(len(one))[:, None] < 2 * RATE, one, -one)  # from the middle on
    path = write(tmp_path / "wide.wav", np.hstack([one, turned]), RATE)
    plain = write(tmp_path / "plain.wav", np.hstack([one, one]), RATE)
    wide, narrow = (reading(file, MeasureOptions()) for file in (path, plain))
    assert wide.heard_lufs == pytest.approx(narrow.heard_lufs, abs=0.01)
    levels = [10.0 * np.log10(each.spectrum.powers().mean(axis=0)) for each in (wide, narrow)]
    assert levels[0] == pytest.approx(levels[1], abs=0.1)

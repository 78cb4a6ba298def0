"""What buses make of a track's loudness: known gains are read back, tracks without such buses are left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixengine.mixer import bus_gain
from mixengine.mixer.engine import Engine
from mixengine.model.effects import UtilitySettings
from mixengine.model.session import PRE_FX, CompressorSettings, Effect, EqBand, Receive, Session, Track
from tests.helpers.signals import clip, noise, write

RATE = 8000
FLAT = (EqBand("band", 1000.0, 0.0, 1.0),)


def turned(gain_db: float) -> Effect:
    return Effect("ReaEQ", bands=FLAT, gain_db=gain_db)


LIMITS = Effect("ReaComp", compressor=CompressorSettings(-40.0, 100.0, 1.0, 20.0, 0.0, rms_ms=5.0))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("bus")
    loud = write(place / "loud.wav", 0.5 * noise(4 * RATE, 1, seed=1), RATE)
    soft = write(place / "soft.wav", 0.02 * noise(4 * RATE, 1, seed=2), RATE)
    return loud, soft


def session(files: tuple[Path, Path], *effects: Effect, **folder: object) -> Session:
    inside = [
        Track(name, name, parent="bus", clips=(clip(path, length_s=4.0),))
        for name, path in zip("ab", files, strict=True)
    ]
    bus = Track("bus", "bus", is_folder=True, effects=effects, **folder)
    return Session("s", "", RATE, (bus, *inside, Track("c", "c", clips=(clip(files[0], length_s=4.0),))))


def gains(session: Session, **faders_db: float) -> dict[str, float]:
    return bus_gain.gains_db(session, [track for track in session.tracks if track.clips], faders_db)


def test_a_gain_on_the_folder_is_read_back(files: tuple[Path, Path]) -> None:
    assert gains(session(files, turned(-6.0))) == pytest.approx({"a": -6.0, "b": -6.0}, abs=0.02)


def test_nothing_is_heard_of_buses_without_effects(files: tuple[Path, Path]) -> None:
    assert gains(session(files)) == {}
    assert gains(session(files, turned(-6.0), effects_on=False)) == {}
    assert gains(session(files, replace(turned(-6.0), bypassed=True))) == {}


def test_own_effects_of_tracks_do_not_count(files: tuple[Path, Path]) -> None:
    made = session(files, turned(3.0))
    tracks = tuple(replace(track, effects=(turned(-20.0),)) if track.id == "a" else track for track in made.tracks)
    assert gains(replace(made, tracks=tracks)) == pytest.approx({"a": 3.0, "b": 3.0}, abs=0.02)


def test_a_send_beside_the_main_way_adds_to_it(files: tuple[Path, Path]) -> None:
    """Twice the same sound, once half as loud behind the bus: +3.5 dB."""
    source = Track("a", "a", clips=(clip(files[0], length_s=4.0),))
    bus = Track("r", "r", effects=(turned(-6.0206),), receives=(Receive("a"),))
    assert gains(Session("s", "", RATE, (source, bus))) == pytest.approx({"a": 3.52}, abs=0.02)
    alone = Session("s", "", RATE, (replace(source, main_send=False), bus))
    assert gains(alone) == pytest.approx({"a": -6.02}, abs=0.02)


def test_a_compressor_turns_down_all_that_is_in_it(files: tuple[Path, Path]) -> None:
    """The soft track is turned down by what the loud one asks for; with less of that one, by less."""
    made = session(files, LIMITS)
    at_present = gains(made)
    assert at_present["a"] < -10.0
    assert at_present["b"] == pytest.approx(at_present["a"], abs=1.0)
    softer = gains(made, a=-20.0)
    assert softer["b"] > at_present["b"] + 8.0


def test_order_and_place_in_time_do_not_matter(files: tuple[Path, Path]) -> None:
    made = session(files, LIMITS)
    bus, one, other, rest = made.tracks
    assert gains(replace(made, tracks=(bus, other, one, rest))) == pytest.approx(gains(made), abs=1e-3)
    later = [replace(track, clips=tuple(replace(c, position_s=61.0) for c in track.clips)) for track in made.tracks]
    assert gains(replace(made, tracks=tuple(later))) == pytest.approx(gains(made), abs=0.1)


def test_silence_has_no_gain(files: tuple[Path, Path], tmp_path: Path) -> None:
    quiet = write(tmp_path / "quiet.wav", np.zeros((RATE, 1), dtype=np.float32), RATE)
    assert set(gains(session((files[0], quiet), turned(-6.0)))) == {"a"}


def test_a_track_that_rests_where_the_others_are_loudest_is_heard_too(files: tuple[Path, Path]) -> None:
    made = session(files, turned(-6.0))
    bus, loud, soft, rest = made.tracks
    often = tuple(clip(files[0], position_s=10.0 * place, length_s=4.0) for place in range(4))
    later = replace(soft, clips=(clip(files[1], position_s=45.0, length_s=4.0),))
    spread = replace(made, tracks=(bus, replace(loud, clips=often), later, rest))
    assert gains(spread) == pytest.approx({"a": -6.0, "b": -6.0}, abs=0.02)


def returned(source: str, diffuse_db: float, in_step_db: float = -150.0, mode: int = 0) -> Track:
    gain = Effect("gain", utility=UtilitySettings(in_step_db))
    return Track("r", "r", effects=(gain,), receives=(Receive(source, mode),), diffuse_db=diffuse_db)


@pytest.mark.parametrize("mode, expected_db", [(0, 10.0 * np.log10(3.0)), (PRE_FX, 10.0 * np.log10(4.0 + 0.5))])
def test_what_a_return_sends_from_before_its_plug_ins_is_not_diffuse(
    files: tuple[Path, Path], mode: int, expected_db: float
) -> None:
    """Sent on, the diffuse sound is twice as strong; what is sent from before is in step with the track's own."""
    source = Track("a", "a", clips=(clip(files[0], length_s=4.0),))
    onward = Track("b", "b", receives=(Receive("r", mode),))
    heard = gains(Session("s", "", RATE, (source, returned("a", -3.01), onward)))
    assert heard == pytest.approx({"a": expected_db}, abs=0.02)


def test_a_return_in_step_costs_no_pass_of_its_own(files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Engine] = []

    def counted(*args: Any, **options: Any) -> Engine:
        built.append(Engine(*args, **options))
        return built[-1]

    monkeypatch.setattr(bus_gain, "Engine", counted)
    source = Track("a", "a", clips=(clip(files[0], length_s=4.0),))
    passes = []
    for diffuse_db in (-150.0, -20.0):
        built.clear()
        heard = gains(Session("s", "", RATE, (source, returned("a", diffuse_db, in_step_db=-6.0206))))
        assert heard == pytest.approx({"a": 10.0 * np.log10(2.25 + 10.0 ** (diffuse_db / 10.0))}, abs=0.02)
        passes.append(len(built))
    assert passes == [1, 2]


def test_a_reverb_of_a_reverb_is_heard(files: tuple[Path, Path]) -> None:
    """What the first plays out of step passes the second with all of its power, which no longer hangs on its phase."""
    source = Track("a", "a", clips=(clip(files[0], length_s=4.0),))
    first = replace(returned("a", -3.01), main_send=False)
    second = replace(returned("r", -6.02, in_step_db=-6.02), id="r2")
    heard = gains(Session("s", "", RATE, (source, first, second)))
    assert heard == pytest.approx({"a": 10.0 * np.log10(1.0 + 0.5 * 0.5)}, abs=0.02)

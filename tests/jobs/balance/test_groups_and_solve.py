"""Faders from equations: bounds, locks, sections, folders."""

from __future__ import annotations

import math

import pytest

from mixengine.jobs.balance import groups, solve
from mixengine.jobs.balance.solve import FaderEquation
from mixengine.model import presets
from mixengine.model.session import Session, Track
from mixengine.model.units import MAX_FADER_DB


def equation(track: str, level: float, offset: float = 0.0, **more: object) -> FaderEquation:
    return FaderEquation(track, level, offset, more.pop("fader", 0.0), **more)  # type: ignore[arg-type]


def solved(equations: list[FaderEquation]) -> dict[str, float]:
    level = solve.common_level_lufs(equations)
    return solve.faders(equations, {w.track: level + w.offset_lu for w in equations})


def test_median_fader_is_at_zero_and_levels_are_equal() -> None:
    faders = solved([equation("a", -30.0), equation("b", -20.0), equation("c", -26.0)])
    assert faders == pytest.approx({"a": 4.0, "b": -6.0, "c": 0.0}, abs=1e-6)


def test_others_come_to_the_locked_tracks() -> None:
    faders = solved([equation("a", -30.0, locked=True, fader=-2.0), equation("b", -20.0), equation("c", -26.0, 3.0)])
    assert faders == pytest.approx({"a": -2.0, "b": -12.0, "c": -3.0}, abs=1e-3)


def test_common_level_gives_way_where_bounds_bind() -> None:
    equations = [equation("whisper", -60.0), equation("b", -20.0), equation("c", -21.0)]
    level = solve.common_level_lufs(equations)
    assert level < -21.0 or level == pytest.approx(-21.0, abs=0.1)
    assert solved(equations)["whisper"] == MAX_FADER_DB


def test_heavier_locks_pull_harder() -> None:
    equations = [equation("a", -30.0, locked=True, weight=1e6), equation("b", -20.0, locked=True), equation("c", -10.0)]
    assert solved(equations)["c"] == pytest.approx(-20.0, abs=0.01)


def session(*tracks: Track) -> Session:
    return Session("s", "s", 44100, tracks)


def offsets(of: Session, mode: str, preset: presets.Preset | None = None, **given: float) -> dict[str, float]:
    tracks = [track for track in of.tracks if not track.is_folder]
    equations = [equation(track.id, -20.0, given.get(track.id, 0.0)) for track in tracks]
    shares = {track.id: 1.0 for track in tracks}
    found = groups.with_groups(of, equations, shares, preset or presets.Preset("none"), mode)
    return {w.track: w.offset_lu for w in found}


def power_lu(levels: list[float]) -> float:
    return 10 * math.log10(sum(10 ** (level / 10) for level in levels))


@pytest.mark.parametrize("count", [1, 2, 8])
def test_players_of_one_section_share_the_loudness_of_one(count: int) -> None:
    players = [Track(f"v{i}", f"Violin {i}") for i in range(count)]
    found = offsets(session(*players, Track("o", "Oboe")), "all")
    assert power_lu([found[player.id] for player in players]) == pytest.approx(0.0, abs=1e-9)
    assert found["o"] == 0.0


def test_sides_and_numbers_make_a_section_and_other_names_do_not() -> None:
    found = offsets(session(Track("l", "Gtr L"), Track("r", "Gtr R"), Track("s", "Gtr solo")), "all")
    assert found == pytest.approx({"l": -3.0103, "r": -3.0103, "s": 0.0}, abs=1e-3)


def test_folder_is_as_loud_as_one_track_of_its_role() -> None:
    of = session(
        Track("D", "Drums", is_folder=True),
        Track("k", "kick", parent="D"),
        Track("s", "snare", parent="D"),
        Track("S", "Strings", is_folder=True),
        Track("c", "cello", parent="S"),
        Track("v", "vox"),
    )
    preset = presets.Preset("p", offsets_lu={"drums": 3.0, "strings": -2.0})
    found = offsets(of, "folder", preset, k=2.0)
    assert power_lu([found["k"], found["s"]]) == pytest.approx(3.0, abs=1e-9)
    assert found["k"] - found["s"] == pytest.approx(2.0)
    assert found["c"] == pytest.approx(-2.0) and found["v"] == 0.0
    assert offsets(of, "all", preset, k=2.0)["k"] == 2.0


def test_folders_inside_folders() -> None:
    of = session(
        Track("B", "Band", is_folder=True),
        Track("D", "Drums", parent="B", is_folder=True),
        Track("k", "kick", parent="D"),
        Track("s", "snare", parent="D"),
        Track("b", "bass", parent="B"),
    )
    found = offsets(of, "folder", presets.Preset("p", offsets_lu={"drums": 3.0}), b=1.0)
    assert found["k"] == pytest.approx(found["s"])
    drums = power_lu([found["k"], found["s"]])
    assert drums - found["b"] == pytest.approx(2.0, abs=1e-9)
    assert power_lu([drums, found["b"]]) == pytest.approx(1.0, abs=1e-6) or drums == pytest.approx(found["b"] + 2.0)

"""Faders from equations: bounds, locks, sections, folders."""

from __future__ import annotations

import math
from dataclasses import replace

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


def test_from_the_present_levels_the_median_track_stays_where_it_is() -> None:
    equations = [equation("a", -30.0, start_db=-3.0), equation("b", -20.0, start_db=2.0), equation("c", -26.0)]
    level = solve.common_level_lufs(equations, from_present=True)
    assert level == pytest.approx(-26.0, abs=1e-3)


def session(*tracks: Track) -> Session:
    return Session("s", "s", 44100, tracks)


def in_folders(of: Session, preset: presets.Preset, **given: float) -> dict[str, float]:
    equations = [equation(track.id, -20.0, given.get(track.id, 0.0)) for track in of.tracks if not track.is_folder]
    shares = {track.id: 1.0 for track in of.tracks}
    return {e.track: e.offset_lu for e in groups.balanced_folders(of, equations, shares, preset)}


def power_lu(levels: list[float]) -> float:
    return 10 * math.log10(sum(10 ** (level / 10) for level in levels))


def test_folder_is_as_loud_as_one_track_of_its_role() -> None:
    of = session(
        Track("D", "Drums", is_folder=True),
        Track("k", "kick", parent="D"),
        Track("s", "snare", parent="D"),
        Track("S", "Strings", is_folder=True),
        Track("c", "cello", parent="S"),
        Track("v", "vox"),
    )
    offsets = in_folders(of, presets.Preset("p", offsets_lu={"drums": 3.0, "strings": -2.0}), k=2.0)
    assert power_lu([offsets["k"], offsets["s"]]) == pytest.approx(3.0, abs=1e-9)
    assert offsets["k"] - offsets["s"] == pytest.approx(2.0)
    assert offsets["c"] == pytest.approx(-2.0) and offsets["v"] == 0.0


def test_folders_inside_folders() -> None:
    of = session(
        Track("B", "Band", is_folder=True),
        Track("D", "Drums", parent="B", is_folder=True),
        Track("k", "kick", parent="D"),
        Track("s", "snare", parent="D"),
        Track("b", "bass", parent="B"),
    )
    offsets = in_folders(of, presets.Preset("p", offsets_lu={"drums": 3.0}), b=1.0)
    assert offsets["k"] == pytest.approx(offsets["s"])
    drums = power_lu([offsets["k"], offsets["s"]])
    assert drums - offsets["b"] == pytest.approx(2.0, abs=1e-9)
    assert power_lu([drums, offsets["b"]]) == pytest.approx(1.0, abs=1e-6) or drums == pytest.approx(offsets["b"] + 2.0)


def test_microphones_of_one_instrument_keep_their_relation_and_move_together() -> None:
    equations = [equation("in", -20.0, -2.0), equation("out", -26.0, 3.0), equation("bass", -23.0, 0.0)]
    joined = {e.track: e for e in groups.as_instruments(equations, [("in", "out")])}
    assert joined["in"].offset_lu - joined["out"].offset_lu == pytest.approx(6.0)
    moves = [e.offset_lu - e.present_lufs for e in (joined["in"], joined["out"])]
    assert moves[0] == moves[1]
    # the outer one, 11 dB below it beside what the rule wants, has a twelfth of its say
    assert moves[0] == pytest.approx(18.0 + 11.0 * 10**-1.1 / (1.0 + 10**-1.1))
    assert joined["bass"] == equations[2]


def test_a_microphone_that_is_far_off_is_brought_within_reach() -> None:
    equations = [equation("a", -20.0), equation("b", -20.0), equation("c", -20.0), equation("lost", -60.0)]
    joined = groups.as_instruments(equations, [("a", "b", "c", "lost")])
    moves = {e.track: e.offset_lu - e.present_lufs for e in joined}
    assert moves["a"] == moves["b"] == moves["c"] == pytest.approx(20.0, abs=0.01)
    assert moves["lost"] == pytest.approx(60.0 - groups.MAX_RELATION_DB, abs=0.01)


def test_a_line_that_is_turned_down_decides_nothing_about_the_other() -> None:
    def amp_move(di_lufs: float) -> float:
        lines = [equation("amp", -20.0), equation("di", di_lufs), equation("voice", -22.0)]
        joined = {e.track: e for e in groups.as_instruments(lines, [("amp", "di")])}
        return joined["amp"].offset_lu - joined["amp"].present_lufs

    assert [amp_move(level) for level in (-40.0, -60.0, -80.0)] == pytest.approx([20.0] * 3, abs=0.25)


def test_what_is_of_one_kind_is_evened_out_and_its_mean_stays() -> None:
    equations = [equation("a", -20.0), equation("b", -28.0, 2.0), equation("c", -24.0), equation("music", -30.0)]
    levels = {e.track: e.present_lufs - e.offset_lu for e in groups.evened(equations, ("a", "b", "c"))}
    assert levels["a"] == levels["b"] == levels["c"] == pytest.approx((-20.0 - 30.0 - 24.0) / 3)
    assert levels["music"] == -30.0
    held = [replace(equations[0], locked=True), *equations[1:]]
    levels = {e.track: e.present_lufs - e.offset_lu for e in groups.evened(held, ("a", "b", "c"))}
    assert levels["a"] == levels["b"] == levels["c"] == -20.0


def test_one_alone_is_of_no_kind() -> None:
    equations = [equation("a", -20.0), equation("b", -28.0)]
    assert groups.evened(equations, ("a",)) == equations


def test_from_scratch_lines_keep_the_relation_in_which_they_were_recorded() -> None:
    left = [replace(equation("l", -20.0), start_db=-15.0), replace(equation("r", -20.0), start_db=0.0)]
    joined = groups.as_instruments(left, [("l", "r")], as_recorded=True)
    assert joined[0].offset_lu == joined[1].offset_lu
    kept = groups.as_instruments(left, [("l", "r")])
    assert kept[1].offset_lu - kept[0].offset_lu == pytest.approx(15.0)

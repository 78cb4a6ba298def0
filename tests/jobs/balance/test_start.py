"""How much of the present levels is kept."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.jobs.balance import start
from mixengine.jobs.balance.solve import FaderEquation
from mixengine.model.balance_rule import BalanceRule

RULE = BalanceRule("r", taste_db=3.0, taste_microphones_db=5.0)


def judged(
    present_lufs: list[float],
    rule: BalanceRule = RULE,
    start_from: str = "auto",
    microphones: bool = False,
    instruments: list[tuple[str, ...]] = [],  # noqa: B006
    locked: str = "",
) -> start.Start:
    equations = [
        FaderEquation(str(i), level, 0.0, 0.0, locked=str(i) == locked) for i, level in enumerate(present_lufs)
    ]
    peaks = {str(i): level + 15.0 + i for i, level in enumerate(present_lufs)}
    return start.judge(equations, peaks, rule, start_from, microphones, instruments)


def spread(standard_deviation_db: float, count: int = 12) -> list[float]:
    values = np.random.default_rng(1).permutation(np.linspace(-1.0, 1.0, count))
    return list(-25.0 + standard_deviation_db * values / values.std(ddof=1))


def test_the_nearer_the_levels_are_to_the_rule_the_more_of_them_is_kept() -> None:
    ways = [judged(spread(deviation_db)).way for deviation_db in (1.5, 3.0, 6.0, 9.0, 15.0)]
    assert ways == sorted(ways)
    assert ways[0] < 0.1 and ways[-1] > 0.9


def test_where_all_are_off_all_go() -> None:
    result = judged(spread(12.0))
    # what stands at the rule by chance goes nowhere, whatever its way
    assert min(result.ways.values()) > 0.6
    assert result.way == pytest.approx(np.mean(list(result.ways.values())))


@pytest.mark.parametrize("fault_db", [15.0, -15.0])
def test_one_fader_that_is_off_takes_no_other_along(fault_db: float) -> None:
    levels = spread(2.5)
    levels[4] += fault_db
    result = judged(levels)
    others = [result.way_of(str(i)) for i in range(len(levels)) if i != 4]
    assert result.way_of("4") > 0.85 and max(others) < 0.2
    assert "of 12 tracks one is probably off" in result.why


def test_microphones_of_one_instrument_count_as_one() -> None:
    levels = [*spread(2.5), *[-12.0] * 8]
    kit = tuple(str(i) for i in range(12, 20))
    alone, together = judged(levels), judged(levels, instruments=[kit])
    assert together.way_of("12") == together.way_of("19")
    assert np.mean([together.way_of(str(i)) for i in range(12)]) < np.mean([alone.way_of(str(i)) for i in range(12)])


def test_who_is_held_says_where_the_others_belong() -> None:
    levels = spread(2.5)
    levels[0] -= 15.0
    free = judged(levels)
    assert free.way_of("0") > 0.85 and free.way_of("5") < 0.2
    held = judged(levels, locked="0")
    assert "0" not in held.ways and min(held.ways.values()) > 0.6


def test_a_common_gain_changes_nothing() -> None:
    levels = spread(5.0)
    moved = judged([level - 17.0 for level in levels])
    assert judged(levels).ways == pytest.approx(moved.ways)


def test_the_order_of_tracks_changes_nothing() -> None:
    levels = spread(5.0)
    backwards = judged(levels[::-1])
    assert list(judged(levels).ways.values()) == pytest.approx(list(backwards.ways.values())[::-1])


def test_more_of_raw_recordings_is_kept() -> None:
    levels = spread(6.0)
    assert judged(levels, microphones=True).way < judged(levels).way - 0.1


def test_equal_loudness_and_equal_peaks_say_nothing() -> None:
    assert judged([-20.0, -20.1, -19.8, -20.2, -20.0]).way == 1.0
    equations = [FaderEquation(str(i), -20.0 - 2 * i, 0.0, 0.0) for i in range(5)]
    peaked = start.judge(equations, {str(i): -0.1 for i in range(5)}, RULE, "auto", False)
    assert peaked.way == 1.0 and "peak" in peaked.why


@pytest.mark.parametrize(("start_from", "way"), [("scratch", 1.0), ("present", start.PRESENT_WAY)])
def test_the_user_decides(start_from: str, way: float) -> None:
    assert judged(spread(4.0), start_from=start_from).way == way


def test_a_preset_that_states_levels_is_followed() -> None:
    assert judged(spread(4.0), BalanceRule("levels")).way == 1.0


def test_one_track_has_no_way_to_go() -> None:
    assert judged([-20.0]).way < 0.5

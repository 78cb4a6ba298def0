"""How much of the present levels is kept."""

from __future__ import annotations

import numpy as np
import pytest

from mixengine.jobs.balance import start
from mixengine.jobs.balance.solve import FaderEquation
from mixengine.model.balance_rule import BalanceRule

RULE = BalanceRule("r", taste_db=3.0, taste_microphones_db=5.0)


def judged(
    present_lufs: list[float], rule: BalanceRule = RULE, start_from: str = "auto", microphones: bool = False
) -> start.Start:
    equations = [FaderEquation(str(i), level, 0.0, 0.0) for i, level in enumerate(present_lufs)]
    peaks = {str(i): level + 15.0 + i for i, level in enumerate(present_lufs)}
    return start.judge(equations, peaks, rule, start_from, microphones)


def spread(standard_deviation_db: float, count: int = 12) -> list[float]:
    values = np.random.default_rng(1).normal(size=count)
    return list(-25.0 + standard_deviation_db * (values - values.mean()) / values.std(ddof=1))


@pytest.mark.parametrize(("deviation_db", "way"), [(2.0, 0.0), (3.0, 0.0), (6.0, 0.75), (9.0, 1.0 - 1.0 / 9.0)])
def test_the_nearer_the_levels_are_to_the_rule_the_more_of_them_is_kept(deviation_db: float, way: float) -> None:
    assert judged(spread(deviation_db)).way == pytest.approx(way, abs=1e-9)


def test_a_common_gain_changes_nothing() -> None:
    levels = spread(5.0)
    assert judged(levels).way == pytest.approx(judged([level - 17.0 for level in levels]).way)


def test_more_of_raw_recordings_is_kept() -> None:
    levels = spread(6.0)
    assert judged(levels, microphones=True).way == pytest.approx(1.0 - 25.0 / 36.0)


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


def test_one_track_stays() -> None:
    assert judged([-20.0]).way == 0.0

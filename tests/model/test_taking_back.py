"""A fader that was moved since goes back by what mixengine moved it; all else that was moved stays."""

from __future__ import annotations

import math

import pytest

from mixengine.model import compose
from mixengine.model.details import Stored
from mixengine.model.plan import Change, Fader, MasterTrim, MixPlan, Pan
from mixengine.model.session import Session, Track
from mixengine.model.taking_back import taken_back


def plan_of(*changes: Change) -> MixPlan:
    return MixPlan("balance", "s", "s.RPP", {}, changes, Stored())


def session_of(fader_db: float = 0.0, master_db: float = 0.0, *, locked: bool = False) -> Session:
    return Session("s", "s.RPP", 48000, (Track("t", "Kick", fader_db=fader_db, locked=locked),), master_db=master_db)


@pytest.mark.parametrize(
    ("change", "session", "back"),
    [
        (Fader("t", -1.0, -4.0), session_of(-3.0), Fader("t", -3.0, 0.0)),
        (Fader("t", -1.0, -4.0), session_of(-2.0), Fader("t", -4.0, -1.0)),
        (Fader("t", -1.0, -4.0), session_of(2.0), Fader("t", -4.0, -1.0)),
        (Fader("t", -1.0, -4.0), session_of(-9.0), Fader("t", -9.0, -6.0)),
        (Fader("t", 12.0, 2.0), session_of(5.0), Fader("t", 2.0, 12.0)),
        (MasterTrim(-1.0, -4.0), session_of(master_db=-5.0), MasterTrim(-5.0, -2.0)),
        (Fader("t", -1.0, -4.0), session_of(-4.0 + 1e-5), Fader("t", -4.0, -1.0)),
        (Fader("t", -1.0, -4.0), session_of(-1.0), Fader("t", -4.0, -1.0)),
        (Fader("t", -1.0, -4.0), session_of(-2.0, locked=True), Fader("t", -4.0, -1.0)),
        (Fader("t", -1.0, -4.0), session_of(-math.inf), Fader("t", -4.0, -1.0)),
        (Fader("t", -math.inf, -4.0), session_of(-2.0), Fader("t", -4.0, -math.inf)),
        (Fader("gone", -1.0, -4.0), session_of(-2.0), Fader("gone", -4.0, -1.0)),
        (Pan("t", 0.5, 0.8), session_of(), Pan("t", 0.8, 0.5)),
    ],
    ids=[
        "fader",
        "most of the way",
        "beyond",
        "softer still",
        "at its upper end",
        "master",
        "as written",
        "back already",
        "locked",
        "silenced",
        "was silent",
        "gone",
        "pan",
    ],
)
def test_where_each_goes_back_to(change: Change, session: Session, back: Change) -> None:
    plan = plan_of(change)
    reverse, notes = taken_back(plan, session, plan)
    (result,) = reverse.changes
    assert result == back and reverse.job == "revert balance"
    assert len(notes) == (back.after not in (-1.0, -math.inf, 0.5, 12.0))  # type: ignore[attr-defined]
    if notes:
        assert compose.merge(plan, reverse).changes == ()


@pytest.mark.parametrize(
    "remembered", [None, plan_of(), plan_of(Fader("t", -1.0, -6.0)), plan_of(Fader("u", -1.0, -4.0))]
)
def test_of_a_plan_that_was_not_the_last_to_set_a_fader_nothing_is_guessed(remembered: MixPlan | None) -> None:
    reverse, notes = taken_back(plan_of(Fader("t", -1.0, -4.0)), session_of(-2.0), remembered)
    assert reverse.changes == (Fader("t", -4.0, -1.0),) and notes == ()

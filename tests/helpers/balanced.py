"""Balances of a small song in which one track hides another."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mixengine import hosts
from mixengine.jobs import registry
from mixengine.jobs.balance.details import BalanceDetails, Row
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from tests.helpers.sounds import noise, pink, tone, write

RATE = 22050


def flute_under_a_pad(root: Path) -> Session:
    """A soft flute under a wide pad whose levels somebody has set, beside two sounds that leave it room."""
    write(root / "Flute.wav", tone(880.0, 2.0, RATE, level=0.008, harmonics=3), RATE)
    left, right = pink(2.0, RATE, seed=2), pink(2.0, RATE, seed=3)
    write(root / "Pad.wav", np.hstack([left, right]), RATE)
    write(root / "Bass.wav", tone(55.0, 2.0, RATE, level=0.1), RATE)
    write(root / "Hats.wav", np.diff(noise(2.0, RATE, level=0.05), axis=0), RATE)
    return hosts.open_session(root)


def balance(session: Session, **settings: object) -> MixPlan:
    """The plan of a balance."""
    return registry.run("balance", session, BalanceSettings(**settings))  # type: ignore[arg-type]


def rows(plan: MixPlan) -> dict[str, Row]:
    """Name → row."""
    assert isinstance(plan.details, BalanceDetails)
    return {row.name: row for row in plan.details.tracks}

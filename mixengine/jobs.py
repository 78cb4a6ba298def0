"""The jobs by name: what the command line, REAPER and Python all call.

A job is a pure function ``plan(session, settings, progress) -> MixPlan`` with its settings class. Jobs are named
here as strings and imported when asked for, because they bring numpy and more.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mixengine.errors import unknown
from mixengine.plan import MixPlan
from mixengine.session import Session


@dataclass(frozen=True, slots=True)
class Job:
    """Where a job's function and settings live (``module:name``).

    ``hears_ducks``: it wants the session with what an earlier duck drew; the others decide as if that were not there.
    """

    plan: str
    settings: str
    hears_ducks: bool = False

    def load(self) -> tuple[Callable[..., MixPlan], type]:
        """Import the plan function and the settings class."""
        return _resolve(self.plan), _resolve(self.settings)


JOBS = {
    "balance": Job("mixengine.balance.job:plan", "mixengine.settings:BalanceSettings"),
    "duck": Job("mixengine.duck.job:plan", "mixengine.settings:DuckSettings"),
    "tone": Job("mixengine.tone.job:plan", "mixengine.settings:ToneSettings", hears_ducks=True),
}


def run(
    name: str, session: Session, settings: Any, progress: Callable[[int, int, str], None] = lambda *_: None
) -> MixPlan:
    """Run a job by name on a session; see the job's ``plan`` for what it may raise."""
    if name not in JOBS:
        raise unknown("job", name, JOBS)
    plan, _ = JOBS[name].load()
    return plan(session, settings, progress)


def _resolve(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)

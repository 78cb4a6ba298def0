"""The plug-ins on the master that a match does not write, and comes behind: what the mix sounds like before its own.

Filters act on a sum as on each of its parts, so that groups are read through them. Dynamics do not: the search leaves
them out, and what it found is measured through them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mixengine.mixer.effects import kind_of
from mixengine.model.session import Effect, Session
from mixengine.model.words import name_list


@dataclass(frozen=True, slots=True)
class Chain:
    """Effects on the master by what mixengine makes of them."""

    filters: tuple[Effect, ...] = ()
    dynamics: tuple[Effect, ...] = ()
    unheard: tuple[Effect, ...] = ()

    @property
    def is_played(self) -> bool:
        """Whether any of them is heard."""
        return bool(self.filters or self.dynamics)


def of(session: Session) -> Chain:
    """The effects on the master that are switched on; a hosted plug-in may be anything, and counts as dynamics."""
    sorted_effects: dict[str, list[Effect]] = {"filters": [], "dynamics": [], "unheard": []}
    for effect in session.master_effects if session.master_effects_on else ():
        if not effect.bypassed:
            sorted_effects[_sort(effect, session.sample_rate)].append(effect)
    return Chain(**{name: tuple(effects) for name, effects in sorted_effects.items()})


def _sort(effect: Effect, rate: int) -> str:
    kind = kind_of(effect)
    if kind is None or kind.problem(effect) or kind.problem_at(effect, rate):
        return "unheard"
    return "filters" if kind.linear and effect.plugin is None else "dynamics"


def acts(session: Session) -> bool:
    """Whether the master does anything besides its fader: plug-ins that are played, envelopes, pan, mono.

    The search knows none of it, so that level and loss are measured on what is played.
    """
    moves = any(entry.active and entry.points for entry in session.master_automation)
    return of(session).is_played or moves or session.master_mono or session.master_pan != 0.0


def for_reading(session: Session) -> Session | None:
    """The session whose master has its filters and nothing else; ``None`` where it has none."""
    filters = of(session).filters
    if not filters:
        return None
    return replace(
        session,
        master_effects=filters,
        master_db=0.0,
        master_pan=0.0,
        master_pan_law=1.0,
        master_mono=False,
        master_automation=(),
    )


def notes(session: Session) -> list[str]:
    """What of the master's plug-ins the search leaves out, with their names."""
    chain, lines = of(session), []
    if chain.dynamics:
        lines.append(
            f"on the master, {_names(chain.dynamics)} is no part of the search: what it found is measured through it"
        )
    if chain.unheard:
        lines.append(
            f"on the master, {_names(chain.unheard)} is not heard: spectrum, level and loss are those without it"
        )
    if session.master_mono:
        lines.append("the master is mono: no pan is heard in it, whatever is found for the tracks")
    return lines


def _names(effects: tuple[Effect, ...]) -> str:
    return name_list([effect.label or effect.name for effect in effects])

"""What the user may set, checked once at the door. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.errors import UserError


@dataclass(frozen=True, slots=True)
class BalanceSettings:
    """Settings of the balance job.

    Attributes
    ----------
    method : str
        A name of `mixengine.balance.methods.METHODS`.
    preset : str
        A name in ``presets/`` or a path to a TOML file.
    exact : bool
        Measure exactly as the paper does, however long it takes.
    anchor : str, optional
        Track whose fader does not move; the others come to it.
    lock : tuple of str
        Tracks whose faders do not move.
    group : str, optional
        ``folder``: inside folders first, then folders against each other; ``all``: every track alike; default: as the
        preset says.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    strength : float
        Percent of every move that is made, 0 … 100.
    selected_only : bool
        Move only the tracks that are selected in the project.
    cache : bool
        Use and keep earlier measurements.
    """

    method: str = "instrument"
    preset: str = "pop"
    exact: bool = False
    anchor: str | None = None
    lock: tuple[str, ...] = ()
    group: str | None = None
    roles: tuple[str, ...] = ()
    strength: float = 100.0
    selected_only: bool = False
    cache: bool = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 100.0:
            raise UserError(f"--strength {self.strength:g} is outside [0, 100] percent")

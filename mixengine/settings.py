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
    strength : float
        Percent of every move that is made, 0 … 100.
    selected_only : bool
        Move only the tracks that are selected in the project.
    """

    method: str = "active"
    preset: str = "equal-loudness"
    exact: bool = False
    anchor: str | None = None
    lock: tuple[str, ...] = ()
    strength: float = 100.0
    selected_only: bool = False

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 100.0:
            raise UserError(f"--strength {self.strength:g} is outside [0, 100] percent")

"""Settings of the automix job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import NO_CACHE, ROLES, SELECTED, check, setting


@dataclass(frozen=True, slots=True)
class AutomixSettings:
    """Settings of the automix job.

    Attributes
    ----------
    mic : tuple of str
        The microphones; empty: tracks that are speakers by role or name, and those that sound like speech.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    floor_db : float
        How low microphones that wait are, −40 … −3 dB.
    strength : float
        Percent of that, 0 … 100.
    lookahead_s, hold_s : float
        How long before the first word and after the last a microphone is open.
    attack_s, release_s : float
        Lengths of the ramps up and down; longer where they would be too steep.
    selected_only : bool
        Change only the tracks that are selected in the project; the others are still listened to.
    cache : bool
        Use and keep earlier measurements.
    """

    mic: tuple[str, ...] = setting((), metavar="TRACK", help="A microphone (repeatable).")
    roles: tuple[str, ...] = setting((), help=ROLES, metavar="TRACK=ROLE")
    floor_db: float = setting(-15.0, help="Level of microphones that wait.", unit="dB", min=-40.0, max=-3.0)
    strength: float = setting(100.0, help="Percent of that.", unit="percent", min=0.0, max=100.0)
    lookahead_s: float = setting(0.12, help="Open that long before the first word.", unit="seconds", min=0.0, max=2.0)
    hold_s: float = setting(0.35, help="Open that long after the last word.", unit="seconds", min=0.0, max=5.0)
    attack_s: float = setting(0.1, help="Shortest ramp up.", unit="seconds", min=0.005, max=2.0)
    release_s: float = setting(0.3, help="Shortest ramp down.", unit="seconds", min=0.005, max=5.0)
    selected_only: bool = setting(False, help=SELECTED, option="--selected")
    cache: bool = setting(True, help=NO_CACHE, option="--no-cache")

    def __post_init__(self) -> None:
        check(self)

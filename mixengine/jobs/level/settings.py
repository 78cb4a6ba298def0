"""Settings of the level job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import NO_CACHE, ROLES, SELECTED, check, setting

SPEECH, SINGING = "speech", "singing"


@dataclass(frozen=True, slots=True)
class LevelSettings:
    """Settings of the level job.

    Attributes
    ----------
    track : tuple of str
        The voices to ride, the other microphones are still listened to; empty: tracks that are speakers by role or
        name, and those that sound like speech; with the style ``singing``, tracks that are lead vocals by role or name.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    style : str
        ``speech`` or ``singing``: how far phrases are brought to one level, and over how long.
    target_lufs : float, optional
        Loudness of the voice while it sounds, at the master; ``None``: as loud as it is.
    range_db : float, optional
        How far the gain goes up and down from its middle, 0 … 24 dB; ``None``: 12 dB for speech, 6 dB for singing.
    strength : float
        Percent of the gain that is applied, of the way to ``target_lufs`` too, 0 … 100. Breaths have their own setting.
    breaths_db : float
        How far breaths between phrases are lowered, never below the room; 0: not at all.
    selected_only : bool
        Change only the tracks that are selected in the project.
    cache : bool
        Use and keep earlier measurements.
    """

    track: tuple[str, ...] = setting((), metavar="TRACK", help="A voice (repeatable).")
    roles: tuple[str, ...] = setting((), help=ROLES, metavar="TRACK=ROLE")
    style: str = setting(SPEECH, help="speech, singing.", choices=(SPEECH, SINGING))
    target_lufs: float | None = setting(
        None,
        help="Loudness of the voice, at the master; default: as it is.",
        unit="LUFS",
        min=-60.0,
        max=-5.0,
    )
    range_db: float | None = setting(
        None, help="How far up and down; default: 12 for speech, 6 for singing.", unit="dB", min=0.0, max=24.0
    )
    strength: float = setting(100.0, help="Percent of the gain.", unit="percent", min=0.0, max=100.0)
    breaths_db: float = setting(
        0.0,
        option="--breaths-db",
        help="Lower breaths between phrases by so much, -10 for one; 0: leave them.",
        unit="dB",
        min=-30.0,
        max=0.0,
    )
    selected_only: bool = setting(False, help=SELECTED, option="--selected")
    cache: bool = setting(True, help=NO_CACHE, option="--no-cache")

    def __post_init__(self) -> None:
        check(self)

"""Settings of the sync job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import NO_CACHE, SELECTED, check, setting


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Settings of the sync job.

    Attributes
    ----------
    to : str
        The track that stays where it is; empty: the one that most others have something in common with.
    drums : bool
        Also move the microphones of a drum kit by samples, to the overheads (else to a close microphone), and switch
        polarities that cancel.
    drift : bool
        Also set play rates, or cut items, where a clock ran too fast or too slowly.
    max_offset_s : float
        How far apart recordings may stand, 1 … 120 s.
    selected_only : bool
        Move only the tracks that are selected in the project; the others are still compared.
    cache : bool
        Use and keep earlier measurements.
    """

    to: str = setting("", metavar="TRACK", help="The track that stays (default: the one that fits most others).")
    drums: bool = setting(False, help="Also the microphones of a drum kit, by samples, and their polarity.")
    drift: bool = setting(True, help="Leave play rates alone: move items only.", option="--no-drift")
    max_offset_s: float = setting(30.0, help="How far apart recordings may stand.", unit="seconds", min=1.0, max=120.0)
    selected_only: bool = setting(False, help=SELECTED, option="--selected")
    cache: bool = setting(True, help=NO_CACHE, option="--no-cache")

    def __post_init__(self) -> None:
        check(self)

"""Settings of the unmask job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import NO_CACHE, ROLES, SELECTED, Dialog, check, setting


@dataclass(frozen=True, slots=True)
class UnmaskSettings:
    """Settings of the unmask job.

    Attributes
    ----------
    mode : str
        A name of `mixengine.jobs.unmask.job.MODES`.
    priority : tuple of str
        Tracks that must be heard through the others, most important first; after them come voices, then lead vocals.
    tracks : tuple of str
        Equalise only these tracks; empty: all.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    max_cut_db : float
        Deepest cut in dB, 0.5 … 24.
    max_bands : int
        Most cuts of a track, 1 … 8.
    max_boost_db : float
        Largest boost of a voice's presence in dB, 0 (none) … 6.
    static : bool
        Cuts stand still; else they follow the voice.
    selected_only : bool
        Equalise only the tracks that are selected in the project.
    cache : bool
        Use and keep earlier measurements.
    """

    mode: str = setting(
        "masking", help="masking, or three-band (the published carve).", choices=("masking", "three-band")
    )
    priority: tuple[str, ...] = setting((), metavar="TRACK", help="Must be heard through the others, first one first.")
    tracks: tuple[str, ...] = setting((), metavar="TRACK", help="Equalise only this track.")
    roles: tuple[str, ...] = setting((), help=ROLES, metavar="TRACK=ROLE")
    max_cut_db: float = setting(
        3.0,
        help="Deepest cut in dB.",
        unit="dB",
        min=0.5,
        max=24.0,
        old_options=("--max-cut",),
        dialog=Dialog("deepest cut dB", "max_cut_db", place=60),
    )
    max_bands: int = setting(3, help="Most cuts on a track.", min=1, max=8)
    max_boost_db: float = setting(
        2.0, help="Largest boost of a voice's presence in dB; 0: none.", unit="dB", min=0.0, max=6.0
    )
    static: bool = setting(False, help="Cuts stand still instead of following the voice.", option="--static")
    selected_only: bool = setting(False, help=SELECTED, option="--selected")
    cache: bool = setting(True, help=NO_CACHE, option="--no-cache")

    def __post_init__(self) -> None:
        check(self)

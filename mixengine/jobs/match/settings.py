"""Settings of the match job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import ROLES, check, setting

_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """Settings of the match job.

    Attributes
    ----------
    reference : str
        Audio file whose mix is matched.
    checkpoint : str, optional
        A Diff-MST checkpoint whose parameters the match starts from.
    refine : bool
        Descend from the start; without it the start is the answer: a checkpoint's parameters, else the closed form.
    seed : int
        Draws the pieces of sound on which the descent works.
    song_start_s, reference_start_s : float, optional
        Where the passages to compare begin; default: loud ones are looked for in the song and in the whole reference,
        and a controller hears both from their start.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    """

    reference: str = setting("", metavar="FILE", help="Audio file whose mix is matched.", required=True, file=True)
    checkpoint: str | None = setting(None, metavar="CKPT", help="A Diff-MST checkpoint to start from.", file=True)
    refine: bool = setting(
        True, option="--no-refine", help="Stop after the checkpoint's parameters, or after the closed form."
    )
    seed: int = setting(0, help="Draws the pieces of sound to work on.", min=0)
    song_start_s: float | None = setting(
        None,
        metavar="SECONDS",
        help="Compare the song from here (default: its loud passages).",
        unit="seconds",
        min=0.0,
        max=_DAY_S,
    )
    reference_start_s: float | None = setting(
        None,
        metavar="SECONDS",
        help="Leave out the reference before this.",
        unit="seconds",
        min=0.0,
        max=_DAY_S,
    )
    roles: tuple[str, ...] = setting((), help=ROLES, metavar="TRACK=ROLE")

    def __post_init__(self) -> None:
        check(self)

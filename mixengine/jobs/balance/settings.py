"""Settings of the balance job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import NO_CACHE, PRESET, ROLES, SELECTED, Dialog, check, setting


@dataclass(frozen=True, slots=True)
class BalanceSettings:
    """Settings of the balance job.

    Attributes
    ----------
    method : str
        A name of `mixengine.jobs.balance.methods.METHODS`.
    preset : str
        A name in ``presets/`` or a path to a TOML file.
    exact : bool
        Measure exactly as [Shi 2025], however long it takes.
    variants : bool
        Measure what [Shi 2025] measures too, pitch included, and write its versions and its results.
    anchor : str, optional
        Track whose fader does not move; the others come to it.
    lock : tuple of str
        Tracks whose faders do not move.
    group : str, optional
        ``folder``: inside folders first, then folders against each other; ``all``: every track alike; default: as the
        preset says.
    start_from : str
        ``auto``: judge how much the present levels say; ``present``: go a part of the way from them; ``scratch``:
        ignore them.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    strength : float
        Percent of every move that is made, 0 … 100.
    selected_only : bool
        Move only the tracks that are selected in the project.
    cache : bool
        Use and keep earlier measurements.
    """

    method: str = setting(
        "instrument",
        help="instrument, active, multitrack, bark, energy, robust; of [Shi 2025] p_lufs, lufs, centroid.",
        choices=("instrument", "active", "multitrack", "bark", "energy", "robust", "p_lufs", "lufs", "centroid"),
        dialog=Dialog("method", "method", place=20),
    )
    preset: str = setting("pop", help=PRESET, dialog=Dialog("preset", "preset", place=10))
    exact: bool = setting(False, help="Measure exactly as [Shi 2025] (slow).")
    variants: bool = setting(
        False, help="Also write the three versions of [Shi 2025], and what it measures as results.json and .csv."
    )
    anchor: str | None = setting(None, help="Track that does not move; the others come to it.", metavar="TRACK")
    lock: tuple[str, ...] = setting((), help="Track that does not move (may be repeated).", metavar="TRACK")
    group: str | None = setting(
        None, help="folder: inside folders first; all: every track alike.", choices=("folder", "all")
    )
    start_from: str = setting(
        "auto",
        help="Start from auto: the present levels as far as they say something; present: them; scratch: nothing.",
        choices=("auto", "present", "scratch"),
        dialog=Dialog("start from", "start_from", place=25),
    )
    roles: tuple[str, ...] = setting((), help=ROLES, metavar="TRACK=ROLE")
    strength: float = setting(
        100.0, help="Percent of every move to make, 0 to 100.", unit="percent", min=0.0, max=100.0
    )
    selected_only: bool = setting(False, help=SELECTED, option="--selected")
    cache: bool = setting(True, help=NO_CACHE, option="--no-cache")

    def __post_init__(self) -> None:
        check(self)

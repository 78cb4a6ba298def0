"""Settings of the deliver job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import check, setting


@dataclass(frozen=True, slots=True)
class DeliverSettings:
    """Settings of the deliver job.

    Attributes
    ----------
    target : str
        A name or file of `mixengine.model.delivery`, or a number of LUFS.
    ceiling_dbtp : float, optional
        In place of the target's own.
    """

    target: str = setting(
        "podcast",
        help="podcast, streaming, apple, spotify, youtube, ebu-r128, atsc-a85, netflix, acx, a .toml file, or LUFS.",
        metavar="NAME|LUFS",
    )
    ceiling_dbtp: float | None = setting(
        None, option="--ceiling", help="Highest true peak (default: the target's).", unit="dBTP", min=-20.0, max=0.0
    )

    def __post_init__(self) -> None:
        check(self)

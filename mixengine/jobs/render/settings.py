"""Settings of a render. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.settings import Dialog, SettingError, SettingName, check, setting

_LATEST_S = 1e7


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """Settings of a render.

    Attributes
    ----------
    stems, mix : bool
        What to write; neither: both.
    stems_per : str
        A name of `mixengine.jobs.render.stems.PER`: a stem for each ``track``, ``group`` or selected track.
    format, bits : str
        Names of `mixengine.jobs.render.files.FORMATS` and `BITS`.
    start_s, end_s : float, optional
        From where to where; default: from 0 to the end of the last item.
    selected_only : bool
        Only the tracks that are selected in the project: the same as ``stems_per`` ``selection``.
    """

    stems: bool = setting(False, help="Write the stems (default: mix and stems).")
    mix: bool = setting(False, help="Write the mix (default: mix and stems).")
    stems_per: str = setting(
        "track",
        help="One stem per: track, group (folder), selection.",
        choices=("track", "group", "selection"),
        old_names=("by",),
        old_options=("--by",),
        dialog=Dialog("one stem per (track/group)", "stems_per", place=96),
    )
    format: str = setting("wav", help="wav or flac.", choices=("wav", "flac"))
    bits: str = setting(
        "24",
        help="16, 24 (both with dither) or 32f.",
        choices=("16", "24", "32f"),
        dialog=Dialog("bits (16/24/32f)", "bits", place=97),
    )
    start_s: float | None = setting(
        None, option="--from", help="Second to begin at.", unit="seconds", min=0.0, max=_LATEST_S
    )
    end_s: float | None = setting(None, option="--to", help="Second to end at.", unit="seconds", min=0.0, max=_LATEST_S)
    selected_only: bool = setting(False, option="--selected", help="Only tracks selected in the project.", hidden=True)

    def __post_init__(self) -> None:
        check(self)
        bits, start, end = SettingName("bits"), SettingName("start_s"), SettingName("end_s")
        if (self.format, self.bits) == ("flac", "32f"):
            choice = ("; use ", bits, " 24 or ", SettingName("format"), " wav")
            raise SettingError(bits, " 32f: FLAC holds whole numbers only", *choice)
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise SettingError(end, f" {self.end_s:g} is not after ", start, f" {self.start_s or 0.0:g}")

    @property
    def gathered_per(self) -> str:
        """``stems_per``, or the selection when only that is asked for."""
        return "selection" if self.selected_only else self.stems_per

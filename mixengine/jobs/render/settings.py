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
    pre_fader : bool
        Stems end before the faders, behind the plug-ins.
    target : str, optional
        The mix at a distributor's loudness: a name or file of `mixengine.model.delivery`, or a number of LUFS.
    ceiling_dbtp : float, optional
        In place of the target's own.
    gain_db : float, optional
        This gain in place of the one that reaches the target: that of an album.
    reference : str, optional
        A finished recording that the page compares with the mix.
    format : str, optional
        A name of `mixengine.jobs.render.files.FORMATS`; default: what the target asks for, else ``wav``.
    bits : str
        A name of `mixengine.jobs.render.files.BITS`.
    title, artist, album, art : str
        Tags of a mix with a target; ``art`` is a picture.
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
    pre_fader: bool = setting(
        False,
        help="Stems end before the faders, behind the plug-ins.",
        dialog=Dialog("stems before the fader (yes/no)", "pre_fader", place=98),
    )
    target: str | None = setting(
        None,
        help="The mix at a loudness: podcast, streaming, apple, spotify, youtube, ebu-r128, atsc-a85, netflix, acx, a "
        ".toml file, or LUFS.",
        metavar="NAME|LUFS",
    )
    ceiling_dbtp: float | None = setting(
        None, option="--ceiling", help="Highest true peak (default: the target's).", unit="dBTP", min=-20.0, max=0.0
    )
    gain_db: float | None = setting(None, help="One gain for an album.", unit="dB", min=-80.0, max=80.0, hidden=True)
    reference: str | None = setting(
        None, help="With --target: a recording to compare with on the page.", metavar="FILE", file=True
    )
    title: str = setting("", help="With --target: title of the file (default: the session's name).")
    artist: str = setting("", help="With --target: artist.")
    album: str = setting("", help="With --target: album or series.")
    art: str | None = setting(None, help="With --target: a picture (JPEG, PNG), but in WAV.", metavar="FILE", file=True)
    format: str | None = setting(
        None,
        help="wav, flac; with --target also mp3, aac, opus (default: the target's, else wav).",
        choices=("wav", "flac", "mp3", "aac", "opus"),
        dialog=Dialog("format (wav/flac)", "stem_format", place=99, default="wav"),
    )
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
        if self.pre_fader and self.mix and not self.stems:
            raise SettingError(SettingName("pre_fader"), ": is for stems, and only the mix is asked for")
        self._check_target()
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise SettingError(end, f" {self.end_s:g} is not after ", start, f" {self.start_s or 0.0:g}")

    def _check_target(self) -> None:
        target, form = SettingName("target"), SettingName("format")
        if self.target is None:
            if self.format not in (None, "wav", "flac"):
                raise SettingError(form, f" {self.format}: is for a finished mix; say with ", target, " how loud it is")
            for name in ("ceiling_dbtp", "gain_db", "reference", "title", "artist", "album", "art"):
                if getattr(self, name) not in (None, ""):
                    raise SettingError(SettingName(name), ": goes with ", target)
            return
        if self.stems or self.selected_only:
            raise SettingError(target, ": is for the mix; render stems without it")
        if self.pre_fader:
            raise SettingError(SettingName("pre_fader"), ": is for stems; ", target, " is for the mix")
        if self.art is not None and self.format == "wav":
            raise SettingError(SettingName("art"), ": a WAV holds no picture; ", form, " mp3, aac, opus or flac does")

    @property
    def file_format(self) -> str:
        """The format, where nothing else asks for another: ``wav``."""
        return self.format or "wav"

    @property
    def gathered_per(self) -> str:
        """``stems_per``, or the selection when only that is asked for."""
        return "selection" if self.selected_only else self.stems_per

"""Settings of the duck job. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from mixengine.model.codec import OLD_NAMES
from mixengine.model.duck_style import DuckStyle
from mixengine.model.settings import (
    PRESET,
    ROLES,
    SELECTED,
    Dialog,
    SettingError,
    SettingName,
    check,
    options,
    setting,
)

_STYLE = {option.name: option.about for option in options(DuckStyle)}
_OLD = {entry.name: entry.metadata[OLD_NAMES] for entry in fields(DuckStyle)}


def _of_preset(name: str, **more: Any) -> Any:
    """A setting of the preset that the user may set instead; ``None``: as the preset says."""
    return setting(None, about=replace(_STYLE[name], **more), old_names=_OLD[name])


@dataclass(frozen=True, slots=True)
class DuckSettings:
    """Settings of the duck job; what is ``None`` is as the preset says.

    Attributes
    ----------
    speech, music, ambience : tuple of str
        Tracks of each kind; all others are what their roles, names or sound say.
    priority : tuple of str
        Speech tracks above which other speech is ducked too (a voice-over over an interview).
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    detector : str
        A name of `mixengine.audio.speech.DETECTORS`.
    preset : str
        A name in ``presets/`` or a path to a TOML file.
    depth_db : float, optional
        Duck by this much everywhere, whatever the levels are.
    alpha : float, optional
        The same as a factor: music × (1 − alpha).
    buses : bool
        Draw one envelope on a folder that holds nothing but background, in place of one on each track inside.
    selected_only : bool
        Change only the tracks that are selected in the project.
    """

    speech: tuple[str, ...] = setting((), option="--speech", metavar="TRACK", help="A track with speech (repeatable).")
    music: tuple[str, ...] = setting((), metavar="TRACK", help="A track with music (repeatable).")
    ambience: tuple[str, ...] = setting((), metavar="TRACK", help="A track with ambience or effects (repeatable).")
    priority: tuple[str, ...] = setting((), metavar="TRACK", help="Speech above which other speech is ducked too.")
    roles: tuple[str, ...] = setting((), help=ROLES, metavar="TRACK=ROLE")
    detector: str = setting(
        "psd-adaptive",
        help="psd-adaptive, silero, energy, psd.",
        choices=("psd-adaptive", "silero", "energy", "psd"),
        dialog=Dialog("detector", "detector", place=50),
    )
    preset: str = setting("podcast", help=PRESET, dialog=Dialog("preset", "duck_preset", place=30))
    target_lu: float | None = _of_preset(
        "target_lu",
        help="LU of speech above music; preset: 10.",
        dialog=Dialog("LU above music (empty: preset)", "target_lu", place=40),
    )
    ambience_lu: float | None = _of_preset("ambience_lu", help="LU of speech above ambience; preset: 15.")
    depth_db: float | None = setting(
        None, help="Duck by this many dB everywhere instead.", unit="dB", min=0.0, max=60.0
    )
    alpha: float | None = setting(None, help="The same as a factor: music x (1 - alpha).", min=0.0, max=0.999)
    max_duck_db: float | None = _of_preset("max_duck_db", help="Deepest duck for a target; preset: 18.")
    attack_s: float | None = _of_preset("attack_s")
    hold_s: float | None = _of_preset("hold_s")
    release_s: float | None = _of_preset("release_s")
    lookahead_s: float | None = _of_preset("lookahead_s")
    bed: str | None = _of_preset("bed", help="Level music first by: loudness, rms, keep.")
    buses: bool = setting(False, help="One envelope per folder of music, not per track.")
    selected_only: bool = setting(False, help=SELECTED, option="--selected")

    def __post_init__(self) -> None:
        check(self)
        given = [name for name in ("target_lu", "depth_db", "alpha") if getattr(self, name) is not None]
        if len(given) > 1:
            raise SettingError(SettingName(given[0]), " and ", SettingName(given[1]), ": give one of them")

    def style(self, preset: DuckStyle) -> DuckStyle:
        """The preset's style with what the user set; a target for music alone moves the one for ambience with it."""
        given = {
            name: value
            for name in (entry.name for entry in fields(DuckStyle))
            if (value := getattr(self, name)) is not None
        }
        if "target_lu" in given and "ambience_lu" not in given:
            follows = given["target_lu"] + preset.ambience_lu - preset.target_lu
            given["ambience_lu"] = min(follows, _STYLE["ambience_lu"].max or 0.0)
        return replace(preset, **given)

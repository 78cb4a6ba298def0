"""What the user may set, checked once at the door. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mixengine.errors import UserError


@dataclass(frozen=True, slots=True)
class BalanceSettings:
    """Settings of the balance job.

    Attributes
    ----------
    method : str
        A name of `mixengine.balance.methods.METHODS`.
    preset : str
        A name in ``presets/`` or a path to a TOML file.
    exact : bool
        Measure exactly as the paper does, however long it takes.
    anchor : str, optional
        Track whose fader does not move; the others come to it.
    lock : tuple of str
        Tracks whose faders do not move.
    group : str, optional
        ``folder``: inside folders first, then folders against each other; ``all``: every track alike; default: as the
        preset says.
    roles : tuple of str
        ``TRACK=ROLE`` as the user says; wins over names and is remembered in the project.
    strength : float
        Percent of every move that is made, 0 … 100.
    selected_only : bool
        Move only the tracks that are selected in the project.
    cache : bool
        Use and keep earlier measurements.
    """

    method: str = "instrument"
    preset: str = "pop"
    exact: bool = False
    anchor: str | None = None
    lock: tuple[str, ...] = ()
    group: str | None = None
    roles: tuple[str, ...] = ()
    strength: float = 100.0
    selected_only: bool = False
    cache: bool = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.strength <= 100.0:
            raise UserError(f"--strength {self.strength:g} is outside [0, 100] percent")


@dataclass(frozen=True, slots=True)
class DuckStyle:
    """How to duck: what a preset holds under ``[duck]``.

    Attributes
    ----------
    target_lu, ambience_lu : float
        How far speech shall be above music (and above other speech, where tracks have priority) and above ambience.
    limit_db : float
        Deepest duck a target may ask for.
    fade_down_s, hold_s, fade_up_s : float
        Length of the fade before the speech, time after it before the way up, length of that.
    look_ahead_s : float
        How long before the first word the fade down is finished.
    bed : str
        A name of `mixengine.duck.bed.BEDS`: how music is levelled to the speech first.
    """

    target_lu: float = 10.0
    ambience_lu: float = 15.0
    limit_db: float = 18.0
    fade_down_s: float = 0.4
    hold_s: float = 0.4
    fade_up_s: float = 1.2
    look_ahead_s: float = 0.15
    bed: str = "loudness"

    def __post_init__(self) -> None:
        for name, (low, high) in _DUCK_RANGES.items():
            if not low <= getattr(self, name) <= high:
                option = "--" + name.removesuffix("_s").replace("_", "-")
                raise UserError(f"{option} {getattr(self, name):g} is outside [{low:g}, {high:g}] {_unit(name)}")


_DUCK_RANGES = {
    "target_lu": (-20.0, 60.0),
    "ambience_lu": (-20.0, 60.0),
    "limit_db": (0.0, 60.0),
    "fade_down_s": (0.01, 10.0),
    "hold_s": (0.0, 10.0),
    "fade_up_s": (0.01, 30.0),
    "look_ahead_s": (0.0, 5.0),
}


def _unit(name: str) -> str:
    return {"lu": "LU", "db": "dB", "s": "seconds"}[name.rpartition("_")[2]]


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
        The same as the prior system says it: music × (1 − alpha).
    buses : bool
        Draw one envelope on a folder that holds nothing but background, in place of one on each track inside.
    selected_only : bool
        Change only the tracks that are selected in the project.
    """

    speech: tuple[str, ...] = ()
    music: tuple[str, ...] = ()
    ambience: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    detector: str = "psd-adaptive"
    preset: str = "podcast"
    target_lu: float | None = None
    ambience_lu: float | None = None
    depth_db: float | None = None
    alpha: float | None = None
    limit_db: float | None = None
    fade_down_s: float | None = None
    hold_s: float | None = None
    fade_up_s: float | None = None
    look_ahead_s: float | None = None
    bed: str | None = None
    buses: bool = False
    selected_only: bool = False

    def __post_init__(self) -> None:
        if self.depth_db is not None and not 0.0 <= self.depth_db <= 60.0:
            raise UserError(f"--depth-db {self.depth_db:g} is outside [0, 60] dB")
        if self.alpha is not None and not 0.0 <= self.alpha <= 0.999:
            raise UserError(f"--alpha {self.alpha:g} is outside [0, 0.999]")
        given = [name for name in ("target_lu", "depth_db", "alpha") if getattr(self, name) is not None]
        if len(given) > 1:
            raise UserError(f"--{given[0].replace('_', '-')} and --{given[1].replace('_', '-')}: give one of them")

    def style(self, preset: DuckStyle) -> DuckStyle:
        """The preset's style with what the user set; a target for music alone moves the one for ambience with it."""
        given = {
            name: value
            for name in (entry.name for entry in fields(DuckStyle))
            if (value := getattr(self, name)) is not None
        }
        if "target_lu" in given and "ambience_lu" not in given:
            follows = given["target_lu"] + preset.ambience_lu - preset.target_lu
            given["ambience_lu"] = min(follows, _DUCK_RANGES["ambience_lu"][1])
        return replace(preset, **given)


@dataclass(frozen=True, slots=True)
class ToneSettings:
    """Settings of the tone job.

    Attributes
    ----------
    mode : str
        A name of `mixengine.tone.job.MODES`.
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
    selected_only : bool
        Equalise only the tracks that are selected in the project.
    cache : bool
        Use and keep earlier measurements.
    """

    mode: str = "masking"
    priority: tuple[str, ...] = ()
    tracks: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    max_cut_db: float = 6.0
    max_bands: int = 3
    selected_only: bool = False
    cache: bool = True

    def __post_init__(self) -> None:
        if not 0.5 <= self.max_cut_db <= 24.0:
            raise UserError(f"--max-cut {self.max_cut_db:g} is outside [0.5, 24] dB")
        if not 1 <= self.max_bands <= 8:
            raise UserError(f"--max-bands {self.max_bands} is outside [1, 8]")


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Settings of the lint job.

    Attributes
    ----------
    checks : tuple of str
        Names of `mixengine.lint.checks.CHECKS`; empty: all.
    markers : bool
        Mark what has a place on the timeline.
    cache : bool
        Use and keep earlier measurements.
    """

    checks: tuple[str, ...] = ()
    markers: bool = False
    cache: bool = True

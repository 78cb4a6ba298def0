"""What the user may set, checked once at the door. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mixengine.system.errors import UserError


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
        A name of `mixengine.jobs.duck.bed.BEDS`: how music is levelled to the speech first.
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
class SeparateSettings:
    """Settings of the separate job.

    Attributes
    ----------
    model : str, optional
        A name of `mixengine.separation_models.registry.MODELS`, perhaps with a variant (``demucs:htdemucs_ft``).
    scenario : str, optional
        A name of `mixengine.separation_models.scenarios.SCENARIOS`, which chooses the model.
    stems : tuple of str
        Only these stems; empty: all.
    two_stems : str, optional
        This stem and everything else.
    residual : bool
        Also make what no stem took, so that all parts sum to the original.
    model_dir : str, optional
        Folder with the weights.
    tracks : tuple of str
        In a session: all items of these tracks; empty: the selected items.
    take : bool
        In a session: not new tracks, but the speech alone as a new take of each item.
    blend : float
        Of a take: 1 is the part alone, 0 the item as it was.
    """

    model: str | None = None
    scenario: str | None = None
    stems: tuple[str, ...] = ()
    two_stems: str | None = None
    residual: bool = True
    model_dir: str | None = None
    tracks: tuple[str, ...] = ()
    take: bool = False
    blend: float = 1.0


@dataclass(frozen=True, slots=True)
class StyleSettings:
    """Settings of the style job.

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

    reference: str = ""
    checkpoint: str | None = None
    refine: bool = True
    seed: int = 0
    song_start_s: float | None = None
    reference_start_s: float | None = None
    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UserError(f"--seed {self.seed} is below 0")
        for option, value in (("song", self.song_start_s), ("reference", self.reference_start_s)):
            if value is not None and not 0.0 <= value <= 86400.0:
                raise UserError(f"--{option}-start {value:g} is outside [0, 86400] seconds")


@dataclass(frozen=True, slots=True)
class LintSettings:
    """Settings of the lint job.

    Attributes
    ----------
    checks : tuple of str
        Names of `mixengine.jobs.lint.checks.CHECKS`; empty: all.
    markers : bool
        Mark what has a place on the timeline.
    cache : bool
        Use and keep earlier measurements.
    """

    checks: tuple[str, ...] = ()
    markers: bool = False
    cache: bool = True


@dataclass(frozen=True, slots=True)
class RenderSettings:
    """Settings of a render.

    Attributes
    ----------
    stems, mix : bool
        What to write; neither: both.
    by : str
        A name of `mixengine.jobs.render.stems.BY`: a stem for each ``track``, ``group`` or selected track.
    format, bits : str
        Names of `mixengine.jobs.render.files.FORMATS` and `BITS`.
    start_s, end_s : float, optional
        From where to where; default: from 0 to the end of the last item.
    selected_only : bool
        Only the tracks that are selected in the project: the same as ``by`` ``selection``.
    """

    stems: bool = False
    mix: bool = False
    by: str = "track"
    format: str = "wav"
    bits: str = "24"
    start_s: float | None = None
    end_s: float | None = None
    selected_only: bool = False

    def __post_init__(self) -> None:
        for option, value, choices in (
            ("--by", self.by, ("track", "group", "selection")),
            ("--format", self.format, ("wav", "flac")),
            ("--bits", self.bits, ("16", "24", "32f")),
        ):
            if value not in choices:
                raise UserError(f"{option} {value} is unknown; choose from: {', '.join(choices)}")
        if (self.format, self.bits) == ("flac", "32f"):
            raise UserError("--bits 32f: FLAC holds whole numbers only; use --bits 24 or --format wav")
        for option, value_s in (("--from", self.start_s), ("--to", self.end_s)):
            if value_s is not None and not 0.0 <= value_s < 1e7:
                raise UserError(f"{option} {value_s:g} is outside [0, 1e7] seconds")
        if self.end_s is not None and self.end_s <= (self.start_s or 0.0):
            raise UserError(f"--to {self.end_s:g} is not after --from {self.start_s or 0.0:g}")

    @property
    def gathered_by(self) -> str:
        """``by``, or the selection when only that is asked for."""
        return "selection" if self.selected_only else self.by

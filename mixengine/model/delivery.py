"""What distributors ask for: loudness, true peak, loudness range and format. TOML files, shipped or the user's own."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from mixengine.model import presets
from mixengine.model.settings import unknown_word
from mixengine.system.errors import UserError, nearest

PROGRAMME, DIALOGUE, RMS = "programme", "dialogue", "rms"
MEASURES = {PROGRAMME: "LUFS", DIALOGUE: "LKFS of the dialogue", RMS: "dB RMS"}
"""What is brought to the level → its unit."""
MIN_LEVEL, MAX_LEVEL = -50.0, 0.0
_DEFAULT_CEILING_DBTP = -1.0


@dataclass(frozen=True, slots=True)
class Target:
    """What a distributor asks for.

    Attributes
    ----------
    name, title, source, date : str
        ``source`` says where the numbers stand, ``date`` when that was looked at.
    measure : str
        One of `MEASURES`: the whole programme (BS.1770), only its dialogue, or plain RMS.
    level, tolerance : float
        In the unit of the measure; the tolerance in LU or dB.
    ceiling_dbtp : float
    min_range_lu, max_range_lu : float, optional
        Loudness range that is recommended.
    min_dialogue_share, without_dialogue : float
        With a smaller share of dialogue the programme is brought to ``without_dialogue``.
    max_noise_db : float, optional
        Limit of the noise in the pauses, RMS.
    format, bits : str
        Names of the formats and sample formats of ``render``; empty: any.
    rate : int
        0: the session's.
    max_channels : int
        0: any number.
    place : int
        Its place in the page's table; 0: it is not in it.
    """

    name: str
    title: str
    level: float
    ceiling_dbtp: float = _DEFAULT_CEILING_DBTP
    measure: str = PROGRAMME
    tolerance: float = 0.1
    source: str = ""
    date: str = ""
    min_range_lu: float | None = None
    max_range_lu: float | None = None
    min_dialogue_share: float = 0.0
    without_dialogue: float | None = None
    max_noise_db: float | None = None
    format: str = ""
    bits: str = ""
    rate: int = 0
    max_channels: int = 0
    place: int = 0

    @property
    def unit(self) -> str:
        """Unit of the level."""
        return MEASURES[self.measure]


def available() -> dict[str, Path]:
    """Name → file; a user's file hides a shipped one of the same name."""
    files: dict[str, Path] = {}
    for place in (presets.folder(), presets.user_folder()):
        files.update({path.stem: path for path in sorted((place / "delivery").glob("*.toml"))})
    return files


def shown() -> list[Target]:
    """The targets of the page's table, in order."""
    targets = [load(name) for name in available()]
    return sorted((target for target in targets if target.place), key=lambda target: target.place)


def parse(word: str, ceiling_dbtp: float | None = None) -> Target:
    """A target by name, by path of a ``.toml`` file, or as a number of LUFS; ``ceiling_dbtp`` replaces its own.

    Raises
    ------
    UserError
        There is no such target, or a number is out of range.
    """
    try:
        level = float(word)
    except ValueError:
        target = load(word)
    else:
        if not MIN_LEVEL <= level <= MAX_LEVEL:
            raise UserError(f"--target {word}: is outside [{MIN_LEVEL:g}, {MAX_LEVEL:g}] LUFS")
        target = Target(f"{abs(level):g}lufs", f"{level:g} LUFS", level)
    return target if ceiling_dbtp is None else replace(target, ceiling_dbtp=ceiling_dbtp)


def load(name: str) -> Target:
    """A target by name or by path of a ``.toml`` file.

    Raises
    ------
    UserError
        There is none, it cannot be read, or a value in it does not fit.
    """
    files = available()
    if not name.endswith(".toml") and name not in files:
        raise unknown_word("target", name, files)
    path = Path(name) if name.endswith(".toml") else files[name]
    return _checked(path, presets.read_toml(path, "target"))


_WORDS = ("title", "source", "date", "measure", "format", "bits")
_WHOLE = ("rate", "max_channels", "place")


def _checked(path: Path, data: dict[str, Any]) -> Target:
    names = [entry.name for entry in fields(Target) if entry.name != "name"]
    for key, value in data.items():
        if key not in names:
            raise UserError(f"{path}: unknown key '{key}'{nearest(key, names)}")
        kinds: tuple[type, ...] = (str,) if key in _WORDS else (int,) if key in _WHOLE else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise UserError(f"{path}: {key} = {value!r} is no {'text' if key in _WORDS else 'number'}")
    if "level" not in data:
        raise UserError(f"{path}: level is missing: the loudness that is asked for")
    target = Target(**{"name": path.stem, "title": path.stem, **data})
    if target.measure not in MEASURES:
        raise UserError(f"{path}: measure = {target.measure!r} must be one of: {', '.join(MEASURES)}")
    if not MIN_LEVEL <= target.level <= MAX_LEVEL:
        raise UserError(f"{path}: level = {target.level:g} is outside [{MIN_LEVEL:g}, {MAX_LEVEL:g}]")
    if not -20.0 <= target.ceiling_dbtp <= 0.0:
        raise UserError(f"{path}: ceiling_dbtp = {target.ceiling_dbtp:g} is outside [-20, 0]")
    return target

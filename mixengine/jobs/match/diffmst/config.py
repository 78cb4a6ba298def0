"""A run's ``config.yaml``: settings that the tensors of a checkpoint do not show.

The training framework writes it beside the checkpoint or one folder up. Nothing in it is executed: YAML is read with
the safe loader, which creates no Python objects.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mixengine.jobs.match.console.parameters import RATE, ConsoleRanges, Range
from mixengine.system.errors import UserError

NAME = "config.yaml"

_MODEL = ("model", "init_args", "model", "init_args")
_CONSOLE = ("model", "init_args", "mix_console", "init_args")
_MAX_BYTES = 1_000_000
_SUM_AND_DIFF = (
    "sum_and_diff is set in {path}, but published models always hear left and right, and so does this one here"
)


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of a model; defaults are those of the published classes.

    Attributes
    ----------
    track_hop, mix_hop : int > 0
        Hop of the encoders' spectrograms in samples.
    heads : int > 0
        Attention heads of the controller.
    ranges : ConsoleRanges
    notes : tuple of str
        Notes for the user.
    """

    track_hop: int = 512
    mix_hop: int = 512
    heads: int = 8
    ranges: ConsoleRanges = field(default_factory=ConsoleRanges)
    notes: tuple[str, ...] = ()


def beside(checkpoint: Path) -> Path | None:
    """The configuration of a checkpoint: in its folder, else one folder up."""
    folder = checkpoint.resolve().parent
    return next((path for path in (folder / NAME, folder.parent / NAME) if path.is_file()), None)


def read(path: Path) -> Config:
    """Read a configuration.

    Raises
    ------
    UserError
        Invalid YAML, a Python object in it, a value of the wrong type, or a model that cannot run.
    """
    config = _Reader(path, _parsed(path))
    encoders = ("track_encoder", "mix_encoder")
    for encoder in encoders:
        if config.flag(*_MODEL, encoder, "init_args", "input_batchnorm"):
            raise UserError(f"{path}: {encoder}.input_batchnorm is true; the published model cannot run with it")
    rate = config.whole(RATE, *_CONSOLE, "sample_rate")
    if rate != RATE:
        raise UserError(f"{path}: mix_console.sample_rate is {rate}; only models for {RATE} Hz can be used")
    odd = any(
        config.flag(*_MODEL, *where, "sum_and_diff") for where in ((), *((name, "init_args") for name in encoders))
    )
    track_hop, mix_hop = (config.whole(512, *_MODEL, encoder, "init_args", "hop_length") for encoder in encoders)
    return Config(
        track_hop,
        mix_hop,
        config.whole(8, *_MODEL, "controller", "init_args", "nhead"),
        _ranges(config),
        (_SUM_AND_DIFF.format(path=path),) if odd else (),
    )


def _ranges(config: _Reader) -> ConsoleRanges:
    usual = ConsoleRanges()
    fader_db = config.range(usual.fader_db, "input_min_gain_db", "input_max_gain_db")
    output_db = config.range(usual.fader_db, "output_min_gain_db", "output_max_gain_db")
    if output_db != fader_db:
        raise UserError(
            f"{config.path}: the output fader goes from {output_db[0]:g} to {output_db[1]:g} dB and the others from"
            f" {fader_db[0]:g} to {fader_db[1]:g} dB; only models with one range for all faders can be used"
        )
    return ConsoleRanges(
        fader_db=fader_db,
        eq_gain_db=config.range(usual.eq_gain_db, "eq_min_gain_db", "eq_max_gain_db"),
        pan=config.range(usual.pan, "min_pan", "max_pan"),
        send_db=config.range(usual.send_db, "min_send_db", "max_send_db"),
    )


def _parsed(path: Path) -> Any:
    import yaml

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UserError(f"{path}: is larger than any configuration; remove it from beside the checkpoint")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.constructor.ConstructorError as error:
        what = str(error.problem).split("tag ")[-1].strip("'")
        raise UserError(f"{path}: holds an object ({what}), which is not read; put a plain value there") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no YAML ({_first_line(error)}); repair or remove it") from None
    if content is not None and not isinstance(content, dict):
        raise UserError(f"{path}: is no configuration: names with values are expected")
    return content or {}


def _first_line(error: Exception) -> str:
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is not None and problem:
        return f"line {mark.line + 1}: {problem}"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


class _Reader:
    """Checked access to values by a path of names, with defaults for values that are not set."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        self.path, self._content = path, content

    def _at(self, names: tuple[str, ...]) -> Any:
        place: Any = self._content
        for name in names:
            if not isinstance(place, dict):
                return None
            place = place.get(name)
        return place

    def flag(self, *names: str) -> bool:
        value = self._at(names)
        if not isinstance(value, bool | None):
            raise self._wrong(names, value, "true or false")
        return bool(value)

    def whole(self, default: int, *names: str) -> int:
        value = self._at(names)
        if value is None:
            return default
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self._wrong(names, value, "a whole number above 0")
        return value

    def range(self, default: Range, low: str, high: str) -> Range:
        bounds = []
        for name, usual in zip((low, high), default, strict=True):
            value = self._at((*_CONSOLE, name))
            value = usual if value is None else value
            if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
                raise self._wrong((*_CONSOLE, name), value, "a number")
            bounds.append(float(value))
        if bounds[0] >= bounds[1]:
            raise UserError(f"{self.path}: {low} {bounds[0]:g} is not below {high} {bounds[1]:g}")
        return bounds[0], bounds[1]

    def _wrong(self, names: tuple[str, ...], value: Any, expected: str) -> UserError:
        short = ".".join(name for name in names if name != "init_args")
        excerpt = " ".join(str(value).split())[:40]
        return UserError(f"{self.path}: {short} is {excerpt!r} where {expected} is expected")

"""Dataclasses to JSON and back, by their type hints. Standard library only.

JSON has no infinities, and a fader pulled down is -inf: such numbers travel as the strings ``"-inf"`` and ``"inf"``.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from typing import Any, TypeVar

T = TypeVar("T")
OLD_NAMES = "old_names"
"""Key of a field's metadata: the names that it had in earlier versions."""
_MAX_FLOAT = 1e308


def encode(value: Any) -> Any:
    """Turn dataclasses, tuples and numbers into what `json.dumps` takes with ``allow_nan=False``."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value


def decode(kind: type[T], data: Any) -> T:
    """Build ``kind`` from what `encode` made of it.

    Raises
    ------
    ValueError
        A field is missing, unknown or of another type; the message names it.
    """
    return typing.cast(T, _decode(kind, data, kind.__name__))


_UNFIT = object()


def salvage(kind: type[T], data: Any) -> T:
    """Build ``kind`` from whatever there is: what is missing or of another type keeps its default, or is left out.

    For files that an earlier version wrote or that were edited. Every field of ``kind`` needs a default.
    """
    fitting = _fitting(kind, data)
    return kind() if fitting is _UNFIT else typing.cast(T, fitting)


def _fitting(kind: Any, data: Any) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return data
    if origin in (typing.Union, types.UnionType):
        if data is None and type(None) in args:
            return None
        return _fitting(next(arg for arg in args if arg is not type(None)), data)
    if origin is tuple:
        return _fitting_tuple(args, data)
    if origin is dict:
        if not isinstance(data, dict):
            return _UNFIT
        values = {str(key): _fitting(args[1], item) for key, item in data.items()}
        return {key: value for key, value in values.items() if value is not _UNFIT}
    if dataclasses.is_dataclass(kind):
        return _fitting_dataclass(kind, data)
    try:
        return _decode_plain(kind, data, "")
    except ValueError:
        return _UNFIT


def _fitting_tuple(args: tuple[Any, ...], data: Any) -> Any:
    if not isinstance(data, (list, tuple)):
        return _UNFIT
    if args[-1] is Ellipsis:
        return tuple(value for item in data if (value := _fitting(args[0], item)) is not _UNFIT)
    values = tuple(_fitting(arg, item) for arg, item in zip(args, data, strict=False))
    return values if len(data) == len(args) and _UNFIT not in values else _UNFIT


def _fitting_dataclass(kind: Any, data: Any) -> Any:
    if not isinstance(data, dict):
        return _UNFIT
    fields = {entry.name: entry for entry in dataclasses.fields(kind)}
    hints = _hints(kind)
    values = {name: _fitting(hints[name], data[name]) for name in fields if name in data}
    try:
        return kind(**{name: value for name, value in values.items() if value is not _UNFIT})
    except TypeError:  # a field without a default is missing
        return _UNFIT


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode(kind: Any, data: Any, where: str) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any:
        return data
    if origin in (typing.Union, types.UnionType):
        if data is None and type(None) in args:
            return None
        return _decode(next(arg for arg in args if arg is not type(None)), data, where)
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise ValueError(f"{where}: expected a list, found {data!r}")
        return tuple(_decode(args[0], item, f"{where}[{i}]") for i, item in enumerate(data))
    if origin is dict:
        if not isinstance(data, dict):
            raise ValueError(f"{where}: expected an object, found {data!r}")
        return {str(key): _decode(args[1], item, f"{where}.{key}") for key, item in data.items()}
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data, where)
    return _decode_plain(kind, data, where)


def _decode_dataclass(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: expected an object, found {data!r}")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    data = _with_new_names(fields, data, where)
    if stray := sorted(set(data) - set(fields)):
        raise ValueError(f"{where}: unknown field '{stray[0]}'")
    for name, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and name not in data:
            raise ValueError(f"{where}: field '{name}' is missing")
    hints = _hints(kind)
    return kind(**{name: _decode(hints[name], item, f"{where}.{name}") for name, item in data.items()})


def _with_new_names(fields: dict[str, dataclasses.Field], data: dict, where: str) -> dict:
    """Values under the names that the fields have now."""
    new = {old: name for name, entry in fields.items() for old in entry.metadata.get(OLD_NAMES, ())}
    for old, name in new.items():
        if old in data and name in data:
            raise ValueError(f"{where}: '{old}' is the earlier name of '{name}': give one of them")
    return {new.get(key, key): value for key, value in data.items()}


def _decode_plain(kind: Any, data: Any, where: str) -> Any:
    if kind is float and data in ("inf", "-inf"):
        return float(data)
    if kind is float and isinstance(data, (int, float)) and not isinstance(data, bool):
        if not abs(data) < _MAX_FLOAT:
            raise ValueError(f"{where}: {data!r:.20} is not a finite number")
        return float(data)
    if isinstance(data, kind) and (kind is bool or not isinstance(data, bool)):
        return data
    raise ValueError(f"{where}: expected {kind.__name__}, found {data!r}")

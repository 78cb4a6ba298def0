"""ReaComp's state: decode it, change its settings, encode it to the text REAPER would write.

`ReaComp` keeps the exact values of all parameters; those in `CompressorSettings` change only where a setting changes.
The frame around the data is read by `mixengine.hosts.rpp.vststate`.

Layout of the data (little endian): u32 0xDEADBEEF, u32 0xDEADF00D, then one f32 per parameter in the order of the API's
index: 21 since REAPER 6.61, 19 and 18 in older files.
"""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from mixengine.hosts.rpp import vststate
from mixengine.hosts.rpp.words import quote
from mixengine.model.session import CompressorSettings
from mixengine.model.units import amplitude, decibels

PLUGIN_ID = "1919247213<5653547265636D726561636F6D700000>"
_MAGIC = b"mcer\xef\x5e\xed\xfe"
_DATA_MAGIC = struct.pack("<II", 0xDEADBEEF, 0xDEADF00D)
_COUNTS = (18, 19, 21)
_NEW_HEADER = _MAGIC + struct.pack("<I4QI2Q", 4, 1, 2, 4, 8, 2, 1, 2)
_NEW_FRAME = vststate.Frame(_NEW_HEADER, (0, 0x00100000))
_NEUTRAL = (1, 3 / 99, 0.006, 0.02, 0, 0, 1, 0, 0, 0, 10 ** (-150 / 20), 1, 0, 0.05, 0, 0, 0, 0.25, 0, 0, 0)
_DB_DIGITS, _DIGITS = 5, 6
"""An f32 has about seven digits: levels are rounded to this many decimals, the rest to this many digits."""
_FLOOR_DB = -150.0
_HALF = 0.5
"""Switches are 0 or 1."""
_UNHEARD = {
    6: ("low pass of its detector", 1.0),
    7: ("high pass of its detector", 0.0),
    8: ("detector input", 0.0),
    9: ("audition of its input", 0.0),
    12: ("preview of its filters", 0.0),
    16: ("automatic release", 0.0),
    18: ("anti-aliasing or limit of its output", 0.0),
}
"""Index of a parameter that is not heard → what it is, and its neutral value."""
_CLASSIC_ATTACK = 17


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting: its index in the state and in the API, conversions to and from the stored number, and its range."""

    index: int
    stored: Callable[[float], float]
    shown: Callable[[float], float]
    lowest: float
    highest: float


def _rounded_db(value: float) -> float:
    return round(max(decibels(value), _FLOOR_DB), _DB_DIGITS) + 0.0


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _level(index: int, highest_db: float) -> Parameter:
    return Parameter(index, amplitude, _rounded_db, _FLOOR_DB, highest_db)


def _scaled(index: int, full: float, offset: float = 0.0) -> Parameter:
    return Parameter(index, lambda x: (x - offset) / full, lambda v: _rounded(offset + full * v), offset, offset + full)


PARAMETERS = {
    "threshold_db": _level(0, 6.0),
    "ratio": _scaled(1, 99.0, 1.0),
    "attack_ms": _scaled(2, 500.0),
    "release_ms": _scaled(3, 5000.0),
    "lookahead_ms": _scaled(4, 250.0),
    "dry_db": _level(10, 12.0),
    "makeup_db": _level(11, 12.0),
    "rms_ms": replace(_scaled(13, 100.0), highest=1000.0),
    "knee_db": _scaled(14, 24.0),
    "auto_makeup": Parameter(15, float, lambda v: v >= _HALF, 0.0, 1.0),
}
"""Field of `CompressorSettings` → where and how ReaComp stores it."""


class NotReaComp(vststate.NotAState):
    """The lines are not a known ReaComp state; the caller leaves them alone."""


@dataclass(frozen=True, slots=True)
class ReaComp:
    """A decoded state: the stored numbers by the API's index, and the frame around them."""

    values: tuple[float, ...]
    frame: vststate.Frame

    @property
    def settings(self) -> CompressorSettings:
        """The settings in their units, without side-chain and filters."""
        shown: dict[str, Any] = {name: p.shown(self.values[p.index]) for name, p in PARAMETERS.items()}
        return CompressorSettings(**shown)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Settings that mixengine does not play, in words."""
        names = [name for at, (name, neutral) in _UNHEARD.items() if self._value(at, neutral) != neutral]
        if self.values[_CLASSIC_ATTACK] >= _HALF:
            names.append("classic attack")
        return tuple(names)

    def _value(self, index: int, default: float) -> float:
        """A stored number; older states hold fewer."""
        return self.values[index] if index < len(self.values) else default

    def with_settings(self, settings: CompressorSettings) -> ReaComp:
        """The same plug-in with other settings; stored numbers of unchanged settings keep their bits."""
        values, current = list(self.values), self.settings
        for name, parameter in PARAMETERS.items():
            if getattr(settings, name) != getattr(current, name):
                values[parameter.index] = parameter.stored(getattr(settings, name))
        return replace(self, values=_as_f32(values))


def _as_f32(values: list[float]) -> tuple[float, ...]:
    form = f"<{len(values)}f"
    return struct.unpack(form, struct.pack(form, *values))


def new(settings: CompressorSettings) -> ReaComp:
    """A new instance: main input, no automatic make-up gain, no dry signal."""
    return ReaComp(_as_f32(list(_NEUTRAL)), _NEW_FRAME).with_settings(settings)


def decode(lines: list[bytes]) -> ReaComp:
    """Read the base64 lines of a ReaComp block.

    Raises
    ------
    NotReaComp
        The data does not match the layout; the caller leaves the block unchanged.
    """
    try:
        return _decode_data(*vststate.decode(lines, _MAGIC))
    except vststate.NotAState as error:
        raise NotReaComp(str(error)) from None


def _decode_data(frame: vststate.Frame, data: bytes) -> ReaComp:
    count, rest = divmod(len(data) - len(_DATA_MAGIC), 4)
    if not data.startswith(_DATA_MAGIC) or rest or count not in _COUNTS:
        raise NotReaComp(f"{len(data)} bytes of data")
    values = struct.unpack_from(f"<{count}f", data, len(_DATA_MAGIC))
    if not all(map(math.isfinite, values)):
        raise NotReaComp("a parameter is not finite")
    return ReaComp(values, frame)


def writable(settings: CompressorSettings) -> bool:
    """Whether ReaComp can hold these settings."""
    return all(p.lowest <= getattr(settings, name) <= p.highest for name, p in PARAMETERS.items())


def same(one: CompressorSettings, other: CompressorSettings) -> bool:
    """Whether both are the same settings, up to the digits that ReaComp stores."""
    return all(
        math.isclose(getattr(one, name), getattr(other, name), rel_tol=1e-5, abs_tol=1e-6 * (p.highest - p.lowest))
        for name, p in PARAMETERS.items()
    )


def _data(state: ReaComp) -> bytes:
    return _DATA_MAGIC + struct.pack(f"<{len(state.values)}f", *state.values)


def encode(state: ReaComp) -> list[str]:
    """The state as base64 lines, without indentation."""
    return state.frame.encode(_data(state))


def data_text(state: ReaComp) -> str:
    """The parameters as one piece of base64: REAPER's API takes it as ``vst_chunk``."""
    return base64.b64encode(_data(state)).decode()


def from_data_text(text: str) -> ReaComp:
    """The reverse of `data_text`, in the frame of a new instance; raises `NotReaComp` as `decode` does."""
    try:
        return _decode_data(_NEW_FRAME, base64.b64decode(text, validate=True))
    except ValueError as error:
        raise NotReaComp(str(error)) from None


def vst_line(label: str) -> str:
    """The opening line of a ReaComp block; ``label`` is the name shown in the FX chain."""
    return f'<VST "VST: ReaComp (Cockos)" reacomp.dll 0 {quote(label, always=True)} {PLUGIN_ID} ""'

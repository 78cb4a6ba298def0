"""ReaScript functions for parameters by index: ReaComp's 21 numbers, and to read ReaEQ's gains."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

import base64
import math
import struct
from typing import Any

from mixengine.hosts.rpp.words import parse_number
from reaper_sim import api_eq
from reaper_sim.api_fx import Fx, TrackFX_GetNumParams, fx_at
from reaper_sim.binding import api
from reaper_sim.tree import get_word

NAMES = (
    "Threshold",
    "Ratio",
    "Attack",
    "Release",
    "Pre-comp",
    "resvd",
    "Lowpass",
    "Hipass",
    "SignIn",
    "AudIn",
    "Dry",
    "Wet",
    "Preview filter",
    "RMS size",
    "Knee",
    "Auto make-up gain",
    "Auto release",
    "Legacy attack/knee options",
    "Deprecated broken anti-alias",
    "Multichannel mode",
    "Metering index",
)
DEFAULTS = (1, 3 / 99, 0.006, 0.02, 0, 0, 1, 0, 0, 0, 10 ** (-150 / 20), 1, 0, 0.05, 0, 0, 0, 0.25, 0, 0, 0)
_OWN = {":bypass": 3, ":wet": 2, ":delta": 1}
"""Parameters that REAPER adds to a plug-in's own, as places from the end."""
_TOP = {0: 2.0, 10: 2.0, 11: 2.0, 13: 10.0}
_MAX = 10.0
"""No parameter's number is larger: dB, milliseconds and ratios given as such are found out by that."""
_HEADER = b"mcer" + struct.pack("<II4QI2QIII", 0xFEED5EEF, 4, 1, 2, 4, 8, 2, 1, 2, 92, 0, 0x00100000)
_DATA = struct.Struct("<II21f")
_FOOTER = b"\x00\x00" + struct.pack("<I", 0x10)
_MAGIC = (0xDEADBEEF, 0xDEADF00D)
PLUGIN = '<VST "VST: ReaComp (Cockos)" reacomp.dll 0 "" 1919247213<5653547265636D726561636F6D700000> ""'


def data(values: tuple[float, ...]) -> bytes:
    """The middle part of ReaComp's state."""
    return _DATA.pack(*_MAGIC, *values)


def numbers(data: bytes) -> tuple[float, ...]:
    """The numbers of a middle part; ``ValueError`` when it is none."""
    try:
        first, second, *values = _DATA.unpack(data)
    except struct.error as error:
        raise ValueError(str(error)) from None
    if (first, second) != _MAGIC or not all(map(math.isfinite, values)):
        raise ValueError("no numbers of ReaComp's")
    return tuple(values)


def encode(values: tuple[float, ...]) -> list[str]:
    """ReaComp's state as base64 lines, as the newest version writes it."""
    runs = [_HEADER, data(values), _FOOTER]
    return [base64.b64encode(run[at : at + 96]).decode() for run in runs for at in range(0, len(run), 96)]


def decode(fx: Fx | None) -> tuple[float, ...] | None:
    """The numbers of a ReaComp (older versions have fewer, the rest are defaults); ``None`` for another plug-in."""
    if fx is None or fx.node.name != "VST" or b"1919247213<5653" not in fx.node.opening:
        return None
    try:
        blob = b"".join(base64.b64decode(line.raw.strip(), validate=True) for line in fx.node.lines)
        at = 8
        for _ in range(2):
            at += 4 + 8 * int.from_bytes(blob[at : at + 4], "little")
        count = (int.from_bytes(blob[at : at + 4], "little") - 8) // 4
        first, second, *values = struct.unpack_from(f"<II{min(max(count, 0), 64)}f", blob, at + 12)
    except (ValueError, struct.error):
        return None
    return (*values, *DEFAULTS[len(values) :]) if (first, second) == _MAGIC else None


def _at(sim: Any, track: Any, index: int, param: int, what: str) -> tuple[Fx | None, tuple[float, ...]]:
    fx = fx_at(sim, track, index, what)
    values = decode(fx)
    if values is None or not 0 <= param < len(values):
        sim.problem(f"{what}: parameters are simulated for ReaComp's {len(NAMES)} only")
        return None, ()
    return fx, values


@api
def TrackFX_GetParamName(sim, track, fx, param, buf, size):
    result, _ = _at(sim, track, fx, param, "TrackFX_GetParamName")
    return (True, NAMES[param]) if result else False


@api
def TrackFX_GetParam(sim, track, fx, param, minval, maxval):
    equalizer = api_eq.parameter(sim, track, fx, param)
    if equalizer is not None:
        return equalizer, 0.0, 1.0
    result, values = _at(sim, track, fx, param, "TrackFX_GetParam")
    return (values[param], 0.0, _TOP.get(param, 1.0)) if result else -1.0


@api
def TrackFX_GetParamFromIdent(sim, track, fx, ident_str):
    if ident_str not in _OWN:
        sim.problem(f"TrackFX_GetParamFromIdent: {ident_str} is not simulated")
    return TrackFX_GetNumParams(sim, track, fx) - _OWN.get(ident_str, 0)


@api
def TrackFX_GetParamNormalized(sim, track, fx, param):
    if param == TrackFX_GetParamFromIdent(sim, track, fx, ":wet"):
        found = fx_at(sim, track, fx, "TrackFX_GetParamNormalized")
        return parse_number(get_word(found.chain, "WET", 1, found.span) or "1")
    result, values = _at(sim, track, fx, param, "TrackFX_GetParamNormalized")
    return values[param] / _TOP.get(param, 1.0) if result else -1.0


@api
def TrackFX_SetParam(sim, track, fx, param, val):
    """The stored number; clamped to the parameter's range (whether REAPER clamps is not known)."""
    result, values = _at(sim, track, fx, param, "TrackFX_SetParam")
    if not result:
        return False
    if not math.isfinite(val) or not -1e-9 <= val <= _MAX:
        sim.problem(f"TrackFX_SetParam: {NAMES[param]} takes the stored number, not {val}")
        return False
    new = list(values)
    new[param] = min(max(val, 0.0), _TOP.get(param, 1.0))
    store(result, tuple(new))
    return True


def store(fx: Fx, values: tuple[float, ...]) -> None:
    """Write the numbers into a ReaComp's block."""
    lines: list[Any] = [fx.node.raw(line) for line in encode(values)]
    if lines != fx.node.entries:
        fx.node.entries = lines
        fx.node.mark()


@api
def TrackFX_SetParamNormalized(sim, track, fx, param, value):
    return TrackFX_SetParam(sim, track, fx, param, value * _TOP.get(param, 1.0))


@api
def TrackFX_GetFormattedParamValue(sim, track, fx, param, buf, size):
    result, values = _at(sim, track, fx, param, "TrackFX_GetFormattedParamValue")
    if not result:
        return False
    value = values[param]
    if param in (0, 10, 11):
        return True, f"{20 * math.log10(value):.1f}" if value > 3.2e-8 else "-inf"
    scale = {1: 99.0, 2: 500.0, 3: 5000.0, 4: 250.0, 6: 20000.0, 7: 20000.0, 13: 100.0, 14: 24.0}.get(param, 1.0)
    return True, f"{value * scale + (param == 1):.1f}"

"""ReaScript functions about ReaEQ: bands by API type and number, in Hz, linear amplitude and octaves."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

import dataclasses
import math
import struct
from typing import Any

from mixengine.hosts.rpp import reaeq
from mixengine.model.session import EqBand
from mixengine.model.units import amplitude, decibels
from reaper_sim.api_fx import TrackFX_AddByName, fx_at, fx_list
from reaper_sim.binding import api

KINDS = {
    0: ("high_pass",),
    1: ("low_shelf",),
    2: ("band", "band_2", "band_9"),
    3: ("notch",),
    4: ("high_shelf",),
    5: ("low_pass",),
    6: ("band_pass",),
    7: ("parallel_band_pass",),
}
"""API band type → kinds of bands it finds. All passes have no API type."""
MASTER_GAIN = -1
_TAIL = struct.Struct("<iid")
_WIDTHS = (0.01, 4.0)


def _api_type(band: EqBand) -> int:
    return next((number for number, kinds in KINDS.items() if band.kind in kinds), -2)


def _bands_of_type(bands: tuple[EqBand, ...], bandtype: int) -> list[int]:
    return [index for index, band in enumerate(bands) if band.kind in KINDS.get(bandtype, ())]


def _hz(x: float) -> float:
    return 20.0 + 23980.0 * (401.0**x - 1.0) / 400.0


def _normal_hz(hz: float) -> float:
    return math.log((hz - 20.0) * 400.0 / 23980.0 + 1.0, 401.0) if hz > 20.0 else 0.0


def _gain(x: float) -> float:
    return 2.0 * x if x <= 0.5 else 1.0 + 6.0 * (x - 0.5)


def _normal_gain(gain: float) -> float:
    return gain / 2.0 if gain <= 1.0 else 0.5 + (gain - 1.0) / 6.0


def parameter(sim: Any, track: Any, index: int, number: int) -> float | None:
    """Where a parameter of a ReaEQ stands, 0 … 1; ``None`` for other plug-ins and numbers."""
    answer = TrackFX_GetEQParam(sim, track, index, number, 0, 0, 0, 0.0)
    return float(answer[-1]) if answer else None


@api
def TrackFX_GetEQ(sim, track, instantiate):
    """The first ReaEQ, whoever it belongs to."""
    for index, fx in enumerate(fx_list(track)):
        if fx.state() is not None:
            return index
    return TrackFX_AddByName(sim, track, "ReaEQ", False, -1000) if instantiate and track is not None else -1


def _state(sim: Any, track: Any, index: int, what: str) -> Any:
    result = fx_at(sim, track, index, what)
    state = result.state() if result else None
    return (result, state) if state is not None else (None, None)


@api
def TrackFX_SetEQParam(sim, track, fxidx, bandtype, bandidx, paramtype, val, isnorm):
    result, state = _state(sim, track, fxidx, "TrackFX_SetEQParam")
    if state is None:
        return False
    if bandtype == MASTER_GAIN:
        gain = _gain(val) if isnorm else val
        ones = _TAIL.unpack_from(state.tail)[:2]
        result.set_state(dataclasses.replace(state, tail=_TAIL.pack(*ones, gain) + state.tail[_TAIL.size :]))
        return True
    where = _bands_of_type(state.bands, bandtype)
    if not 0 <= bandidx < len(where) or paramtype not in (0, 1, 2):
        return False
    band = state.bands[where[bandidx]]
    if paramtype == 0:
        new = dataclasses.replace(band, frequency_hz=min(max(_hz(val) if isnorm else val, 20.0), 24000.0))
    elif paramtype == 1:
        level = _gain(val) if isnorm else val
        if level < 0.0:
            sim.problem(f"TrackFX_SetEQParam: gain {val} is a linear amplitude, not dB")
        new = dataclasses.replace(band, gain_db=max(decibels(max(level, 0.0)), reaeq.FLOOR_DB))
    else:
        width = _WIDTHS[0] + val * (_WIDTHS[1] - _WIDTHS[0]) if isnorm else val
        new = dataclasses.replace(band, bandwidth_oct=min(max(width, _WIDTHS[0]), _WIDTHS[1]))
    bands = list(state.bands)
    bands[where[bandidx]] = new
    result.set_state(state.with_bands(tuple(bands)))
    return True


@api
def TrackFX_GetEQParam(sim, track, fxidx, paramidx, bandtype, bandidx, paramtype, normval):
    _, state = _state(sim, track, fxidx, "TrackFX_GetEQParam")
    if state is None or not 0 <= paramidx <= 3 * len(state.bands):
        return False
    if paramidx == 3 * len(state.bands):
        return True, MASTER_GAIN, 0, 1, _normal_gain(_TAIL.unpack_from(state.tail)[2])
    index, kind = divmod(paramidx, 3)
    band = state.bands[index]
    api_type = _api_type(band)
    same = _bands_of_type(state.bands, api_type)
    width = (band.bandwidth_oct - _WIDTHS[0]) / (_WIDTHS[1] - _WIDTHS[0])
    normal = (_normal_hz(band.frequency_hz), _normal_gain(amplitude(band.gain_db)), width)[kind]
    return True, api_type, same.index(index) if index in same else 0, kind, normal


@api
def TrackFX_GetEQBandEnabled(sim, track, fxidx, bandtype, bandidx):
    _, state = _state(sim, track, fxidx, "TrackFX_GetEQBandEnabled")
    where = _bands_of_type(state.bands, bandtype) if state else []
    return 0 <= bandidx < len(where) and state.bands[where[bandidx]].enabled


@api
def TrackFX_SetEQBandEnabled(sim, track, fxidx, bandtype, bandidx, enable):
    result, state = _state(sim, track, fxidx, "TrackFX_SetEQBandEnabled")
    where = _bands_of_type(state.bands, bandtype) if state else []
    if not 0 <= bandidx < len(where):
        return False
    bands = list(state.bands)
    bands[where[bandidx]] = dataclasses.replace(bands[where[bandidx]], enabled=enable)
    result.set_state(state.with_bands(tuple(bands)))
    return True

"""ReaScript functions for named settings of plug-ins: the shown name, ReaEQ's band types, its whole state."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

import base64
import dataclasses
from typing import Any

from mixengine.hosts.rpp import reaeq, realimit
from mixengine.hosts.rpp.words import Line, quote
from mixengine.model.session import EqBand
from reaper_sim import api_params
from reaper_sim.api_fx import Fx, fx_at
from reaper_sim.binding import api
from reaper_sim.tree import get_word


def _band_number(parm: str, prefix: str) -> int | None:
    tail = parm.removeprefix(prefix)
    return int(tail) if parm.startswith(prefix) and tail.isdigit() else None


@api
def TrackFX_GetNamedConfigParm(sim, track, fx, parmname, buf, size):
    result = fx_at(sim, track, fx, "TrackFX_GetNamedConfigParm")
    if result is None:
        return False
    name, state = result.node.words[1], result.state()
    plain = {"renamed_name": result.label, "fx_name": name, "original_name": name, "fx_type": result.node.name}
    if parmname in plain:
        return True, plain[parmname]
    if parmname == "parallel":
        return True, get_word(result.chain, "PARALLEL", 1, result.span) or "0"
    for prefix in ("BANDTYPE", "BANDENABLED"):
        number = _band_number(parmname, prefix)
        if state is not None and number is not None and number < len(state.bands):
            band = state.bands[number]
            return True, str(reaeq.BAND_NUMBERS[band.kind] if prefix == "BANDTYPE" else int(band.enabled))
    if parmname in ("vst_chunk", "vst_chunk_program"):
        if (limiter := _limiter(result)) is not None:
            return True, realimit.data_text(limiter)
        numbers = api_params.decode(result)
        if state is not None or numbers is not None:
            return True, reaeq.data_text(state) if state else base64.b64encode(api_params.data(numbers)).decode()
    return False


@api
def TrackFX_SetNamedConfigParm(sim, track, fx, parmname, value):
    result = fx_at(sim, track, fx, "TrackFX_SetNamedConfigParm")
    if result is None:
        return False
    if parmname == "renamed_name":
        return _rename(result, value)
    state = result.state()
    if parmname in ("vst_chunk", "vst_chunk_program"):
        return _set_chunk(sim, result, value)
    if state is None:
        return False
    for prefix in ("BANDTYPE", "BANDENABLED"):
        number = _band_number(parmname, prefix)
        if number is None or number >= len(state.bands):
            continue
        if not value.lstrip("-").isdigit() or (prefix == "BANDTYPE" and int(value) not in reaeq.BAND_KINDS):
            sim.problem(f"TrackFX_SetNamedConfigParm: {parmname} {value!r}")
            return False
        bands, band = list(state.bands), state.bands[number]
        kind = reaeq.BAND_KINDS[int(value)] if prefix == "BANDTYPE" else band.kind
        enabled = band.enabled if prefix == "BANDTYPE" else value != "0"
        bands[number] = EqBand(kind, band.frequency_hz, band.gain_db, band.bandwidth_oct, enabled)
        result.set_state(state.with_bands(tuple(bands)))
        return True
    sim.problem(f"TrackFX_SetNamedConfigParm: unknown {parmname}")
    return False


def _rename(found: Fx, value: str) -> bool:
    line = Line(found.node.opening, 0)
    token = line.tokens[found.label_at]
    raw = found.node.opening
    found.node.opening = raw[: token.start] + quote(value, always=True).encode() + raw[token.end :]
    found.node.mark()
    return True


def _limiter(found: Fx) -> realimit.ReaLimit | None:
    """The state of a ReaLimit; ``None`` for another plug-in."""
    if found.node.name != "VST" or realimit.PLUGIN_ID.partition("<")[0].encode() not in found.node.opening:
        return None
    try:
        return realimit.decode([line.raw for line in found.node.lines])
    except realimit.NotReaLimit:
        return None


def _set_chunk(sim: Any, found: Fx, value: str) -> bool:
    """The whole state of a ReaEQ, a ReaComp or a ReaLimit; header and footer stay."""
    state = found.state()
    try:
        if state is not None:
            new = reaeq.from_data_text(value)
            found.set_state(dataclasses.replace(new, frame=state.frame))
        elif api_params.decode(found) is not None:
            api_params.store(found, api_params.numbers(base64.b64decode(value, validate=True)))
        elif (limiter := _limiter(found)) is not None:
            lines = realimit.encode(dataclasses.replace(limiter, values=realimit.from_data_text(value).values))
            found.node.entries = [found.node.raw(line) for line in lines]
            found.node.mark()
        else:
            return False
    except ValueError as error:
        sim.problem(f"TrackFX_SetNamedConfigParm: vst_chunk is no state of {found.node.words[1]}: {error}")
        return False
    return True

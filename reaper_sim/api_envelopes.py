"""ReaScript functions about envelopes: values are raw here and linear amplitudes in chunks."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

import bisect
from typing import Any

from reaper_sim import api_eq, curve
from reaper_sim.api_fx import chain_of, fx_at
from reaper_sim.api_tracks import Track
from reaper_sim.binding import api
from reaper_sim.extblock import get_ext, set_ext
from reaper_sim.project import Master
from reaper_sim.tree import Node, Point, Run, build, chunk, from_chunk, get_word, set_word

NAMES = {
    "VOLENV": "Volume (Pre-FX)",
    "PANENV": "Pan (Pre-FX)",
    "WIDTHENV": "Width (Pre-FX)",
    "VOLENV2": "Volume",
    "PANENV2": "Pan",
    "WIDTHENV2": "Width",
    "VOLENV3": "Trim Volume",
    "MUTEENV": "Mute",
}
_FLAGS = {"ACTIVE": ("ACT", 1, "ACT 1 -1"), "VISIBLE": ("VIS", 1, "VIS 1 1 1"), "ARM": ("ARM", 1, "ARM 1")}
_FLAGS["SHOWLANE"] = ("VIS", 2, "VIS 1 1 1")
_EPSILON = 1e-9
_PARM = "PARMENV"


def envelopes(track: Track) -> list[Node]:
    """Envelopes of a track in file order, those of its plug-ins last; the master has those of tempo and speed too."""
    parent, prefix = (track.project.root, ("MASTER", "TEMPO")) if isinstance(track, Master) else (track, "")
    own = [child for child in parent.children if "ENV" in child.name and child.name.startswith(prefix)]
    chain = chain_of(track)
    return own + (chain.all(_PARM) if chain else [])


def kind(env: Node) -> str:
    """``VOLENV2`` for ``<MASTERVOLENV2`` too."""
    return env.name.removeprefix("MASTER")


def mode_of(env: Node) -> int:
    return int("VOL" in env.name and (get_word(env, "VOLTYPE", 1) or "0") == "1")


def points(env: Node) -> Run:
    """The points of an envelope as one run, made when there is none."""
    runs = [entry for entry in env.entries if isinstance(entry, Run)]
    if not runs:
        run = Run()
        ends = [i for i, e in enumerate(env.entries) if isinstance(e, Node) or e.split()[:1] == [b"POOLEDENVINST"]]  # type: ignore[union-attr]
        env.entries.insert(ends[0] if ends else len(env.entries), run)
        return run
    for other in runs[1:]:
        runs[0].extend(other)
        env.entries = [entry for entry in env.entries if entry is not other]
    return runs[0]


def new_envelope(sim: Any, track: Track, name: str) -> Node:
    """An envelope as REAPER makes it when it is shown for the first time."""
    parent = track.project.root if isinstance(track, Master) else track
    lines = [f"<{name}", f"EGUID {sim.guid()}", "ACT 1 -1", "VIS 1 1 1", "LANEHEIGHT 0 0", "ARM 0", "DEFSHAPE 0 -1 -1"]
    lines += ["VOLTYPE 1"] * sim.fader_scaling + ["PT 0 1 0", ">"]
    followers = ("FXCHAIN", "FREEZE", "FXCHAIN_REC", "TAKEFX", "ITEM", "TRACK", "EXT")
    places = (i for i, e in enumerate(parent.entries) if isinstance(e, Node) and e.name in followers)
    env = build(lines, parent)
    parent.adopt(next(places, len(parent.entries)), env)
    return env


@api
def CountTrackEnvelopes(sim, track):
    return len(envelopes(track)) if track is not None else 0


@api
def GetTrackEnvelope(sim, track, envidx):
    result = envelopes(track) if track is not None else []
    return result[envidx] if 0 <= envidx < len(result) else None


@api
def GetTrackEnvelopeByChunkName(sim, tr, cfgchunkname_or_guid):
    wanted = cfgchunkname_or_guid.removeprefix("<")
    result = envelopes(tr) if tr is not None else []
    return next((e for e in result if kind(e) == wanted or get_word(e, "EGUID", 1) == wanted), None)


@api
def GetFXEnvelope(sim, track, fxindex, parameterindex, create):
    """The envelope of a plug-in's parameter; ReaEQ's gains get one point where they stand."""
    fx = fx_at(sim, track, fxindex, "GetFXEnvelope")
    if fx is None:
        return None
    own = [entry for entry in fx.chain.entries[fx.start : fx.stop] if isinstance(entry, Node) and entry.name == _PARM]
    for env in own:
        if env.words[1].partition(":")[0] == str(parameterindex):
            return env
    value = api_eq.parameter(sim, track, fxindex, parameterindex)
    if not create or value is None:
        return None
    lines = [f'<{_PARM} {parameterindex}:_Gain 0 1 0.5 "Gain / ReaEQ"', f"EGUID {sim.guid()}", "ACT 1 -1", "VIS 1 1 1"]
    lines += ["LANEHEIGHT 0 0", "ARM 0", "DEFSHAPE 0 -1 -1", f"PT 0 {value:.10g} 0", ">"]
    env = build(lines, fx.chain)
    ids = [at for at in range(fx.start, fx.stop) if _is_id(fx.chain.entries[at])]
    fx.chain.adopt(ids[-1] + 1 if ids else fx.stop, env)
    return env


def _is_id(entry: Any) -> bool:
    return isinstance(entry, bytes) and entry.split()[:1] == [b"FXID"]


@api
def GetTrackEnvelopeByName(sim, track, envname):
    result = envelopes(track) if track is not None else []
    return next((env for env in result if NAMES.get(kind(env)) == envname), None)


@api
def GetEnvelopeName(sim, env, buf, size):
    if env is None:
        return False
    in_item = env.parent is not None and env.parent.name == "ITEM"
    return True, NAMES.get(kind(env) + "2" * in_item, env.name)


@api
def GetEnvelopeScalingMode(sim, env):
    return mode_of(env) if env is not None else 0


@api
def ScaleToEnvelopeMode(sim, scaling_mode, val):
    return curve.to_raw(scaling_mode, val)


@api
def ScaleFromEnvelopeMode(sim, scaling_mode, val):
    return curve.from_raw(scaling_mode, val)


@api
def CountEnvelopePoints(sim, envelope):
    return len(points(envelope)) if envelope is not None else 0


@api
def GetEnvelopePoint(sim, envelope, ptidx, time, value, shape, tension, selected):
    run = points(envelope) if envelope is not None else Run()
    if not 0 <= ptidx < len(run):
        return False
    point = run[ptidx]
    return True, point.time, curve.to_raw(mode_of(envelope), point.value), point.shape, point.tension, point.selected


@api
def InsertEnvelopePoint(sim, envelope, time, value, shape, tension, selected, no_sort):
    if envelope is None:
        return False
    run = points(envelope)
    if not 0 <= shape <= 5:
        sim.problem(f"InsertEnvelopePoint: shape {shape}")
    point = Point(time, curve.from_raw(mode_of(envelope), value), shape, tension if shape == 5 else 0.0, selected)
    if no_sort:
        run.unsorted = run.unsorted or bool(run and run[-1].time > time)
        run.append(point)
    else:
        run.insert(bisect.bisect_right([other.time for other in run], time), point)
    envelope.mark()
    return (True, None)


@api
def SetEnvelopePoint(sim, envelope, ptidx, time, value, shape, tension, selected, no_sort):
    run = points(envelope) if envelope is not None else Run()
    if not 0 <= ptidx < len(run):
        return False
    run[ptidx] = Point(time, curve.from_raw(mode_of(envelope), value), shape, tension, selected)
    run.unsorted = True
    if not no_sort:
        Envelope_SortPoints(sim, envelope)
    envelope.mark()
    return (True, None, None, None, None, None, None)


@api
def DeleteEnvelopePointRange(sim, envelope, time_start, time_end):
    if envelope is None:
        return False
    _check_sorted(sim, envelope, "DeleteEnvelopePointRange")
    run = points(envelope)
    end = time_end + _EPSILON if sim.range_includes_end else time_end
    kept = [point for point in run if not time_start <= point.time < end]
    if len(kept) != len(run):
        run[:] = kept
        envelope.mark()
    return True


@api
def Envelope_SortPoints(sim, envelope):
    if envelope is None:
        return False
    run = points(envelope)
    run.sort(key=lambda point: point.time)
    run.unsorted = False
    return True


def _check_sorted(sim: Any, env: Node, what: str) -> None:
    if points(env).unsorted:
        sim.problem(f"{what} before Envelope_SortPoints")


@api
def Envelope_Evaluate(sim, envelope, time, samplerate, samples, value, d1, d2, d3):
    if envelope is None:
        return 0
    _check_sorted(sim, envelope, "Envelope_Evaluate")
    run, mode, step = points(envelope), mode_of(envelope), 1e-4
    here, before, after = (curve.evaluate(run, mode, time + by) for by in (0.0, -step, step))
    per_sample = 1.0 / samplerate if samplerate > 0 else 0.0
    slope = (after - before) / (2 * step) * per_sample
    return max(samples, 1), here, slope, (after - 2 * here + before) / step**2 * per_sample**2, 0.0


@api
def Envelope_FormatValue(sim, env, value, buf, size):
    return (f"{value:.2f}",)


@api
def CountAutomationItems(sim, env):
    return sum(line.name == "POOLEDENVINST" for line in env.lines) if env is not None else 0


@api
def GetSetEnvelopeInfo_String(sim, env, parmname, text, is_set):
    if env is None:
        return False
    if parmname.startswith("P_EXT:"):
        if is_set:
            set_ext(env, parmname[6:], text)
            return True, text
        value = get_ext(env, parmname[6:])
        return (True, value) if value is not None else (False, "")
    if parmname == "GUID":
        return (False, text) if is_set else (True, get_word(env, "EGUID", 1) or "")
    if parmname not in _FLAGS:
        sim.problem(f"GetSetEnvelopeInfo_String: unknown {parmname}")
        return False
    line, word, template = _FLAGS[parmname]
    if is_set and text != get_word(env, line, word):
        if text not in ("0", "1"):
            sim.problem(f"GetSetEnvelopeInfo_String: {parmname} takes 0 or 1, not {text!r}")
        set_word(env, line, word, text, template)
    return True, get_word(env, line, word) or "0"


@api
def GetEnvelopeStateChunk(sim, env, text, size, isundo):
    if env is None:
        return False
    text = chunk(env)
    return True, text if sim.says_master else text.replace(f"<{env.name}", f"<{kind(env)}", 1)


@api
def SetEnvelopeStateChunk(sim, env, text, isundo):
    if env is None:
        return False
    new = from_chunk(text, env.parent)
    if new is None or "ENV" not in new.name:
        sim.problem("SetEnvelopeStateChunk: the chunk is not one whole envelope block")
        return False
    if new.name in (kind(env), env.name):
        new.opening = new.opening.replace(new.name.encode(), env.name.encode(), 1)
    if new.name != env.name:
        sim.problem(f"SetEnvelopeStateChunk: <{new.name} given to <{env.name}")
        return False
    if not points(new):
        sim.problem("SetEnvelopeStateChunk: an envelope without points may not be made")
    env.become(new)
    return True

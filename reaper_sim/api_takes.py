"""ReaScript functions about takes and their sources."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

import os
from typing import Any

from mixengine.hosts.rpp.words import quote
from reaper_sim import media
from reaper_sim.api_tracks import project_of
from reaper_sim.binding import api
from reaper_sim.extblock import get_ext, set_ext
from reaper_sim.items import FIRST_TAKE_LEVELS, LATER_TAKE_LEVELS, TAKE, Place, Take, activate, active_number, takes
from reaper_sim.tree import Node, from_chunk, get_word, set_word

_MIDI = ("MIDI", "MIDIPOOL")
_WITHOUT_FILE = ("MIDI", "MIDIPOOL", "SECTION", "EMPTY", "CLICK", "LTC")


def _shown(take: Take) -> Take | None:
    return None if take.is_null else take


@api
def CountTakes(sim, item):
    return len(takes(item)) if item is not None else 0


@api
def GetMediaItemNumTakes(sim, item):
    return CountTakes(sim, item)


@api
def GetTake(sim, item, takeidx):
    result = takes(item) if item is not None else []
    return _shown(result[takeidx]) if 0 <= takeidx < len(result) else None


@api
def GetMediaItemTake(sim, item, tk):
    return GetActiveTake(sim, item) if tk == -1 else GetTake(sim, item, tk)


@api
def GetActiveTake(sim, item):
    return GetTake(sim, item, active_number(item)) if item is not None else None


@api
def SetActiveTake(sim, take):
    if take is not None:
        activate(take.item, take.number)


@api
def GetMediaItemTake_Item(sim, take):
    return take.item if take is not None else None


@api
def GetMediaItemTake_Track(sim, take):
    return take.item.parent if take is not None else None


def _place(take: Take, name: str) -> Place | None:
    levels = LATER_TAKE_LEVELS if take.number else FIRST_TAKE_LEVELS
    return levels.get(name) or TAKE.get(name)


@api
def GetMediaItemTakeInfo_Value(sim, take, parmname):
    if take is None:
        return 0.0
    if parmname == "IP_TAKENUMBER":
        return float(take.number)
    place = _place(take, parmname)
    if place is None:
        sim.problem(f"GetMediaItemTakeInfo_Value: unknown {parmname}")
        return 0.0
    return place.read(take.item, take.span)


@api
def SetMediaItemTakeInfo_Value(sim, take, parmname, newvalue):
    place = _place(take, parmname) if take is not None else None
    if place is None:
        if take is not None:
            sim.problem(f"SetMediaItemTakeInfo_Value: unknown or read-only {parmname}")
        return False
    start, stop = take.span
    if take.number and take.item.find(place.line, start, stop) < 0:
        start += 1  # behind the TAKE line
    place.write(take.item, newvalue, (start, stop))
    return True


@api
def GetTakeName(sim, take):
    return get_word(take.item, "NAME", 1, take.span) or "" if take is not None else ""


@api
def GetSetMediaItemTakeInfo_String(sim, tk, parmname, text, is_set):
    if tk is None:
        return False
    if parmname.startswith("P_EXT:"):
        start, stop = tk.span
        sources = [i for i, e in enumerate(tk.item.entries[start:stop], start) if e is tk.source]
        span = (sources[0] + 1 if sources else start, stop)
        if is_set:
            set_ext(tk.item, parmname[6:], text, span)
            return True, text
        value = get_ext(tk.item, parmname[6:], span)
        return (True, value) if value is not None else (False, "")
    line = {"P_NAME": "NAME", "GUID": "GUID"}.get(parmname)
    if line is None:
        sim.problem(f"GetSetMediaItemTakeInfo_String: unknown {parmname}")
        return False
    if is_set:
        set_word(tk.item, line, 1, quote(text), f'{line} ""', tk.span)
    return True, get_word(tk.item, line, 1, tk.span) or ""


def _kind(source: Node | None) -> str:
    return source.words[1].upper() if source is not None and len(source.words) > 1 else ""


@api
def TakeIsMIDI(sim, take):
    return take is not None and _kind(take.source) in _MIDI


@api
def GetMediaItemTake_Source(sim, take):
    return take.source if take is not None else None


@api
def GetMediaSourceParent(sim, src):
    return src.first("SOURCE") if src is not None else None


def _path(sim: Any, source: Node | None) -> str:
    """Absolute path of a source's file; empty when the source itself names none."""
    written = get_word(source, "FILE", 1) if source is not None and _kind(source) not in _WITHOUT_FILE else None
    if not written:
        return ""
    native = written if os.name == "nt" else written.replace("\\", "/")
    owner = project_of(source) or sim.current
    return os.path.normpath(os.path.join(owner.folder or "", native))


@api
def GetMediaSourceFileName(sim, source, buf, size):
    return (_path(sim, source),)


@api
def GetMediaSourceType(sim, source, buf, size):
    return (_kind(source),)


def _innermost(source: Node) -> Node:
    inner = source.first("SOURCE")
    return _innermost(inner) if inner is not None else source


@api
def GetMediaSourceLength(sim, source, is_qn):
    if source is None:
        return 0.0, False
    if _kind(source) == "SECTION" and float(get_word(source, "LENGTH", 1) or 0) > 0:
        return float(get_word(source, "LENGTH", 1) or 0), False
    if _kind(source) in _MIDI:
        return 4.0, True
    return media.header(_path(sim, _innermost(source))).length_s, False


@api
def GetMediaSourceSampleRate(sim, source):
    return media.header(_path(sim, _innermost(source))).rate if source is not None else 0


@api
def GetMediaSourceNumChannels(sim, source):
    return media.header(_path(sim, _innermost(source))).channels if source is not None else 0


@api
def PCM_Source_GetSectionInfo(sim, src, offs, length, rev):
    if _kind(src) != "SECTION":
        return False
    mode = int(get_word(src, "MODE", 1) or 0)
    return True, float(get_word(src, "STARTPOS", 1) or 0), float(get_word(src, "LENGTH", 1) or 0), bool(mode & 2)


@api
def PCM_Source_CreateFromFile(sim, filename):
    kind = media.kind_of(filename)
    if kind is None:
        sim.problem(f"PCM_Source_CreateFromFile: {filename} is missing or no audio")
        return None
    owner = sim.current
    source = from_chunk(f"<SOURCE {kind}\nFILE {quote(filename, always=True)}\n>\n", owner.root)
    assert source is not None
    source.parent = None
    sim.loose_sources.append(source)
    return source


@api
def SetMediaItemTake_Source(sim, take, source):
    if take is None or source is None:
        return False
    if not any(loose is source for loose in sim.loose_sources):
        sim.problem("SetMediaItemTake_Source: this source already belongs to a take")
        return False
    sim.loose_sources = [loose for loose in sim.loose_sources if loose is not source]
    owner, item, old = project_of(take.item), take.item, take.source
    written = get_word(source, "FILE", 1) or ""
    if owner.folder and os.path.isabs(written):
        # inside the project folder REAPER saves a relative path
        relative = os.path.relpath(written, owner.folder)
        written = written if relative.startswith("..") else relative
    new = from_chunk(f"<SOURCE {_kind(source)}\nFILE {quote(written, always=True)}\n>\n", item)
    assert new is not None
    source.opening, source.closing, source.entries = new.opening, new.closing, new.entries
    if old is not None:
        at = next(i for i, e in enumerate(item.entries) if e is old)
        item.drop(old)
        sim.loose_sources.append(old)  # not freed
    else:
        start, stop = take.span
        after = list(range(start, len(item.entries) if stop is None else stop))
        blocks = [i for i in after if isinstance(item.entries[i], Node) and item.entries[i].name != "NOTES"]  # type: ignore[union-attr]
        at = blocks[0] if blocks else after[-1] + 1
    item.adopt(at, source)
    return True


@api
def PCM_Source_BuildPeaks(sim, src, mode):
    sim.updates["PCM_Source_BuildPeaks"] += 1
    return 0


@api
def PCM_Source_Destroy(sim, src):
    if any(loose is src for loose in sim.loose_sources):
        sim.loose_sources = [loose for loose in sim.loose_sources if loose is not src]
    elif src is not None:
        sim.problem("PCM_Source_Destroy: a take still uses this source")


@api
def CountTakeEnvelopes(sim, take):
    return len(take.envelopes) if take is not None else 0


@api
def GetTakeEnvelope(sim, take, envidx):
    result = take.envelopes if take is not None else []
    return result[envidx] if 0 <= envidx < len(result) else None


@api
def GetTakeEnvelopeByName(sim, take, envname):
    wanted = {"Volume": "VOLENV", "Pan": "PANENV", "Mute": "MUTEENV", "Pitch": "PITCHENV"}.get(envname)
    return next((env for env in (take.envelopes if take is not None else []) if env.name == wanted), None)


@api
def GetTakeNumStretchMarkers(sim, take):
    if take is None:
        return 0
    start, stop = take.span
    lines = [e for e in take.item.entries[start:stop] if isinstance(e, bytes) and e.split()[:1] == [b"SM"]]
    return sum(line.count(b"+") + 1 for line in lines)


@api
def TakeFX_GetCount(sim, take):
    if take is None:
        return 0
    start, stop = take.span
    chains = [e for e in take.item.entries[start:stop] if isinstance(e, Node) and e.name == "TAKEFX"]
    return sum(len(chain.all("VST", "AU", "JS", "DX", "CLAP", "LV2", "VIDEO_EFFECT", "CONTAINER")) for chain in chains)

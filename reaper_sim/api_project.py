"""ReaScript functions about projects: files, cursor, time selection, markers, tempo, ext state, undo."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from pathlib import Path
from typing import Any

from mixengine.hosts.rpp.words import quote
from reaper_sim import markers
from reaper_sim.binding import api
from reaper_sim.project import SimProject
from reaper_sim.tree import Node, build, get_word, set_word

_CURRENT, _RENDERING = -1, 0x40000000


@api
def EnumProjects(sim, idx, projfn, size):
    known = sim.projects[idx] if 0 <= idx < len(sim.projects) else sim.current if idx == _CURRENT else None
    return known, str(known.path) if known and known.path else ""


@api
def GetProjectName(sim, proj, buf, size):
    return (proj.path.name if proj.path else "",)


@api
def GetProjectPathEx(sim, proj, buf, size):
    """The folder REAPER records into, not the project's own."""
    folder = proj.folder or sim.resource_path / "Media"
    return (str(folder / (get_word(proj.root, "RECORD_PATH", 1) or "")),)


@api
def GetProjectStateChangeCount(sim, proj):
    return proj.changes


@api
def IsProjectDirty(sim, proj):
    return proj.is_dirty


@api
def MarkProjectDirty(sim, proj):
    proj.is_dirty = True


@api
def GetProjectLength(sim, proj):
    ends = [float(get_word(i, "POSITION", 1) or 0) + float(get_word(i, "LENGTH", 1) or 0) for i in proj.items]
    return max([*ends, *(marker.end for marker in markers.read(proj.root))], default=0.0)


@api
def ValidatePtr(sim, pointer, ctypename):
    """In Python this one takes the address as a number."""
    return sim.pointers.at(pointer, ctypename) is not None


@api
def ValidatePtr2(sim, proj, pointer, ctypename):
    return sim.pointers.is_valid(pointer, ctypename, proj)


@api
def SelectProjectInstance(sim, proj):
    sim.current = proj


@api
def Main_openProject(sim, name):
    path = name.removeprefix("noprompt:")
    project = SimProject.load(path)
    sim.projects[sim.projects.index(sim.current)] = project
    sim.current = project


def _save(sim: Any, proj: SimProject, path: Path) -> None:
    sim.check_sorted(proj)
    path.write_bytes(proj.data())
    proj.is_dirty = False


@api
def Main_SaveProject(sim, proj, force_save_as):
    if proj.path is None or force_save_as:
        if not sim.save_as:
            sim.problem("Main_SaveProject: a file dialog opens (put a path into sim.save_as)")
            return
        proj.path = Path(sim.save_as.popleft()).absolute()
    _save(sim, proj, proj.path)


@api
def Main_SaveProjectEx(sim, proj, filename, options):
    """Option 8 makes the new file the project's own; without a name it is a plain save."""
    if not filename:
        Main_SaveProject(sim, proj, False)
        return
    _save(sim, proj, Path(filename))
    if options & 8 or proj.path is None:
        proj.path = Path(filename).absolute()


@api
def GetCursorPosition(sim):
    return sim.current.cursor


@api
def GetCursorPositionEx(sim, proj):
    return proj.cursor


@api
def SetEditCurPos(sim, time, moveview, seekplay):
    sim.current.cursor = time


@api
def SetEditCurPos2(sim, proj, time, moveview, seekplay):
    proj.cursor = time


@api
def GetSet_LoopTimeRange2(sim, proj, is_set, is_loop, start, end, allowautoseek):
    if is_set:
        proj.select_time(is_loop, start, end)
    return proj.selection(is_loop)


def _tempo(proj: SimProject) -> float:
    return float(get_word(proj.root, "TEMPO", 1) or 120.0)


@api
def Master_GetTempo(sim):
    return _tempo(sim.current)


@api
def Master_GetPlayRate(sim, project):
    return float(get_word(project.root, "PLAYRATE", 1) or 1.0) if project is not None else 1.0


@api
def GetGlobalAutomationOverride(sim):
    return int(get_word(sim.current.root, "GLOBAL_AUTO", 1) or -1)


@api
def GetProjectTimeSignature2(sim, proj, bpm, bpi):
    return _tempo(proj), float(get_word(proj.root, "TEMPO", 2) or 4.0)


@api
def GetPlayState(sim):
    return sim.current.play_state


@api
def GetPlayStateEx(sim, proj):
    return proj.play_state


@api
def GetSetProjectAuthor(sim, proj, is_set, author, size):
    if is_set:
        set_word(proj.root, "AUTHOR", 1, quote(author), 'AUTHOR ""')
    return (get_word(proj.root, "AUTHOR", 1) or "",)


def _section(proj: SimProject, name: str) -> Node | None:
    block = proj.root.first("EXTSTATE")
    return next((c for c in block.children if c.name.upper() == name.upper()), None) if block else None


@api
def GetProjExtState(sim, proj, extname, key, value, size):
    section = _section(proj, extname)
    text = (get_word(section, key.upper(), 1) if section else None) or ""
    return len(text.encode()), text


@api
def EnumProjExtState(sim, proj, extname, idx, key, key_size, value, value_size):
    section = _section(proj, extname)
    lines = section.lines if section else []
    return (True, lines[idx].name, lines[idx].text(1)) if 0 <= idx < len(lines) else False


@api
def SetProjExtState(sim, proj, extname, key, value):
    if "\n" in value or "\r" in value:
        sim.problem("SetProjExtState: what REAPER does with several lines is not known")
    section, block = _section(proj, extname), proj.root.first("EXTSTATE")
    if section is None and not value:
        return 0
    if block is None:
        block = build(["<EXTSTATE", ">"], proj.root)
        proj.root.adopt(len(proj.root.entries), block)
    if section is None:
        section = build([f"<{extname.upper()}", ">"], block)
        block.adopt(len(block.entries), section)
    if value:
        at = section.find(key.upper())
        if at < 0:
            section.adopt(len(section.entries), section.raw(f"{key.upper()} {quote(value)}"))
        else:
            set_word(section, key.upper(), 1, quote(value), f'{key.upper()} ""')
        return len(value)
    at = section.find(key.upper()) if key else -1
    if not key:
        section.entries.clear()
    elif at >= 0:
        section.drop(section.entries[at])
    if not section.entries:
        block.drop(section)
    if not block.entries:
        proj.root.drop(block)
    return 0

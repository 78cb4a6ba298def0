"""The open project as the text of a project file: what REAPER would save, as far as mixengine reads it.

Tracks come as state chunks, which are the very blocks of a project file, so that the same reader serves both. What
is not asked for (states of the user's plug-ins on the master, routing of hardware, view settings) is not in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper import large
from mixengine.hosts.reaper.api import TEXT_SIZE, is_null
from mixengine.hosts.reaper.chains import read_chain
from mixengine.hosts.rpp import extstate, history
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import format_number, quote
from mixengine.model.plan import Marker, MixPlan
from mixengine.system.errors import UserError

_KEYS = ("PLAN", "ROLES", "SPELLINGS")
_UNSAVED = "unsaved project"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A project at one moment.

    Attributes
    ----------
    project : str
        REAPER's pointer; lives as long as the project is open.
    path : str
        Where the project is saved; for one never saved, a name in the folder into which it records.
    saved : bool
    changes : int
        REAPER's count of changes at that moment: while it is the same, nothing was edited.
    text : str
        The project as text.
    tracks : dict of str to str
        Track id → REAPER's pointer, in mixer order.
    """

    project: str
    path: str
    saved: bool
    changes: int
    text: str
    tracks: dict[str, str]

    def parsed(self) -> Project:
        """The text as a `Project`."""
        return Project(self.text.encode("utf-8", "surrogateescape"), Path(self.path))


def take(api: Any, project: str | None = None) -> Snapshot:
    """Read a project that is open in REAPER.

    Parameters
    ----------
    api : module
        REAPER's functions, see `mixengine.hosts.reaper.api.connect`.
    project : str, optional
        Pointer of the project; default: the one in front.

    Raises
    ------
    UserError
        The project was closed.
    """
    pointer, path = _project(api, project)
    changes = int(api.GetProjectStateChangeCount(pointer))
    chunks, pointers = [], []
    selected = {api.GetSelectedTrack(pointer, index) for index in range(int(api.CountSelectedTracks(pointer)))}
    for index in range(int(api.CountTracks(pointer))):
        track = api.GetTrack(pointer, index)
        text = api.GetTrackStateChunk(track, "", TEXT_SIZE, False)[2]
        if not large.is_whole(text):
            text = large.read(api, track, text)
        chunks.append(_with_selection(text.rstrip(), track in selected))
        pointers.append(track)
    saved = bool(path)
    if not saved:
        path = str(Path(api.GetProjectPathEx(pointer, "", 4096)[1] or ".") / _UNSAVED)
    header, memory = _header(api, pointer), _remembered(api, pointer)
    earlier = history.plan_in(Project("\n".join([*header, *memory, ">\n"]).encode(), Path(path)).root)
    lines = [*header, *_markers(api, pointer, earlier), *chunks, *memory, ">"]
    snapshot = Snapshot(pointer, path, saved, changes, "\n".join(lines) + "\n", {})
    snapshot.tracks.update(zip(snapshot.parsed().tracks, pointers, strict=True))
    return snapshot


def _with_selection(chunk: str, selected: bool) -> str:
    """A track's state that says whether the track is selected, as project files do."""
    lines = chunk.splitlines()
    if any(line.strip().startswith("SEL ") for line in lines[: _first_block(lines)]):
        return chunk
    return "\n".join([lines[0], f"SEL {int(selected)}", *lines[1:]])


def _first_block(lines: list[str]) -> int:
    """Where a track's own lines end and the blocks inside it begin."""
    return next((at for at, line in enumerate(lines) if at and line.lstrip().startswith("<")), len(lines))


def require_open(api: Any, project: str) -> None:
    """`UserError` when the project is not open any more."""
    _project(api, project)


def _project(api: Any, wanted: str | None) -> tuple[str, str]:
    """Pointer and path of a project; the front one when none is asked for."""
    if wanted is None:
        pointer, _, path, _ = api.EnumProjects(-1, "", 4096)
        return pointer, path
    for index in range(1000):
        pointer, _, path, _ = api.EnumProjects(index, "", 4096)
        if is_null(pointer):
            break
        if pointer == wanted:
            return pointer, path
    raise UserError("the project was closed meanwhile: nothing was changed")


def _header(api: Any, project: str) -> list[str]:
    def setting(name: str) -> float:
        return float(api.GetSetProjectInfo(project, name, 0.0, False))

    master = api.GetMasterTrack(project)
    volume = api.GetMediaTrackInfo_Value(master, "D_VOL")
    start_s, end_s = api.GetSet_LoopTimeRange2(project, False, False, 0.0, 0.0, False)[3:5]
    version = re.sub(r"[^0-9A-Za-z./-]", "", str(api.GetAppVersion())) or "7.0"
    return [
        f'<REAPER_PROJECT 0.1 "{version}" 0',
        f"  SAMPLERATE {int(setting('PROJECT_SRATE'))} {int(setting('PROJECT_SRATE_USE'))} 0",
        f"  TEMPO {format_number(float(api.Master_GetTempo()))} 4 4",
        f"  MASTER_VOLUME {format_number(float(volume))} 0 -1 -1 1",
        f"  SELECTION {format_number(float(start_s))} {format_number(float(end_s))}",
        *read_chain(api, master, "MASTERFXLIST"),
    ]


def _markers(api: Any, project: str, earlier: MixPlan | None) -> list[str]:
    """Markers and regions. REAPER's Python cannot read their names; ours are known by their times."""
    ours = {
        (round(change.time_s, 9), None if change.end_s is None else round(change.end_s, 9)): change.name
        for change in (earlier.changes if earlier else ())
        if isinstance(change, Marker)
    }
    lines = []
    for index in range(int(api.CountProjectMarkers(project, 0, 0)[0])):
        found = api.EnumProjectMarkers3(project, index, False, 0.0, 0.0, "", 0, 0)
        is_region, start_s, end_s, name, number = found[3:8]
        times = [start_s, end_s] if is_region else [start_s]
        name = name or ours.get((round(start_s, 9), round(end_s, 9) if is_region else None), "")
        lines += [
            f"  MARKER {number} {format_number(float(time_s))} {quote(text)} {int(bool(is_region))}"
            for time_s, text in zip(times, (name, ""), strict=False)
        ]
    return lines


def _remembered(api: Any, project: str) -> list[str]:
    """Our corner of the project's ext state."""
    lines = []
    for key in _KEYS:
        for number in range(1, 100000):
            name = f"{key}_{number:04d}"
            value = api.GetProjExtState(project, extstate.SECTION, name, "", TEXT_SIZE)[4]
            if not value:
                break
            lines.append(f"    {name} {quote(value)}")
    return ["  <EXTSTATE", f"    <{extstate.SECTION}", *lines, "    >", "  >"] if lines else []

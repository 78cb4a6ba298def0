"""The open project as the text of a project file: what REAPER would save, as far as mixengine reads it.

Tracks come as state chunks, which are the very blocks of a project file, so that the same reader serves both. What
is not read (states of the user's plug-ins on the master, routing of hardware, view settings) is not in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper import large, reader
from mixengine.hosts.reaper.chains import READABLE
from mixengine.hosts.reaper.master_lines import MONO_ACTION, VALUES, master_lines
from mixengine.hosts.rpp import extstate, history
from mixengine.hosts.rpp.envelopes import TRACK_ENVELOPES
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.words import format_number, quote
from mixengine.model.plan import Marker, MixPlan
from mixengine.system.errors import UserError

REQUEST: dict[str, Any] = {
    "section": extstate.SECTION,
    "keys": ["PLAN", "ROLES", "SPELLINGS"],
    "plugins": list(READABLE),
    "envelopes": list(TRACK_ENVELOPES),
    "master": list(VALUES),
    "mono": MONO_ACTION,
}
"""What `mixengine.hosts.reaper.reader.read` is to read."""
PROJECT_CLOSED = "the project was closed meanwhile: nothing was changed"
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


_FIRST_WITH_TAPERS = (7, 14)
"""The first version whose new projects state a pan taper."""


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
    return from_reading(reader.read(api, project, REQUEST))


def from_reading(reading: dict[str, Any] | None) -> Snapshot:
    """A snapshot from the result of `mixengine.hosts.reaper.reader.read`; `UserError` when that is ``None``."""
    if reading is None:
        raise UserError(PROJECT_CLOSED)
    chunks = [_with_selection(_track_text(track), track["selected"]) for track in reading["tracks"]]
    saved, path = bool(reading["path"]), reading["path"]
    if not saved:
        path = str(Path(reading["record_folder"] or ".") / _UNSAVED)
    header, memory = _header(reading), _remembered(reading["ext_state"])
    earlier = history.stored_plan(Project("\n".join([*header, *memory, ">\n"]).encode(), Path(path)).root)
    lines = [*header, *_markers(reading["markers"], earlier), *chunks, *memory, ">"]
    snapshot = Snapshot(reading["project"], path, saved, reading["changes"], "\n".join(lines) + "\n", {})
    pointers = [track["pointer"] for track in reading["tracks"]]
    snapshot.tracks.update(zip(snapshot.parsed().tracks, pointers, strict=True))
    return snapshot


def _track_text(track: dict[str, Any]) -> str:
    return large.track_text(track["parts"]) if "parts" in track else track["state"]


def _with_selection(chunk: str, selected: bool) -> str:
    """A track's state that says whether the track is selected, as project files do."""
    lines = chunk.splitlines()
    if any(line.strip().startswith("SEL ") for line in lines[: _first_block(lines)]):
        return chunk
    return "\n".join([lines[0], f"SEL {int(selected)}", *lines[1:]])


def _first_block(lines: list[str]) -> int:
    """Where a track's own lines end and the blocks inside it begin."""
    return next((at for at, line in enumerate(lines) if at and line.lstrip().startswith("<")), len(lines))


def _header(reading: dict[str, Any]) -> list[str]:
    start_s, end_s = reading["time_selection_s"]
    version = re.sub(r"[^0-9A-Za-z./-]", "", reading["version"]) or "7.0"
    # REAPER tells neither the project's pan taper nor how overlapping items mix: what its new projects have
    taper = ["  PANLAWFLAGS 3"] if _number(version) >= _FIRST_WITH_TAPERS else []
    return [
        f'<REAPER_PROJECT 0.1 "{version}" 0',
        "  ITEMMIX 0",
        *taper,
        f"  SAMPLERATE {int(reading['sample_rate'])} {int(reading['sample_rate_in_force'])} 0",
        f"  TEMPO {format_number(reading['tempo_bpm'])} 4 4",
        f"  PLAYRATE {format_number(reading['play_rate'])} 0 0.25 4",
        f"  GLOBAL_AUTO {reading['automation_override']}",
        f"  SELECTION {format_number(float(start_s))} {format_number(float(end_s))}",
        *master_lines(reading),
    ]


def _number(version: str) -> tuple[int, int]:
    """``7.82/win64`` as (7, 82)."""
    match = re.match(r"(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _markers(markers: list[list[Any]], earlier: MixPlan | None) -> list[str]:
    """Markers and regions. REAPER's Python cannot read their names; mixengine's are recognised by their times."""
    ours = {
        (round(change.time_s, 9), None if change.end_s is None else round(change.end_s, 9)): change.name
        for change in (earlier.changes if earlier else ())
        if isinstance(change, Marker)
    }
    lines = []
    for is_region, start_s, end_s, own_name, number in markers:
        times = [start_s, end_s] if is_region else [start_s]
        name = own_name or ours.get((round(start_s, 9), round(end_s, 9) if is_region else None), "")
        lines += [
            f"  MARKER {number} {format_number(float(time_s))} {quote(text)} {int(bool(is_region))}"
            for time_s, text in zip(times, (name, ""), strict=False)
        ]
    return lines


def _remembered(ext_state: list[list[str]]) -> list[str]:
    """The section of mixengine in the project's ext state."""
    lines = [f"    {name} {quote(value)}" for name, value in ext_state]
    return ["  <EXTSTATE", f"    <{extstate.SECTION}", *lines, "    >", "  >"] if lines else []

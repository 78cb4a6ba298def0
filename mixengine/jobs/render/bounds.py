"""Between which times a session is rendered: as asked for, else between REAPER's markers ``=START`` and ``=END``."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.jobs.render.settings import RenderSettings
from mixengine.model.session import Session

START, END = "=START", "=END"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The two times in seconds, and a note where a marker set one."""

    start_s: float
    end_s: float
    note: str = ""


def bounds(session: Session, settings: RenderSettings) -> Bounds:
    """Where a render of the session begins and ends.

    The first marker of each name counts, and neither where the end would not be behind the start.
    """
    start_s, end_s = settings.start_s, settings.end_s
    places = {marker.name: marker.time_s for marker in reversed(session.markers) if marker.end_s is None}
    used = []
    if start_s is None and START in places:
        start_s = places[START]
        used.append(f"{START} at {start_s:.3f} s")
    if end_s is None and END in places:
        end_s = places[END]
        used.append(f"{END} at {end_s:.3f} s")
    whole = Bounds(settings.start_s or 0.0, session.duration_s if settings.end_s is None else settings.end_s)
    marked = Bounds(start_s or 0.0, session.duration_s if end_s is None else end_s)
    if not used or marked.end_s <= marked.start_s:
        return whole
    return Bounds(marked.start_s, marked.end_s, f"rendered as the project's markers say: {', '.join(used)}")

"""ReaScript functions about markers and regions."""

# ruff: noqa: N802 (the names are REAPER's)
from __future__ import annotations

from reaper_sim import markers
from reaper_sim.binding import api
from reaper_sim.markers import Marker, MarkerHandle
from reaper_sim.project import SimProject


@api
def AddProjectMarker2(sim, proj, isrgn, pos, rgnend, name, wantidx, color):
    taken = {marker.number for marker in markers.read(proj.root) if marker.is_region == isrgn}
    number = wantidx if wantidx >= 0 and wantidx not in taken else max(taken, default=0) + 1
    markers.add(proj.root, Marker(number, pos, rgnend, name, color, isrgn))
    return number


@api
def AddProjectMarker(sim, proj, isrgn, pos, rgnend, name, wantidx):
    return AddProjectMarker2(sim, proj, isrgn, pos, rgnend, name, wantidx, 0)


@api
def DeleteProjectMarker(sim, proj, markrgnindexnumber, isrgn):
    marker = markers.find(proj.root, markrgnindexnumber, isrgn)
    if marker is None:
        return False
    markers.remove(proj.root, marker)
    return True


@api
def SetProjectMarker2(sim, proj, markrgnindexnumber, isrgn, pos, rgnend, name):
    marker = markers.find(proj.root, markrgnindexnumber, isrgn)
    if marker is None:
        return False
    markers.remove(proj.root, marker)
    markers.add(proj.root, Marker(marker.number, pos, rgnend, name, marker.color, isrgn))
    return True


@api
def CountProjectMarkers(sim, proj, num_markers, num_regions):
    result = markers.read(proj.root)
    regions = sum(marker.is_region for marker in result)
    return len(result), len(result) - regions, regions


@api
def EnumProjectMarkers3(sim, proj, idx, isrgn, pos, rgnend, name, number, color):
    """``name`` comes back as it was given: Python cannot read a ``const char**``."""
    result = markers.read(proj.root)
    if not 0 <= idx < len(result):
        return 0
    marker = result[idx]
    return (
        idx + 1,
        marker.is_region,
        marker.position,
        marker.end if marker.is_region else 0.0,
        marker.number,
        marker.color,
    )


@api
def EnumProjectMarkers2(sim, proj, idx, isrgn, pos, rgnend, name, number):
    answer = EnumProjectMarkers3(sim, proj, idx, isrgn, pos, rgnend, name, number, 0)
    return answer[:-1] if isinstance(answer, tuple) else answer


def _handle(proj: SimProject, marker: Marker) -> MarkerHandle:
    return proj.handles.setdefault(
        (marker.number, marker.is_region), MarkerHandle(proj, marker.number, marker.is_region)
    )


@api
def GetRegionOrMarker(sim, proj, index, guid_str):
    result = markers.read(proj.root)
    return _handle(proj, result[index]) if 0 <= index < len(result) else None


@api
def GetSetRegionOrMarkerInfo_String(sim, proj, handle, parameter, text, is_set):
    marker = handle.marker if handle is not None else None
    if marker is None or parameter != "P_NAME":
        if marker is not None:
            sim.problem(f"GetSetRegionOrMarkerInfo_String: unknown {parameter}")
        return False
    if is_set:
        SetProjectMarker2(sim, proj, marker.number, marker.is_region, marker.position, marker.end, text)
        return True, text
    return True, marker.name

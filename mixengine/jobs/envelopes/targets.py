"""Where a volume envelope is written: which of a track's, and how it is combined with the user's own automation.

The volume envelope when it is unused and the track is in trim/read mode, where it multiplies the fader. Otherwise the
trim envelope, then the pre-FX one. When all three are in use, the trim envelope gets the product of both inside the
ducked range. An envelope that is bypassed or holds automation items is left alone: points in it would not sound. What
has no envelope that governs its sound is not ducked, and a note says why.
"""

from __future__ import annotations

from dataclasses import replace

from mixengine.jobs.envelopes import product
from mixengine.model import signal_path
from mixengine.model.plan import Envelope
from mixengine.model.session import VOLUME, VOLUME_PRE_FX, VOLUME_TRIM, Automation, EnvelopePoint, Session, Track

_TRIM_READ = 0
_CONSTANT = 1e-9
_FILE_DECIMALS = 12
_MIN_BUS_TRACKS = 2
"""Folders with fewer tracks are not ducked as a bus."""


def targets(session: Session, tracks: list[Track], *, buses: bool, verb: str = "duck") -> tuple[list[Track], list[str]]:
    """The tracks and folders whose envelopes to write, and a note for each track or folder that is left out.

    Each track, or with ``buses`` the outermost folders that hold only these tracks. Tracks inside such a folder are
    ducked with it; a folder with items of its own that also holds other audio cannot be ducked by itself. What the
    user locked is not written. ``verb`` is what the notes call it.
    """
    if session.envelopes_bypassed and tracks:
        who = ", ".join(track.name for track in tracks)
        return [], [f"{who}: not {verb}ed, as the project bypasses all envelopes (global automation override)"]
    ids = {track.id for track in tracks}
    targets: list[Track] = []
    locked: list[Track] = []
    notes: list[str] = []
    for track in tracks:
        bus = _bus(session, track, ids) if buses else track
        if _kind(bus) is None or bus.locked or bus.kept:
            bus = track
        if bus.locked:
            locked.append(bus)
        elif bus.kept:
            notes.append(f"{bus.name}: {bus.kept}")
        elif not all(other.id in ids for other in _inside(session, bus)):
            notes.append(
                f"{track.name}: a folder that holds other sound too, its envelope would {verb} that: left alone"
            )
        elif signal_path.is_lead(session, bus):
            notes.append(f"{bus.name}: a VCA lead, its envelope would {verb} its followers too: left alone")
        elif _kind(bus) is None:
            notes.append(
                f"{track.name}: not {verb}ed, as its volume, trim and pre-FX envelopes are bypassed, hold automation "
                "items or play no part in its automation mode: points in them would not sound"
            )
        elif bus not in targets:
            targets.append(bus)
    moved = reached(session, locked, targets)
    notes += [f"{track.name}: locked, its envelopes stay: left alone" for track in locked if track not in moved]
    return [target for target in targets if not any(folder in targets for folder in session.ancestors(target))], notes


def without_envelopes(session: Session, kinds: tuple[str, ...]) -> Session:
    """A session whose tracks lack volume envelopes of these kinds: what lies before them is measured."""
    tracks = (
        replace(track, automation=tuple(entry for entry in track.automation if entry.kind not in kinds))
        for track in session.tracks
    )
    return replace(session, tracks=tuple(tracks))


def reached(session: Session, tracks: list[Track], targets: list[Track]) -> list[Track]:
    """Those of the tracks that envelopes on ``targets`` duck."""
    return [track for track in tracks if any(link in targets for link in (track, *session.ancestors(track)))]


def _bus(session: Session, track: Track, ids: set[str]) -> Track:
    bus = track
    for folder in session.ancestors(track):
        inside = _inside(session, folder)
        if (folder.audio_clips and folder.id not in ids) or not all(other.id in ids for other in inside):
            break
        if len(inside) >= _MIN_BUS_TRACKS:
            bus = folder
    return bus


def _inside(session: Session, folder: Track) -> list[Track]:
    """The tracks with audio somewhere in a folder."""
    return [other for other in session.tracks if other.audio_clips and folder in session.ancestors(other)]


def envelope_change(
    track: Track, points: tuple[EnvelopePoint, ...], reason: str, *, drawn_by: str, first: str = ""
) -> Envelope:
    """The change with which a job multiplies a track's volume by ``points``; ``first``: in that envelope, if it can."""
    # as a project file holds them: a point at the edge of the stretch must not be rounded out of it
    points = tuple(replace(point, time_s=round(point.time_s, _FILE_DECIMALS)) for point in points)
    kind = _kind(track, first)
    assert kind is not None, "`targets` gives tracks only whose envelopes govern"
    existing = next((entry for entry in track.automation if entry.kind == kind), None)
    start_s, end_s = points[0].time_s, points[-1].time_s
    if len(points) == 1 and existing is not None:
        # one point holds for good: for all that stands behind it too
        end_s = max([end_s, *(point.time_s for point in existing.points)])
    before: tuple[EnvelopePoint, ...] = ()
    after = points
    if existing is not None and existing.points:
        start_s, end_s = product.stretch(existing, start_s, end_s)
        before = tuple(point for point in existing.points if start_s <= point.time_s <= end_s)
        after = product.points(existing, before, points)
    created = existing is None
    return Envelope(track.id, kind, start_s, end_s, before, after, created=created, reason=reason, drawn_by=drawn_by)


def _kind(track: Track, first: str = "") -> str | None:
    """The envelope to write, ``None`` where none would govern the sound."""
    kinds = (
        (VOLUME, VOLUME_TRIM, VOLUME_PRE_FX) if track.automation_mode == _TRIM_READ else (VOLUME_TRIM, VOLUME_PRE_FX)
    )
    preferred = sorted(kinds, key=lambda kind: kind != first)
    for kind in preferred:
        drawn = [entry for entry in track.automation if entry.kind == kind]
        if all(entry.governs and _is_unity(entry) for entry in drawn):
            return kind
    in_use = [entry.kind for entry in track.automation if entry.kind in preferred and entry.governs]
    return VOLUME_TRIM if VOLUME_TRIM in in_use else in_use[0] if in_use else None


def _is_unity(automation: Automation) -> bool:
    return all(abs(point.value - 1.0) < _CONSTANT for point in automation.points)

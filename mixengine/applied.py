"""A plan applied to a session in memory: what the project would be, without a project. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from mixengine import plan as mixplan
from mixengine.session import Automation, Clip, Effect, Marker, Session, Source, Track

EQUALIZER_NAME = "VST: ReaEQ (Cockos)"


def applied(session: Session, changes: Iterable[mixplan.Change]) -> Session:
    """The session after the changes. A change of something that is not there changes nothing."""
    for change in changes:
        session = _APPLIERS[type(change)](session, change)
    return session


def reverted(session: Session, changes: Iterable[mixplan.Change]) -> Session:
    """The session before the changes."""
    return applied(session, [change.reverted() for change in reversed(list(changes))])


def _with_track(session: Session, track_id: str, edit: Callable[[Track], Track]) -> Session:
    return replace(session, tracks=tuple(edit(track) if track.id == track_id else track for track in session.tracks))


def _fader(session: Session, change: mixplan.Fader) -> Session:
    return _with_track(session, change.track, lambda track: replace(track, fader_db=change.after))


def _pan(session: Session, change: mixplan.Pan) -> Session:
    return _with_track(session, change.track, lambda track: replace(track, pan=change.after))


def _master(session: Session, change: mixplan.MasterTrim) -> Session:
    return replace(session, master_db=change.after)


def _envelope(session: Session, change: mixplan.Envelope) -> Session:
    def edit(track: Track) -> Track:
        old = next((entry for entry in track.automation if entry.kind == change.envelope), None)
        kept = [p for p in old.points if not change.start_s <= p.time_s <= change.end_s] if old else []
        others = tuple(entry for entry in track.automation if entry is not old)
        points = tuple(sorted([*kept, *change.after], key=lambda point: point.time_s))
        if not points and change.created:
            return replace(track, automation=others)
        new = replace(old, points=points) if old else Automation(change.envelope, points)
        return replace(track, automation=(*others, new))

    return _with_track(session, change.track, edit)


def _equalizer(session: Session, change: mixplan.Equalizer) -> Session:
    def edit(track: Track) -> Track:
        others = tuple(effect for effect in track.effects if effect.label != change.label)
        if change.after is None:
            return replace(track, effects=others)
        if len(others) == len(track.effects):
            return replace(track, effects=(*others, Effect(EQUALIZER_NAME, change.label, bands=change.after)))
        return replace(
            track,
            effects=tuple(
                replace(effect, bands=change.after or ()) if effect.label == change.label else effect
                for effect in track.effects
            ),
        )

    return _with_track(session, change.track, edit)


def _mute_clip(session: Session, change: mixplan.MuteClip) -> Session:
    def edit(track: Track) -> Track:
        clips = tuple(replace(c, mute=change.after) if c.id == change.clip else c for c in track.clips)
        return replace(track, clips=clips)

    return _with_track(session, change.track, edit)


def _new_track(session: Session, change: mixplan.NewTrack) -> Session:
    if change.remove:
        left = [track for track in session.tracks if track.id != change.track]
        parents = {track.parent for track in left}
        return replace(
            session,
            tracks=tuple(
                replace(track, is_folder=False) if track.id == change.parent and track.id not in parents else track
                for track in left
            ),
        )
    new = Track(change.track, change.name, change.parent, channels=change.channels, fader_db=change.fader_db)
    tracks = [replace(t, is_folder=True) if t.id == change.parent else t for t in session.tracks]
    return replace(session, tracks=(*tracks, new))


def _new_clip(session: Session, change: mixplan.NewClip) -> Session:
    def edit(track: Track) -> Track:
        clips = tuple(clip for clip in track.clips if clip.id != change.clip)
        if not change.remove:
            source = Source(change.file)
            new = Clip(change.clip, source, change.position_s, change.length_s, change.name, change.offset_s)
            clips = (*clips, new)
        return replace(track, clips=clips)

    return _with_track(session, change.track, edit)


def _marker(session: Session, change: mixplan.Marker) -> Session:
    marker = Marker(change.name, change.time_s, change.end_s)
    if not change.remove:
        return replace(session, markers=(*session.markers, marker))
    if marker not in session.markers:
        return session
    place = session.markers.index(marker)
    return replace(session, markers=session.markers[:place] + session.markers[place + 1 :])


_APPLIERS: dict[type[mixplan.Change], Callable[[Session, Any], Session]] = {
    mixplan.Fader: _fader,
    mixplan.Pan: _pan,
    mixplan.MasterTrim: _master,
    mixplan.Envelope: _envelope,
    mixplan.Equalizer: _equalizer,
    mixplan.MuteClip: _mute_clip,
    mixplan.NewTrack: _new_track,
    mixplan.NewClip: _new_clip,
    mixplan.Marker: _marker,
}

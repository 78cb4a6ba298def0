"""A part of a session on its own: what a job measures when only the time selection counts. Standard library only."""

from __future__ import annotations

from dataclasses import replace

from mixengine.model.session import Automation, Clip, Fade, Session


def to_time_selection(session: Session) -> Session:
    """The session as far as its time selection goes, with a note that says so; all of it when there is none."""
    if session.time_selection_s is None:
        return session
    start_s, end_s = session.time_selection_s
    note = f"heard from {start_s:.2f} to {end_s:.2f} s only, the time selection"
    return replace(within(session, start_s, end_s), notes=(*session.notes, note), part_s=(start_s, end_s))


def within(session: Session, start_s: float, end_s: float) -> Session:
    """The session with nothing before ``start_s`` and after ``end_s``; tracks, faders and envelopes stay as they are.

    A fade that begins outside is as long as what is left of it.
    """
    tracks = [
        replace(
            track,
            clips=tuple(
                _cut(clip, start_s, end_s) for clip in track.clips if clip.position_s < end_s and clip.end_s > start_s
            ),
        )
        for track in session.tracks
    ]
    return replace(session, tracks=tuple(tracks))


def _cut(clip: Clip, start_s: float, end_s: float) -> Clip:
    before_s, after_s = max(start_s - clip.position_s, 0.0), max(clip.end_s - end_s, 0.0)
    if not before_s and not after_s:
        return clip
    skipped_s = before_s * clip.rate
    return replace(
        clip,
        position_s=clip.position_s + before_s,
        length_s=clip.length_s - before_s - after_s,
        offset_s=clip.offset_s + skipped_s,
        fade_in=_shorter(clip.fade_in, before_s),
        fade_out=_shorter(clip.fade_out, after_s),
        automation=tuple(_earlier(envelope, skipped_s) for envelope in clip.automation),
    )


def _shorter(fade: Fade, by_s: float) -> Fade:
    return replace(fade, length_s=max(fade.length_s - by_s, 0.0))


def _earlier(envelope: Automation, by_s: float) -> Automation:
    """Points of a take count from the item's start, in seconds of the source."""
    return replace(envelope, points=tuple(replace(point, time_s=point.time_s - by_s) for point in envelope.points))

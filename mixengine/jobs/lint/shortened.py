"""A long session as a short one: excerpts of it, one behind the other, for a check that needs no more than a sample."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.lint.context import LintContext, levels_db
from mixengine.jobs.lint.track_stats import HOP_S
from mixengine.model import crop
from mixengine.model.session import Automation, EnvelopePoint, Session

WHOLE_S = 1200.0
"""Sessions up to this are looked at as a whole."""
WINDOW_S = 10.0
_WINDOWS = 30
"""Windows spread over the session; each track's loudest one is added."""
_STEP_S = 0.2


def shortened(context: LintContext) -> tuple[Session, int]:
    """The session, or its excerpts one behind the other, and how many of them (0: the whole session).

    Faders stay as they are; volume envelopes are drawn anew from their values.
    """
    session = context.session
    if session.duration_s <= WHOLE_S:
        return session, 0
    starts_s = _windows(context)
    clips: dict[str, list] = {track.id: [] for track in session.tracks}
    for place, start_s in enumerate(starts_s):
        for track in crop.within(session, start_s, start_s + WINDOW_S).tracks:
            shift_s = place * WINDOW_S - start_s
            clips[track.id] += [replace(clip, position_s=clip.position_s + shift_s) for clip in track.clips]
    tracks = (
        replace(
            track,
            clips=tuple(clips[track.id]),
            automation=tuple(_drawn_anew(entry, starts_s) for entry in track.automation),
        )
        for track in session.tracks
    )
    return replace(session, tracks=tuple(tracks)), len(starts_s)


def _windows(context: LintContext) -> list[float]:
    """Starts in session time, all at whole windows from 0 s, rising."""
    count = math.ceil(context.session.duration_s / WINDOW_S)
    chosen = {int(place) for place in np.linspace(0, count - 1, _WINDOWS).round()}
    size = round(WINDOW_S / HOP_S)
    for _, stats in context.track_stats:
        powers = 10.0 ** (levels_db(stats, count * size) / 10.0)
        chosen.add(int(powers.reshape(count, size).sum(axis=1).argmax()))
    return [place * WINDOW_S for place in sorted(chosen)]


def _drawn_anew(entry: Automation, starts_s: list[float]) -> Automation:
    """An envelope's values in the windows, as straight lines of `_STEP_S`."""
    if not entry.active or not entry.points:
        return entry
    inside_s = np.arange(0.0, WINDOW_S, _STEP_S)
    points: list[EnvelopePoint] = []
    for place, start_s in enumerate(starts_s):
        values = automation_values(start_s + inside_s, entry)
        times_s = place * WINDOW_S + inside_s
        points += [EnvelopePoint(float(t), float(v)) for t, v in zip(times_s, values, strict=True)]
    return Automation(entry.kind, tuple(points))

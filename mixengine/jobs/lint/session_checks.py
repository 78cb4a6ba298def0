"""Checks of the session itself: missing media, mixed sample rates, overlaps and edges of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath

import numpy as np

from mixengine.analysis.alignment.recordings import as_recorded
from mixengine.audio import files, timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding, names
from mixengine.model.session import Clip, Track

_UNAVAILABLE = {
    "missing": "its file is missing",
    "offline": "its media is offline",
    "damaged": "its file cannot be read",
}
_UNAVAILABLE_ADVICE = {
    "missing": "find the file again, or take the item away",
    "offline": "set the media online, or take the item away",
    "damaged": "export the file again",
}

OVERLAP_S = 0.002
"""Shorter overlaps come from rounding; REAPER's shortest automatic crossfades are longer."""

CLICK_OVER_NEARBY = 8.0
"""A step at an edge is a click when it exceeds the RMS of the steps around it by this factor: a Gaussian signal has a
step of 8σ less than once in 10¹⁴ samples."""
CLICK_OF_PEAK = 0.01
"""… and this share of the track's peak (−40 dB): smaller steps are masked by anything that plays."""
_NEARBY_S = 0.01
_MAX_EDGES = 200
"""Edges examined per track, spread evenly: bounds the time of the check in sessions with thousands of cuts."""


def missing_media(context: LintContext) -> Iterator[Finding]:
    """Items whose audio is unavailable: REAPER plays silence instead."""
    for track in context.session.tracks:
        for kind, what in _UNAVAILABLE.items():
            clips = [clip for clip in track.clips if clip.source.kind == kind and not clip.mute]
            if not clips:
                continue
            file_names = sorted({_file_name(clip) for clip in clips})
            reasons = sorted({note.removeprefix(f"{clip.source.path}: ") for clip in clips for note in clip.notes})
            why = f": {'; '.join(reasons[:3])}" if kind == "damaged" and reasons else ""
            yield Finding(
                "missing_media",
                ERROR,
                (track.name,),
                f"{_items(len(clips))}: {what} ({', '.join(file_names[:3])}{' …' if len(file_names) > 3 else ''}){why}",
                _UNAVAILABLE_ADVICE[kind],
                min(clip.position_s for clip in clips),
                max(clip.end_s for clip in clips),
            )
    for track in context.session.tracks:
        result = context.results.get(track.id)
        if result and result.problem:
            yield Finding("missing_media", ERROR, (track.name,), f"cannot be read: {result.problem}", "export it again")


def incomplete_media(context: LintContext) -> Iterator[Finding]:
    """Files of which something is missing: they break off, hold damage, or have a header that is wrong."""
    for track in context.session.tracks:
        for path, clip in {clip.source.path: clip for clip in track.audio_clips}.items():
            try:
                file = files.AudioFile(path)
            except UnreadableAudio:
                continue  # reported as missing media
            file.close()
            for note in file.notes:
                yield Finding(
                    "incomplete_media",
                    WARNING,
                    (track.name,),
                    f"{_file_name(clip)}: {note}",
                    "look for the whole file, or export it again",
                    clip.position_s,
                    clip.end_s,
                )


def _file_name(clip: Clip) -> str:
    return PurePath(clip.source.path.replace("\\", "/")).name


def sample_rates(context: LintContext) -> Iterator[Finding]:
    """Files whose rate differs from the most common one: some programs do not resample and play them too fast."""
    rates = {
        path: files.sample_rate(path) for path in {c.source.path for t in context.session.tracks for c in t.audio_clips}
    }
    by_track = {
        track: {rate for clip in track.audio_clips if (rate := rates[clip.source.path])}
        for track in context.session.tracks
    }
    counts = Counter(rate for track_rates in by_track.values() for rate in track_rates)
    if len(counts) < 2:
        return
    most_common = max(counts, key=lambda rate: (counts[rate], rate))
    deviating = [track for track, track_rates in by_track.items() if track_rates - {most_common}]
    listed = ", ".join(f"{count} × {rate} Hz" for rate, count in sorted(counts.items(), key=lambda item: -item[1]))
    yield Finding(
        "sample_rates",
        WARNING,
        names(deviating),
        f"files have different sample rates ({listed})",
        f"convert these to {most_common} Hz, and check that none plays at the wrong pitch",
    )


def overlaps(context: LintContext) -> Iterator[Finding]:
    """Items of one track that overlap without a crossfade: both play, usually by mistake."""
    for track in context.session.tracks:
        places = [
            (later.position_s, min(earlier.end_s, later.end_s))
            for earlier, later in _adjacent_clips(track)
            if earlier.end_s - later.position_s > OVERLAP_S and not _crossfaded(earlier, later)
        ]
        if places:
            yield Finding(
                "overlaps",
                WARNING,
                (track.name,),
                f"items overlap without a crossfade at {len(places)} place{'s' * (len(places) > 1)}",
                "crossfade the items (X in REAPER), or trim one",
                places[0][0],
                places[-1][1],
            )


def _adjacent_clips(track: Track) -> Iterator[tuple[Clip, Clip]]:
    clips = sorted(track.audio_clips, key=lambda clip: (clip.position_s, clip.end_s))
    yield from pairwise(clips)


def _crossfaded(earlier: Clip, later: Clip) -> bool:
    """Whether both fade over at least half of their overlap; an item within another can never be crossfaded."""
    shared_s = earlier.end_s - later.position_s
    return later.end_s > earlier.end_s and min(earlier.fade_out.length_s, later.fade_in.length_s) >= shared_s / 2


def edge_clicks(context: LintContext) -> Iterator[Finding]:
    """Steps where an item without a fade begins or ends in the middle of the sound."""
    end_s = max((clip.end_s for track in context.session.tracks for clip in track.audio_clips), default=0.0)
    for track, stats in context.track_stats:
        recording = as_recorded(track)
        edges = sorted(
            {clip.position_s for clip in recording.audio_clips if not clip.fade_in.length_s and clip.position_s > 0.0}
            # stems that all end while they sound were rendered so: nothing to fade
            | {c.end_s for c in recording.audio_clips if not c.fade_out.length_s and c.end_s < end_s - _NEARBY_S}
        )
        chosen = edges[:: -(-len(edges) // _MAX_EDGES)] if edges else []
        try:
            clicks = [at_s for at_s in chosen if _is_click(recording, at_s, stats.rate, stats.peak)]
        except UnreadableAudio:
            continue  # reported as missing media
        if clicks:
            yield Finding(
                "edge_clicks",
                HINT if clicks == [max(edges)] else WARNING,
                (track.name,),
                f"{len(clicks)} item edge{'s' * (len(clicks) > 1)} cut{'s' * (len(clicks) == 1)} into the sound"
                " with a click",
                "fade these edges by a few milliseconds",
                clicks[0],
                clicks[-1],
            )


def _is_click(track: Track, at_s: float, rate: int, peak: float) -> bool:
    channels = timeline.channel_count(track)
    parts = timeline.blocks(track, rate, start_s=max(at_s - _NEARBY_S, 0.0), end_s=at_s + _NEARBY_S, channels=channels)
    steps = np.abs(np.diff(np.concatenate(list(parts)), axis=0))
    edge = timeline.frame_at(at_s, rate) - timeline.frame_at(max(at_s - _NEARBY_S, 0.0), rate)
    near = np.arange(max(edge - 2, 0), min(edge + 2, len(steps)))
    if not len(near) or not peak > 0.0:
        return False
    step = steps[near].max(axis=0)
    others = np.delete(steps, near, axis=0)
    sounding = np.where(others > 0.0, others, np.nan)  # beyond the edge there may be silence
    counts = np.count_nonzero(others, axis=0)
    rms_nearby = np.sqrt(np.nansum(np.square(sounding), axis=0) / np.maximum(counts, 1))
    return bool(np.any((step > CLICK_OVER_NEARBY * rms_nearby) & (step > CLICK_OF_PEAK * peak)))


def _items(count: int) -> str:
    return f"{count} item{'s' * (count > 1)}"

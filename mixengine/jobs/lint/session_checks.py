"""What the session itself tells: missing media, mixed sample rates, how items meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath

import numpy as np

from mixengine.audio import files, timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding, names
from mixengine.jobs.lint.track_stats import as_recorded
from mixengine.model.session import Clip, Track

_GONE = {
    "missing": "its file is missing",
    "offline": "its media is offline",
    "damaged": "its file cannot be read",
}
_GONE_ADVICE = {
    "missing": "find the file again, or take the item away",
    "offline": "set the media online, or take the item away",
    "damaged": "export the file again",
}

OVERLAP_S = 0.002
"""Items that overlap by less do so by rounding; REAPER's own shortest automatic crossfades are longer."""

CLICK_OVER_NEARBY = 8.0
"""A step at an edge is a click when it is so many times the steps around it (their RMS): a Gaussian signal has a step
of 8σ less than once in 10¹⁴ samples."""
CLICK_OF_PEAK = 0.01
"""… and at least this much of the track's peak (−40 dB): less is masked by anything that plays."""
_NEARBY_S = 0.01
_MOST_EDGES = 200
"""Edges looked at per track, spread evenly: the time a check takes stays bounded in sessions of thousands of cuts."""


def missing_media(case: LintContext) -> Iterator[Finding]:
    """Items whose audio is not there: REAPER plays silence in their place."""
    for track in case.session.tracks:
        for kind, what in _GONE.items():
            clips = [clip for clip in track.clips if clip.source.kind == kind and not clip.mute]
            if not clips:
                continue
            shown = sorted({PurePath(clip.source.path.replace("\\", "/")).name for clip in clips})
            yield Finding(
                "missing_media",
                ERROR,
                (track.name,),
                f"{_items(len(clips))}: {what} ({', '.join(shown[:3])}{' …' if len(shown) > 3 else ''})",
                _GONE_ADVICE[kind],
                min(clip.position_s for clip in clips),
                max(clip.end_s for clip in clips),
            )
    for track in case.session.tracks:
        listened = case.listened.get(track.id)
        if listened and listened.problem:
            yield Finding(
                "missing_media", ERROR, (track.name,), f"cannot be read: {listened.problem}", "export it again"
            )


def sample_rates(case: LintContext) -> Iterator[Finding]:
    """Files of other rates than most: resampled on the fly, and played too fast by programs that do not."""
    rates = {
        path: files.sample_rate(path) for path in {c.source.path for t in case.session.tracks for c in t.audio_clips}
    }
    by_track = {
        track: {rate for clip in track.audio_clips if (rate := rates[clip.source.path])}
        for track in case.session.tracks
    }
    counts = Counter(rate for found in by_track.values() for rate in found)
    if len(counts) < 2:
        return
    commonest = max(counts, key=lambda rate: (counts[rate], rate))
    odd = [track for track, found in by_track.items() if found - {commonest}]
    listed = ", ".join(f"{count} × {rate} Hz" for rate, count in sorted(counts.items(), key=lambda item: -item[1]))
    yield Finding(
        "sample_rates",
        WARNING,
        names(odd),
        f"files have different sample rates ({listed})",
        f"convert these to {commonest} Hz, and check that none plays at the wrong pitch",
    )


def overlaps(case: LintContext) -> Iterator[Finding]:
    """Items of one track that overlap without a crossfade: both sound, usually by mistake."""
    for track in case.session.tracks:
        places = [
            (later.position_s, min(earlier.end_s, later.end_s))
            for earlier, later in _neighbours(track)
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


def _neighbours(track: Track) -> Iterator[tuple[Clip, Clip]]:
    clips = sorted(track.audio_clips, key=lambda clip: (clip.position_s, clip.end_s))
    yield from pairwise(clips)


def _crossfaded(earlier: Clip, later: Clip) -> bool:
    """Whether both fade over at least half of what they share; one inside the other can never be crossfaded."""
    shared_s = earlier.end_s - later.position_s
    return later.end_s > earlier.end_s and min(earlier.fade_out.length_s, later.fade_in.length_s) >= shared_s / 2


def edge_clicks(case: LintContext) -> Iterator[Finding]:
    """Steps where an item begins or ends in the middle of the sound without a fade."""
    for track, heard in case.heard:
        bare = as_recorded(track)
        edges = sorted(
            {clip.position_s for clip in bare.audio_clips if not clip.fade_in.length_s and clip.position_s > 0.0}
            | {clip.end_s for clip in bare.audio_clips if not clip.fade_out.length_s}
        )
        chosen = edges[:: -(-len(edges) // _MOST_EDGES)] if edges else []
        try:
            clicks = [at_s for at_s in chosen if _is_click(bare, at_s, heard.rate, heard.peak)]
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
    sounding = np.where(others > 0.0, others, np.nan)  # beyond the edge there may be nothing
    counts = np.count_nonzero(others, axis=0)
    usual = np.sqrt(np.nansum(np.square(sounding), axis=0) / np.maximum(counts, 1))
    return bool(np.any((step > CLICK_OVER_NEARBY * usual) & (step > CLICK_OF_PEAK * peak)))


def _items(count: int) -> str:
    return f"{count} item{'s' * (count > 1)}"

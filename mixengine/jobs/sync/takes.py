"""The recordings of a session: items of one track that play one file without a gap in its time, and their sound."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis.alignment import fingerprint
from mixengine.analysis.alignment.coarse import Print
from mixengine.analysis.alignment.fingerprint import FRAME_S, FingerprintMeter
from mixengine.analysis.alignment.recordings import Recording, as_recorded
from mixengine.analysis.alignment.stretches import Sound
from mixengine.analysis.tracks import Measure, measure_tracks
from mixengine.audio import riff, timeline
from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.model.session import Clip, Session, Track
from mixengine.system.progress import Progress

VERSION = 1
"""Increment when the measurement changes: cached fingerprints of other versions are ignored."""
MIN_LENGTH_S = 2.0
"""Shorter recordings hold too little to be told from chance."""
_SAME_S = 0.001


@dataclass(frozen=True)
class TakeOf:
    """A recording: some clips of a track.

    Attributes
    ----------
    key : str
        The track's id, and a number where the track holds several.
    track : Track
    clips : tuple of Clip
    """

    key: str
    track: Track
    clips: tuple[Clip, ...]

    @property
    def span_s(self) -> tuple[float, float]:
        """Where its first clip begins, and its last ends."""
        return min(clip.position_s for clip in self.clips), max(clip.end_s for clip in self.clips)

    @property
    def alone(self) -> Track:
        """The track with these clips only, as recorded."""
        return as_recorded(replace(self.track, id=self.key, clips=self.clips, automation=()))

    @property
    def stands_at_s(self) -> float:
        """Session time at which its file begins, as its clips play it."""
        clip = self.clips[0]
        return clip.position_s - clip.offset_s / clip.rate

    def clock_s(self) -> float | None:
        """Time of day at which its file begins, by its time stamp (BWF); ``None`` without one."""
        stamp = riff.time_stamp(self.clips[0].source.path)
        if stamp is None or not stamp[0]:
            return None
        file = AudioFile(self.clips[0].source.path)
        file.close()
        return stamp[0] / file.rate


@dataclass(frozen=True, slots=True)
class Moves:
    """A packed fingerprint and its first frame; plain data for the cache and for other processes."""

    first: int
    steps: str


def takes_of(tracks: list[Track]) -> tuple[list[TakeOf], list[str]]:
    """The recordings of tracks, and notes about clips that are left."""
    result: list[TakeOf] = []
    notes: list[str] = []
    for track in tracks:
        groups: dict[tuple, list[Clip]] = defaultdict(list)
        bent = 0
        for clip in track.audio_clips:
            if not clip.resampled or clip.stretch_markers or clip.source.reversed or clip.beside:
                bent += 1
                continue
            stands_ms = round((clip.position_s - clip.offset_s / clip.rate) / _SAME_S)
            groups[clip.source.path, clip.source.start_s, stands_ms, clip.rate].append(clip)
        if bent:
            notes.append(f"{track.name}: stretched, reversed or layered items are left: {bent}")
        whole = [tuple(sorted(group, key=lambda clip: clip.position_s)) for group in groups.values()]
        long = [clips for clips in whole if sum(clip.length_s for clip in clips) >= MIN_LENGTH_S]
        if len(long) < len(whole):
            notes.append(f"{track.name}: items of less than {MIN_LENGTH_S:g} s are left: {len(whole) - len(long)}")
        for number, clips in enumerate(long, start=1):
            result.append(TakeOf(track.id if len(long) == 1 else f"{track.id}/{number}", track, clips))
    return result, notes


def sounds_of(
    session: Session, takes: list[TakeOf], *, use_cache: bool, progress: Progress
) -> tuple[dict[str, Sound], dict[str, str]]:
    """Key of each recording → its sound, and why others cannot be heard."""
    way = Measure(_measure, Moves, ("alignment", VERSION))
    measured = measure_tracks(session, [take.alone for take in takes], way, use_cache=use_cache, progress=progress)
    sounds, skipped = {}, {}
    for take in takes:
        moves = measured[take.key]
        if isinstance(moves, str):
            skipped[take.key] = moves
            continue
        steps = fingerprint.unpacked(moves.steps)
        if not np.any(steps):
            skipped[take.key] = "silent"
            continue
        sounds[take.key] = Sound(Recording.of(take.alone, session), Print(moves.first, steps))
    return sounds, skipped


def _measure(track: Track, session: Session) -> Moves | str:
    try:
        rate = timeline.analysis_rate(track, session)
        meter = FingerprintMeter(rate)
        first = math.floor(timeline.span(track)[0] / FRAME_S + 1e-9)
        for block in timeline.blocks(track, rate, start_s=first * FRAME_S):
            meter.add(timeline.mono(block)[:, 0])
    except UnreadableAudio as error:
        return f"cannot be read: {error}"
    return Moves(first, fingerprint.packed(meter.finish()))

"""The recordings of a session: items of one track that play one file without a gap in its time, and their sound."""

from __future__ import annotations

import functools
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
from mixengine.model import near
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
    muted : tuple of Clip
        Muted items of the same recording: not heard, and moved with the rest.
    """

    key: str
    track: Track
    clips: tuple[Clip, ...]
    muted: tuple[Clip, ...] = ()

    @property
    def locked(self) -> bool:
        """Whether the user locked its track or one of its items."""
        return self.track.locked or any(clip.locked for clip in (*self.clips, *self.muted))

    @property
    def path(self) -> str:
        """Its file."""
        return self.clips[0].source.path

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
        return _stands_at_s(self.clips[0])

    @functools.cached_property
    def file_span_s(self) -> tuple[float, float]:
        """Session times at which its file begins and ends, as its clips play it."""
        clip = self.clips[0]
        file = AudioFile(self.path)
        file.close()
        return self.stands_at_s, self.stands_at_s + file.frames / file.rate / clip.rate

    def clock_s(self) -> float | None:
        """Time of day at which its file begins, by its time stamp (BWF); ``None`` without one."""
        stamp = riff.time_stamp(self.path)
        if stamp is None or not stamp[0]:
            return None
        file = AudioFile(self.path)
        file.close()
        return stamp[0] / file.rate


@dataclass(frozen=True, slots=True)
class Moves:
    """A packed fingerprint and its first frame; plain data for the cache and for other processes."""

    first: int
    steps: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Clips of one recording, heard and muted, in time order."""

    clips: tuple[Clip, ...]
    muted: tuple[Clip, ...]

    @classmethod
    def of(cls, clips: list[Clip]) -> _Group:
        in_time = sorted(clips, key=lambda clip: clip.position_s)
        return cls(tuple(clip for clip in in_time if not clip.mute), tuple(clip for clip in in_time if clip.mute))


def takes_of(tracks: list[Track]) -> tuple[list[TakeOf], list[str]]:
    """The recordings of tracks, and notes about clips that are left."""
    result: list[TakeOf] = []
    notes: list[str] = []
    for track in tracks:
        straight = [clip for clip in (*track.audio_clips, *_muted_audio(track)) if not _is_bent(clip)]
        groups = [group for group in _by_recording(straight) if group.clips]
        long = [group for group in groups if sum(clip.length_s for clip in group.clips) >= MIN_LENGTH_S]
        sounding = sum(len(group.clips) for group in groups)
        left = (
            (len(track.audio_clips) - sounding, "stretched, reversed or layered items are left"),
            (len(groups) - len(long), f"items of less than {MIN_LENGTH_S:g} s are left"),
            (sum(clip.source.kind != "audio" for clip in track.clips), "items without sound that can be read are left"),
            (len(_muted_audio(track)) - sum(len(group.muted) for group in long), "muted items are left"),
        )
        notes += [f"{track.name}: {words}: {count}" for count, words in left if count]
        for number, group in enumerate(long, start=1):
            key = track.id if len(long) == 1 else f"{track.id}/{number}"
            result.append(TakeOf(key, track, group.clips, group.muted))
    return result, notes


def _is_bent(clip: Clip) -> bool:
    return not clip.resampled or clip.stretch_markers or clip.source.reversed or bool(clip.beside)


def _muted_audio(track: Track) -> list[Clip]:
    return [clip for clip in track.clips if clip.mute and clip.source.kind == "audio"]


def _by_recording(clips: list[Clip]) -> list[_Group]:
    """Clips that play one file without a gap in its time, in the order in which they stand."""
    files: dict[tuple[str, float, float], list[Clip]] = defaultdict(list)
    for clip in clips:
        files[clip.source.path, clip.source.start_s, clip.rate].append(clip)
    groups = [group for own in files.values() for group in near.runs(own, _stands_at_s, _SAME_S)]
    given = {clip.id: number for number, clip in enumerate(clips)}
    groups.sort(key=lambda group: min(given[clip.id] for clip in group))
    return [_Group.of(group) for group in groups]


def _stands_at_s(clip: Clip) -> float:
    return clip.position_s - clip.offset_s / clip.rate


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

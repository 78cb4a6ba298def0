"""Media of a session held against what is on the disk: what cannot be read, or is not heard whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath

from mixengine.model.session import Clip, Track


def checked(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """The tracks with clips whose files cannot be read marked as ``damaged``, with the reason as a note.

    A film without sound keeps the kind ``video``.
    """
    from mixengine.audio.formats import VIDEO

    problems: dict[str, str] = {}
    tracks = tuple(tracks)
    for path in dict.fromkeys(clip.source.path for track in tracks for clip in track.clips if _is_audio(clip)):
        if problem := _problem(path):
            problems[path] = problem

    def marked(clip: Clip) -> Clip:
        problem = problems.get(clip.source.path) if _is_audio(clip) else None
        if problem is None:
            return clip
        film = problem.endswith("holds no sound") and PurePath(clip.source.path).suffix.lower() in VIDEO
        notes = clip.notes if film else (problem,)
        return replace(clip, source=replace(clip.source, kind="video" if film else "damaged"), notes=notes)

    if not problems:
        return tracks
    return tuple(replace(track, clips=tuple(map(marked, track.clips))) for track in tracks)


def _is_audio(clip: Clip) -> bool:
    return clip.source.kind == "audio"


def _problem(path: str) -> str:
    from mixengine.audio.files import AudioFile, UnreadableAudio

    try:
        file = AudioFile(path)
    except UnreadableAudio as error:
        return str(error)
    file.close()
    return "" if file.frames else f"{path}: holds no audio"


def media_notes(tracks: Iterable[Track]) -> list[str]:
    """One line for each file of which something is missing, or of which not all channels are heard; and for each that
    is not there while another one is whose name differs in case only.
    """
    tracks = tuple(tracks)
    notes = _other_case(tracks)
    for track in tracks:
        for clip in {clip.source.path: clip for clip in track.audio_clips}.values():
            name = PurePath(clip.source.path).name
            notes += [f"{track.name}: {name}: {what}" for what in _what(clip)]
    return notes


def _other_case(tracks: Iterable[Track]) -> list[str]:
    """Files that a system without regard to case would find: this one, and REAPER on it, does not."""
    listed: dict[str, dict[str, str]] = {}
    notes = {}
    for track in tracks:
        for clip in track.clips:
            path = PurePath(clip.source.path)
            if clip.source.kind != "missing" or str(path) in notes:
                continue
            if (there := _as_written_here(path, listed)) is not None:
                notes[str(path)] = (
                    f"{track.name}: {path} is missing, but {there} is there, whose name differs in capital letters "
                    f"only: rename it to {path.name}, or choose it for the item in REAPER"
                )
    return list(notes.values())


def _as_written_here(path: PurePath, listed: dict[str, dict[str, str]]) -> str | None:
    """The file whose path is the same but for case, if there is one."""
    here = path.anchor
    if not path.is_absolute():
        return None
    for part in path.parts[1:]:
        if here not in listed:
            try:
                listed[here] = {name.casefold(): name for name in sorted(os.listdir(here))}
            except OSError:
                return None
        exact = os.path.join(here, part)
        name = part if os.path.exists(exact) else listed[here].get(part.casefold())
        if name is None:
            return None
        here = os.path.join(here, name)
    return here if os.path.isfile(here) else None


def _what(clip: Clip) -> Iterator[str]:
    from mixengine.audio.files import AudioFile, UnreadableAudio
    from mixengine.audio.timeline import unheard_channels

    try:
        file = AudioFile(clip.source.path)
    except UnreadableAudio:
        return
    file.close()
    yield from file.notes
    if lost := unheard_channels(clip, file.channels):
        yield f"{lost}: as in REAPER, a track plays channels 1 and 2 into the mix (--split-channels splits a folder's)"

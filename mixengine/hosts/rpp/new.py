"""Text of new objects in a project: tracks, items, a whole project.

All functions return lines indented relative to each other; `Document.insert` adds the indentation of the place. GUIDs
are derived from names (`guid`), so that the same input gives the same file.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path, PurePath

from mixengine.hosts.rpp.words import encode, format_number, quote
from mixengine.model.session import EQUAL_POWER, Clip, Fade, Session, Track
from mixengine.model.units import amplitude

_NAMESPACE = uuid.UUID("3d0f8c0e-6f0c-5d7a-9d38-6d1f0a3c9b51")
_SOURCE_TYPES = {".flac": "FLAC", ".mp3": "MP3", ".ogg": "VORBIS", ".oga": "VORBIS", ".opus": "OPUS", ".wv": "WAVPACK"}


def guid(*names: str) -> str:
    """A GUID in REAPER's form, the same for the same names."""
    text = "\x1f".join(names).encode("utf-8", "backslashreplace").decode()
    return "{" + str(uuid.uuid5(_NAMESPACE, text)).upper() + "}"


def relative_media(path: str, folder: Path) -> str:
    """A media path for a project in ``folder``: relative with forward slashes if possible."""
    if not PurePath(path).is_absolute():
        return path.replace(os.sep, "/")
    try:
        return os.path.relpath(path, folder.resolve()).replace(os.sep, "/")
    except ValueError:  # another drive on Windows
        return path


def track_lines(track: Track, folder_state: tuple[int, int] = (0, 0)) -> list[str]:
    """A ``<TRACK`` block without items and closing line."""
    return [
        f"<TRACK {quote(track.id)}",
        f"  NAME {quote(track.name)}",
        f"  VOLPAN {format_number(amplitude(track.fader_db))} {format_number(track.pan)} -1 -1 1",
        f"  MUTESOLO {int(track.mute)} {int(track.solo)} 0",
        f"  IPHASE {int(track.inverted)}",
        f"  ISBUS {folder_state[0]} {folder_state[1]}",
        "  SEL 0",
        f"  NCHAN {track.channels}",
        "  FX 1",
        f"  TRACKID {quote(track.id)}",
        "  MAINSEND 1 0",
    ]


def item_lines(clip: Clip, file: str) -> list[str]:
    """An ``<ITEM`` block that plays ``file`` (a path as written into the project)."""
    return [
        "<ITEM",
        f"  POSITION {format_number(clip.position_s)}",
        "  SNAPOFFS 0",
        f"  LENGTH {format_number(clip.length_s)}",
        f"  LOOP {int(clip.loop)}",
        "  ALLTAKES 0",
        f"  FADEIN {_fade_words(clip.fade_in)}",
        f"  FADEOUT {_fade_words(clip.fade_out)}",
        f"  MUTE {int(clip.mute)} 0",
        "  SEL 0",
        f"  IGUID {quote(clip.id)}",
        f"  NAME {quote(clip.name or PurePath(file).name)}",
        f"  VOLPAN 1 {format_number(clip.pan)} 1 -1",
        f"  SOFFS {format_number(clip.offset_s)}",
        "  PLAYRATE 1 1 0 -1 0 0.0025",
        f"  CHANMODE {clip.channel_mode}",
        f"  GUID {guid('take', clip.id)}",
        *("  " + line for line in source_lines(file)),
        ">",
    ]


def _fade_words(fade: Fade) -> str:
    """Shape, length, no automatic length, and curvature; without a length REAPER's default line."""
    if not fade.length_s:
        return "1 0 0 1 0 0 0"
    shape = "1.1" if fade.shape == EQUAL_POWER else str(fade.shape)
    return f"{shape} {format_number(fade.length_s)} 0 1 0 {format_number(fade.curve)} {format_number(fade.curve)}"


def source_lines(file: str) -> list[str]:
    """A ``<SOURCE`` block of a file (a path as written into the project)."""
    kind = _SOURCE_TYPES.get(PurePath(file).suffix.lower(), "WAVE")
    return [f"<SOURCE {kind}", f"  FILE {quote(file, always=True)}", ">"]


def folder_depths(tracks: tuple[Track, ...]) -> list[tuple[int, int]]:
    """ISBUS state and depth change of each track, from the tracks' parents.

    Tracks must be in mixer order: every folder directly before its first child.
    """
    parents = {track.id: track.parent for track in tracks}

    def depth(track_id: str | None) -> int:
        level = 0
        while track_id is not None and (track_id := parents[track_id]) is not None:
            level += 1
        return level

    levels = [depth(track.id) for track in tracks] + [0]
    states = []
    for track, level, next_level in zip(tracks, levels, levels[1:], strict=False):
        change = next_level - level
        states.append((1, 1) if track.is_folder and change > 0 else (2, change) if change < 0 else (0, 0))
    return states


def project(session: Session, folder: Path) -> bytes:
    """A new project file for a session, to be saved in ``folder``: tracks, folders and items, faders as they are."""
    lines = [
        '<REAPER_PROJECT 0.1 "7.0" 0',
        "  RIPPLE 0",
        "  PANLAW 1",
        "  PANMODE 3",
        "  PANLAWFLAGS 3",
        "  CURSOR 0",
        '  RECORD_PATH "" ""',
        f"  SAMPLERATE {session.sample_rate} 1 0",
        f"  TEMPO {format_number(session.tempo_bpm)} 4 4",
        "  PLAYRATE 1 0 0.25 4",
        f"  MASTER_VOLUME {format_number(amplitude(session.master_db))} 0 -1 -1 1",
        "  MASTER_FX 1",
    ]
    for track, state in zip(session.tracks, folder_depths(session.tracks), strict=True):
        lines += ["  " + line for line in track_lines(track, state)]
        for clip in track.clips:
            lines += ["    " + line for line in item_lines(clip, relative_media(clip.source.path, folder))]
        lines.append("  >")
    lines.append(">")
    return b"".join(encode(line) + b"\r\n" for line in lines)

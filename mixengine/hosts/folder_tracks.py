"""The tracks of a folder: which files belong together, when they begin, and which are no part of the session."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mixengine.audio import riff
from mixengine.audio.files import VIDEO, AudioFile, UnreadableAudio
from mixengine.hosts.folder_files import listing
from mixengine.hosts.rpp import new
from mixengine.model.inputs import InputFile
from mixengine.model.session import Clip, Source, Track

_SIDE = re.compile(r"^(?P<stem>.+)(?P<mark>[._-])(?P<side>[LR])$", re.IGNORECASE)
_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """How a folder is read.

    Attributes
    ----------
    split_channels : bool
        A track for each channel of a file.
    timestamps : bool or None
        Place files at the times that recorders wrote into them (BWF); ``None``: where all agree on one day.
    """

    split_channels: bool = False
    timestamps: bool | None = None


@dataclass(slots=True)
class AudioInput:
    """One file: what it holds, and where a project finds it when other programs do not read it as it is."""

    path: Path
    inside: str
    parent: str | None
    rate: int = 0
    channels: int = 0
    frames: int = 0
    is_plain: bool = True
    is_film: bool = False
    problem: str = ""
    notes: tuple[str, ...] = ()
    stamp_s: float | None = None
    day: str = ""

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.frames / self.rate if self.rate else 0.0


@dataclass
class FolderTracks:
    """The tracks in order, and what was done with which file."""

    tracks: list[Track] = field(default_factory=list)
    inputs: list[InputFile] = field(default_factory=list)
    files: list[AudioInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read_tracks(root: Path, options: FolderOptions) -> FolderTracks:
    """The tracks of a folder and its groups."""
    result = FolderTracks()
    _read_group(root, root, None, options, result)
    _place(result, options)
    return result


def _read_group(folder: Path, root: Path, parent: str | None, options: FolderOptions, result: FolderTracks) -> None:
    here = listing(folder)
    files = [_opened(path, root, parent) for path in here.files]
    result.files += files
    for track, inputs in _joined(files, options):
        result.tracks += track
        result.inputs += inputs
    for path in here.folders:
        group = Track(new.guid("track", path.relative_to(root).as_posix()), path.name, parent, is_folder=True)
        before = len(result.tracks)
        result.tracks.append(group)
        _read_group(path, root, group.id, options, result)
        if len(result.tracks) == before + 1:
            result.tracks.pop()


def _opened(path: Path, root: Path, parent: str | None) -> AudioInput:
    entry = AudioInput(path, path.relative_to(root).as_posix(), parent, is_film=path.suffix.lower() in VIDEO)
    try:
        file = AudioFile(str(path))
    except UnreadableAudio as error:
        entry.problem = str(error)
        return entry
    file.close()
    if not file.frames:
        entry.problem = f"{path}: holds no audio"
    entry.rate, entry.channels, entry.frames = file.rate, file.channels, file.frames
    entry.is_plain, entry.notes = file.is_plain, file.notes
    entry.stamp_s, entry.day = _stamp(path, file.rate)
    return entry


def _stamp(path: Path, rate: int) -> tuple[float | None, str]:
    """When a recorder says that a file begins: seconds since midnight, and the day; (``None``, "") without that."""
    stamp = riff.time_stamp(str(path))
    return (stamp[0] / rate, stamp[1]) if stamp and rate else (None, "")


def _joined(files: Sequence[AudioInput], options: FolderOptions) -> Iterator[tuple[list[Track], list[InputFile]]]:
    """The tracks of the files of one folder: pairs of left and right are one."""
    waiting = {entry.inside: entry for entry in files}
    for entry in files:
        if entry.inside not in waiting:
            continue
        del waiting[entry.inside]
        if entry.is_film and entry.problem.endswith("holds no sound"):
            yield [], [InputFile(entry.inside, "", "a film without sound")]
            continue
        other = next((each for each in waiting.values() if _are_sides(entry, each)), None)
        if other is not None:
            del waiting[other.inside]
            left, right = (entry, other) if _side(entry) == "L" else (other, entry)
            track = _pair(left, right)
            yield (
                [track],
                [
                    InputFile(left.inside, f"track '{track.name}'", "its left channel"),
                    InputFile(right.inside, f"track '{track.name}'", "its right channel"),
                ],
            )
        elif options.split_channels and entry.channels > 1:
            tracks = [_one_channel(entry, channel) for channel in range(entry.channels)]
            names = ", ".join(f"'{track.name}'" for track in tracks)
            yield tracks, [InputFile(entry.inside, f"tracks {names}", "one for each channel")]
        else:
            track = _track(entry)
            yield [track], [InputFile(entry.inside, f"track '{track.name}'", _remark(entry))]


def _remark(entry: AudioInput) -> str:
    if entry.problem:
        return f"cannot be read: {entry.problem.removeprefix(f'{entry.path}: ')}"
    return "; ".join(entry.notes)


def _side(entry: AudioInput) -> str:
    match = _SIDE.match(entry.path.stem)
    return match["side"].upper() if match else ""


def _are_sides(a: AudioInput, b: AudioInput) -> bool:
    """Whether two files are left and right of one recording: same name, one channel, same length."""
    one, two = _SIDE.match(a.path.stem), _SIDE.match(b.path.stem)
    if one is None or two is None or one["side"].upper() == two["side"].upper():
        return False
    same = (one["stem"], one["mark"]) == (two["stem"], two["mark"])
    return same and a.channels == b.channels == 1 and (a.rate, a.frames) == (b.rate, b.frames) and a.frames > 0


def _track(entry: AudioInput) -> Track:
    kind = "damaged" if entry.problem else "audio"
    channels = max(entry.channels + entry.channels % 2, 2)
    clip = _clip(entry, kind=kind)
    return Track(_track_id(entry), entry.path.stem, entry.parent, channels=channels, clips=(clip,))


def _pair(left: AudioInput, right: AudioInput) -> Track:
    """One stereo track: both items sound together, each on its side."""
    match = _SIDE.match(left.path.stem)
    clips = (replace(_clip(left), pan=-1.0), replace(_clip(right), pan=1.0))
    return Track(_track_id(left), match["stem"] if match else left.path.stem, left.parent, clips=clips)


def _one_channel(entry: AudioInput, channel: int) -> Track:
    """A track that plays one channel of a file."""
    inside = f"{entry.inside}#{channel + 1}"
    clip = replace(_clip(entry), id=new.guid("item", inside), channel_mode=3 + channel)
    return Track(new.guid("track", inside), f"{entry.path.stem} {channel + 1}", entry.parent, clips=(clip,))


def _track_id(entry: AudioInput) -> str:
    return new.guid("track", entry.inside)


def _clip(entry: AudioInput, kind: str = "audio") -> Clip:
    notes = (entry.problem,) if entry.problem else ()
    source = Source(str(entry.path), kind)
    return Clip(new.guid("item", entry.inside), source, 0.0, entry.length_s, name=entry.path.name, notes=notes)


def _place(result: FolderTracks, options: FolderOptions) -> None:
    """Move clips to the times that recorders wrote into their files."""
    readable = [entry for entry in result.files if not entry.problem and entry.frames]
    stamped = [entry for entry in readable if entry.stamp_s is not None]
    stamps = {str(entry.path): entry.stamp_s for entry in stamped if entry.stamp_s is not None}
    if options.timestamps is False or not stamps or max(stamps.values()) == min(stamps.values()):
        return
    first_s = min(stamps.values())
    agree = len(stamped) == len(readable) and len({entry.day for entry in stamped}) == 1
    if not agree and options.timestamps is None:
        why = "of another day" if len(stamped) == len(readable) else "not in every file"
        result.notes.append(
            f"time stamps of recorders are in {len(stamped)} of {len(readable)} files and not used ({why}): "
            "all begin at 0; --timestamps uses them"
        )
        return
    if max(stamps.values()) - first_s > _DAY_S:
        result.notes.append("time stamps of recorders are more than a day apart and not used: all begin at 0")
        return

    def placed(clip: Clip) -> Clip:
        return replace(clip, position_s=round(stamps.get(clip.source.path, first_s) - first_s, 9))

    result.tracks = [replace(track, clips=tuple(map(placed, track.clips))) for track in result.tracks]
    last_s = max(stamps.values()) - first_s
    result.notes.append(
        f"files are placed by their recorders' time stamps (0 to {last_s:.2f} s); --no-timestamps: all at 0"
    )


def rates(files: Sequence[AudioInput]) -> Counter[int]:
    """How many files have which sample rate."""
    return Counter(entry.rate for entry in files if entry.rate)

"""Tracks as a running REAPER renders them: which are asked for, where the files are kept, and when they are used again.

Files live in the user's cache folder under the key of what they depend on (`mixengine.hosts.stem_keys`): for a day, and
no more than `MAX_BYTES` of them. Nothing is written beside the project.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mixengine.hosts.reaper.stem_request import STOPPED, Pass, StemAnswer, StemRequest
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.stem_keys import stem_key
from mixengine.model.session import MASTER, Session, Track
from mixengine.system.errors import UserError
from mixengine.system.user_dirs import cache_folder

MAX_BYTES = 4 * 2**30
MAX_AGE_S, _MAX_AGE_ONCE_S = 86400.0, 3600.0
RUN_IN_S = 2.0
"""A stretch is rendered from this much earlier on, so that plug-ins stand as in the whole."""
_FIRST_WITH_PRE_FADER = (7, 0)
"""Versions before are taken not to know stems that end before the fader; newer ones are asked."""
_BYTES_PER_FRAME = 8
_RESERVE_BYTES = 256 * 2**20
"""What must stay free on the disk."""
_STORE, _ONCE = "stems", "once-"
"""The folder, and how those in it are called whose files cannot be used again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be rendered.

    Attributes
    ----------
    stretches : mapping of str to tuple of (float, float)
        Track id → between which times, in seconds of the session.
    names : mapping of str to str
        Track id → name of its files, without ending.
    bypassed : str
        Plug-ins of this label are bypassed meanwhile; empty: none.
    mix_span_s : (float, float), optional
        The mix between these times too, without the master's effects, as the stem of `MASTER`; it is always rendered
        anew.
    buses : frozenset of str
        Those tracks whose sound hangs on the faders of others: renders with the faders of ``left_db`` are used again,
        where all of them are there.
    left_db : mapping of str to float
        Track id → fader as the user left it, where it stands elsewhere now.
    items_behind : frozenset of str
        Those tracks of which automation items behind the fader are heard too: rendered behind it, and the fader and
        what has no such items is taken out.
    """

    stretches: Mapping[str, tuple[tuple[float, float], ...]]
    names: Mapping[str, str]
    bypassed: str = ""
    mix_span_s: tuple[float, float] | None = None
    buses: frozenset[str] = frozenset()
    left_db: Mapping[str, float] = field(default_factory=dict)
    items_behind: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Stem:
    """A file with the sound of a track before its fader: ``offset_s`` into it the session stands at ``start_s``.

    ``note`` says what of it could not be had, if anything; ``as_left`` that other tracks' faders stood in it as the
    user left them, not as they do now; ``taken_back`` that it was rendered behind the fader, which was taken out of it.
    """

    path: str
    start_s: float
    end_s: float
    offset_s: float
    note: str = ""
    as_left: bool = False
    taken_back: bool = False


@dataclass
class Order:
    """What REAPER still has to render, and where it belongs.

    Attributes
    ----------
    request : StemRequest
    places : dict of (str, float, float) to Path
        (Track id, start and end of the pass) → where the file is kept.
    stems : dict of str to list of Stem
        All that was wanted; the files of ``places`` are not there yet.
    items_behind : frozenset of str
        See `Wanted`.
    """

    request: StemRequest
    places: dict[tuple[str, float, float], Path] = field(default_factory=dict)
    stems: dict[str, list[Stem]] = field(default_factory=dict)
    items_behind: frozenset[str] = frozenset()


def order(project: Project, session: Session, wanted: Wanted) -> Order:
    """Which of the wanted stems are kept already, and the request for the others."""
    pre_fader = _version(project.version) >= _FIRST_WITH_PRE_FADER
    missing: dict[tuple[float, float, bool], list[str]] = {}
    places: dict[tuple[str, float, float], Path] = {}
    stems: dict[str, list[Stem]] = {}
    standing_db = {track.id: track.fader_db for track in session.tracks}
    left_db = {**standing_db, **wanted.left_db}

    def kept(track_id: str, span: tuple[float, float], faders_db: Mapping[str, float]) -> tuple[Path, bool]:
        moved_db = faders_db if track_id in wanted.buses else None
        without = wanted.bypassed
        key = stem_key(project, session, track_id, span, without=without, pre_fader=pre_fader, faders_db=moved_db)
        path = place_of(key, wanted.names[track_id], len(places))
        return path, key is not None and path.is_file()

    as_left = bool(wanted.left_db) and all(  # of all buses or of none: one may play into another
        kept(bus, (max(start_s - RUN_IN_S, 0.0), end_s), left_db)[1]
        for bus in wanted.buses
        for start_s, end_s in wanted.stretches[bus]
    )
    for track_id, spans in wanted.stretches.items():
        for start_s, end_s in spans:
            span = (max(start_s - RUN_IN_S, 0.0), end_s)
            path, is_kept = kept(track_id, span, left_db if as_left else standing_db)
            as_left_here = as_left and track_id in wanted.buses
            stem = Stem(str(path), start_s, end_s, start_s - span[0], as_left=as_left_here)
            stems.setdefault(track_id, []).append(stem)
            if not is_kept:
                missing.setdefault((*span, track_id in wanted.items_behind), []).append(track_id)
                place = (track_id, *span)
                places[place] = path
    passes = tuple(Pass(start_s, end_s, tuple(names), behind) for (start_s, end_s, behind), names in missing.items())
    ours = {
        track.id
        for track in session.tracks
        for effect in track.effects
        if wanted.bypassed and effect.label == wanted.bypassed
    }
    rendered = {name for one in passes for name in one.tracks}
    request = StemRequest(
        session.sample_rate,
        passes,
        tuple(track.id for track in session.tracks if track.solo),
        wanted.bypassed,
        tuple(sorted(ours & rendered)),
        pre_fader,
        wanted.mix_span_s,
    )
    if wanted.mix_span_s:
        path = _store() / f"{_ONCE}{os.getpid()}-mix" / "mix.wav"
        stems[MASTER] = [Stem(str(path), *wanted.mix_span_s, 0.0)]
        place = (MASTER, *wanted.mix_span_s)
        places[place] = path
    return Order(request, places, stems, wanted.items_behind)


def check_room(seconds: float, sample_rate: int, folder: Path, whose: str, instead: str) -> None:
    """`UserError` where the disk of ``folder`` has no room for so many seconds of stereo."""
    needed = int(seconds * sample_rate) * _BYTES_PER_FRAME
    if needed and needed + _RESERVE_BYTES > (free := shutil.disk_usage(folder).free):
        raise UserError(
            f"no space left for {whose}: {_megabytes(needed)} needed in {folder}, "
            f"{_megabytes(free)} free; make room, {instead}"
        )


def check_space(request: StemRequest, folder: Path) -> None:
    """`UserError` where the disk of ``folder`` has no room for what is asked for."""
    seconds = sum((one.end_s - one.start_s) * len(one.tracks) for one in request.passes)
    if request.mix_span_s:
        seconds += request.mix_span_s[1] - request.mix_span_s[0]
    count = len({name for one in request.passes for name in one.tracks})
    instead = "set a time selection, or choose 'Listen: items' in the options"
    check_room(seconds, request.sample_rate, folder, f"REAPER's renders of {count} tracks", instead)


def take(order: Order, answer: StemAnswer, session: Session) -> dict[str, list[Stem]]:
    """Move what REAPER rendered to where it is kept; `UserError` where something of it is missing.

    Files that end after the fader get its known gain taken out (`mixengine.hosts.post_fader`).
    """
    from mixengine.hosts import post_fader

    tracks = {track.id: track for track in session.tracks}
    tracks |= {name: post_fader.without_items(tracks[name]) for name in order.items_behind}
    for (track_id, start_s, end_s), place in order.places.items():
        path = answer.files.get((track_id, start_s, end_s))
        if path is None or not os.path.isfile(path):
            raise UserError(STOPPED)
        place.parent.mkdir(parents=True, exist_ok=True)
        _mark(place).unlink(missing_ok=True)  # of an earlier file of that name
        if track_id == MASTER or (answer.pre_fader and track_id not in order.items_behind):
            shutil.move(path, place)
        else:
            post_fader.undone(Path(path), place, tracks[track_id], session, start_s)
            if not answer.pre_fader:
                _mark(place).touch()
            os.remove(path)
    for name in order.stems.keys() - {MASTER}:
        behind = name in order.items_behind
        order.stems[name] = [_marked(stem, tracks[name], session, behind) for stem in order.stems[name]]
    keep(Path(stem.path) for stems in order.stems.values() for stem in stems)
    return order.stems


def _mark(place: Path) -> Path:
    """Stands beside a file out of which the fader was taken."""
    return place.parent / "rendered-behind-the-fader"


def _marked(stem: Stem, track: Track, session: Session, behind: bool) -> Stem:
    """The stem with what is to be said of it where the fader was taken out of its file."""
    from mixengine.hosts import post_fader

    taken_back = _mark(Path(stem.path)).is_file()
    note = post_fader.warning(track, session) if taken_back or behind else ""
    return replace(stem, note=note, taken_back=taken_back)


def place_of(key: str | None, name: str, number: int) -> Path:
    """Where a file of that key and name is kept; without a key, the ``number``-th that cannot be used again."""
    return _store() / (key or f"{_ONCE}{os.getpid()}-{number}") / f"{name}.wav"


def keep(paths: Iterable[Path]) -> None:
    """These files are in use now: what is old goes, see `MAX_BYTES`."""
    used = {path.parent for path in paths}
    _trim(used)
    for folder in used:
        with contextlib.suppress(OSError):
            os.utime(folder)


def clear() -> tuple[int, int]:
    """Delete all files that are kept; returns how many and how many bytes."""
    files = [path for path in _store().glob("*/*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    shutil.rmtree(_store(), ignore_errors=True)
    return len(files), size


def _trim(used: Iterable[Path]) -> None:
    """Delete what is old, and the least recently used beyond `MAX_BYTES`; never what is in use now."""
    kept = {*used}
    total = sum(_size(folder) for folder in kept)
    others = [folder for folder in _store().glob("*") if folder.is_dir() and folder not in kept]
    for folder in sorted(others, key=lambda folder: folder.stat().st_mtime, reverse=True):
        total += _size(folder)
        max_age_s = _MAX_AGE_ONCE_S if folder.name.startswith(_ONCE) else MAX_AGE_S
        if time.time() - folder.stat().st_mtime > max_age_s or total > MAX_BYTES:
            shutil.rmtree(folder, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())


def _store() -> Path:
    return cache_folder() / _STORE


def _megabytes(size: float) -> str:
    return f"{size / 1e6:,.0f} MB"


def _version(text: str) -> tuple[int, int]:
    """``7.82/win64`` as (7, 82); what is no version as the newest."""
    major, _, minor = text.partition("/")[0].partition(".")
    digits = "".join(char for char in minor[:2] if char.isdigit())
    return (int(major), int(digits or 0)) if major.isdigit() else (99, 0)

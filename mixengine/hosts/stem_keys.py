"""When REAPER's render of a track can be used again: a key of everything that its sound before the fader depends on.

That is the track's own state without its fader, pan, mute, colours and windows, the whole states of the tracks that
come into it and of their VCA leads, and size and time of change of the media. What no state holds (samples that a
plug-in loads, a tempo map) does not enter.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping

from mixengine.hosts.rpp import effects
from mixengine.hosts.rpp.project import PARTLY_READ, Project
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line, decode
from mixengine.model.session import Session, Track

_VERSION = 2
"""Counts up whenever stems are rendered in another way."""
_LOOKS = frozenset(
    "SEL PEAKCOL TRACKHEIGHT SHOWINMIX BUSCOMP VU LAYOUTS LOCK TRACKIMGFN SHOW LASTSEL DOCKED WNDRECT FLOAT FLOATPOS "
    "WAK VIS ARM LANEHEIGHT".split()
)
"""Lines that never sound."""
_AFTER = frozenset("NAME VOLPAN MUTESOLO ISBUS PANMODE PANLAWFLAGS MAINSEND MAINSEND_NCH HWOUT REC".split())
"""Lines of a track that come after its plug-ins, or say nothing about its sound."""
_AFTER_BLOCKS = frozenset("VOLENV2 VOLENV3 PANENV2 MUTEENV WIDTHENV2 DUALPANENV2 DUALPANENVL2 FXCHAIN_REC EXT".split())


def stem_key(
    project: Project,
    session: Session,
    track_id: str,
    span_s: tuple[float, float],
    *,
    without: str,
    pre_fader: bool,
    faders_db: Mapping[str, float] | None = None,
) -> str | None:
    """The key of a track's stem between two times; ``None`` where its state is not all that it depends on, or could
    not be read whole.

    Parameters
    ----------
    without : str
        Plug-ins of this label are bypassed in the stem.
    pre_fader : bool
        The stem ends before the fader.
    faders_db : mapping of str to float, optional
        Where the faders of the tracks that come into it are taken to stand, by track id; by default as they do.
    """
    tracks = {track.id: track for track in session.tracks}
    upstream = _upstream(session, tracks[track_id])
    leads = {lead for name in upstream for lead, _ in tracks[name].leads}
    senders = sorted((upstream | leads) - {track_id})
    blocks = [project.tracks[name] for name in (track_id, *senders)]
    if any(block.line(PARTLY_READ) is not None or _holds_automation_items(block) for block in blocks):
        return None
    own = list(_lines(blocks[0], _LOOKS | _AFTER if pre_fader else _LOOKS, without, pre_fader))
    others = [list(_lines(block, _LOOKS, "", False)) for block in blocks[1:]]
    if faders_db is not None:
        others = [_at(lines, faders_db[name]) for name, lines in zip(senders, others, strict=True)]
    stamps = [_stamps(project, tracks[name]) for name in (track_id, *senders)]
    head = [session.sample_rate, session.tempo_bpm, session.pan_law, session.pan_mode, project.version, *span_s]
    text = json.dumps([_VERSION, pre_fader, head, own, others, stamps])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _holds_automation_items(block: Block) -> bool:
    """Whether the points of a pool sound, which stand in no track's state."""
    return any(line.name == "POOLEDENVINST" for line in block.lines) or any(
        map(_holds_automation_items, block.children)
    )


def _upstream(session: Session, track: Track) -> set[str]:
    """The tracks whose sound comes into a track: by sends, and from inside it and a folder that sends."""
    inside: dict[str, list[str]] = {}
    for other in session.tracks:
        if other.parent is not None:
            inside.setdefault(other.parent, []).append(other.id)
    tracks = {other.id: other for other in session.tracks}
    seen: set[str] = set()
    waiting = [receive.source for receive in track.receives] + inside.get(track.id, [])
    while waiting:
        name = waiting.pop()
        if name in seen or name == track.id:
            continue
        seen.add(name)
        waiting += [receive.source for receive in tracks[name].receives] + inside.get(name, [])
    return seen


def _at(lines: list[str], fader_db: float) -> list[str]:
    """The lines of a track with its fader at another place."""
    at = next(place for place, line in enumerate(lines) if line.startswith("VOLPAN "))  # those of items follow
    level = f"{round(fader_db, 3) + 0.0:.3f}"  # without a minus before zeros
    return [*lines[:at], f"VOLPAN {level} dB {lines[at].split(maxsplit=2)[2:]}", *lines[at + 1 :]]


def _lines(block: Block, left_out: frozenset[str], without: str, pre_fader: bool) -> Iterator[str]:
    inside: list[str] = []
    for entry in _entries(block, without):
        if isinstance(entry, Line):
            if entry.name not in left_out:
                inside.append(decode(entry.raw).strip())
        elif not (pre_fader and entry.name in _AFTER_BLOCKS):
            inside += _lines(entry, _LOOKS, without, False)
    if inside or block.name not in effects.CHAINS:  # a chain without plug-ins is none
        yield from (decode(block.opening.raw).strip(), *inside)


def _entries(block: Block, without: str) -> Iterator[Line | Block]:
    """The entries of a block; of a chain without the plug-ins of a label, each from its ``BYPASS`` line on."""
    if block.name not in effects.CHAINS or not without:
        yield from block.entries
        return
    group: list[Line | Block] = []
    for entry in [*block.entries, None]:
        if entry is None or (isinstance(entry, Line) and entry.name == "BYPASS"):
            if not any(_is_labelled(one, without) for one in group):
                yield from group
            group = []
        if entry is not None:
            group.append(entry)


def _is_labelled(entry: Line | Block, label: str) -> bool:
    return isinstance(entry, Block) and entry.name in effects.PLUGINS and effects.label(entry) == label


def _stamps(project: Project, track: Track) -> list[list[object]]:
    """Size and time of change of the files that a track's items play."""
    paths = dict.fromkeys(clip.source.path for clip in track.clips if clip.source.path)
    return [[path, *_stamp(project.media.resolve(path)[0])] for path in paths]


def _stamp(path: str) -> list[int]:
    try:
        status = os.stat(path)
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns]

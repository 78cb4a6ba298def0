"""A REAPER project file as a `Session`.

`Project` keeps the `Document` and the block of each track and item id, so that `mixengine.hosts.rpp.apply` can find
them.
"""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from pathlib import Path

from mixengine.hosts.rpp import (
    as_found,
    effects,
    envelopes,
    extstate,
    fx_chains,
    groups,
    items,
    lanes,
    media_check,
    midi,
    mixer,
    notes_played,
    overlaps,
    switches,
)
from mixengine.hosts.rpp.media_paths import MediaPaths
from mixengine.hosts.rpp.syntax import Block, Document
from mixengine.hosts.rpp.words import Line
from mixengine.model import unheard
from mixengine.model.session import Marker, Session, Track
from mixengine.model.units import decibels
from mixengine.system.errors import UserError

_FALLBACK_RATE = 44100
PARTLY_READ = "MIXENGINE_PARTLY_READ"
"""Line of a track, or of the project, in the text of an open project: what could not be read of it, see
`mixengine.hosts.reaper.large` and `mixengine.hosts.reaper.master_lines`. It is not in any file."""


class Project:
    """A project file that was read.

    Attributes
    ----------
    path : Path
        Where it was read from.
    document : Document
        Its text.
    media : MediaPaths
        Where its media files are.
    tracks : dict of str to Block
        Track id → its block, in mixer order.
    source : bytes
        The whole file; ``document`` is its newest version where it holds several.
    """

    def __init__(self, data: bytes, path: Path) -> None:
        as_found.check_text(data, path)
        self.path, self.source = path, data
        data, self._versions_note = as_found.newest(data, path)
        self.document = Document(data)
        if self.document.root is None or self.document.root.name != "REAPER_PROJECT":
            raise UserError(f"{path}: not a REAPER project (it does not start with <REAPER_PROJECT)")
        self.media = MediaPaths(path.absolute().parent, self.document.root.line("RECORD_PATH"))
        self.root: Block = self.document.root
        self.tracks: dict[str, Block] = {}
        seen: Counter[str] = Counter()
        for block in self.root.all("TRACK"):
            self.tracks[_unique(_track_id(block), "track", self.tracks, seen)] = block

    @classmethod
    def load(cls, path: str | Path) -> Project:
        """Read a project file; `UserError` when it cannot be read or is not a project."""
        path = Path(path)
        try:
            return cls(path.read_bytes(), path)
        except OSError as error:
            raise UserError(f"{path}: cannot be read: {error.strerror or error}") from None

    def at(self, path: Path) -> Project:
        """The same project at another path, relative to which its media files are searched."""
        other = copy.copy(self)
        other.path = path
        other.media = MediaPaths(path.absolute().parent, self.root.line("RECORD_PATH"))
        return other

    @property
    def version(self) -> str:
        """REAPER's version as the file states it, e.g. ``7.41/win64``."""
        return self.root.opening.text(2)

    def items(self, track: Block) -> dict[str, Block]:
        """Item id → block, for the items directly on a track (not inside FREEZE)."""
        blocks: dict[str, Block] = {}
        seen: Counter[str] = Counter()
        for block in track.all("ITEM"):
            line = block.line("IGUID") or block.line("GUID")
            blocks[_unique(line.text(1) if line else "", "item", blocks, seen)] = block
        return blocks

    def check_writable(self) -> None:
        """Refuse a project that is cut off or continues after its end: parts of it may be missing."""
        document = self.document
        if document.unclosed is not None:
            raise UserError(
                f"{self.path}: line {document.line_count}: the file ends inside <{document.unclosed.name} "
                f"(line {document.line_number(document.unclosed.start)}): it was cut off and is not written; "
                "open it in REAPER and save it, or take a backup"
            )
        if document.stray is not None:
            raise UserError(
                f"{self.path}: line {document.line_number(document.stray)}: more text after the end of the project; "
                "it is not written; open it in REAPER and save it first"
            )

    def session(self, *, hosted: bool = False) -> Session:
        """The project as a `Session`; with ``hosted`` it holds what VST3 plug-ins need to be played."""
        tracks = media_check.checked(self._read_tracks(hosted))
        tempo = self.root.line("TEMPO")
        master = self.root.line("MASTER_VOLUME")
        session = Session(
            name=self.path.stem,
            path=str(self.path),
            sample_rate=self._sample_rate(tracks),
            tracks=tracks,
            tempo_bpm=tempo.number(1, 120.0) if tempo else 120.0,
            master_db=decibels(master.number(1, 1.0)) if master else 0.0,
            markers=read_markers(self.root),
            notes=(*self._notes(), *media_check.media_notes(tracks)),
            master_effects=fx_chains.effects_of(self.root.first("MASTERFXLIST"), moving=self._moving, hosted=hosted),
            master_automation_items=envelopes.with_automation_items(self.root) if self._moving else (),
            time_selection_s=_time_selection(self.root),
            **mixer.of_session(self.root),
        )
        return switches.obeyed(unheard.with_items_named(session), self.root)

    def _read_tracks(self, hosted: bool) -> tuple[Track, ...]:
        tracks: list[Track] = []
        folders: list[str] = []
        roles = extstate.roles(self.root)
        ids, leads = list(self.tracks), groups.vca_leads(self.tracks)
        for number, (track_id, block) in enumerate(self.tracks.items(), start=1):
            bus = block.line("ISBUS")
            depth = bus.integer(2) if bus else 0
            is_folder = bus is not None and bus.integer(1) == 1 and depth > 0
            clips = overlaps.replaced(self._read_items(block), self.root, block)
            track = _read_track(block, track_id, f"Track {number}", ids, moving=self._moving, hosted=hosted)
            parent = folders[-1] if folders else None
            track = replace(track, parent=parent, is_folder=is_folder, clips=clips, leads=leads.get(track_id, ()))
            tracks.append(replace(track, role=roles.get(track_id)))
            if is_folder:
                folders.append(track_id)
            elif depth < 0:
                del folders[max(len(folders) + depth, 0) :]
        if not hosted:
            return tuple(tracks)
        return notes_played.given(tracks, self.tracks, self.items, midi.MidiReader(self.root, self.media.resolve))

    @property
    def _moving(self) -> bool:
        """Whether envelopes of plug-ins move anything."""
        return switches.imposed_mode(self.root) != switches.BYPASS_ALL

    def _read_items(self, track: Block) -> list[overlaps.Placed]:
        """The clips of the items in lanes that play."""
        return [
            entry
            for item_id, item in self.items(track).items()
            if lanes.plays(item, track)
            for entry in overlaps.placed(item, track, items.read_clips(item, item_id, self.media.resolve))
        ]

    def _sample_rate(self, tracks: tuple[Track, ...]) -> int:
        """The project's rate when it is enabled, else the most common rate of its media."""
        line = self.root.line("SAMPLERATE")
        project_rate = line.integer(1) if line else 0
        project_rate = project_rate if 1000 <= project_rate <= 768000 else 0
        if project_rate and line is not None and line.integer(2) == 1:
            return project_rate
        from mixengine.audio import files

        paths = {clip.source.path for track in tracks for clip in track.audio_clips}
        rates = Counter(rate for rate in map(files.sample_rate, sorted(paths)) if rate)
        media_rate = max(rates, key=lambda rate: (rates[rate], rate), default=0)
        return media_rate or project_rate or _FALLBACK_RATE

    def _notes(self) -> tuple[str, ...]:
        notes = [self._versions_note] if self._versions_note else []
        notes += [line.text(1) for line in self.root.lines if line.name == PARTLY_READ]
        notes += mixer.master_notes(self.root, moving=self._moving)
        if self.document.unclosed is not None:
            inside = self.document.unclosed.name
            notes.append(f"line {self.document.line_count}: the file ends inside <{inside}: it was cut off")
        moved = [_name(block) or key for key, block in self.tracks.items() if effects.moves_more_than_gains(block)]
        if moved:
            notes.append(f"envelopes on frequency or width of mixengine's equaliser are not heard: {', '.join(moved)}")
        for key, block in self.tracks.items():
            if line := block.line(PARTLY_READ):
                notes.append(f"{_name(block) or key}: {line.text(1)}")
        if locked := [_name(block) or key for key, block in self.tracks.items() if is_locked(block)]:
            notes.append(f"locked in REAPER, left as they are: {', '.join(locked)}")
        return tuple(notes)


def is_locked(track: Block) -> bool:
    """Whether the user locked a track's controls."""
    line = track.line("LOCK")
    return line is not None and line.integer(1) != 0


def _name(track: Block) -> str:
    line = track.line("NAME")
    return line.text(1) if line else ""


def _track_id(block: Block) -> str:
    if name := block.opening.text(1):  # the line is looked for last: reading all lines takes most of opening a project
        return name
    line = block.line("TRACKID")
    return line.text(1) if line else ""


def _unique(name: str, what: str, taken: dict[str, Block], seen: Counter[str]) -> str:
    """An unambiguous id; ``seen`` counts the names so far.

    Copied tracks can share a GUID: later ones get a number, ``{…}#2``. Very old files have no GUIDs: ``track-1`` is the
    first track without one, so that adding a track, which has a GUID, does not change the other ids.
    """
    while True:
        seen[name] += 1
        candidate = f"{what}-{seen[name]}" if not name else name if seen[name] == 1 else f"{name}#{seen[name]}"
        if candidate not in taken:
            return candidate


def _read_track(
    block: Block, track_id: str, fallback_name: str, ids: list[str], *, moving: bool, hosted: bool
) -> Track:
    """The fields in the track's own lines; the caller adds folder structure and clips."""
    names = ("NAME", "VOLPAN", "MUTESOLO", "IPHASE", "SEL", "NCHAN", "AUTOMODE")
    name, volpan, mute, phase, selected, channels, mode = map(block.line, names)
    return Track(
        id=track_id,
        name=(name.text(1) if name else "") or fallback_name,
        channels=min(max(channels.integer(1, 2), 2), 128) if channels else 2,
        fader_db=decibels(volpan.number(1, 1.0)) if volpan else 0.0,
        pan=min(max(volpan.number(2), -1.0), 1.0) if volpan else 0.0,
        mute=mute is not None and mute.integer(1) != 0,
        solo=mute is not None and mute.integer(2) != 0,
        inverted=phase is not None and phase.integer(1) != 0,
        selected=selected is not None and selected.integer(1) != 0,
        effects=fx_chains.effects_of(block.first("FXCHAIN"), moving=moving, hosted=hosted),
        automation=tuple(
            envelopes.read(child, envelopes.TRACK_ENVELOPES[child.name])
            for child in block.children
            if child.name in envelopes.TRACK_ENVELOPES
        ),
        automation_mode=mode.integer(1) if mode else 0,
        automation_items=envelopes.with_automation_items(block) if moving else (),
        **mixer.of_track(block, ids),
        locked=is_locked(block),
    )


def marker_lines(root: Block) -> list[tuple[Line, ...]]:
    """The ``MARKER index time name flags …`` lines: one for a marker, two with the same index for a region.

    Flag bit 0 marks the lines of a region. A region without its second line is left out.
    """
    markers: list[tuple[Line, ...]] = []
    open_regions: dict[int, Line] = {}
    for line in root.lines:
        if line.name != "MARKER":
            continue
        index = line.integer(1)
        if not line.integer(4) & 1:
            markers.append((line,))
        elif index in open_regions:
            markers.append((open_regions.pop(index), line))
        else:
            open_regions[index] = line
    return markers


def _time_selection(root: Block) -> tuple[float, float] | None:
    line = root.line("SELECTION")
    times_s = (line.number(1), line.number(2)) if line else (0.0, 0.0)
    return times_s if times_s[0] < times_s[1] else None


def read_markers(root: Block) -> tuple[Marker, ...]:
    """The markers and regions of a project."""
    return tuple(
        Marker(lines[0].text(3), lines[0].number(2), lines[1].number(2) if len(lines) == 2 else None)
        for lines in marker_lines(root)
    )

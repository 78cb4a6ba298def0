"""Write a plan into the running REAPER: the plan is applied to the snapshot's text, and what differs is written.

The text comes from the project-file host, so that both hosts give the same project. Of a track only what changed is
written: fader and pan as values; the whole state of a track only where no plug-ins of the user's would be loaded anew.
Everything is one undo step, made while REAPER does not redraw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mixengine.hosts.reaper import snapshot as snapshots
from mixengine.hosts.reaper.chains import write_chain
from mixengine.hosts.reaper.pieces import lines_of, show_envelopes, write_in_pieces
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.hosts.rpp import effects, extstate
from mixengine.hosts.rpp.project import PARTLY_READ, Project, marker_lines
from mixengine.hosts.rpp.syntax import Block, Line
from mixengine.model.plan import MixPlan
from mixengine.system.errors import UserError

_ALL_UNDO = -1
_VALUES = {"VOLPAN": ((1, "D_VOL"), (2, "D_PAN")), "MUTESOLO": ((1, "B_MUTE"),), "ISBUS": ((2, "I_FOLDERDEPTH"),)}
"""Lines of a track whose words are values of the API: word number and name."""


@dataclass
class Written:
    """What was done: how many tracks were touched, and one line for each thing that was not."""

    tracks: int = 0
    skipped: list[str] = field(default_factory=list)


def write(
    api: Any, snapshot: Snapshot, plan: MixPlan, ext_state: Mapping[str, str | None], *, title: str | None = None
) -> Written:
    """Apply a plan to the project of a snapshot, as one undo step.

    Parameters
    ----------
    api : module
        REAPER's functions.
    snapshot : Snapshot
        The project as the plan saw it. When it was edited since, a new snapshot is taken: changes that do not fit any
        more are skipped and named.
    plan : MixPlan
    ext_state : mapping
        What the project remembers, see `mixengine.hosts.rpp.history.ext_state`.
    title : str, optional
        Name of the undo step; default ``mixengine: <job>``.

    Raises
    ------
    UserError
        The project was closed.
    """
    snapshots.require_open(api, snapshot.project)
    decided_on = snapshot
    if int(api.GetProjectStateChangeCount(snapshot.project)) != snapshot.changes:
        known = extstate.read(snapshot.parsed().root, "PLAN")
        snapshot = snapshots.take(api, snapshot.project)
        if extstate.read(snapshot.parsed().root, "PLAN") != known:
            raise UserError("what mixengine did was undone or done again meanwhile: press the button once more")
    before = snapshot.parsed()
    result = rpp_apply.apply(before, plan, ext_state=ext_state)
    after = Project(result.data, before.path)
    done = Written(skipped=[_by_name(line, decided_on) for line in result.skipped])
    if result.data == before.document.data:
        return done
    front = api.EnumProjects(-1, "", 4096)[0]
    if front != snapshot.project:
        api.SelectProjectInstance(snapshot.project)  # new tracks and shown envelopes go to the tab in front
    api.Undo_BeginBlock2(snapshot.project)
    api.PreventUIRefresh(1)
    whole = False
    try:
        _write_difference(api, snapshot, before, after, done)
        whole = True
    finally:
        api.PreventUIRefresh(-1)
        api.TrackList_AdjustWindows(False)
        api.UpdateArrange()
        api.Undo_EndBlock2(snapshot.project, title or f"mixengine: {plan.job}", _ALL_UNDO)
        if not whole:
            api.Undo_DoUndo2(snapshot.project)  # half a plan is no plan
        if front != snapshot.project:
            api.SelectProjectInstance(front)
    return done


def _by_name(line: str, known: Snapshot) -> str:
    """A line about what is gone, with the names that tracks and items had when the plan was made."""
    if "{" not in line:
        return line
    for track in known.parsed().session().tracks:
        line = line.replace(f"track {track.id}", f"'{track.name}'")
        for clip in track.clips:
            line = line.replace(f"item {clip.id}", f"item '{clip.name}' of '{track.name}'")
    return line


def _write_difference(api: Any, snapshot: Snapshot, before: Project, after: Project, done: Written) -> None:
    pointers = dict(snapshot.tracks)
    for track_id in [key for key in before.tracks if key not in after.tracks]:
        api.DeleteTrack(pointers.pop(track_id))
        done.tracks += 1
    new = [track_id for track_id in after.tracks if track_id not in pointers]
    for index, track_id in enumerate(after.tracks):
        if track_id in new:  # all of them first: REAPER counts the sources of sends anew with each
            api.InsertTrackAtIndex(index, False)
            pointers[track_id] = api.GetTrack(snapshot.project, index)
    changed = [key for key in after.tracks if key in new or lines_of(before.tracks[key]) != lines_of(after.tracks[key])]
    in_pieces = [key for key in changed if key not in new and not _may_be_loaded(before.tracks[key])]
    show_envelopes(api, snapshot.project, [(pointers[key], before.tracks[key], after.tracks[key]) for key in in_pieces])
    for track_id in changed:
        if track_id in new:
            _set_state(api, pointers[track_id], after.tracks[track_id], done)
        else:
            blocks = before.tracks[track_id], after.tracks[track_id]
            _write_track(api, pointers[track_id], blocks, track_id in in_pieces, done)
    done.tracks += len(changed)
    _write_master(api, snapshot, before, after, done)
    _write_markers(api, snapshot, before, after)
    _write_ext_state(api, snapshot, before, after)


def _write_track(api: Any, pointer: str, blocks: tuple[Block, Block], in_pieces: bool, done: Written) -> None:
    before, after = blocks
    if _without_values(before) == _without_values(after):
        _write_values(api, pointer, before, after)
    elif in_pieces:
        _write_values(api, pointer, before, after)
        write_in_pieces(api, pointer, blocks, done.skipped)
    else:
        _set_state(api, pointer, after, done)


def _without_values(block: Block) -> list[str]:
    """A track's lines with the words blanked that the API sets as values."""
    lines = []
    for text in lines_of(block):
        words = text.split(" ")
        for number, _ in _VALUES.get(words[0], ()):
            if number < len(words):
                words[number] = "*"
        lines.append(" ".join(words))
    return lines


def _write_values(api: Any, pointer: str, before: Block, after: Block) -> None:
    for name, words in _VALUES.items():
        old, new = before.line(name), after.line(name)
        for number, parameter in words:
            if new is not None and (old is None or old.number(number) != new.number(number)):
                api.SetMediaTrackInfo_Value(pointer, parameter, float(new.number(number)))


def _may_be_loaded(track: Block) -> bool:
    """Whether REAPER may load a whole new state of the track: it was read whole, and no plug-in in it, wherever it
    stands, is the user's.
    """
    chains = [*track.all("FXCHAIN", "FXCHAIN_REC", "FREEZE")]
    chains += [chain for item in track.all("ITEM") for chain in item.all("TAKEFX")]
    plugins = [plugin for chain in chains for plugin in chain.children]
    return track.line(PARTLY_READ) is None and all(effects.is_ours(plugin) for plugin in plugins)


def _set_state(api: Any, pointer: str, block: Block, done: Written) -> None:
    if not api.SetTrackStateChunk(pointer, "\n".join(lines_of(block)) + "\n", False):
        name = block.line("NAME")
        done.skipped.append(f"REAPER refused the new state of track '{name.text(1) if name else pointer}'")


def _write_master(api: Any, snapshot: Snapshot, before: Project, after: Project, done: Written) -> None:
    old, new = before.root.line("MASTER_VOLUME"), after.root.line("MASTER_VOLUME")
    master = api.GetMasterTrack(snapshot.project)
    if old is not None and new is not None and old.number(1) != new.number(1):
        api.SetMediaTrackInfo_Value(master, "D_VOL", float(new.number(1)))
    chains = before.root.first("MASTERFXLIST"), after.root.first("MASTERFXLIST")
    write_chain(api, master, chains, "the master", done.skipped)


def _write_markers(api: Any, snapshot: Snapshot, before: Project, after: Project) -> None:
    old = {_marker_key(lines) for lines in marker_lines(before.root)}
    new = {_marker_key(lines) for lines in marker_lines(after.root)}
    for number, _, _, _, is_region in old - new:
        api.DeleteProjectMarker(snapshot.project, number, is_region)
    for number, start_s, end_s, name, is_region in sorted(new - old):
        api.AddProjectMarker2(snapshot.project, is_region, start_s, end_s, name, number, 0)


def _marker_key(lines: tuple[Line, ...]) -> tuple[int, float, float, str, bool]:
    first, last = lines[0], lines[-1]
    return first.integer(1), first.number(2), last.number(2), first.text(3), len(lines) == 2


def _write_ext_state(api: Any, snapshot: Snapshot, before: Project, after: Project) -> None:
    old, new = extstate.lines(before.root), extstate.lines(after.root)
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            api.SetProjExtState(snapshot.project, extstate.SECTION, name, new.get(name, ""))

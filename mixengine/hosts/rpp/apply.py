"""Write a MixPlan into a project file: one small function per kind of change.

The plan may be older than the file. Objects are found by id, and a value that is neither the one the plan started from
nor the one it wants was moved by somebody since: it is left alone and reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mixengine import plan as mixplan
from mixengine.hosts.rpp import envelopes, extstate, new, project, structure
from mixengine.hosts.rpp.syntax import Block, Line, format_number, quote
from mixengine.session import Clip, Source, Track
from mixengine.units import amplitude, decibels, plain_db

TOLERANCE_DB = 0.005
"""Faders closer than this are the same: REAPER shows two decimals."""


@dataclass
class Result:
    """The new file and what could not be done, one line each."""

    data: bytes
    applied: int = 0
    skipped: list[str] = field(default_factory=list)


class Skip(Exception):
    """This change cannot be made; the message says why, for the user."""


class _State:
    """A project being changed. Structural changes rewrite it at once, all others are edits of the same text."""

    def __init__(self, source: project.Project) -> None:
        self.project = source
        self._touched: set[tuple[str, ...]] = set()

    def flush(self) -> None:
        if self.project.document.edited:
            self.project = project.Project(self.project.document.render(), self.project.path)
        self._touched.clear()

    def claim(self, *key: str) -> None:
        """Two changes of one object in a row: the second must see the first."""
        if key in self._touched:
            self.flush()
        self._touched.add(key)

    def track(self, track_id: str) -> Block:
        block = self.project.tracks.get(track_id)
        if block is None:
            raise Skip(f"track {track_id} is not in the project any more")
        return block

    def item(self, track_id: str, item_id: str) -> Block:
        block = self.project.items(self.track(track_id)).get(item_id)
        if block is None:
            raise Skip(f"item {item_id} is not on its track any more")
        return block

    def name(self, track_id: str) -> str:
        line = self.track(track_id).line("NAME")
        return line.text(1) if line else track_id


def apply(source: project.Project, plan: mixplan.MixPlan, *, remember: str | None = None) -> Result:
    """Make the changes of ``plan`` in a project.

    Parameters
    ----------
    source : Project
        Left as it is.
    plan : MixPlan
        What to change.
    remember : str, optional
        JSON kept in the project's ext state as the plan that was applied; ``None`` forgets it.

    Raises
    ------
    UserError
        The file was cut off, or the result would not read back.
    """
    source.check_writable()
    state = _State(project.Project(source.document.data, source.path))
    result = Result(b"")
    for change in plan.changes:
        try:
            _WRITERS[type(change)](state, change)
            result.applied += 1
        except Skip as reason:
            result.skipped.append(str(reason))
    state.flush()
    extstate.write(state.project.document, {"PLAN": remember})
    state.flush()
    state.project.check_writable()
    result.data = state.project.document.data
    return result


def _set_gain(state: _State, line: Line, change: mixplan.Fader | mixplan.MasterTrim, what: str) -> None:
    now = decibels(line.number(1, 1.0))
    if _same(now, change.after):
        return
    if not _same(now, change.before):
        raise Skip(
            f"{what} stands at {plain_db(now, 2)} dB; the plan expects {plain_db(change.before, 2)} dB: left as it is"
        )
    state.project.document.set_word(line, 1, format_number(amplitude(change.after)))


def _same(one_db: float, other_db: float) -> bool:
    return one_db == other_db or abs(one_db - other_db) <= TOLERANCE_DB


def _volpan(state: _State, track_id: str) -> Line:
    block = state.track(track_id)
    line = block.line("VOLPAN")
    if line is None:
        state.flush()
        block = state.track(track_id)
        state.project.document.insert(block.inside, ["VOLPAN 1 0 -1 -1 1"], block)
        state.flush()
        line = state.track(track_id).line("VOLPAN")
        assert line is not None
    return line


def _fader(state: _State, change: mixplan.Fader) -> None:
    state.claim("fader", change.track)
    _set_gain(state, _volpan(state, change.track), change, f"the fader of '{state.name(change.track)}'")


def _pan(state: _State, change: mixplan.Pan) -> None:
    state.claim("pan", change.track)
    line = _volpan(state, change.track)
    now = line.number(2)
    if abs(now - change.after) < 1e-9:
        return
    if abs(now - change.before) > 1e-4:
        raise Skip(f"the pan of '{state.name(change.track)}' was moved to {now:+.2f}: left as it is")
    state.project.document.set_word(line, 2, format_number(change.after))


def _master(state: _State, change: mixplan.MasterTrim) -> None:
    state.claim("master")
    line = state.project.root.line("MASTER_VOLUME")
    if line is None:
        raise Skip("the project has no MASTER_VOLUME line")
    _set_gain(state, line, change, "the master fader")


def _envelope(state: _State, change: mixplan.Envelope) -> None:
    state.claim("envelope", change.track, change.envelope)
    guid = new.guid("envelope", change.track, change.envelope)
    envelopes.apply(state.project.document, state.track(change.track), change, guid)


def _equalizer(state: _State, change: mixplan.Equalizer) -> None:
    state.claim("fx", change.track)
    track = state.track(change.track)
    document = state.project.document
    chain = track.first("FXCHAIN")
    found = next((block for block in (chain.children if chain else ()) if block.opening.text(4) == change.label), None)
    if found is not None and (eq := project.read_reaeq(found)):
        if change.after is None:
            start, end = _plugin_range(chain or track, found)
            document.edit(start, end, b"")
        else:
            document.edit(found.inside, found.close, b"")
            document.insert(found.inside, project.reaeq.encode(eq.with_bands(change.after)), found)
    elif change.after is not None:
        lines = new.reaeq_lines(change.label, change.after, new.guid("fx", change.track, change.label))
        if chain is not None:
            document.insert(chain.close, lines, chain)
        else:
            whole = ["<FXCHAIN", "  SHOW 0", "  LASTSEL 0", "  DOCKED 0", *("  " + line for line in lines), ">"]
            document.insert(envelopes.insertion_offset(track), whole, track)


def _plugin_range(chain: Block, plugin: Block) -> tuple[int, int]:
    """From the ``BYPASS`` line before a plug-in to the one before the next."""
    starts = [line.start for line in chain.lines if line.name == "BYPASS"]
    before = [start for start in starts if start < plugin.start]
    after = [start for start in starts if start > plugin.start]
    return (before[-1] if before else plugin.start), (after[0] if after else chain.close)


def _mute_clip(state: _State, change: mixplan.MuteClip) -> None:
    state.claim("item", change.track, change.clip)
    item = state.item(change.track, change.clip)
    line = item.line("MUTE")
    if line is None:
        state.project.document.insert(item.inside, [f"MUTE {int(change.after)} 0"], item)
    elif bool(line.integer(1)) != change.after:
        state.project.document.set_word(line, 1, str(int(change.after)))


def _new_track(state: _State, change: mixplan.NewTrack) -> None:
    state.flush()
    if change.remove:
        structure.remove_track(state.project, state.track(change.track))
    elif change.track in state.project.tracks:
        raise Skip(f"the project already has track '{change.name}'")
    else:
        track = Track(change.track, change.name, change.parent, channels=change.channels, fader_db=change.fader_db)
        structure.add_track(state.project, track, state.track(change.parent) if change.parent else None)
    state.flush()


def _new_clip(state: _State, change: mixplan.NewClip) -> None:
    state.claim("item", change.track, change.clip)
    track = state.track(change.track)
    document = state.project.document
    if change.remove:
        item = state.item(change.track, change.clip)
        document.edit(item.start, item.end, b"")
        return
    if change.clip in state.project.items(track):
        raise Skip(f"track '{state.name(change.track)}' already has item '{change.name or change.file}'")
    clip = Clip(change.clip, Source(change.file), change.position_s, change.length_s, change.name, change.offset_s)
    document.insert(track.close, new.item_lines(clip, change.file), track)


def _marker(state: _State, change: mixplan.Marker) -> None:
    state.flush()
    root, document = state.project.root, state.project.document
    is_region = change.end_s is not None
    times = [change.time_s] if change.end_s is None else [change.time_s, change.end_s]
    alike = [line for line in root.lines if line.name == "MARKER" and bool(line.integer(4) & 1) == is_region]
    if change.remove:
        mine = [line for line in alike if line.text(3) == change.name and abs(line.number(2) - times[0]) < 1e-9]
        if not mine:
            raise Skip(f"marker '{change.name}' is not in the project any more")
        start = alike.index(mine[0])
        for line in alike[start : start + len(times)]:
            document.edit(line.start, line.end, b"")
        return
    index = max((line.integer(1) for line in alike), default=0) + 1
    lines = [
        f"MARKER {index} {format_number(time_s)} {quote(name)} {int(is_region)}"
        for time_s, name in zip(times, [change.name, ""], strict=False)
    ]
    last = [line for line in root.lines if line.name == "MARKER"][-1:]
    follower = root.first("PROJBAY", "TRACK")
    document.insert(last[0].end if last else follower.start if follower else root.close, lines, root)


_WRITERS: dict[type[mixplan.Change], Callable] = {
    mixplan.Fader: _fader,
    mixplan.Pan: _pan,
    mixplan.MasterTrim: _master,
    mixplan.Envelope: _envelope,
    mixplan.Equalizer: _equalizer,
    mixplan.MuteClip: _mute_clip,
    mixplan.NewTrack: _new_track,
    mixplan.NewClip: _new_clip,
    mixplan.Marker: _marker,
}

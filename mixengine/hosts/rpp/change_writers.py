"""One small function per kind of change of a plan: each makes it in the text of a project."""

from __future__ import annotations

import math
from collections.abc import Callable

from mixengine.hosts.rpp import effects, envelopes, fx_places, item_places, new, project, structure, takes
from mixengine.hosts.rpp.project_edits import Gone, ProjectEdits, Skip
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line, encode, format_number, parse_number, quote
from mixengine.model import plan as mixplan
from mixengine.model.apply import added_clip, added_track
from mixengine.model.session import MASTER
from mixengine.model.units import SAME_FADER_DB, SILENCE_DB, amplitude, decibels, plain_db


def _set_gain(
    state: ProjectEdits, change: mixplan.Fader | mixplan.MasterTrim, line: Line | None, knob: str, what: str
) -> str | None:
    """The new first number of a volume line, ``None`` when it is right already.

    A number in another format than today's REAPER writes is stored under ``knob``, and is restored with the same
    spelling when the fader returns to it.
    """
    stored = line.number(1, 1.0) if line else 1.0
    current_db = decibels(stored)
    if _same(current_db, change.after):
        return None
    if not _same(current_db, change.before):
        raise Skip(
            f"{what} stands at {plain_db(current_db, 2)} dB; "
            f"the plan expects {plain_db(change.before, 2)} dB: left as it is"
        )
    value = math.copysign(amplitude(change.after), stored)
    spelling = state.spellings.get(knob)
    if spelling is not None and abs(parse_number(spelling) - value) <= 1e-9:
        return state.spellings.pop(knob)
    text = line.text(1) if line else ""
    if text and format_number(stored) != text:
        state.spellings.setdefault(knob, text)
    return format_number(value)


def _same(one_db: float, other_db: float) -> bool:
    one_db, other_db = max(one_db, SILENCE_DB), max(other_db, SILENCE_DB)
    return one_db == other_db or abs(one_db - other_db) <= SAME_FADER_DB


def _set_volpan(state: ProjectEdits, track_id: str, index: int, text: str) -> None:
    """Set one word of a track's VOLPAN line, which can be missing or short in very old files."""
    block = state.track(track_id)
    line = block.line("VOLPAN")
    words = ["VOLPAN", "1", "0", "-1", "-1", "1"]
    if line is not None and len(line.tokens) > index:
        state.project.document.set_word(line, index, text)
        return
    words[index] = text
    if line is None:
        state.project.document.insert(block.inside, [" ".join(words)], block)
    else:
        count = len(line.tokens)
        state.project.document.set_word(line, count, " ".join(words[count : index + 1]))
    state.flush()


def _fader(state: ProjectEdits, change: mixplan.Fader) -> None:
    state.claim("fader", change.track)
    line = state.track(change.track).line("VOLPAN")
    text = _set_gain(state, change, line, change.track, f"the fader of '{state.name(change.track)}'")
    if text is not None:
        _set_volpan(state, change.track, 1, text)


def _pan(state: ProjectEdits, change: mixplan.Pan) -> None:
    state.claim("pan", change.track)
    line = state.track(change.track).line("VOLPAN")
    current = line.number(2) if line else 0.0
    if abs(current - change.after) < 1e-9:
        return
    if abs(current - change.before) > 1e-4:
        raise Skip(f"the pan of '{state.name(change.track)}' was moved to {current:+.2f}: left as it is")
    _set_volpan(state, change.track, 2, format_number(change.after))


def _master(state: ProjectEdits, change: mixplan.MasterTrim) -> None:
    state.claim("master")
    line = state.project.root.line("MASTER_VOLUME")
    if line is None:
        raise Skip("the project has no MASTER_VOLUME line")
    text = _set_gain(state, change, line, "master", "the master fader")
    if text is not None:
        state.project.document.set_word(line, 1, text)


def _envelope(state: ProjectEdits, change: mixplan.Envelope) -> None:
    state.claim("envelope", change.track, change.envelope)
    if change.envelope not in envelopes.TRACK_BLOCKS:
        raise Skip(f"envelope '{change.envelope}' is unknown")
    guid = new.guid("envelope", change.track, change.envelope)
    if not envelopes.apply(state.project.document, state.track(change.track), change, guid):
        raise Skip(f"the {change.envelope} envelope of '{state.name(change.track)}' was edited: left as it is")


def _effect(state: ProjectEdits, change: mixplan.Equalizer | mixplan.Compressor | mixplan.Limiter) -> None:
    state.claim("fx", change.track)
    is_master = change.track == MASTER
    owner = state.project.root if is_master else state.track(change.track)
    where = "the master" if is_master else f"'{state.name(change.track)}'"
    guid = new.guid("fx" if isinstance(change, mixplan.Equalizer) else change.kind, change.track, change.label)
    if reason := effects.apply(state.project.document, owner, change, guid, where):
        is_gone = change.after is None and effects.is_gone(owner, change.label)
        raise Gone(reason) if is_gone else Skip(reason)


def _limiter(state: ProjectEdits, change: mixplan.Limiter) -> None:
    _effect(state, change)
    if change.after is not None and change.place_after is not None:
        state.claim("fx", change.track)
        owner = state.project.root if change.track == MASTER else state.track(change.track)
        fx_places.put(state.project.document, owner, change.label, change.place_after)


def _mute_clip(state: ProjectEdits, change: mixplan.MuteClip) -> None:
    state.claim("item", change.track, change.clip)
    _set_mute(state, state.item(change.track, change.clip), change.after, "MUTE 1 0")


def _mute_track(state: ProjectEdits, change: mixplan.MuteTrack) -> None:
    state.claim("mute", change.track)
    _set_mute(state, state.track(change.track), change.after, "MUTESOLO 1 0 0")


def _polarity(state: ProjectEdits, change: mixplan.Polarity) -> None:
    state.claim("polarity", change.track)
    block = state.track(change.track)
    line, added = block.line("IPHASE"), f"polarity of {change.track}"
    if line is None and change.after:
        state.spellings[added] = ""
    elif line is not None and not change.after and added in state.spellings:
        del state.spellings[added]
        state.project.document.edit(line.start, line.end, b"")
        return
    _set_mute(state, block, change.after, "IPHASE 1")


def _set_mute(state: ProjectEdits, block: Block, mute: bool, new_line: str) -> None:
    """Set the first number of a block's switch; ``new_line`` is inserted where the line is missing."""
    line = block.line(new_line.split(maxsplit=1)[0])
    if line is None:
        if mute:
            state.project.document.insert(block.inside, [new_line], block)
    elif bool(line.integer(1)) != mute:
        state.project.document.set_word(line, 1, str(int(mute)))


def _new_track(state: ProjectEdits, change: mixplan.NewTrack) -> None:
    state.flush()
    if change.remove:
        block = state.track(change.track)
        if block.first("ITEM"):
            raise Skip(f"track '{change.name}' holds items that are not mixengine's: it stays")
        structure.remove_track(state.project, block)
    elif change.track in state.project.tracks:
        raise Skip(f"the project already has track '{change.name}'")
    else:
        parent = state.track(change.parent) if change.parent else None
        structure.add_track(state.project, added_track(change), parent)
    state.flush()


def _new_clip(state: ProjectEdits, change: mixplan.NewClip) -> None:
    state.claim("item", change.track, change.clip)
    track = state.track(change.track)
    document = state.project.document
    if change.remove:
        item = state.item(change.track, change.clip)
        document.edit(item.start, item.end, b"")
        return
    if change.clip in state.project.items(track):
        raise Skip(f"track '{state.name(change.track)}' already has item '{change.name or change.file}'")
    document.insert(track.close, new.item_lines(added_clip(change), change.file), track, rank=2)


def _new_take(state: ProjectEdits, change: mixplan.NewTake) -> None:
    state.claim("item", change.track, change.clip)
    item = state.item(change.track, change.clip)
    if reason := takes.apply(state.project.document, item, change):
        raise Skip(f"{reason} (on '{state.name(change.track)}')")


def _marker(state: ProjectEdits, change: mixplan.Marker) -> None:
    state.flush()
    root, document = state.project.root, state.project.document
    is_region = change.end_s is not None
    times = [change.time_s] if change.end_s is None else [change.time_s, change.end_s]
    name = Line(encode(quote(change.name)), 0).text(0)
    same_kind = [lines for lines in project.marker_lines(root) if (len(lines) == 2) == is_region]
    matching = [
        lines
        for lines in same_kind
        if lines[0].text(3) == name
        and all(abs(line.number(2) - time_s) < 1e-9 for line, time_s in zip(lines, times, strict=True))
    ]
    if change.remove:
        if not matching and any(lines[0].text(3) == name for lines in same_kind):
            raise Skip(f"marker '{change.name}' was moved: it stays")
        if not matching:
            raise Gone(f"marker '{change.name}' is not in the project any more")
        for line in matching[-1]:
            document.edit(line.start, line.end, b"")
        return
    if matching:
        raise Skip(f"the project already has marker '{change.name}'")
    index = max((line.integer(1) for lines in same_kind for line in lines), default=0) + 1
    lines = [
        f"MARKER {index} {format_number(time_s)} {quote(name)} {int(is_region)}"
        for time_s, name in zip(times, [change.name, ""], strict=False)
    ]
    last = [line for line in root.lines if line.name == "MARKER"][-1:]
    follower = root.first("PROJBAY", "TRACK")
    document.insert(last[0].end if last else follower.start if follower else root.close, lines, root)


WRITERS: dict[type[mixplan.Change], Callable[..., None]] = {
    mixplan.Fader: _fader,
    mixplan.Pan: _pan,
    mixplan.MasterTrim: _master,
    mixplan.Envelope: _envelope,
    mixplan.Equalizer: _effect,
    mixplan.Compressor: _effect,
    mixplan.Limiter: _limiter,
    mixplan.MuteClip: _mute_clip,
    mixplan.MuteTrack: _mute_track,
    mixplan.Polarity: _polarity,
    mixplan.MoveClip: item_places.move,
    mixplan.SplitClip: item_places.split,
    mixplan.NewTrack: _new_track,
    mixplan.NewClip: _new_clip,
    mixplan.NewTake: _new_take,
    mixplan.Marker: _marker,
}
"""Kind of change → what makes it; raises `Skip` where it cannot be made."""

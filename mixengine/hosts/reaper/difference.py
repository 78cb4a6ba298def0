"""From the text of a project before and after a plan to the operations that change the open one in the same way.

The text comes from the project-file host, so that both hosts give the same project. Of a track only what changed is
written: fader and pan as values; a whole new state only where no plug-ins of the user's would be loaded anew. Where the
user's own plug-ins stand, envelopes get their own state, mixengine's plug-ins are moved in, and items are written
one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mixengine.hosts.reaper import fx_difference
from mixengine.hosts.reaper.fx_difference import NewFx
from mixengine.hosts.reaper.operations import (
    AddFx,
    AddItem,
    AddMarker,
    DeleteItem,
    DeleteMarker,
    DeleteTrack,
    InsertTrack,
    Operation,
    Operations,
    RunAction,
    SetEnvelopeState,
    SetExtState,
    SetItemState,
    SetTrackState,
    SetTrackValue,
)
from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.hosts.rpp import effects, extstate, fx_envelopes
from mixengine.hosts.rpp.envelopes import TRACK_ENVELOPES
from mixengine.hosts.rpp.project import PARTLY_READ, Project, marker_lines
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER

_POLARITY = "IPHASE"
_VALUES = {
    "VOLPAN": ((1, "D_VOL"), (2, "D_PAN")),
    "MUTESOLO": ((1, "B_MUTE"),),
    _POLARITY: ((1, "B_PHASE"),),
    "ISBUS": ((2, "I_FOLDERDEPTH"),),
}
"""Lines of a track whose words are values of the API: word number and name."""
_SHOW_COMMANDS = {"VOLENV2": 40406, "VOLENV": 40408, "VOLENV3": 42020}
"""REAPER's actions that show an envelope of the selected tracks, and make it where there is none."""


def of_plan(before: Project, plan: MixPlan, ext_state: extstate.Memory) -> Operations:
    """The operations that a plan needs in the project ``before``.

    Parameters
    ----------
    before : Project
        The project as it is open in REAPER.
    plan : MixPlan
    ext_state : mapping or callable
        What the project remembers, see `mixengine.hosts.rpp.history.after`.
    """
    result = rpp_apply.apply(before, plan, ext_state=ext_state)
    if result.data == before.document.data:
        return Operations(skipped=tuple(result.skipped))
    return between(before, Project(result.data, before.path), tuple(result.skipped))


def between(before: Project, after: Project, skipped: tuple[str, ...] = ()) -> Operations:
    """The operations that make ``after`` of ``before``."""
    old, new = before.tracks, after.tracks
    deleted = [track for track in old if track not in new]
    changed = [track for track in new if track not in old or lines_of(old[track]) != lines_of(new[track])]
    in_pieces = [track for track in changed if track in old and not _may_be_loaded(old[track])]
    steps: list[Operation] = [DeleteTrack(track) for track in deleted]
    # all new tracks before anything else: REAPER counts the sources of sends anew with each
    steps += [InsertTrack(track, index) for index, track in enumerate(new) if track not in old]
    steps += _envelopes_to_show([(track, old[track], new[track]) for track in in_pieces])
    new_fx: list[NewFx] = []
    for track in changed:
        if track not in old:
            steps += _state(track, None, new[track])
        elif _without_values(old[track]) == _without_values(new[track]):
            steps += _values(track, old[track], new[track])
        elif track in in_pieces:
            steps += _pieces(track, old[track], new[track], new_fx)
        else:
            steps += _state(track, old[track], new[track])
    fader = list(_master_fader(before, after))
    stays = ", whose fader stays where it is" * any(step.whole for step in fader)
    steps += _master_chain(before, after, new_fx, f"the master{stays}")
    if new_fx:
        steps.append(AddFx(*fx_difference.loader(new_fx)))
        steps += [envelope for fx in new_fx for envelope in fx.envelopes]
    steps += fader
    steps += _markers(before.root, after.root)
    steps += _ext_state(before.root, after.root)
    return Operations(tuple(steps), skipped, len(deleted) + len(changed))


def lines_of(block: Block, without: Sequence[Block] = ()) -> list[str]:
    """A block as lines without indentation, and without some blocks in it."""
    starts = [block.start, *(inner.end for inner in without)]
    ends = [*(inner.start for inner in without), block.end]
    pieces = [block.data[start:end] for start, end in zip(starts, ends, strict=True)]
    raw = b"".join(pieces).decode("utf-8", "surrogateescape")
    return [line.strip() for line in raw.splitlines() if line.strip()]


def _text(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def _may_be_loaded(track: Block) -> bool:
    """Whether REAPER may load a whole new state of the track: it was read whole, and no plug-in in it, wherever it
    stands, is the user's.
    """
    chains = [*track.all("FXCHAIN", "FXCHAIN_REC", "FREEZE")]
    chains += [chain for item in track.all("ITEM") for chain in item.all("TAKEFX")]
    plugins = [plugin for chain in chains for plugin in chain.children if plugin.name != fx_envelopes.NAME]
    return track.line(PARTLY_READ) is None and all(effects.is_ours(plugin) for plugin in plugins)


def _name(track: str, block: Block) -> str:
    line = block.line("NAME")
    return line.text(1) if line else track


def _state(track: str, before: Block | None, after: Block) -> Iterator[Operation]:
    """A whole new state, and after it the envelopes of its plug-ins that REAPER does not know yet."""
    name = f"'{_name(track, after)}'"
    chains = before.first("FXCHAIN") if before else None, after.first("FXCHAIN")
    left_out, envelopes = fx_difference.new_points(track, chains, name)
    text = _text(lines_of(after, without=left_out))
    yield SetTrackState(track, text, f"REAPER refused the new state of track {name}")
    yield from envelopes


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


def _values(track: str, before: Block, after: Block) -> Iterator[Operation]:
    for name, words in _VALUES.items():
        old, new = before.line(name), after.line(name)
        for number, parameter in words:
            if new is not None and (old is None or old.number(number) != new.number(number)):
                yield SetTrackValue(track, parameter, float(new.number(number)))
            elif new is None and old is not None and name == _POLARITY and old.number(number):
                yield SetTrackValue(track, parameter, 0.0)  # a file without the line: not inverted


def _envelopes_to_show(tracks: list[tuple[str, Block, Block]]) -> Iterator[Operation]:
    """The envelopes that tracks lack, made by the actions that show them, which work on many tracks at once."""
    for name, command in _SHOW_COMMANDS.items():
        lacking = tuple(track for track, before, after in tracks if after.first(name) and not before.first(name))
        if lacking:
            yield RunAction(command, lacking)


def _pieces(track: str, before: Block, after: Block, new_fx: list[NewFx]) -> Iterator[Operation]:
    """A track that holds the user's own plug-ins, piece by piece."""
    what = f"'{_name(track, after)}'"
    yield from _values(track, before, after)
    yield from _envelopes(track, before, after, what)
    yield from fx_difference.of_chains(track, (before.first("FXCHAIN"), after.first("FXCHAIN")), what, new_fx)
    yield from _items(track, before, after, what)


def _envelopes(track: str, before: Block, after: Block, what: str) -> Iterator[Operation]:
    for name, kind in TRACK_ENVELOPES.items():
        old, new = before.first(name), after.first(name)
        old_lines, new_lines = (lines_of(block) if block else None for block in (old, new))
        if old_lines != new_lines:
            neutral = 0.0 if kind.startswith("pan") else 1.0
            yield SetEnvelopeState(
                track,
                f"<{name}",
                0 if old else _SHOW_COMMANDS.get(name, 0),
                _text(new_lines or _emptied(old_lines or [], neutral)),
                f"REAPER has no {kind} envelope for {what}: nothing was drawn",
                f"REAPER refused the new points of the {kind} envelope of {what}",
            )


def _emptied(lines: list[str], neutral: float) -> list[str]:
    """An envelope that mixengine created: hidden and back at one neutral point, as REAPER cannot delete it. It stays
    active, so that the next run finds it free.
    """
    kept = [line for line in lines if not line.startswith("PT ")]
    hidden = ["VIS 0 1 1" if line.startswith("VIS ") else line for line in kept]
    return [*hidden[:-1], f"PT 0 {neutral:g} 0", hidden[-1]]


def _items(track: str, before: Block, after: Block, what: str) -> Iterator[Operation]:
    """Items that went or changed, from the last to the first so that their places stay right, then new ones."""
    old, new = _items_of(before), _items_of(after)
    for index, item in reversed(list(enumerate(old))):
        if item not in new:
            yield DeleteItem(track, index, item, f"REAPER did not delete an item on {what}")
        elif old[item] != new[item]:
            refused = f"REAPER refused the new state of an item on {what}"
            yield SetItemState(track, index, item, _text(new[item]), refused)
    for item in [item for item in new if item not in old]:
        yield AddItem(track, _text(new[item]), f"REAPER refused a new item on {what}")


def _items_of(track: Block) -> dict[str, list[str]]:
    items = {}
    for block in track.all("ITEM"):
        line = block.line("IGUID") or block.line("GUID")
        items[line.text(1) if line else ""] = lines_of(block)
    return items


def _master_chain(before: Project, after: Project, new_fx: list[NewFx], what: str) -> Iterator[Operation]:
    yield from fx_difference.of_chains(MASTER, _master_chains(before, after), what, new_fx)


def _master_fader(before: Project, after: Project) -> Iterator[SetTrackValue]:
    """The master's fader; where a limiter before it changes too, not without that: the level would be another."""
    old, new = before.root.line("MASTER_VOLUME"), after.root.line("MASTER_VOLUME")
    if old is not None and new is not None and old.number(1) != new.number(1):
        limiters = [fx_difference.limiters(chain) for chain in _master_chains(before, after)]
        yield SetTrackValue(MASTER, "D_VOL", float(new.number(1)), whole=bool(limiters[1] - limiters[0]))


def _master_chains(before: Project, after: Project) -> tuple[Block | None, Block | None]:
    return before.root.first("MASTERFXLIST"), after.root.first("MASTERFXLIST")


def _markers(before: Block, after: Block) -> Iterator[Operation]:
    old, new = ({_marker(lines) for lines in marker_lines(root)} for root in (before, after))
    for number, _, _, _, is_region in sorted(old - new):
        yield DeleteMarker(number, is_region)
    for marker in sorted(new - old):
        yield AddMarker(*marker)


def _marker(lines: tuple[Line, ...]) -> tuple[int, float, float, str, bool]:
    first, last = lines[0], lines[-1]
    return first.integer(1), first.number(2), last.number(2), first.text(3), len(lines) == 2


def _ext_state(before: Block, after: Block) -> Iterator[Operation]:
    old, new = extstate.lines(before), extstate.lines(after)
    for name in {**old, **new}:
        if old.get(name) != new.get(name):
            yield SetExtState(extstate.SECTION, name, new.get(name, ""))

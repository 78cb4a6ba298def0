"""Where an item stands: moved, played faster or slower, cut in two and put together again.

Envelope points count in take time, take markers in seconds of the source: what hangs on a take stands still in it
however the item is moved or its play rate set, and only a cut counts it anew. How the numbers were written before the
first change is kept in the project, so that going back gives back the bytes.
"""

from __future__ import annotations

import json
import re

from mixengine.hosts.rpp import envelopes, items, new
from mixengine.hosts.rpp.project_edits import ProjectEdits, Skip
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line, decode, format_number, parse_number, quote
from mixengine.model.plan import MoveClip, SplitClip
from mixengine.model.session import Fade

_SAME_S = 1e-6
_SAME_RATE = 1e-9
_JOIN_S = 0.01
"""Parts that were cut from each other and stand so near are one when they are joined."""
_FADE = Fade(0.005)
_RATE_WORD, _PITCH_WORD = 1, 2
_PLAIN_RATE = "PLAYRATE 1 0 0 -1 0 0.0025"
_IDS = ("IGUID", "GUID", "EGUID", "FXID")
_TAKE_ENVELOPES = tuple(envelopes.TAKE_ENVELOPES)


def move(state: ProjectEdits, change: MoveClip) -> None:
    """Make a `MoveClip`; `Skip` where the user moved the item meanwhile."""
    state.claim("item", change.track, change.clip)
    item = state.item(change.track, change.clip)
    position, length, rate_line = _lines(item)
    now = (position.number(1), length.number(1), rate_line.number(1, 1.0) if rate_line else 1.0)
    before = (change.before.position_s, change.before.length_s, change.before.rate)
    after = (change.after.position_s, change.after.length_s, change.after.rate)
    if _same(now, after):
        return
    if not _same(now, before):
        raise Skip(f"an item of '{state.name(change.track)}' was moved or stretched meanwhile: left as it is")
    spelling = _spelling(state, change.clip, item)
    document = state.project.document
    if _same(_numbers(spelling), after):
        _as_written(state, item, spelling)
        if not spelling["fade"]:
            state.spellings.pop(_knob(change.clip), None)
        return
    document.set_word(position, 1, format_number(after[0]))
    document.set_word(length, 1, format_number(after[1]))
    if abs(now[2] - after[2]) > _SAME_RATE:
        _set_rate(state, item, rate_line, after[2])


def split(state: ProjectEdits, change: SplitClip) -> None:
    """Make a `SplitClip` or take it back; `Skip` where the item is not what it was."""
    state.claim("item", change.track, change.clip)
    item = state.item(change.track, change.clip)
    document = state.project.document
    position, length, rate_line = _lines(item)
    if change.remove:
        part = state.project.items(state.track(change.track)).get(change.part)
        if part is None:
            raise Skip(f"a part of an item on '{state.name(change.track)}' is gone: the rest stays as it is")
        end_s = position.number(1) + length.number(1)
        part_position, part_length, _ = _lines(part)
        if abs(part_position.number(1) - end_s) > _JOIN_S:
            raise Skip(f"parts of an item on '{state.name(change.track)}' were moved: they stay as they are")
        spelling = _spelling(state, change.clip, item)
        whole_s = length.number(1) + part_length.number(1)
        rate = rate_line.number(1, 1.0) if rate_line else 1.0
        exact = _same(_numbers(spelling), (position.number(1), whole_s, rate))
        if exact:
            _as_written(state, item, spelling)
        else:
            document.set_word(length, 1, format_number(whole_s))
        _set_fade(state, item, spelling["fade"].split())
        state.spellings.pop(_knob(change.clip), None)
        if not exact:
            state.spellings[_knob(change.clip)] = json.dumps({**spelling, "fade": ""})
        document.edit(part.start, part.end, b"")
        state.flush()
        return
    begin_s, length_s = position.number(1), length.number(1)
    if not begin_s < change.at_s < begin_s + length_s:
        raise Skip(f"an item of '{state.name(change.track)}' was moved meanwhile: it is not cut")
    if change.part in state.project.items(state.track(change.track)):
        raise Skip(f"an item of '{state.name(change.track)}' is cut already")
    if any(take.stretch_markers for take in items.takes(item)[0]):
        raise Skip(f"an item of '{state.name(change.track)}' has stretch markers: it is not cut")
    spelling = _spelling(state, change.clip, item)
    fade = item.line("FADEOUT")
    if fade is not None and not spelling["fade"]:
        spelling["fade"] = " ".join(fade.words[2:4])
        state.spellings[_knob(change.clip)] = json.dumps(spelling)
    document.set_word(length, 1, format_number(change.at_s - begin_s))
    _set_fade(state, item, [format_number(_FADE.length_s), "0"])
    owner = state.track(change.track)
    document.insert(item.end, _second_part(item, change, begin_s, length_s), owner)
    state.flush()


def _lines(item: Block) -> tuple[Line, Line, Line | None]:
    """Position, length, and the play rate of the active take."""
    position, length = item.line("POSITION"), item.line("LENGTH")
    if position is None or length is None:
        raise Skip("an item without position or length is left as it is")
    all_takes, active = items.takes(item)
    return position, length, all_takes[active].lines.get("PLAYRATE")


def _numbers(spelling: dict[str, str]) -> tuple[float, ...]:
    return tuple(map(parse_number, (spelling["position"], spelling["length"], spelling["rate"] or "1")))


def _as_written(state: ProjectEdits, item: Block, spelling: dict[str, str]) -> None:
    """Position, length and play rate in the words that stood there before mixengine first changed them."""
    document = state.project.document
    position, length, rate_line = _lines(item)
    document.set_word(position, 1, spelling["position"])
    document.set_word(length, 1, spelling["length"])
    if rate_line is not None and not spelling["rate"]:
        document.edit(rate_line.start, rate_line.end, b"")
    elif rate_line is not None:
        document.set_words(rate_line, {_RATE_WORD: spelling["rate"], _PITCH_WORD: spelling["pitch"]})


def _same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return (
        abs(one[0] - other[0]) <= _SAME_S and abs(one[1] - other[1]) <= _SAME_S and abs(one[2] - other[2]) <= _SAME_RATE
    )


def _knob(clip: str) -> str:
    return f"place of {clip}"


def _spelling(state: ProjectEdits, clip: str, item: Block) -> dict[str, str]:
    """How the item's place was written before mixengine first changed it, from now on kept in the project."""
    stored = state.spellings.get(_knob(clip))
    if stored is not None:
        try:
            values = json.loads(stored)
            return {key: str(values[key]) for key in ("position", "length", "rate", "pitch", "fade")}
        except (ValueError, KeyError, TypeError):
            pass  # somebody else's words: begin anew
    position, length, rate = _lines(item)
    spelling = {
        "position": position.text(1),
        "length": length.text(1),
        "rate": rate.text(_RATE_WORD) if rate else "",
        "pitch": rate.text(_PITCH_WORD) if rate else "",
        "fade": "",
    }
    state.spellings[_knob(clip)] = json.dumps(spelling)
    return spelling


def _set_rate(state: ProjectEdits, item: Block, line: Line | None, rate: float) -> None:
    """The play rate of the active take, and its pitch not preserved."""
    if line is not None:
        state.project.document.set_words(line, {_RATE_WORD: format_number(rate), _PITCH_WORD: "0"})
        return
    all_takes, active = items.takes(item)
    source = all_takes[active].source
    if source is None:
        raise Skip("an item that plays nothing is left as it is")
    words = _PLAIN_RATE.split()
    words[_RATE_WORD] = format_number(rate)
    state.project.document.insert(source.start, [" ".join(words)], item)


def _set_fade(state: ProjectEdits, item: Block, lengths: list[str]) -> None:
    line = item.line("FADEOUT")
    if line is not None and lengths:
        state.project.document.set_words(line, dict(enumerate(lengths, start=2)))


def _second_part(item: Block, change: SplitClip, begin_s: float, length_s: float) -> list[str]:
    """The item's text from the cut on, with ids of its own."""
    raw = decode(item.data[item.start : item.end]).removesuffix("\n").split("\n")
    indent = raw[0][: len(raw[0]) - len(raw[0].lstrip(" \t"))]
    before_s = change.at_s - begin_s
    rate_lines = [take.lines.get("PLAYRATE") for take in items.takes(item)[0]]
    rates = [line.number(1, 1.0) if line else 1.0 for line in rate_lines]
    result: list[str] = []
    take, depth = 0, 0
    points: list[str] | None = None
    has_offset = False
    for text in (line.rstrip("\r").removeprefix(indent) for line in raw):
        words = text.split()
        name = words[0] if words else ""
        if name == "TAKE" and depth == 1:
            take, has_offset = take + 1, False
        if name.startswith("<"):
            if name[1:] == "SOURCE" and depth == 1 and not has_offset:
                result.append(f"  SOFFS {format_number(before_s * rates[take])}")
            points = [] if name[1:] in _TAKE_ENVELOPES and depth == 1 else points
            depth += 1
        elif name == ">":
            depth -= 1
            if points is not None and depth == 1:
                result += _later(points, before_s * rates[take])
                points = None
        if name == "PT" and points is not None:
            points.append(text)
            continue
        if depth == 1 and name == "IID":
            continue
        has_offset |= depth == 1 and name == "SOFFS"
        result.append(_changed(text, words, depth, change, (before_s, length_s, rates[take])))
    return result


def _changed(text: str, words: list[str], depth: int, change: SplitClip, numbers: tuple[float, float, float]) -> str:
    """A line of the second part."""
    before_s, length_s, rate = numbers
    name = words[0] if words else ""
    lead = text[: len(text) - len(text.lstrip(" \t"))]
    if name in _IDS and len(words) > 1:
        value = change.part if name == "IGUID" and depth == 1 else new.guid(name, change.part, words[1])
        return f"{lead}{name} {quote(value)}"
    if depth != 1:
        return text
    if name == "POSITION":
        return f"{lead}POSITION {format_number(change.at_s)}"
    if name == "LENGTH":
        return f"{lead}LENGTH {format_number(length_s - before_s)}"
    if name == "SOFFS":
        return f"{lead}SOFFS {format_number(parse_number(words[1]) + before_s * rate)}"
    if name == "FADEIN" and len(words) > 3:
        return lead + " ".join([*words[:2], format_number(_FADE.length_s), "0", *words[4:]])
    return text


_NUMBER_AT = re.compile(r"([ \t]*PT[ \t]+)(\S+)")


def _later(points: list[str], cut_s: float) -> list[str]:
    """Points of a take envelope from the cut on, in the second part's own take time; one stands at the cut."""
    times_s = [parse_number(point.split()[1]) for point in points]
    after = []
    for point, time_s in zip(points, times_s, strict=True):
        if time_s >= cut_s and (match := _NUMBER_AT.match(point)):
            after.append(f"{match[1]}{format_number(time_s - cut_s)}{point[match.end() :]}")
    before = [index for index, time_s in enumerate(times_s) if time_s < cut_s]
    if not before:
        return after
    last = before[-1]
    words = points[last].split()
    lead = points[last][: len(points[last]) - len(points[last].lstrip(" \t"))]
    shape = int(parse_number(words[3])) if len(words) > 3 else 0
    if last + 1 < len(points) and shape == 0:
        follower = parse_number(points[last + 1].split()[2])
        share = (cut_s - times_s[last]) / max(times_s[last + 1] - times_s[last], 1e-12)
        words[2] = format_number(parse_number(words[2]) * (1.0 - share) + follower * share)
    words[1] = "0"
    return [lead + " ".join(words), *after]

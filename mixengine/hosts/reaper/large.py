"""A track whose state REAPER's Python cannot take: longer than one call gives, or not in UTF-8. It is put together from
what can be read.

REAPER cuts such a state off. Its beginning holds the track's own lines and envelopes; plug-ins and items follow one by
one (`mixengine.hosts.reaper.reader.read_parts`). What is still missing stands in a line `PARTLY_READ` of the block,
as the reader of projects does, so that `mixengine.hosts.reaper.difference` never gives such a track a whole new state.
"""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper.chains import chain_lines
from mixengine.hosts.rpp.project import PARTLY_READ
from mixengine.hosts.rpp.words import format_number, quote

_LUA = "'mixengine reaper install --front lua'"


def track_text(parts: dict[str, Any]) -> str:
    """The block of a track from the parts that were read."""
    lines, missing = list(parts["beginning"]), ["the states of its plug-ins"]
    if not lines:
        lines = _from_values(parts["values"], parts["texts"], f"track {parts.get('undecoded', '')}".strip())
        envelopes, lost_envelopes = parts["envelopes"]
        lines += [*(["LOCK 1"] if lost_envelopes else []), *envelopes]
        missing.append("its sends")
        if lost_envelopes:  # they must not be written over
            missing.append("all its envelopes, so that it is left as it is")
    items, lost_items = parts["items"]
    if lost_items:
        missing.append(f"{lost_items} of its items")
    why = "more than REAPER's Python can read at once (4 MB)"
    if number := parts.get("undecoded"):
        why = f"a text in track {number} is not in UTF-8, which REAPER's Python cannot read ({_LUA} can)"
    note = f"{why}; not read: {', '.join(missing)}"
    lines[1:1] = [f"{PARTLY_READ} {quote(note)}"]
    return "\n".join([*lines, *chain_lines(parts["chain"], "FXCHAIN"), *items, ">"])


def _from_values(values: dict[str, float], texts: dict[str, str | None], unnamed: str) -> list[str]:
    depth = int(values["I_FOLDERDEPTH"])
    guid, name = quote(texts["GUID"] or ""), texts["P_NAME"]
    return [
        f"<TRACK {guid}",
        f"NAME {quote(unnamed if name is None else name)}",
        f"AUTOMODE {int(values['I_AUTOMODE'])}",
        f"VOLPAN {format_number(values['D_VOL'])} {format_number(values['D_PAN'])} -1 -1 1",
        f"MUTESOLO {int(values['B_MUTE'])} {int(values['I_SOLO'])} 0",
        f"IPHASE {int(values['B_PHASE'])}",
        f"ISBUS {1 if depth > 0 else 2 if depth < 0 else 0} {depth}",
        f"NCHAN {int(values['I_NCHAN'])}",
        f"TRACKID {guid}",
    ]

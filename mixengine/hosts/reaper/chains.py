"""The plug-ins of a track or of the master where no whole state can be read."""

from __future__ import annotations

from typing import Any

from mixengine.hosts.rpp import effects, vststate
from mixengine.hosts.rpp.words import format_number, quote

READABLE = tuple(f"{kind.plugin} (Cockos)" for kind in effects.KINDS.values())
"""REAPER's names of the plug-ins whose state is read."""
_WHOLLY = 1e-6


def chain_lines(plugins: list[dict[str, Any]], name: str) -> list[str]:
    """The plug-ins that were read from a track or from the master as a block of a project.

    ReaEQ, ReaComp and ReaLimit stand in it with their states and the envelopes of their parameters; of other plug-ins
    only the name, the label and how they are switched are there.
    """
    lines = []
    for plugin in plugins:
        lines.append(f"BYPASS {int(not plugin['enabled'])} {int(plugin['offline'])} 0")
        lines += _ours(plugin) or [
            f'<VST {quote(plugin["name"], always=True)} "" 0 {quote(plugin["label"], always=True)} 0 ""',
            ">",
        ]
        lines += [line.strip() for text in plugin.get("envelopes", ()) for line in text.splitlines()]
        lines += _beside(plugin)
    return [f"<{name}", *("  " + line for line in lines), ">"] if lines else []


def _beside(plugin: dict[str, Any]) -> list[str]:
    """The lines behind a plug-in that say how its sound is mixed, where that is not wholly and one after another."""
    wet, parallel = plugin.get("wet"), plugin.get("parallel") or "0"
    lines = [] if wet is None or abs(wet - 1.0) < _WHOLLY else [f"WET {format_number(wet)} 0"]
    return lines if parallel == "0" else [*lines, f"PARALLEL {parallel}"]


def _ours(plugin: dict[str, Any]) -> list[str]:
    for kind, readable in zip(effects.KINDS.values(), READABLE, strict=True):
        if readable not in plugin["name"]:
            continue
        try:
            state = kind.module.from_data_text(plugin["state"]) if plugin["state"] is not None else None
        except vststate.NotAState:
            state = None
        if state is not None:
            lines = kind.module.encode(state)
            return [kind.module.vst_line(plugin["label"]), *("  " + line for line in lines), ">"]
    return []

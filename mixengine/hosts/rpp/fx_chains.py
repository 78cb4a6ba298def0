"""The plug-ins of an FX chain, as `Effect`s."""

from __future__ import annotations

from dataclasses import replace

from mixengine.hosts.rpp import effects, jsfx
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import Effect


def effects_of(chain: Block | None, *, moving: bool = True) -> tuple[Effect, ...]:
    """The plug-ins of an FX chain, in order; those that mixengine renders with their settings.

    ``moving`` off leaves out what envelopes ask of them: the project bypasses all.
    """
    plugins: list[Effect] = []
    bypassed = False
    for entry in chain.entries if chain else ():
        if isinstance(entry, Line):
            if entry.name == "BYPASS":  # the second number: offline, which lets the sound pass too
                bypassed = entry.integer(1) != 0 or entry.integer(2) != 0
            elif plugins and (note := _beside(entry)):
                plugins[-1] = replace(plugins[-1], notes=(*plugins[-1].notes, note))
        elif chain is not None and entry.name in effects.PLUGINS:
            plugins.append(_effect(chain, entry, bypassed, moving))
    return tuple(plugins)


def _beside(line: Line) -> str:
    """What a line behind a plug-in asks of its sound, in words; empty for all other lines."""
    if line.name == "WET" and line.number(1, 1.0) != 1.0:
        return f"wet mix of {100.0 * line.number(1):g} %"
    if line.name == "PARALLEL" and line.integer(1):
        return "running in parallel with the next plug-in"
    return ""


def _effect(chain: Block, block: Block, bypassed: bool, moving: bool) -> Effect:
    plugin = Effect(block.opening.text(1), effects.label(block), bypassed)
    if (utility := jsfx.read(block)) is not None:
        return replace(plugin, utility=utility, notes=jsfx.unheard(chain, block, effects.PLUGINS, moving=moving))
    decoded = effects.read(block)
    if decoded is None:
        return plugin
    kind, state = decoded
    settings = effects.settings_in(chain, block, kind, state) if moving else kind.settings(state)
    unheard = effects.unheard_envelopes(chain, block, kind) if moving else ()
    plugin = replace(plugin, notes=(*effects.unheard(state), *unheard))
    if kind is effects.EQUALIZER:
        return replace(plugin, bands=settings, gain_db=state.gain_db)
    if kind is effects.LIMITER:
        return replace(plugin, limiter=settings)
    return replace(plugin, compressor=settings)

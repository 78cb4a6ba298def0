"""The plug-ins of an FX chain, as `Effect`s."""

from __future__ import annotations

from dataclasses import replace

from mixengine.hosts.rpp import effects, jsfx
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import Effect


def effects_of(chain: Block | None) -> tuple[Effect, ...]:
    """The plug-ins of an FX chain, in order; ReaEQ and ReaComp with their settings."""
    plugins: list[Effect] = []
    bypassed = False
    for entry in chain.entries if chain else ():
        if isinstance(entry, Line):
            if entry.name == "BYPASS":  # the second number: offline, which lets the sound pass too
                bypassed = entry.integer(1) != 0 or entry.integer(2) != 0
        elif chain is not None and entry.name in effects.PLUGINS:
            plugins.append(_effect(chain, entry, bypassed))
    return tuple(plugins)


def _effect(chain: Block, block: Block, bypassed: bool) -> Effect:
    plugin = Effect(block.opening.text(1), effects.label(block), bypassed)
    if (utility := jsfx.read(block)) is not None:
        return replace(plugin, utility=utility, notes=jsfx.unheard(chain, block, effects.PLUGINS))
    decoded = effects.read(block)
    if decoded is None:
        return plugin
    kind, state = decoded
    settings = effects.settings_in(chain, block, kind, state)
    plugin = replace(plugin, notes=(*effects.unheard(state), *effects.unheard_envelopes(chain, block, kind)))
    if kind is effects.EQUALIZER:
        return replace(plugin, bands=settings, gain_db=state.gain_db)
    return replace(plugin, compressor=settings)

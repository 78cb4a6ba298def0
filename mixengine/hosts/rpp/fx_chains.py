"""The plug-ins of an FX chain, as `Effect`s."""

from __future__ import annotations

from dataclasses import replace

from mixengine.hosts.rpp import effects, fx_envelopes, jsfx, vst3_state
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.effects import IN_PARALLEL, JsFilter
from mixengine.model.session import Effect


def effects_of(chain: Block | None, *, moving: bool = True, hosted: bool = False) -> tuple[Effect, ...]:
    """The plug-ins of an FX chain, in order; those that mixengine renders with their settings.

    ``moving`` off leaves out what envelopes ask of them: the project bypasses all. With ``hosted`` the states of VST3
    plug-ins are read too.
    """
    plugins: list[Effect] = []
    bypassed = False
    for entry in chain.entries if chain else ():
        if isinstance(entry, Line):
            if entry.name == "BYPASS":  # the second number: offline, which lets the sound pass too
                bypassed = entry.integer(1) != 0 or entry.integer(2) != 0
            elif plugins and entry.name == "WET" and plugins[-1].plugin is not None:
                wet = min(max(entry.number(1, 1.0), 0.0), 1.0)
                plugins[-1] = replace(plugins[-1], plugin=replace(plugins[-1].plugin, wet=wet))
            elif plugins and (note := _beside(entry)):
                plugins[-1] = replace(plugins[-1], notes=(*plugins[-1].notes, note))
        elif chain is not None and entry.name in effects.PLUGINS:
            plugins.append(_effect(chain, entry, bypassed, moving, hosted))
    return tuple(plugins)


def _beside(line: Line) -> str:
    """What a line behind a plug-in asks of its sound, in words; empty for all other lines."""
    if line.name == "WET" and line.number(1, 1.0) != 1.0:
        return f"wet mix of {100.0 * line.number(1):g} %"
    if line.name == "PARALLEL" and line.integer(1):
        return IN_PARALLEL
    return ""


def _effect(chain: Block, block: Block, bypassed: bool, moving: bool, hosted: bool) -> Effect:
    plugin = Effect(block.opening.text(1), effects.label(block), bypassed)
    if block.name == effects.CONTAINER:
        return replace(plugin, inside=effects.labels_inside(block))
    if (played := jsfx.read(block)) is not None:
        plugin = replace(plugin, notes=jsfx.unheard(chain, block, effects.PLUGINS, moving=moving))
        if isinstance(played, JsFilter):
            return replace(plugin, js_filter=played)
        return replace(plugin, utility=played)
    decoded = effects.read(block)
    if decoded is None:
        if hosted and (user_plugin := vst3_state.read(block)) is not None:
            drawn = fx_envelopes.active(chain, block) if moving else 0
            return replace(plugin, plugin=user_plugin, notes=("envelope of a parameter",) * drawn)
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

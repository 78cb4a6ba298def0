"""JS plug-ins of REAPER's own set whose law is plain: volume utilities and some filters.

The first line of such a block holds the sliders, a dash for one that is not set. All other JS plug-ins are only named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from mixengine.hosts.rpp import envelopes
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.effects import JsFilter, UtilitySettings
from mixengine.model.units import decibels

_UNSET = "-"
_MAX_DB = 150.0
"""End of the sliders, to both sides."""
_ENVELOPES = ("PARMENV", "PROGRAMENV")


def _volume(sliders: Line) -> UtilitySettings | None:
    if _is_unset(sliders, 0):
        return None  # the slider's default is not the same in all versions
    # it takes 6 dB for a factor of exactly 2
    volume_db, ceiling_db = (decibels(2.0 ** (_slider_db(sliders, index) / 6.0)) for index in (0, 1))
    return UtilitySettings(volume_db, ceiling_db=ceiling_db)


def _volume_pan(sliders: Line) -> UtilitySettings:
    pan = sliders.number(1) / 100.0
    return UtilitySettings(_slider_db(sliders, 0), pan=pan, law_db=_slider_db(sliders, 2))


def _filter(file: str, *defaults: float) -> Callable[[Line], JsFilter]:
    def read(sliders: Line) -> JsFilter:
        values = (
            default if _is_unset(sliders, index) else sliders.number(index) for index, default in enumerate(defaults)
        )
        return JsFilter(file, tuple(values))

    return read


def _slider_db(sliders: Line, index: int) -> float:
    return min(max(sliders.number(index), -_MAX_DB), _MAX_DB)


_UTILITIES: Mapping[str, Callable[[Line], UtilitySettings | None]] = MappingProxyType(
    {
        "utility/volume": _volume,
        "utility/volume_pan": _volume_pan,
        "utility/volume_pan_sample_accurate_auto": _volume_pan,
    }
)
_FILTERS: Mapping[str, Callable[[Line], JsFilter]] = MappingProxyType(
    {
        "filters/dc_remove": _filter("filters/dc_remove"),
        "filters/resonantlowpass": _filter("filters/resonantlowpass", 1000.0, 0.8),
        "loser/3BandEQ": _filter("loser/3BandEQ", 0.0, 200.0, 0.0, 2000.0, 0.0, 0.0),
    }
)
"""File of a JS plug-in → how its sliders are read."""


def read(block: Block) -> UtilitySettings | JsFilter | None:
    """The settings of a JS plug-in that mixengine plays; ``None`` for all others."""
    if block.name != "JS":
        return None
    file, sliders = block.opening.text(1).replace("\\", "/"), next(iter(block.lines), None)
    if sliders is None or not sliders.words:
        return None
    if file in _FILTERS:
        return _FILTERS[file](sliders)
    return _UTILITIES[file](sliders) if file in _UTILITIES else None


def _is_unset(sliders: Line, index: int) -> bool:
    return sliders.text(index, _UNSET) == _UNSET


def unheard(chain: Block, plugin: Block, names: tuple[str, ...], *, moving: bool) -> tuple[str, ...]:
    """What the place of a JS plug-in in its chain asks for and is not played; ``names`` are those of plug-in blocks.

    ``moving`` says whether envelopes move anything.
    """
    ends = [other.start for other in chain.children if other.name in names and other.start > plugin.start]
    end = min(ends, default=chain.close)
    behind = [block for block in chain.children if plugin.start < block.start < end]
    drawn = [block for block in behind if moving and block.name in _ENVELOPES and envelopes.moves(block)]
    pins = any(block.name == "JS_PINMAP" for block in behind)
    return ("envelope of a parameter",) * len(drawn) + ("choice of channels",) * pins

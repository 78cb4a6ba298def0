"""Parameter envelopes of ReaEQ in an FX chain: the gain of a band over time, as ``<PARMENV`` blocks.

They stand behind their plug-in's ``FXID`` line. The parameters of a ReaEQ are frequency, gain and width of its first
band, then of the next. What of their text is certain, and what is not, is in ``docs/architecture.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mixengine.hosts.rpp import envelopes, new
from mixengine.hosts.rpp.syntax import Block
from mixengine.model.session import EnvelopePoint, EqBand
from mixengine.model.units import decibels

NAME = "PARMENV"
_PROGRAM = "PROGRAMENV"
_NAMES = (NAME, _PROGRAM)
STEP = 3
"""Of each band: frequency, gain, width."""
_GAIN = 1
_MAX_AMPLITUDE = 4.0
"""Largest gain of a ReaEQ's band, +12 dB."""
_DIGITS = 7
_GAIN_DIGITS = 4
"""Amplitudes and dB are rounded to these: the points of mixengine have six digits."""


def number(band: int) -> int:
    """Number of the parameter that is the gain of a band, which count from 0."""
    return STEP * band + _GAIN


def parameter(gain: float) -> float:
    """Value of a gain parameter (0 … 1) for a linear amplitude: 0.5 is 0 dB, 1 is +12 dB."""
    gain = min(max(gain, 0.0), _MAX_AMPLITUDE)
    return gain / 2.0 if gain <= 1.0 else 0.5 + (gain - 1.0) / 6.0


def gain_of(value: float) -> float:
    """The linear amplitude for a value of the parameter: the reverse of `parameter`."""
    return round(2.0 * value if value <= 0.5 else 1.0 + 6.0 * (value - 0.5), _DIGITS)


def of_plugin(chain: Block, plugin: Block) -> list[Block]:
    """The parameter envelopes of a plug-in of a chain."""
    return _behind(chain, plugin, NAME)


def _behind(chain: Block, plugin: Block, name: str) -> list[Block]:
    ends = [other.start for other in chain.children if other.name not in _NAMES and other.start > plugin.start]
    end = min(ends, default=chain.close)
    return [block for block in chain.all(name) if plugin.start < block.start < end]


def replaced(chain: Block, plugin: Block, *states: tuple[EqBand, ...]) -> list[Block]:
    """The envelopes of a plug-in that go when its bands change from one of these states to the other.

    Those of frequencies and widths, and of gains that move in neither, are the user's and stay.
    """
    moving = {number(index) for bands in states for index, band in enumerate(bands) if band.points}
    return [block for block in of_plugin(chain, plugin) if _number(block) in moving]


def others(chain: Block, plugin: Block) -> int:
    """How many active envelopes of a plug-in move anything but gains of bands."""
    gains = [_number(block) % STEP == _GAIN for block in of_plugin(chain, plugin) if _points(block)]
    return len(gains) - sum(gains) + _programs(chain, plugin)


def active(chain: Block, plugin: Block) -> int:
    """How many active envelopes a plug-in has."""
    return sum(bool(_points(block)) for block in of_plugin(chain, plugin)) + _programs(chain, plugin)


def _programs(chain: Block, plugin: Block) -> int:
    """How many active envelopes choose a plug-in's presets."""
    return sum(envelopes.is_active(block) for block in _behind(chain, plugin, _PROGRAM))


def with_points(bands: tuple[EqBand, ...], blocks: Iterable[Block]) -> tuple[EqBand, ...]:
    """Bands with the points of their gains.

    The gain of such a band is that of the point furthest from 0 dB: while REAPER plays, the plug-in's own state holds
    whatever the envelope was at when the project was saved.
    """
    points = {_number(block): _points(block) for block in blocks}
    return tuple(_moving(band, points.get(number(index), ())) for index, band in enumerate(bands))


def without_points(bands: tuple[EqBand, ...]) -> tuple[EqBand, ...]:
    """Bands as the plug-in's own state holds them."""
    return tuple(replace(band, points=()) for band in bands)


def lines(bands: tuple[EqBand, ...], owner: str) -> list[str]:
    """The parameter envelopes of bands with points; ``owner`` makes their ids.

    The opening line names the parameter by its number alone, as REAPER did before version 6, because a name that is
    not the plug-in's own could be worse than none.
    """
    return [line for index, band in enumerate(bands) if band.points for line in _lines(band, number(index), owner)]


def point_lines(points: Iterable[EnvelopePoint]) -> list[str]:
    """Points of a band's gain as ``PT`` lines."""
    return [envelopes.point_text(replace(point, value=parameter(point.value))) for point in points]


def _lines(band: EqBand, parameter_number: int, owner: str) -> list[str]:
    return [
        f"<{NAME} {parameter_number} 0 1 0.5",
        f"  EGUID {new.guid('fx envelope', owner, str(parameter_number))}",
        "  ACT 1 -1",
        "  VIS 1 1 1",
        "  LANEHEIGHT 0 0",
        "  ARM 1",
        "  DEFSHAPE 0 -1 -1",
        *("  " + line for line in point_lines(band.points)),
        ">",
    ]


def _number(block: Block) -> int:
    word = block.opening.text(1).partition(":")[0]
    return int(word) if word.isdecimal() else -1


def _points(block: Block) -> tuple[EnvelopePoint, ...]:
    """The points of an envelope in amplitudes; none where it is bypassed."""
    automation = envelopes.read(block, NAME)
    if not automation.active:
        return ()
    return tuple(replace(point, value=gain_of(point.value), selected=False) for point in automation.points)


def _moving(band: EqBand, points: tuple[EnvelopePoint, ...]) -> EqBand:
    if not points:
        return band
    deepest_db = max((decibels(max(point.value, 1e-6)) for point in points), key=abs)
    return replace(band, gain_db=round(deepest_db, _GAIN_DIGITS), points=points)


def of_numbers(chain: Block, plugin: Block, numbers: set[int]) -> list[Block]:
    """The envelopes of a plug-in that move parameters of these numbers."""
    return [block for block in of_plugin(chain, plugin) if _number(block) in numbers]

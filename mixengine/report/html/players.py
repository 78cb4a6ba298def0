"""The part of the page that plays: before and after, equally loud, with a switch between them.

Without scripts they are two plain players. With the page's script they run side by side, one of them silent.
"""

from __future__ import annotations

from mixengine.model.units import plain_db
from mixengine.report.clock import axis_clock
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import paragraphs, section
from mixengine.report.html.excerpt import Excerpt


def listen(context: ReportContext) -> str:
    """Both players; nothing when there is no excerpt."""
    pair = context.excerpts
    if pair is None:
        return ""
    turned = " and ".join(f"“{name}” {_turned(e)}" for name, e in (("before", pair.before), ("after", pair.after)))
    start, end = (axis_clock(time_s, pair.end_s) for time_s in (pair.start_s, pair.end_s))
    words = (
        f"{start} to {end}, {pair.why}. Both play at {plain_db(pair.lufs)} LUFS, so that "
        f"neither wins by being louder: {turned}."
    )
    both = "".join(_player(name, excerpt) for name, excerpt in (("Before", pair.before), ("After", pair.after)))
    group = f'<div aria-label="Before and after" class="ab" role="group">{both}</div>'
    return section("listen", "Listen: before and after", paragraphs([words]), group)


def _turned(excerpt: Excerpt) -> str:
    level = plain_db(abs(excerpt.gain_db))
    return "is as it is" if level == plain_db(0.0) else f"is turned down by {level} dB"


def _player(name: str, excerpt: Excerpt) -> str:
    return (
        f'<div class="player"><p>{name}</p>'
        f'<audio aria-label="{name}" controls preload="auto" src="{excerpt.address}"></audio></div>'
    )

"""The curves of changed equalisers."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.audio.reaeq import response_db
from mixengine.model.plan import Equalizer
from mixengine.report.html.context import ReportContext
from mixengine.report.html.theme import AFTER, BEFORE, FAINT, frequency_axis, short, svg

MAX_EQUALIZERS = 24
_ACROSS = 3


def equalizers(context: ReportContext) -> str:
    """The curve of every changed equaliser, one small panel each."""
    changes = [c for c in context.plan.changes if isinstance(c, Equalizer)][:MAX_EQUALIZERS]
    if not changes:
        return ""
    rate = context.after.sample_rate
    frequencies_hz = np.geomspace(20.0, min(20000.0, 0.49 * rate), 200)
    rows = -(-len(changes) // _ACROSS)

    def curve(bands: Any) -> np.ndarray:
        return response_db(bands or (), frequencies_hz, rate)

    pairs = [(curve(change.before), curve(change.after)) for change in changes]
    limit = max(3.0, *(float(np.abs(c).max()) for pair in pairs for c in pair)) + 1.0

    def draw(figure: Any) -> None:
        panels = figure.subplots(rows, _ACROSS, sharex=True, sharey=True, squeeze=False).ravel()
        for panel, change, (before_db, after_db) in zip(panels, changes, pairs, strict=False):
            panel.set_title(short(context.track_name(change.track)))
            panel.axhline(0.0, color=FAINT, linewidth=1.0)
            if change.before:
                panel.plot(frequencies_hz, before_db, color=BEFORE, linewidth=1.2)
            panel.fill_between(frequencies_hz, 0.0, after_db, color=AFTER, alpha=0.25, linewidth=0)
            panel.plot(frequencies_hz, after_db, color=AFTER)
            frequency_axis(panel)
            panel.set_xlabel("")
            panel.set_xticks([50, 200, 1000, 5000], ["50", "200", "1 k", "5 k"])
            panel.set_ylim(-limit, limit)
        for panel in panels[len(changes) :]:
            panel.set_visible(False)
        for panel in panels[::_ACROSS]:
            panel.set_ylabel("dB")
        figure.supxlabel("frequency in Hz", fontsize=9.0)

    alt = f"{len(changes)} small line charts: gain of each changed equaliser over frequency"
    return svg("eq", alt, 0.4 + 1.45 * rows, draw)

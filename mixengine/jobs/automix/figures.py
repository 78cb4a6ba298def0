"""Who speaks when, and which microphone is open, for the page of an automix."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.automix.details import AutomixDetails
from mixengine.model.session import Automation, EnvelopePoint
from mixengine.model.units import amplitude
from mixengine.report.html.theme import CONTROL, SPEECH, legend, short, svg, time_axis

MAX_MICS = 12
_MAX_SPANS = 1500
_COLUMNS = 1500
_ROW_IN = 0.42


def turns(details: AutomixDetails) -> str:
    """One row for each microphone: blocks where its speaker speaks, and the gain of its envelope."""
    mics = details.mics[:MAX_MICS]
    spans_of = details.turns or {}
    drawn = {envelope.track: envelope.points for envelope in details.envelopes}
    ends_s = [end_s for spans in spans_of.values() for _, end_s in spans[-1:]]
    end_s = max([*ends_s, *(points[-1][0] for points in drawn.values() if points)], default=0.0)
    if not mics or end_s <= 0.0:
        return ""
    floor = abs(details.floor_db) or 1.0

    def draw(figure: Any) -> None:
        axis = figure.subplots()
        times_s = np.linspace(0.0, end_s, _COLUMNS)
        for row, mic in enumerate(mics):
            spans = [(start_s, stop_s - start_s) for start_s, stop_s in spans_of.get(mic.id, ())[:_MAX_SPANS]]
            label = {"label": "speaks"} if not row else {}
            axis.broken_barh(spans, (-row - 0.9, 0.8), facecolor=SPEECH, alpha=0.35, linewidth=0, **label)
            gain_db = _gain_db(drawn.get(mic.track, ()), times_s)
            label = {"label": "gain"} if not row else {}
            axis.plot(times_s, -row - 0.1 + 0.8 * np.maximum(gain_db / floor, -1.0), color=CONTROL, **label)
        axis.set_yticks([-row - 0.5 for row in range(len(mics))], [short(mic.track) for mic in mics])
        axis.set_ylim(-len(mics) - 0.05, 0.05)
        axis.grid(axis="y", visible=False)
        legend(axis)
        time_axis(axis, end_s)

    alt = "Chart: for each microphone, when its speaker speaks, and the gain of its volume envelope over time"
    return svg("turns", alt, 1.0 + _ROW_IN * len(mics), draw)


def _gain_db(points: Any, times_s: np.ndarray) -> np.ndarray:
    if not points:
        return np.zeros(len(times_s))
    envelope = tuple(EnvelopePoint(time_s, amplitude(gain_db), int(shape)) for time_s, gain_db, shape in points)
    return 20.0 * np.log10(np.maximum(automation_values(times_s, Automation("volume", envelope)), 1e-6))

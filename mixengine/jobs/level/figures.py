"""Loudness of voices over time, before and after, and the gain between, for the page of a level."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.jobs.level.details import LevelDetails
from mixengine.report.html.theme import AFTER, BEFORE, CONTROL, legend, short, svg, time_axis

MAX_VOICES = 8
_ROW_IN = 1.7
_MIN_SPAN_LU = 6.0
"""So that a voice which hardly varies does not look as if it did."""


def rides(details: LevelDetails) -> str:
    """One panel for each voice that sounds."""
    voices = [voice for voice in details.voices if voice.loudness][:MAX_VOICES]
    if not voices:
        return ""
    end_s = float(max(len(voice.loudness) for voice in voices))

    def draw(figure: Any) -> None:
        for axis, voice in zip(np.atleast_1d(figure.subplots(len(voices), 1, sharex=True)), voices, strict=True):
            before = np.array([np.nan if level is None else level for level in voice.loudness])
            gain_db = np.array(voice.gain, dtype=float)
            seconds = np.arange(len(before))
            axis.plot(seconds, before, color=BEFORE, label="before")
            axis.plot(seconds, before + gain_db, color=AFTER, label="after")
            axis.set_title(short(voice.track))
            axis.set_ylabel("LUFS")
            low, high = axis.get_ylim()
            if (lacking := _MIN_SPAN_LU - (high - low)) > 0.0:
                axis.set_ylim(low - lacking / 2.0, high + lacking / 2.0)
            right = axis.twinx()
            right.plot(seconds, gain_db, color=CONTROL, linewidth=1.0, label="gain")
            right.set_ylabel("dB")
            right.grid(visible=False)
            span = max(float(np.abs(gain_db).max(initial=0.0)), 1.0) * 3.0
            right.set_ylim(-span, span)
        legend(figure.axes[0])
        time_axis(axis, end_s)

    alt = "Line chart: loudness of each voice over time before and after, and the gain between"
    return svg("rides", alt, 0.4 + _ROW_IN * len(voices), draw)

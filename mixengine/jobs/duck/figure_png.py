"""The figure of four panels: the raw mix, the balanced mix, the ducked mix, and the control that ducks it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

_SPEECH, _WAVE, _CONTROL = "#f2b84b", "#3b6ea5", "#b4472e"
_TITLES = ("raw", "balanced: music levelled to the speech", "ducked")
_MAX_CURVES = 6


def draw(
    waveforms: list[np.ndarray],
    control: tuple[np.ndarray, dict[str, np.ndarray]],
    activity: Sequence[tuple[float, float]],
    end_s: float,
    path: Path,
) -> None:
    """Draw and save as PNG.

    Parameters
    ----------
    waveforms : list of three ndarray [shape=(parts, 2)]
        Minimum and maximum samples of the three mixes.
    control : (ndarray [shape=(times,)], dict)
        Times in seconds and each ducked track's gain in dB.
    activity : sequence of (start_s, end_s)
        When somebody speaks; shaded.
    end_s : float
        Length of the session.
    path : Path
        Where to save.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(4, 1, sharex=True)
    times_s = (np.arange(len(waveforms[0])) + 0.5) / len(waveforms[0]) * end_s
    for panel, title, waveform in zip(panels, _TITLES, waveforms, strict=False):
        panel.fill_between(times_s, waveform[:, 0], waveform[:, 1], color=_WAVE, linewidth=0.4)
        panel.set_ylabel("amplitude")
        panel.set_title(title, loc="left", fontsize=10)
        limit = max(float(np.abs(waveform).max()), 1e-3)
        panel.set_ylim(-limit, limit)
    panel = panels[3]
    for name, gain_db in list(control[1].items())[:_MAX_CURVES]:
        panel.plot(control[0], gain_db, color=_CONTROL, linewidth=1.2, label=name)
    panel.set_title("control: gain of the background (shaded: somebody speaks)", loc="left", fontsize=10)
    panel.set_ylabel("dB")
    panel.set_xlabel("time in s")
    panel.set_ylim(min(-3.0, *(float(curve.min()) for curve in control[1].values()), 0.0) - 1.0, 1.0)
    for panel in panels:
        panel.set_xlim(0.0, end_s)
        for start_s, stop_s in activity:
            panel.axvspan(start_s, stop_s, color=_SPEECH, alpha=0.25, linewidth=0)
    figure.savefig(path, dpi=110, format="png")

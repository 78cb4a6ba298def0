"""The figure of a duck: the mix as it was, levelled, and ducked, above the control that ducks it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.jobs.duck import ducked_mix
from mixengine.jobs.duck.figures import shade
from mixengine.jobs.duck.table import details_of
from mixengine.model import signal_path
from mixengine.model.plan import Envelope, Fader
from mixengine.model.session import Automation
from mixengine.model.units import amplitude
from mixengine.report.html.context import MixMeasurements, ReportContext
from mixengine.report.html.mix_stats import OUTLINE_COLUMNS
from mixengine.report.html.theme import AFTER, BEFORE, CONTROL, INK, legend, short, svg, time_axis

_STYLES = ("-", (0, (5, 2)), (0, (2, 2)), (0, (6, 2, 1, 2)))
_MIN_DB = -60.0
Curves = list[tuple[np.ndarray, list[str]]]


def panels(context: ReportContext, mix_stats: MixMeasurements) -> str:
    """Four panels over one time axis; without ducked tracks there is nothing to show."""
    times_s = np.unique(np.concatenate([np.linspace(0.0, mix_stats.end_s, 1000), *_corners(context)]))
    times_s = times_s[times_s <= mix_stats.end_s]
    curves = _curves(context, times_s)
    if not curves:
        return ""
    waves = (
        ("before", BEFORE, mix_stats.before.outline),
        ("balanced: the background levelled to the speech", INK, _levelled(context, mix_stats)),
        ("ducked", AFTER, mix_stats.after.outline),
    )
    limit = max(1.05 * max(float(np.abs(outline).max()) for _, _, outline in waves), 1e-3)

    def draw(figure: Any) -> None:
        axes = figure.subplots(4, 1, sharex=True, height_ratios=(1, 1, 1, 1.5))
        for axis, (title, colour, outline) in zip(axes, waves, strict=False):
            middles_s = (np.arange(len(outline)) + 0.5) * mix_stats.end_s / len(outline)
            axis.fill_between(middles_s, outline[:, 0], outline[:, 1], color=colour, alpha=0.75, linewidth=0.3)
            axis.set_title(title)
            axis.set_ylabel("amplitude")
        for axis in axes[:3]:
            shade(axis, details_of(context.plan))
            axis.set_ylim(-limit, limit)  # one scale: louder looks louder
        _control(axes[3], context, times_s, curves)
        time_axis(axes[3], mix_stats.end_s)

    alt = (
        "Four panels over time: waveform of the mix before, with the background levelled, and ducked; "
        f"below them the gain of the background, {len(curves)} curves; shaded where somebody speaks"
    )
    return svg("ducking", alt, 6.6, draw)


def _control(axis: Any, context: ReportContext, times_s: np.ndarray, curves: Curves) -> None:
    shade(axis, details_of(context.plan))
    for (gain_db, names), style in zip(curves[: len(_STYLES)], _STYLES, strict=False):
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        axis.plot(times_s, gain_db, color=CONTROL, linestyle=style, label=", ".join(map(short, names[:2])) + more)
    lowest = min(float(gain_db.min()) for gain_db, _ in curves)
    axis.set_ylim(max(min(-3.0, lowest) - 1.5, _MIN_DB), 1.5)
    axis.set_title("control")
    axis.set_ylabel("gain in dB")
    legend(axis)


def _curves(context: ReportContext, times_s: np.ndarray) -> Curves:
    """Gain of every ducked track in dB with the names of the tracks; alike ones once."""
    curves: dict[bytes, tuple[np.ndarray, list[str]]] = {}
    automation = {(track.id, entry.kind): entry for track in context.after.tracks for entry in track.automation}
    for change in context.plan.changes:
        if isinstance(change, Envelope) and change.after:
            drawn = Automation(change.envelope, change.after)
            entry = automation.get((change.track, change.envelope), drawn)
            values = automation_values(times_s, Automation(entry.kind, entry.points, True, entry.fader_scaling))
            gain_db = 20.0 * np.log10(np.maximum(values, 1e-4))
            key = np.round(gain_db, 2).tobytes()
            curves.setdefault(key, (gain_db, []))[1].append(context.track_name(change.track))
    return list(curves.values())


def _corners(context: ReportContext) -> list[np.ndarray]:
    """Times of the points themselves: a curve of few samples must not cut its corners."""
    times = [p.time_s for c in context.plan.changes if isinstance(c, Envelope) for p in c.after]
    return [np.array(times[:4000])]


def _levelled(context: ReportContext, mix_stats: MixMeasurements) -> np.ndarray:
    """Outline of the mix in which only the faders were moved; with the previous master fader, where it counts."""
    if not any(isinstance(change, Fader) for change in context.plan.changes):
        return mix_stats.before.outline
    session = ducked_mix.levelled(context.before, context.plan)
    return ducked_mix.outline(session, OUTLINE_COLUMNS, mix_stats.end_s) * amplitude(
        signal_path.master_level_db(session)
    )

"""The table of changes: each with the value before, the value after and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mixengine.model import plan as mixplan
from mixengine.model.session import CompressorSettings, EnvelopePoint, EqBand, LimiterSettings
from mixengine.model.units import decibels, plain_db, signed_db
from mixengine.report.clock import clock
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import Cell, bullets, section, table

MAX_ROWS = 1500
_LOW_HZ = 1000.0


def changes(context: ReportContext) -> str:
    """Every change with its reason; without any, the words that say so."""
    plan = context.plan
    if not plan.changes:
        return section("changes", "Changes", "<p>Nothing was changed.</p>")
    listed = plan.changes[:MAX_ROWS]
    rows, groups = [], []
    for place, change in enumerate(listed, 1):
        track = getattr(change, "track", None)
        group = context.group(track) if track else ""
        what, before, after, moved = _DESCRIBERS[type(change)](change)
        where = context.track_name(track) if track else "project"
        reason = getattr(change, "reason", "")
        rows.append([where, group or "–", what, before, after, moved, reason, Cell(str(place), place)])
        groups.append(group or "–")
    heads = ("track", "group", "what", "before", "after", "change", "why", "no.")
    left_out = len(plan.changes) - len(listed)
    more = f"<p>… and {left_out} more: all of them are in the plan.</p>" if left_out else ""
    drawn = table(
        "changes-table", "Changes with reasons", heads, rows, groups=groups, numbers=(3, 4, 5, 7), sortable=True
    )
    return section("changes", f"Changes ({len(plan.changes)})", drawn, more, _untouched(context))


def _untouched(context: ReportContext) -> str:
    """Tracks of the session that stay as they are, with the job's reason."""
    changed = {getattr(change, "track", None) for change in context.plan.changes}
    rows = [row for row in context.view.tracks(context.plan) if row.id not in changed]
    if not rows:
        return ""
    lines = bullets(f"{row.name}: {row.reason}" for row in rows)
    return f"<details><summary>{len(rows)} tracks stay as they are</summary>{lines}</details>"


def _fader(change: mixplan.Fader | mixplan.MasterTrim, what: str = "fader") -> Sequence[Cell | str]:
    moved = change.after - change.before if change.after != change.before else 0.0
    return what, _level(change.before), _level(change.after), Cell(f"{signed_db(moved)} dB", moved, "strong")


def _level(level_db: float) -> Cell:
    return Cell(f"{plain_db(level_db)} dB", level_db)


def _pan(change: mixplan.Pan) -> Sequence[Cell | str]:
    return "pan", Cell(_side(change.before), change.before), Cell(_side(change.after), change.after), ""


def _side(pan: float) -> str:
    if abs(pan) < 0.005:
        return "centre"
    return f"{100 * abs(pan):.0f} % {'right' if pan > 0 else 'left'}"


def _envelope(change: mixplan.Envelope) -> Sequence[Cell | str]:
    what = f"{change.envelope.replace('_', ' ')} envelope {clock(change.start_s)} – {clock(change.end_s)}"
    lowest = _lowest_db(change) if change.envelope.startswith("volume") else None
    moved = Cell(f"to {signed_db(lowest)} dB", lowest, "strong") if lowest is not None else Cell("")
    return what, _points(change.before), _points(change.after), moved


def _points(points: tuple[EnvelopePoint, ...]) -> Cell:
    return Cell(f"{len(points)} points" if points else "no points", len(points))


def _lowest_db(change: mixplan.Envelope) -> float | None:
    return min((decibels(point.value) for point in change.after), default=None)


def _equalizer(change: mixplan.Equalizer) -> Sequence[Cell | str]:
    gains = [band.gain_db for band in change.after or () if band.enabled]
    deepest = max(gains, key=abs, default=0.0)
    return (
        f"equaliser “{change.label}”",
        Cell(bands(change.before), style="wrap"),
        Cell(bands(change.after), style="wrap"),
        Cell(f"{signed_db(deepest)} dB" if gains else "off", deepest, "strong"),
    )


def _compressor(change: mixplan.Compressor) -> Sequence[Cell | str]:
    return (
        f"compressor “{change.label}”",
        Cell(compression(change.before), style="wrap"),
        Cell(compression(change.after), style="wrap"),
        Cell(f"{plain_db(change.after.ratio)}:1" if change.after else "off", style="strong"),
    )


def _limiter(change: mixplan.Limiter) -> Sequence[Cell | str]:
    return (
        f"limiter “{change.label}”",
        Cell(limiting(change.before), style="wrap"),
        Cell(limiting(change.after), style="wrap"),
        Cell(f"{signed_db(change.after.ceiling_db - change.after.threshold_db)} dB" if change.after else "off"),
    )


def limiting(settings: LimiterSettings | None) -> str:
    """A limiter in words: ``above −9.0 dB, raised to −1.0 dB``."""
    if settings is None:
        return "none"
    return f"above {plain_db(settings.threshold_db)} dB, raised to {plain_db(settings.ceiling_db)} dB"


def compression(settings: CompressorSettings | None) -> str:
    """A compressor in words: ``4.0:1 above −18.0 dB, attack 10 ms, release 120 ms, knee 6.0 dB, make-up +3.0 dB``."""
    if settings is None:
        return "none"
    words = [
        f"{plain_db(settings.ratio)}:1 above {plain_db(settings.threshold_db)} dB",
        f"attack {settings.attack_ms:.3g} ms",
        f"release {settings.release_ms:.3g} ms",
        f"knee {plain_db(settings.knee_db)} dB" if settings.knee_db else "hard knee",
        f"make-up {signed_db(settings.makeup_db)} dB" if settings.makeup_db else "",
        f"look-ahead {settings.lookahead_ms:.3g} ms" if settings.lookahead_ms else "",
        f"RMS over {settings.rms_ms:.3g} ms" if settings.rms_ms else "",
    ]
    return ", ".join(filter(None, words))


def bands(equalizer: tuple[EqBand, ...] | None) -> str:
    """Bands in words: ``−6.0 dB at 2.5 kHz, 2.0 oct``."""
    if not equalizer:
        return "none"
    return "; ".join(
        f"{signed_db(band.gain_db)} dB at {_frequency(band.frequency_hz)}, {band.bandwidth_oct:.1f} oct"
        + (f", {len(band.points)} points" if band.points else "")
        + ("" if band.enabled else " (off)")
        for band in equalizer
    )


def _frequency(frequency_hz: float) -> str:
    return f"{frequency_hz:.0f} Hz" if frequency_hz < _LOW_HZ else f"{frequency_hz / 1000.0:.1f} kHz"


def _mute(change: mixplan.MuteClip | mixplan.MuteTrack, what: str = "item") -> Sequence[Cell | str]:
    words = {True: "muted", False: "sounds"}
    return what, words[change.before], words[change.after], ""


def _polarity(change: mixplan.Polarity) -> Sequence[Cell | str]:
    words = {True: "inverted", False: "as recorded"}
    return "polarity", words[change.before], words[change.after], ""


def _move(change: mixplan.MoveClip) -> Sequence[Cell | str]:
    before, after = change.before, change.after
    moved_ms = 1000.0 * (after.position_s - before.position_s)
    rate = f", rate {after.rate:.7f}" if after.rate != before.rate else ""
    return (
        "item",
        f"at {before.position_s:.4f} s",
        f"at {after.position_s:.4f} s{rate}",
        Cell(f"{signed_db(moved_ms)} ms", style="strong"),
    )


def _addition(what: str, name: str, remove: bool) -> Sequence[Cell | str]:
    cell, moved = Cell(name, style="wrap"), Cell("taken away" if remove else "new", style="strong")
    return (what, cell, "–", moved) if remove else (what, "–", cell, moved)


def _marker(change: mixplan.Marker) -> Sequence[Cell | str]:
    until = f" to {clock(change.end_s)}" if change.end_s is not None else ""
    what = f"{'region' if until else 'marker'} at {clock(change.time_s)}{until}"
    return _addition(what, change.name, change.remove)


_DESCRIBERS: dict[type[mixplan.Change], Callable[[Any], Sequence[Cell | str]]] = {
    mixplan.Fader: _fader,
    mixplan.Pan: _pan,
    mixplan.MasterTrim: lambda change: _fader(change, "master fader"),
    mixplan.Envelope: _envelope,
    mixplan.Equalizer: _equalizer,
    mixplan.Compressor: _compressor,
    mixplan.Limiter: _limiter,
    mixplan.MuteClip: _mute,
    mixplan.MuteTrack: lambda change: _mute(change, "track"),
    mixplan.Polarity: _polarity,
    mixplan.MoveClip: _move,
    mixplan.SplitClip: lambda change: _addition(f"cut of an item at {clock(change.at_s)}", "part", change.remove),
    mixplan.NewTrack: lambda change: _addition("track", change.name, change.remove),
    mixplan.NewClip: lambda change: _addition(
        f"item at {clock(change.position_s)}, {plain_db(change.length_s)} s", change.name or "item", change.remove
    ),
    mixplan.NewTake: lambda change: _addition("take of an item", change.name or change.file, change.remove),
    mixplan.Marker: _marker,
}
"""Kind of change → what it is, before, after and by how much."""

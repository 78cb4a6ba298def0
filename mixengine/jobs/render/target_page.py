"""The part of a render's page about a target: the way to it, and a reference beside the mix."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixengine.jobs.render.comparison import Pair, Side
from mixengine.jobs.render.finished import Curves, Finished
from mixengine.model.delivery import DIALOGUE, RMS, load
from mixengine.model.units import plain_db, signed_db
from mixengine.report.clock import axis_clock
from mixengine.report.html.elements import Cell, figure, paragraphs, section, table
from mixengine.report.html.theme import AFTER, BEFORE, CONTROL, FAINT, INK, frequency_axis, legend, svg, time_axis
from mixengine.system.errors import UserError

_ROUNDING = 0.005
_SPAN_DB = 70.0


def way(result: Finished, curves: Curves | None, length_s: float) -> str:
    """Table and figure: what the target asks for, what the mix was, what the file is, and what took it there."""
    level = {DIALOGUE: result.dialogue_lufs, RMS: result.rms_db}.get(result.measured_by, result.lufs)
    unit = {DIALOGUE: "LKFS, dialogue", RMS: "dB RMS"}.get(result.measured_by, "LUFS")
    before = plain_db(result.lufs_before) if unit == "LUFS" else ""
    close = level is not None and abs(level - result.level) <= result.tolerance + 0.1
    fits = result.true_peak_dbtp <= result.ceiling_dbtp + 0.02
    goal = f"{plain_db(result.level)} ± {result.tolerance:g}"
    rows: list[list[Cell | str]] = [
        [f"Level ({unit})", goal, before, Cell(plain_db(level, 2), style="strong"), _verdict(close)],
        [
            "True peak (dBTP)",
            f"≤ {plain_db(result.ceiling_dbtp)}",
            plain_db(result.true_peak_before_dbtp),
            Cell(plain_db(result.true_peak_dbtp, 2), style="strong"),
            _verdict(fits),
        ],
        ["Loudness range (LU)", "", plain_db(result.lra_before_lu), plain_db(result.lra_lu), ""],
    ]
    if unit != "LUFS":
        rows.insert(1, ["Programme (LUFS)", "", plain_db(result.lufs_before), plain_db(result.lufs), ""])
    heads = ("measure", "asked for", "the mix", "the file", "")
    return section(
        "target",
        f"The way to {_title(result)}",
        paragraphs(_sentences(result)),
        table("target-levels", "Levels of the mix and of the finished file", heads, rows, numbers=(1, 2, 3)),
        figure(
            _over_time(curves, result, length_s) if curves is not None else "",
            "Above: short-term loudness with the gain alone, and of the file; dashed: the target. Below: what the "
            "limiter takes at its deepest.",
        ),
    )


def _title(result: Finished) -> str:
    try:
        return load(result.target).title
    except UserError:  # a number of LUFS, or a file of the user's
        return f"{plain_db(result.level)} LUFS"


def _verdict(fine: bool) -> Cell:
    return Cell("✓ met", style="pass") if fine else Cell("✗ not met", style="fail")


def _sentences(result: Finished) -> list[str]:
    gain = f"The mix goes {signed_db(result.gain_db)} dB"
    if result.limited_db < _ROUNDING:
        lines = [f"{gain}; no peak reaches the ceiling, so that nothing is limited."]
    else:
        lines = [
            f"{gain} into a true-peak limiter, which takes up to {plain_db(result.limited_db)} dB, more than 0.1 dB in "
            f"{100 * result.limited_share:.1f} % of the time (more than 3 dB in {100 * result.heavy_share:.1f} %)."
        ]
    if result.dialogue_from:
        share = f"{100 * (result.dialogue_share or 0.0):.0f} %"
        lines.append(f"Dialogue was looked for on {result.dialogue_from}: {share} of the time.")
    return lines


def _over_time(curves: Curves, result: Finished, length_s: float) -> str:
    def draw(drawing: Any) -> None:
        loudness, limiting = drawing.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        levels = []
        for curve, colour, words in (
            (curves.before_lufs, BEFORE, "with the gain"),
            (curves.after_lufs, AFTER, "the file"),
        ):
            step = max(-(-len(curve) // 800), 1)
            values = curve[::step]
            times_s = np.arange(len(values)) * 0.1 * step + curves.window_s / 2
            loudness.plot(times_s, np.maximum(values, -80.0), color=colour, label=words)
            levels += [float(value) for value in values if value > -60.0]
        loudness.axhline(result.level, color=CONTROL, linewidth=1.0, linestyle=(0, (4, 3)), label="target")
        top, low = max([*levels, result.level]), min([*levels, result.level])
        loudness.set_ylim(max(low - 3.0, top - 40.0), top + 3.0)
        loudness.set_ylabel("LUFS")
        legend(loudness)
        times_s = (np.arange(len(curves.limited_db)) + 0.5) * length_s / max(len(curves.limited_db), 1)
        limiting.fill_between(times_s, 0.0, -curves.limited_db, color=CONTROL, linewidth=0)
        limiting.set_ylim(-max(1.0, 1.15 * float(curves.limited_db.max(initial=0.0))), 0.0)
        limiting.axhline(0.0, color=FAINT, linewidth=1.0)
        limiting.set_ylabel("limiter, dB")
        time_axis(limiting, length_s)

    words = "Line charts over time: loudness with the gain alone and of the file, with the target; gain of the limiter"
    return svg("way", words, 3.7, draw)


def beside(mix: Side, reference: Side, passages: list[Pair]) -> str:
    """The mix and a reference: measures, spectra at equal loudness, players at equal loudness."""
    rows: list[list[Cell | str]] = [
        [words, plain_db(ours), plain_db(theirs), signed_db(ours - theirs) if np.isfinite(ours - theirs) else "–"]
        for words, ours, theirs in (
            ("Loudness as it plays (LUFS)", mix.lufs, reference.lufs),
            ("Loudness range (LU)", mix.range_lu, reference.range_lu),
            ("True peak (dBTP)", mix.true_peak_dbtp, reference.true_peak_dbtp),
            ("Width: sides against middle (dB)", mix.width_db, reference.width_db),
        )
    ]
    heads = ("measure", "the mix", "the reference", "difference")
    return section(
        "reference",
        f"Beside the reference: {reference.path.name}",
        table("beside", "Measures of the mix and of the reference", heads, rows, numbers=(1, 2, 3)),
        figure(
            _spectra(mix, reference),
            "Spectra in sixths of an octave, both at the mix's loudness; below: mix − reference.",
        ),
        paragraphs(["The loudest passage of each part of both, equally loud, so that neither wins by being louder."]),
        *(_players(number, pair) for number, pair in enumerate(passages, 1)),
    )


def _players(number: int, pair: Pair) -> str:
    start, other = axis_clock(pair.mix_start_s, 3600.0), axis_clock(pair.reference_start_s, 3600.0)
    words = f"Passage {number}: the mix from {start}, the reference from {other}, both at {plain_db(pair.lufs)} LUFS."
    both = "".join(
        f'<div class="player"><p>{name}</p><audio aria-label="{name}" controls preload="auto" src="{excerpt.address}">'
        "</audio></div>"
        for name, excerpt in (("Mix", pair.mix), ("Reference", pair.reference))
    )
    return (
        paragraphs([words])
        + f'<div aria-label="Mix and reference, passage {number}" class="ab" role="group">{both}</div>'
    )


def _spectra(mix: Side, reference: Side) -> str:
    count = min(len(mix.spectrum_hz), len(reference.spectrum_hz))
    hz, ours = mix.spectrum_hz[:count], mix.spectrum_db[:count]
    theirs = reference.spectrum_db[:count] + mix.lufs - reference.lufs

    def draw(drawing: Any) -> None:
        levels, change = drawing.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        top = float(max(ours.max(), theirs.max()))
        for values, colour, words in ((theirs, BEFORE, "reference"), (ours, AFTER, "mix")):
            levels.plot(hz, np.maximum(values, top - _SPAN_DB), color=colour, label=words)
        levels.set_ylabel("dBFS per 1/6 oct")
        legend(levels)
        both = (ours > top - _SPAN_DB) & (theirs > top - _SPAN_DB)
        difference = np.where(both, ours - np.where(both, theirs, 0.0), np.nan)
        change.plot(hz, difference, color=INK, linewidth=1.2)
        change.axhline(0.0, color=FAINT, linewidth=1.0)
        change.set_ylabel("dB")
        frequency_axis(change)

    return svg("beside", "Line charts: spectra of the mix and of the reference, and their difference", 3.7, draw)

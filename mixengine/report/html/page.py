"""The page: sections in order, and around them what makes them one file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mixengine.mixer.mix import NAME as MIX_NAME
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.model.units import plain_db
from mixengine.report.clock import clock
from mixengine.report.html import delivery, excerpts, figures, players
from mixengine.report.html import sentences as words
from mixengine.report.html.changes import changes
from mixengine.report.html.context import ReportContext, study
from mixengine.report.html.document import document
from mixengine.report.html.elements import bullets, figure, paragraphs, section
from mixengine.report.view import View
from mixengine.report.words import not_drawn
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

NAME = "report.html"
_QUICK_TRACK_SECONDS = 1500.0
"""Seconds of tracks that two cores measure in about 3 s, before and after."""


def write(
    session: Session, plan: MixPlan, view: View, staging: Staging, side: str, progress: Progress, *, quick: bool = False
) -> dict[str, str]:
    """Write ``report.html``: what a plan changes in a session, why, and what that does to the mix.

    Parameters
    ----------
    session : Session
        The one the plan was made for, before or after the plan was written into it.
    view : View
        How the plan's job is shown.
    quick : bool
        Do not measure a long mix, and play only audio that was rendered already.
    """
    name = f"{side}{NAME}"
    track_seconds = session.duration_s * sum(bool(track.clips) for track in session.tracks)
    measure_mix = not quick or track_seconds <= _QUICK_TRACK_SECONDS
    play = not quick or _rendered(staging, side) is not None
    text = page(session, plan, view, progress, measure_mix=measure_mix, play=play)
    staging.path(name).write_bytes(text.encode("utf-8"))
    return {"report": name}


def _rendered(staging: Staging, side: str) -> Path | None:
    """The mix that an extra before this one rendered."""
    return staging.written(f"{side}{MIX_NAME}")


def page(
    session: Session,
    plan: MixPlan,
    view: View,
    progress: Progress,
    *,
    measure_mix: bool = True,
    play: bool = True,
) -> str:
    """The report as text; the same for the same plan and session.

    Parameters
    ----------
    view : View
        How the plan's job is shown.
    measure_mix : bool
        Measure the mix; otherwise the page has no sections about it.
    play : bool
        Hold an excerpt of the mix before and after.
    """
    if view.page is not None:
        return view.page(plan)
    context = study(session, plan, view, progress, measure_mix=measure_mix)
    if play:
        context = replace(context, excerpts=excerpts.make(context))
    body = "\n".join(filter(None, (part(context) for part in (*_FIRST, *view.sections, *_LAST))))
    method = "Loudness after ITU-R BS.1770-5 and EBU R 128."
    return document(words.title(context), context.plan.session, _facts(context), body, method)


def _facts(context: ReportContext) -> str:
    session, tracks = context.after, sum(not track.is_folder for track in context.after.tracks)
    return f"{tracks} track{'s' * (tracks != 1)} · {clock(session.duration_s)} · {session.sample_rate / 1000:g} kHz"


def _summary(context: ReportContext) -> str:
    sentences = f'<div class="lead">{paragraphs(words.summary(context))}</div>'
    return section("summary", "What was done", sentences, _tiles(context))


def _tiles(context: ReportContext) -> str:
    if context.measurements is None:
        return ""
    before, after = context.measurements.before, context.measurements.after
    values = (
        ("Loudness", "LUFS", before.integrated_lufs, after.integrated_lufs),
        ("Loudness range", "LU", before.range_lu, after.range_lu),
        ("True peak", "dBTP", before.true_peak_dbtp, after.true_peak_dbtp),
    )
    tiles = "".join(
        f'<div class="tile"><dt>{name}</dt><dd>{plain_db(now)} <small>{unit}</small></dd>'
        f'<dd class="was">was {plain_db(was)}</dd></div>'
        for name, unit, was, now in values
    )
    return f'<dl class="tiles">{tiles}</dl>'


def _over_time(context: ReportContext) -> str:
    if context.measurements is None:
        return ""
    return section(
        "time",
        "The mix over time",
        figure(
            figures.mix_over_time(context.measurements),
            "Short-term loudness (3 s; momentary in very short sessions). Dashed: integrated loudness.",
        ),
    )


def _spectrum(context: ReportContext) -> str:
    if context.measurements is None:
        return ""
    return section(
        "spectrum",
        "Spectrum of the mix",
        figure(
            figures.spectrum(context.measurements),
            "Power over the whole length in sixths of an octave; below: after − before.",
        ),
    )


def _tracks(context: ReportContext) -> str:
    if context.measurements is None:
        return ""
    more = not_drawn(len(context.measurements.tracks), figures.MAX_TRACKS, "track")
    caption = "Loudness of each track as it goes into the mix. Filled: after; line: before. All rows have one scale."
    return section(
        "tracks", "The tracks over time", figure(figures.tracks_over_time(context.measurements), caption + more)
    )


def _notes(context: ReportContext) -> str:
    return section("notes", "Notes", bullets(context.notes))


_FIRST: tuple[Callable[[ReportContext], str], ...] = (_summary, players.listen)
_LAST: tuple[Callable[[ReportContext], str], ...] = (
    delivery.measures,
    delivery.targets,
    changes,
    _over_time,
    _spectrum,
    _tracks,
    _notes,
)
"""Sections of every report, with those of its job between."""

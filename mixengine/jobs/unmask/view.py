"""How an unmasking is shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

from mixengine.jobs.unmask.details import UnmaskDetails
from mixengine.jobs.unmask.table import details_of
from mixengine.model.plan import Equalizer, MixPlan
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import figure, section
from mixengine.report.view import Stays, View, finite, without
from mixengine.report.words import count, joined


def _summary(plan: MixPlan) -> dict[str, Any]:
    return without(finite(details_of(plan)), "roles")


def _show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.unmask.table import unmask_table

    return [unmask_table(plan)]


def _nothing(plan: MixPlan) -> str:
    """What is said when no equaliser changes."""
    details = details_of(plan)
    if details.unheard:
        return "; ".join(details.unheard)
    if any(row.bands for row in details.tracks):
        return "the equalisers stand as they should already: nothing to do"
    if details.voices:
        return "; ".join(f"{v.name}{' is' if v.clear_enough else ':'} {v.words}" for v in details.voices)
    return details.no_voice or f"no equaliser changes{_reasons(details)}"


def _reasons(details: UnmaskDetails) -> str:
    """Why tracks stay as they are, as the end of a sentence."""
    counts = Counter(row.reason for row in details.tracks if row.reason)
    words = [f"{reason} ({number} tracks)" if number > 1 else reason for reason, number in counts.most_common(4)]
    return ": " + "; ".join(words) if words else ""


def _sentences(case: ReportContext) -> list[str]:
    details = details_of(case.plan)
    changed = [change for change in case.plan.changes if isinstance(change, Equalizer)]
    first = joined(details.priority) or "nobody named"
    clear = [voice for voice in details.voices if voice.clear_enough]
    if not changed and details.voices and len(clear) == len(details.voices):
        return [f"{voice.name} is {voice.words}." for voice in clear][:4]
    if not changed and not details.voices:
        return [f"{_nothing(case.plan)}."]
    lines = [f"{count(len(changed), 'equaliser')} set so that {first} can be heard through the other tracks."]
    lines += [f"{voice.name}: {voice.words}." for voice in details.voices]
    for row in details.tracks:
        before, after = row.masked_before, row.masked_after
        if before is not None and after is not None:
            lines.append(f"Others covered {100 * before:.0f} % of {row.name}, {100 * after:.0f} % now.")
    return lines[:4]


def _equalisers(case: ReportContext) -> str:
    from mixengine.jobs.unmask import figures, points_figure
    from mixengine.report.html import eq_figure

    return section(
        "tone",
        "Equalisers and what they uncover",
        figure(figures.covered(case), "Share of each track that the others cover together."),
        figure(
            figures.who_covers_whom(case),
            "Masking map: what each track alone covers (columns) of the tracks that must be heard (rows), in %. "
            f"The {figures.MAX_COLUMNS} that cover most; only tracks that come later in priority count.",
        ),
        figure(
            figures.where(case),
            "Where all others together cover them, in critical bands. Without a frame: the track has no weight there.",
        ),
        figure(
            eq_figure.equalizers(case),
            f"Gain over frequency where it is deepest, {eq_figure.MAX_EQUALIZERS} equalisers at most.",
        ),
        figure(
            points_figure.gains_over_time(case),
            "Cuts follow the voice: gain of the deepest cut of a track over time, each dot a point that can be moved; "
            f"{points_figure.MAX_TRACKS} tracks at most.",
        ),
    )


VIEW = View(
    title="Making room by equalisers",
    summary=_summary,
    show=_show,
    sentences=_sentences,
    sections=(_equalisers,),
    tracks=lambda plan: [Stays(row.id, row.name, row.reason) for row in details_of(plan).tracks],
    nothing=_nothing,
)

"""How a level is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mixengine.jobs.envelopes.drawn import entries
from mixengine.jobs.level.table import HEADS, details_of, level_tables, rows
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import figure, section, table
from mixengine.report.view import Stays, View, finite
from mixengine.report.words import count, not_drawn


def _summary(plan: MixPlan) -> dict[str, Any]:
    details = details_of(plan)
    voices = [
        {name: value for name, value in finite(voice).items() if name not in ("loudness", "gain")}
        for voice in details.voices
    ]
    return {"voices": voices, "envelopes": finite(entries(details.envelopes))}


def _show(plan: MixPlan) -> list[Any]:
    return level_tables(plan)


def _sentences(case: ReportContext) -> list[str]:
    details = details_of(case.plan)
    left = [f"{voice.track}: {voice.why}." for voice in details.voices if voice.why]
    if not details.envelopes:
        level = any(not voice.why and voice.lowest_db == voice.highest_db for voice in details.voices)
        return [
            "The voices are at one level already: nothing was changed." if level else "No voice was changed.",
            *left,
        ]
    points = sum(len(drawn.points) for drawn in details.envelopes)
    lines = [f"{count(len(details.envelopes), 'voice')} ridden by {count(points, 'envelope point')} that you can edit."]
    lines += [
        f"{voice.track}: phrases varied by {plain_db(voice.spread_before_lu)} LU, now by "
        f"{plain_db(voice.spread_after_lu)} (10th to 90th percentile of 3 s)."
        for voice in details.voices
        if voice.spread_before_lu is not None and voice.spread_after_lu is not None and not voice.why
    ]
    return lines + left


def _voices(case: ReportContext) -> str:
    from mixengine.jobs.level.figures import MAX_VOICES, rides

    details = details_of(case.plan)
    more = not_drawn(sum(bool(voice.loudness) for voice in details.voices), MAX_VOICES, "voice")
    return section(
        "voices",
        "Voices",
        figure(
            rides(details),
            f"Loudness around each second a voice sounds; right scale: its gain, the line through 0 dB.{more}",
        ),
        table(
            "voices", "Voices, how far they vary, and their gain", HEADS, rows(details), numbers=range(1, len(HEADS))
        ),
    )


def _stays(plan: MixPlan) -> Iterable[Stays]:
    return (Stays(voice.id, voice.track, voice.why) for voice in details_of(plan).voices if voice.why)


def _furthest(plan: MixPlan) -> tuple[float, str] | None:
    moved = [(abs(gain_db), time_s) for drawn in details_of(plan).envelopes for time_s, gain_db, *_ in drawn.points]
    return (max(moved)[1], "where a voice is moved furthest") if moved else None


VIEW = View(
    title="Voices at one level",
    summary=_summary,
    show=_show,
    sentences=_sentences,
    sections=(_voices,),
    tracks=_stays,
    passage=_furthest,
)

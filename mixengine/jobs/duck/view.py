"""How a duck is shown."""

from __future__ import annotations

from typing import Any

from mixengine.jobs.duck.table import details_of
from mixengine.jobs.envelopes.drawn import entries
from mixengine.model.plan import Envelope, MixPlan
from mixengine.model.units import plain_db
from mixengine.report.html.context import ReportContext
from mixengine.report.html.elements import figure, section
from mixengine.report.view import View, finite
from mixengine.report.words import count, duration, joined

_SUMMARY = ("speech", "music", "ambience", "detector", "target_lu", "levels", "activity", "regions", "envelopes")


def _summary(plan: MixPlan) -> dict[str, Any]:
    details = details_of(plan)
    values = {name: getattr(details, name) for name in _SUMMARY} | {"envelopes": entries(details.envelopes)}
    return {name: finite(value) for name, value in values.items()}


def _show(plan: MixPlan) -> list[Any]:
    from mixengine.jobs.duck.table import duck_tables

    return duck_tables(plan)


def _sentences(case: ReportContext) -> list[str]:
    details = details_of(case.plan)
    regions = details.regions
    spoken_s = sum(end_s - start_s for start_s, end_s in details.activity)
    envelopes = [change for change in case.plan.changes if isinstance(change, Envelope)]
    lines = [
        f"Somebody speaks for {duration(spoken_s)} in {count(len(details.activity), 'passage')} "
        f"({joined(details.speech) or 'nobody named'})."
    ]
    if envelopes and regions:
        depths = [region.depth_db for region in regions]
        low, high = plain_db(min(depths)), plain_db(max(depths))
        deep = f"{low} dB" if low == high else f"{low} to {high} dB"
        stays = "stays" if all(region.met for region in regions) else "comes as near as it may to"
        kinds = joined([f"{plain_db(lu)} LU above the {kind}" for kind, lu in details.target_lu.items()])
        lines.append(
            f"{count(len(envelopes), 'track')} step back by {deep} in {count(len(regions), 'passage')}, "
            f"by volume envelopes you can edit" + (f", so that speech {stays} {kinds}." if kinds else ".")
        )
    missed = sum(not region.met for region in regions)
    if regions:
        lines.append(
            "The target is met in every passage."
            if not missed
            else f"The target is not met in {missed} of {len(regions)} passages: see the critical passages below."
        )
    if details.levels:
        lines.append("Levelled to the speech by fader: " + joined([level.track for level in details.levels]) + ".")
    return lines


def _ducking(case: ReportContext) -> str:
    from mixengine.jobs.duck import figures, panels, passages_table

    if case.measurements is None:
        return section("ducking", "Ducking", passages_table.critical(case))
    return section(
        "ducking",
        "Ducking",
        figure(
            panels.panels(case, case.measurements),
            "The mix as it was, levelled and ducked; control: gain of the background. Shaded: somebody speaks.",
        ),
        figure(
            figures.speech_over_music(case, case.measurements),
            "Speech above music, both over the spoken parts of 3 s. Dashed: the target.",
        ),
        passages_table.critical(case),
    )


def _deepest(plan: MixPlan) -> tuple[float, str] | None:
    regions = details_of(plan).regions
    if not regions:
        return None
    return max(regions, key=lambda region: region.depth_db).start_s, "around the deepest duck"


VIEW = View(title="Ducking", summary=_summary, show=_show, sentences=_sentences, sections=(_ducking,), passage=_deepest)

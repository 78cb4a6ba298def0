"""From console settings to what is written: strips, the changes they mean, and a level below the ceiling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixengine.jobs.match import changes, limits, master_chain, match, reasons, render, translate, windows
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.match import Match
from mixengine.jobs.match.material import SETUP, Material
from mixengine.jobs.match.reference import Reference
from mixengine.jobs.match.settings import MatchSettings
from mixengine.jobs.match.translate import Strip
from mixengine.mixer import mix
from mixengine.model import apply
from mixengine.model.plan import Change
from mixengine.model.session import Session
from mixengine.model.units import amplitude, decibels, signed_db
from mixengine.system.progress import Progress

_MAX_TRIMS = 3


@dataclass(frozen=True, slots=True)
class Request:
    """What is matched, and with what; ``current`` is the session with what an earlier run left in its chains."""

    current: Session
    session: Session
    settings: MatchSettings
    groups: list[Group]
    reference: Reference
    progress: Progress


@dataclass(frozen=True, slots=True)
class Decision:
    """What is written; ``trim_db`` of the gain keeps the true peak below the ceiling, ``peak`` is measured with it."""

    strips: list[Strip]
    master: Strip
    trim_db: float
    peak: render.Measured


def decided(request: Request, matched: Match, mix_material: Material) -> Decision:
    """Strips that keep the true peak below the ceiling by the master's fader, else by those of all groups."""
    strips, master = _strips(request, matched, mix_material)
    if master_chain.acts(request.session) and not mix_material.master.fader:
        master = _levelled(request, matched, mix_material, strips, master)
    peak = _measured(request, matched, mix_material, strips, master)
    trim_db = _to_ceiling_db(peak)
    if not mix_material.master.fader:
        master = replace(master, gain_db=round(master.gain_db + trim_db, 2))
        return Decision(strips, master, trim_db, peak.trimmed(trim_db))
    if any(limits.fixed_faders(request.groups)):  # turned down without them, the balance would be another
        return Decision(strips, master, 0.0, peak)
    total_db = 0.0
    for _ in range(_MAX_TRIMS):  # effects that stay in the chains need not follow the level
        if peak.true_peak_dbtp <= render.CEILING_DBTP:
            break
        total_db += _to_ceiling_db(peak)
        strips, master = _strips(request, matched, mix_material, total_db)
        peak = _measured(request, matched, mix_material, strips, master)
    return Decision(strips, master, total_db, peak)


def as_played(request: Request, matched: Match, mix_material: Material, decision: Decision) -> Match:
    """The match with the losses of what is written, before it is turned down below the ceiling."""
    after = _applied(request, matched, mix_material, decision.strips, decision.master)
    stands = replace(request.session, master_db=0.0)
    heard_before, heard_after = (windows.played(each, mix_material.passages) for each in (stands, after))
    return match.as_played(matched, mix_material, heard_before, heard_after / np.float32(amplitude(decision.trim_db)))


def is_further(matched: Match) -> bool:
    """Whether what is written lies further from the reference than the mix as it stood."""
    before, after = (sum(matched.terms[name].values()) for name in ("before", "after"))
    return bool(after > before)


def over(peak: render.Measured) -> str:
    """What is said where no fader that may move could keep the true peak below the ceiling."""
    return (
        f"the matched mix peaks at {signed_db(peak.true_peak_dbtp)} dBTP, over −1, and the faders that would lower it "
        f"stay: lower it by hand; only {mix.NAME} is turned down, by {-_to_ceiling_db(peak):.1f} dB"
    )


def changes_of(
    request: Request, matched: Match, mix_material: Material, strips: Sequence[Strip], master: Strip, trim_db: float
) -> tuple[list[Change], list[reasons.Why], reasons.Why]:
    """What changes, and why each group and the master do."""
    target, before = matched.measured["reference"], matched.measured["before"]
    why = [
        reasons.group_reason(group, strip, before, target, active)
        for group, strip, active in zip(request.groups, strips, mix_material.active, strict=True)
    ]
    why_master = reasons.master_reason(master, before, target, trim_db, mix_material.master)
    decided: list[Change] = []
    for group, strip, reason in zip(request.groups, strips, why, strict=True):
        decided += changes.of_group(request.current, group, strip, reason)
    decided += changes.of_others(request.current, request.groups)
    return decided + changes.of_master(request.current, master, why_master), why, why_master


def _levelled(
    request: Request, matched: Match, mix_material: Material, strips: Sequence[Strip], master: Strip
) -> Strip:
    """The master at the level that was found, whatever the plug-ins on it make of the new levels."""
    played = windows.played(_applied(request, matched, mix_material, strips, master), mix_material.passages)
    found, heard = (
        float(np.sqrt(np.mean(np.square(x, dtype=float)))) for x in (mix_material.mixed(matched.settings), played)
    )
    return replace(master, gain_db=round(master.gain_db + decibels(found / heard), 2)) if found and heard else master


def _applied(
    request: Request, matched: Match, mix_material: Material, strips: Sequence[Strip], master: Strip
) -> Session:
    decided, _, _ = changes_of(request, matched, mix_material, strips, master, 0.0)
    return apply.applied(request.current, decided)


def _measured(
    request: Request, matched: Match, mix_material: Material, strips: Sequence[Strip], master: Strip
) -> render.Measured:
    decided, _, _ = changes_of(request, matched, mix_material, strips, master, 0.0)
    return render.measured(request.session, request.current, decided, request.progress)


def _to_ceiling_db(peak: render.Measured) -> float:
    return min(render.CEILING_DBTP - render.MARGIN_DB - peak.true_peak_dbtp, 0.0)


def _strips(
    request: Request, matched: Match, mix_material: Material, trim_db: float = 0.0
) -> tuple[list[Strip], Strip]:
    return translate.strips(
        matched.settings,
        SETUP,
        request.session.sample_rate,
        limits.highest_db(request.groups).tolist(),
        fixed=limits.fixed_faders(request.groups),
        master_stays_db=mix_material.master_db if mix_material.master.fader else None,
        trim_db=trim_db,
    )

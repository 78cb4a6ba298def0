"""What REAPER measures of its mix, beside what a plan promises, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mixengine.hosts.reaper import dry_run
from mixengine.hosts.reaper.dry_run import Measured
from mixengine.hosts.reaper.sides import Side
from mixengine.model.plan import MixPlan
from mixengine.model.units import plain_db, signed_db

MAX_OFF_LU = 0.3
"""More than this between REAPER's loudness and the planned one is said."""
_MAX_OVER_DB = 0.1
_UNCHECKED = {
    dry_run.MISSING: "this REAPER has no dry-run render that says its loudness: look at it in the render dialog",
    dry_run.STOPPED: "REAPER's dry-run render was stopped or gave no loudness",
    dry_run.CLOSED: "the project is not open any more",
}


@dataclass(frozen=True, slots=True)
class Means:
    """What a level comes from, in words, and whether it is moved up (1) or down (-1) to make the mix softer."""

    name: str
    direction: int


LIMITER = Means("the threshold of mixengine's ReaLimit", 1)
MASTER_FADER = Means("the master fader", -1)
MASTER_ENVELOPE = Means("the master's volume envelope, which rules the fader,", -1)


def checked(side: Side, project: str, plan: MixPlan) -> str:
    """Let REAPER measure a project in which a plan was carried out, and compare.

    Parameters
    ----------
    project : str
        Pointer to it.
    plan : MixPlan
        Its details hold ``lufs``, ``ceiling_dbtp``, ``limits``, ``fader_stays``, ``start_s`` and ``end_s``.
    """
    details = plan.details
    try:
        measured = side.measure({"project": project, "start_s": details["start_s"], "end_s": details["end_s"]})
    except Exception as error:  # the plan is carried out, and that has to be said
        words = str(error).strip().splitlines() or [type(error).__name__]
        return f"Delivered, but not checked: REAPER's dry-run render failed ({words[-1].strip()})."
    by_fader = MASTER_ENVELOPE if details["fader_stays"] else MASTER_FADER
    means = LIMITER if details["limits"] else by_fader
    return verdict(measured, details["lufs"], details["ceiling_dbtp"], means=means)


def verdict(measured: Measured, planned_lufs: float, ceiling_dbtp: float, *, means: Means) -> str:
    """What REAPER measured beside what was planned, in words.

    Parameters
    ----------
    planned_lufs, ceiling_dbtp : float
        Loudness of the whole programme, and its highest true peak.
    means : Means
        What the level comes from.
    """
    planned = f"planned were {plain_db(planned_lufs)} LUFS below {plain_db(ceiling_dbtp)} dBTP"
    if measured.lufs is None:
        return f"Delivered, but not checked: {_UNCHECKED[measured.state]}; {planned}."
    peak = measured.true_peak_dbtp
    peak_words = "" if peak is None else f" and {plain_db(peak)} dBTP"
    lines = [f"REAPER measures {plain_db(measured.lufs)} LUFS{peak_words}; {planned}."]
    off_lu = measured.lufs - planned_lufs
    if not math.isfinite(off_lu):
        lines.append("REAPER hears nothing in this mix: is the master muted, or a track soloed?")
    elif abs(off_lu) > MAX_OFF_LU:
        mend = f"move {means.name} by {signed_db(means.direction * off_lu)} dB"
        lines.append(
            f"That is {plain_db(abs(off_lu))} LU {'louder' if off_lu > 0.0 else 'quieter'} than planned: REAPER hears "
            f"something otherwise than mixengine does (the notes say what was not measured). To mend it, {mend}."
        )
    if peak is not None and peak - ceiling_dbtp > _MAX_OVER_DB:
        lines.append(f"The true peak is {plain_db(peak - ceiling_dbtp)} dB above the ceiling.")
    return "\n\n".join(lines)

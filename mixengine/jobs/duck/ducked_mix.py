"""The output of ``duck --render``: the ducked mix, and a figure of the ducking."""

from __future__ import annotations

import numpy as np

from mixengine.audio.curves import automation_values
from mixengine.audio.waveform_peaks import WaveformPeaks
from mixengine.jobs.duck.details import DuckDetails
from mixengine.mixer import mix
from mixengine.model import apply
from mixengine.model.plan import Envelope, Fader, MixPlan
from mixengine.model.session import Automation, Session
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

_COLUMNS = 1600


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``mix.wav`` and ``ducking.png``: the mix as it was, with the bed levelled, ducked, and the control."""
    from mixengine.jobs.duck.figure_png import draw

    assert isinstance(plan.details, DuckDetails)
    outputs = mix.write(session, plan, staging, side, progress)
    ducked = apply.applied(session, plan.changes)
    progress(0, 1, "drawing the ducking")
    name = f"{side}ducking.png"
    end_s = max(session.duration_s, 1e-3)
    draw(
        [outline(version, _COLUMNS, end_s) for version in (session, levelled(session, plan), ducked)],
        _control(ducked, plan, end_s),
        plan.details.activity,
        end_s,
        staging.path(name),
    )
    progress(1, 1, "ducking drawn")
    return outputs | {"figure": name}


def outline(session: Session, columns: int, end_s: float) -> np.ndarray:
    """Minimum and maximum sample of the mix in equal parts of the time to ``end_s`` [shape=(columns, 2)]."""
    peaks = WaveformPeaks(columns, max(round(end_s * session.sample_rate), 1))
    for block in mix.audible_blocks(session, end_s):
        peaks.add(block)
    return peaks.values


def levelled(session: Session, plan: MixPlan) -> Session:
    """The session with only the fader changes of a plan applied."""
    return apply.applied(session, [change for change in plan.changes if isinstance(change, Fader)])


def _control(ducked: Session, plan: MixPlan, end_s: float) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Times, and for each ducked track its gain in dB."""
    times_s = np.linspace(0.0, end_s, _COLUMNS)
    curves = {}
    for change in plan.changes:
        if isinstance(change, Envelope) and change.after:
            track = ducked.track(change.track)
            entry = next(entry for entry in track.automation if entry.kind == change.envelope)
            values = automation_values(times_s, Automation(entry.kind, entry.points, True, entry.fader_scaling))
            curves[track.name] = 20.0 * np.log10(np.maximum(values, 1e-6))
    return times_s, curves

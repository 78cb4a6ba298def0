"""A job in a package of its own: every fader up."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from mixengine.jobs.job import Job
from mixengine.model.details import Details
from mixengine.model.plan import Fader, MixPlan
from mixengine.model.settings import Dialog, check, setting
from mixengine.report.html.elements import section
from mixengine.report.view import View, finite


@dataclass(frozen=True, slots=True)
class Settings:
    by_db: float = setting(
        1.0,
        help="How far up.",
        unit="dB",
        min=0.0,
        max=12.0,
        old_names=("raise_db",),
        old_options=("--raise",),
        dialog=Dialog("by how many dB", "louder_by"),
    )
    names: tuple[str, ...] = setting((), help="Only these.", option="--tracks-called")

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True, slots=True)
class LouderDetails(Details):
    raised: tuple[str, ...] = ()


def plan(session, settings, progress):
    tracks = [track for track in session.tracks if track.clips and track.name in (settings.names or (track.name,))]
    changes = tuple(Fader(t.id, t.fader_db, t.fader_db + settings.by_db, "louder is better") for t in tracks)
    details = LouderDetails(tuple(track.name for track in tracks))
    return MixPlan("louder", session.name, session.path, asdict(settings), changes, details)


VIEW = View(
    title="Louder",
    summary=lambda plan: finite(plan.details),
    show=lambda plan: [f"raised: {', '.join(plan.details.raised)}"],
    sentences=lambda case: ["One track louder."],
    sections=(lambda case: section("louder", "A section of its own", "<p>…</p>"),),
)
JOB = Job(
    name="louder",
    title="Make it louder.",
    settings=Settings,
    suffix="louder",
    plan=f"{__name__}:plan",
    details=f"{__name__}:LouderDetails",
    view=f"{__name__}:VIEW",
    aliases=("raise",),
    button="Louder",
)

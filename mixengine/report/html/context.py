"""Everything that the sections of a report show, measured once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.mixer import routing, unsupported
from mixengine.mixer.effects import kind_of
from mixengine.model import signal_path
from mixengine.model.plan import Change, MixPlan, NewClip, NewTake
from mixengine.model.session import Session, Track
from mixengine.model.units import signed_db
from mixengine.model.words import name_list
from mixengine.report.html import columns
from mixengine.report.html.excerpt import Pair
from mixengine.report.html.mix_stats import Version, measure
from mixengine.report.html.versions import before_and_after
from mixengine.report.view import View
from mixengine.system.progress import Progress

_STEPS = 100


@dataclass(frozen=True, slots=True)
class MixMeasurements:
    """Both versions of the mix, and the tracks that sound in them."""

    before: Version
    after: Version
    tracks: list[Track]
    end_s: float


@dataclass(frozen=True, slots=True)
class ReportContext:
    """A plan, its session before and after, and what was measured of both (``None``: nothing could be).

    ``view`` is how the plan's job is shown; ``excerpts`` can be played, if there are any.
    """

    plan: MixPlan
    before: Session
    after: Session
    measurements: MixMeasurements | None
    notes: tuple[str, ...]
    view: View
    excerpts: Pair | None = None

    @property
    def job(self) -> str:
        """The job's plain name, also of its reverse."""
        return self.plan.job.removeprefix("revert ")

    @property
    def is_reverse(self) -> bool:
        """Whether the plan reverts an earlier one."""
        return self.plan.job.startswith("revert ")

    def track_name(self, track_id: str) -> str:
        """What a person calls a track; its id when it is in neither session."""
        for session in (self.after, self.before):
            for track in session.tracks:
                if track.id == track_id:
                    return track.name
        return track_id

    def group(self, track_id: str) -> str:
        """The folder a track sits in, empty for none."""
        return next((self.after.group(t) or "" for t in self.after.tracks if t.id == track_id), "")


def study(
    session: Session, plan: MixPlan, view: View, progress: Progress, *, measure_mix: bool = True
) -> ReportContext:
    """Measure both versions of the mix, if it is to be measured."""
    plan = _located(plan, Path(session.path).parent)
    before, after, was_applied = before_and_after(session, plan)
    notes = list(plan.notes)
    if was_applied:
        notes.append("the project holds these changes already: “before” is the project with them taken back")
    measurements = None
    if measure_mix and not _new_audio_is_there(plan):
        measure_mix = False
        notes.append("the new audio files are not listened to in this page, and so nothing is said about the mix")
    elif not measure_mix:
        notes.append("the mix was not listened to, to save time: --report does, and so does mixengine report PLAN.json")
    try:
        measurements = _measure_both(before, after, notes, progress) if measure_mix else None
    except UnreadableAudio as error:
        notes.append(f"the mix could not be measured: {error}")
    if measure_mix:
        notes += [note for note in _not_measured(after) if note not in notes]
    return ReportContext(plan, before, after, measurements, tuple(dict.fromkeys(notes)), view)


def _new_audio_is_there(plan: MixPlan) -> bool:
    """Whether all files exist that new clips and takes of a plan play."""
    return all(Path(change.file).is_file() for change in plan.changes if isinstance(change, (NewClip, NewTake)))


def _located(plan: MixPlan, folder: Path) -> MixPlan:
    """The plan with new files as they stand below the project's folder, where they are there already."""

    def located(change: Change) -> Change:
        if isinstance(change, (NewClip, NewTake)) and (folder / change.file).is_file():
            return replace(change, file=str(folder / change.file))
        return change

    return replace(plan, changes=tuple(map(located, plan.changes)))


def _measure_both(before: Session, after: Session, notes: list[str], progress: Progress) -> MixMeasurements | None:
    sessions = [_readable(session, notes) for session in (before, after)]
    graphs = [routing.graph(session) for session in sessions]
    playing = {
        name: session.track(name) for session, graph in zip(sessions, graphs, strict=True) for name in graph.playing
    }
    end_s = max((timeline.span(track)[1] for track in playing.values()), default=0.0)
    if not playing or end_s <= 0.0:
        notes.append("nothing sounds in this session: there are no measurements of a mix")
        return None
    wide = columns.count(end_s)
    versions = []
    for step, words in enumerate(("before", "after")):

        def tick(share: float, step: int = step, words: str = words) -> None:
            progress(round((step + share) / 2 * _STEPS), _STEPS, f"report: listening to the mix {words}")

        versions.append(measure(sessions[step], graphs[step], end_s, wide, tick))
    progress(_STEPS, _STEPS, "report: listened")
    order = [track for track in after.tracks if track.id in playing]
    return MixMeasurements(versions[0], versions[1], order, end_s)


def _readable(session: Session, notes: list[str]) -> Session:
    """The session without clips that cannot be read, each track of them noted."""
    readable, errors = unsupported.readable(session)
    for track, kept in zip(session.tracks, readable.tracks, strict=True):
        broken = [errors[clip.source.path] for clip in track.audio_clips if clip.source.path in errors]
        if broken:
            partly = "partly " if kept.audio_clips else ""
            notes.append(f"{track.name}: {partly}not in the measured mix, cannot be read: {broken[0]}")
    return readable


def _not_measured(session: Session) -> list[str]:
    """What is in the project and not in the mix that the report measures."""
    lines = []
    sends = routing.graph(session).unsupported
    for track in session.tracks:
        other = [e.name for e in track.effects if track.effects_on and not e.bypassed and kind_of(e) is None]
        if other:
            lines.append(f"{track.name}: effects not heard in this report: {name_list(other)}")
        kinds = sorted({c.source.kind for c in track.clips if not c.mute} - {"audio", "empty"})
        if kinds and not signal_path.is_muted(session, track):
            lines.append(f"{track.name}: items not heard in this report: {name_list(kinds)}")
        if track.id in sends:
            lines.append(f"{track.name}: not heard in this report: {name_list(list(sends[track.id]))}")
    if session.master_db and not signal_path.is_master_ruled(session):
        gain = "all the way down" if session.master_db == -math.inf else f"at {signed_db(session.master_db)} dB"
        lines.append(f"the master fader stands {gain}; the measurements of the mix include it")
    return lines

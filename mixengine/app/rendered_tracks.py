"""Tracks that play what was rendered of them, before their faders, in place of their items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from mixengine.jobs.job import STRETCHES, Job
from mixengine.model import printed, unheard
from mixengine.model.session import MASTER, Automation, Clip, Effect, Session, Source, Track
from mixengine.model.words import name_list
from mixengine.system import file_names

if TYPE_CHECKING:
    from mixengine.hosts.stems import Stem, Wanted
    from mixengine.mixer.not_in_items import Beyond
    from mixengine.mixer.routing import Graph

_BEHIND = "fader, pan and envelopes"
_LOST = frozenset(("missing", "damaged", "offline"))


def with_stems(
    job: Job,
    session: Session,
    beyond: Mapping[str, Beyond],
    render: Callable[[Wanted], Mapping[str, Sequence[Stem]]],
    through: str,
    *,
    buses: Mapping[str, Beyond] | None = None,
    graph: Graph | None = None,
    checks_mix: bool = False,
) -> Session:
    """The session whose tracks in ``beyond`` play what ``render`` makes of them before their faders.

    Parameters
    ----------
    session : Session
    beyond : mapping of str to Beyond
        Track id → why it is rendered.
    render : callable
        Renders what is wanted.
    through : str
        What the tracks are heard through, in words.
    buses : mapping of str to Beyond, optional
        Track id → why the plug-ins of a bus are heard through a render, each after what feeds it.
    graph : Graph, optional
        The signal flow, where there are buses.
    checks_mix : bool
        The mix is wanted too.
    """
    from mixengine.app import rendered_buses, stretches
    from mixengine.hosts.stems import Wanted

    buses = buses or {}
    tracks = [session.track(track_id) for track_id in beyond]
    if buses and graph is not None:
        feeding = rendered_buses.feeding(graph, buses)
        tracks += [track for track in session.tracks if track.id in feeding and track.id not in beyond and track.clips]
    tail_s = stretches.TAIL_S if job.checks_mix else 0.0  # what is measured ends with the items
    spans: tuple[tuple[float, float], ...]
    if not all(track.clips for track in tracks):  # an instrument plays wherever notes are sent from
        spans = (stretches.whole(session.tracks, tail_s),)
    elif job.listens == STRETCHES:
        spans = stretches.representative(session, tracks, tail_s)
    else:
        spans = (stretches.whole(tracks, tail_s),)
    if len(spans) > 1:
        session = stretches.cropped(session, spans)
        where = ", ".join(f"{start_s:.0f} to {end_s:.0f} s" for start_s, end_s in spans)
        session = replace(
            session, notes=(f"heard in {len(spans)} stretches, as the project is long: {where}", *session.notes)
        )
    names = {name: _file_name(session.track(name)) for name in (*beyond, *buses)}
    mix_span_s = (0.0, session.duration_s) if checks_mix and session.duration_s else None
    left_db = {track.id: track.user_fader_db for track in session.tracks if track.user_fader_db is not None}
    wanted = dict.fromkeys((*beyond, *buses), spans)
    items_behind = frozenset(name for name, each in beyond.items() if each.items_behind)
    stems = render(Wanted(wanted, names, job.own_label, mix_span_s, frozenset(buses), left_db, items_behind))
    session = unheard.with_items_heard(
        session, {name for name, each in beyond.items() if each.hears_items_of(session.track(name))}
    )
    behind = [session.track(name).name for name in beyond if any(stem.taken_back for stem in stems[name])]
    if behind:
        line = f"this REAPER renders stems behind the fader; the known {_BEHIND} were taken out of: {name_list(behind)}"
        session = replace(session, notes=(line, *session.notes))
    replaced = (
        _with_stems(track, stems[track.id], beyond[track.id], job.own_label, through) if track.id in beyond else track
        for track in session.tracks
    )
    own_mix = next((Clip("mix", Source(stem.path), stem.start_s, stem.end_s) for stem in stems.get(MASTER, ())), None)
    session = replace(session, tracks=tuple(replaced), own_mix=own_mix)
    return rendered_buses.with_gains(session, buses, stems, through) if buses else session


def _with_stems(track: Track, stems: Sequence[Stem], beyond: Beyond, own_label: str, through: str) -> Track:
    """A track that plays its stems; what cannot be read of it stays, so that it is named."""
    first = next((clip for clip in track.clips if clip.source.kind == "audio"), None)
    clips = [
        Clip(
            f"{track.id} stem {number}",
            Source(stem.path),
            stem.start_s,
            stem.end_s - stem.start_s,
            name=first.name if first else track.name,
            offset_s=stem.offset_s,
            behind=first,
        )
        for number, stem in enumerate(stems, start=1)
    ]
    lost = [clip for clip in track.clips if clip.source.kind in _LOST]
    how = ", ".join([through, *beyond.reasons, *dict.fromkeys(stem.note for stem in stems if stem.note)])
    kept = [effect for effect in track.effects if _stays(effect, beyond, own_label)]
    # containers are in the sound; that the job's own plug-in is in one is to be known
    boxes = [effect for effect in track.effects if own_label in effect.inside and effect not in kept]
    kept += [replace(effect, bypassed=True) for effect in boxes]
    if beyond.items_behind:
        track = replace(track, automation=tuple(map(_without_items, track.automation)))
    return replace(printed.behind_plugins(track, (*clips, *lost), kept), heard=how)


def _without_items(entry: Automation) -> Automation:
    """An envelope; one with automation items is off, as they are in the sound."""
    return replace(entry, active=False) if entry.items else entry


def _stays(effect: Effect, beyond: Beyond, own_label: str) -> bool:
    """Whether a plug-in is not in the sound: the job's own, and those that nobody could play."""
    return (bool(own_label) and effect.label == own_label) or effect in beyond.silent


def _file_name(track: Track) -> str:
    return file_names.safe(PurePath(track.file or "").stem or track.name)

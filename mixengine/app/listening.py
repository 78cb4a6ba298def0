"""The ear: tracks whose sound is not in their items are heard as the program renders them that the project is open in.

The clips of such a track are replaced by what was rendered of it before its fader; its id, its fader and everything
behind that stay, so that a plan goes to the real project. All other tracks are heard from their items.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from mixengine.app import decision, hosted_plugins, rendered_tracks
from mixengine.hosts import Host
from mixengine.jobs.job import Job
from mixengine.model.plan import Envelope, Equalizer, MixPlan
from mixengine.model.session import PRE_FX, VOLUME_PRE_FX, Session
from mixengine.model.words import name_list
from mixengine.system.progress import Progress, no_progress

if TYPE_CHECKING:
    pass

AS_NEEDED, ALWAYS, ITEMS = "as needed", "always", "items"
MODES = (AS_NEEDED, ALWAYS, ITEMS)
"""Which tracks are heard through REAPER: those that need it, all, none."""
THROUGH = "through REAPER"
FROM_ITEMS = "from its items"
_LOST = frozenset(("missing", "damaged", "offline"))
_MAX_NAMES = 8


def session_of(host: Host) -> Session:
    """The session of a host, which knows the envelopes that earlier runs drew in it."""
    earlier = host.earlier_plan
    drawn = tuple(change for change in earlier.changes if isinstance(change, Envelope)) if earlier else ()
    return replace(host.session, drawn=drawn) if drawn else host.session


def heard(
    job: Job,
    host: Host,
    session: Session,
    mode: str,
    *,
    whole: Session | None = None,
    with_mix: bool = True,
    progress: Progress = no_progress,
) -> Session:
    """The session as a job hears it.

    Parameters
    ----------
    session : Session
        Of ``host``, or a part of it.
    mode : str
        One of `MODES`.
    whole : Session, optional
        What ``session`` is a part of; by default that of ``host``.
    with_mix : bool
        With REAPER's own mix, where the job wants it.

    Raises
    ------
    UserError
        Tracks cannot be rendered now.
    """
    if not job.listens or mode == ITEMS:
        return session
    if host.hosts_plugins:
        ducked = _ducked_before(host.earlier_plan, job)
        return hosted_plugins.heard(job, whole or host.session, session, ducked, progress)
    if not host.renders:
        return session
    from mixengine.mixer import not_in_items

    beyond, refused = not_in_items.beyond_items(
        session, modelled=job.hears_effects, own_label=job.own_label, every=mode == ALWAYS
    )
    for track_id in [name for name in _ducked_before(host.earlier_plan, job) if name in beyond]:
        reasons = beyond.pop(track_id).reasons
        refused[track_id] = f"{name_list(list(reasons))}: {hosted_plugins.DUCKED}"
    checks_mix = (
        with_mix and job.checks_mix and not any(track.solo for track in session.tracks)
    )  # solos are lifted for stems
    session = decision.with_users_faders(session, host.earlier_plan)
    graph = not_in_items.flow(session, beyond)
    buses = not_in_items.buses_beyond(session, graph) if job.hears_buses else {}
    if beyond or buses or checks_mix:
        session = rendered_tracks.with_stems(
            job, session, beyond, host.stems, THROUGH, buses=buses, graph=graph, checks_mix=checks_mix
        )
    lines = [*_lines(session, refused), *(_pre_fx_sends(session) if job.hears_effects else [])]
    return replace(session, notes=(*lines, *session.notes)) if lines else session


def ways(job: Job, host: Host, session: Session) -> dict[str, str]:
    """Name of each track with items → how it was heard, in words; empty where nothing could be rendered."""
    if not job.listens or not (host.renders or host.hosts_plugins):
        return {}
    return {track.name: track.heard or FROM_ITEMS for track in session.tracks if track.clips}


def standing(plan: MixPlan, session: Session, heard_session: Session) -> list[str]:
    """Where changes before the fader stand relative to the plug-ins that were heard, where that matters.

    Parameters
    ----------
    session, heard_session : Session
        As the project is, and as the job heard it.
    """
    names = {track.id: track.name for track in heard_session.tracks if track.heard}
    effects = {track.id: track.effects for track in session.tracks}
    before, inside = [], []
    for change in plan.changes:
        if isinstance(change, Envelope) and change.envelope == VOLUME_PRE_FX and change.track in names:
            before.append(names[change.track])
        elif isinstance(change, Equalizer) and change.track in names:
            labels = [effect.label for effect in effects[change.track] if not effect.bypassed]
            if change.label in labels[:-1]:
                inside.append(names[change.track])
    lines = []
    if before:
        lines.append(
            f"ducked before their plug-ins (the only free envelope): {name_list(before)}; compressors there take back "
            "some of it"
        )
    if inside:
        lines.append(
            f"plug-ins stand behind mixengine's equaliser: {name_list(inside)}; it was decided as if it stood last"
        )
    return lines


def _ducked_before(earlier: MixPlan | None, job: Job) -> list[str]:
    """Tracks with a pre-FX envelope of an earlier run, which a job that decides without it would hear all the same."""
    if earlier is None:
        return []
    unheard = decision.unheard_drawers(job)
    drawn = [change for change in earlier.changes if isinstance(change, Envelope) and change.drawn_by in unheard]
    return list(dict.fromkeys(change.track for change in drawn if change.envelope == VOLUME_PRE_FX))


def _pre_fx_sends(session: Session) -> list[str]:
    """Sends from before the plug-ins of tracks of which only the sound behind them was rendered."""
    tracks = {track.id: track for track in session.tracks}
    sends = [
        f"{tracks[receive.source].name} to {track.name}"
        for track in session.tracks
        for receive in track.receives
        if receive.mode == PRE_FX and not receive.mute and receive.source in tracks and tracks[receive.source].heard
    ]
    return [f"sends from before the plug-ins carry the sound behind them: {name_list(sends)}"] if sends else []


def _lines(session: Session, refused: Mapping[str, str]) -> list[str]:
    names = []
    for track in session.tracks:
        if track.heard:
            reasons = track.heard.removeprefix(THROUGH).removeprefix(", ")
            names.append(f"{track.name} ({reasons})" if reasons else track.name)
    lines = [f"heard {THROUGH}: {name_list(names, _MAX_NAMES)}"] if names else []
    return lines + [f"{session.track(name).name}: heard from its items alone ({why})" for name, why in refused.items()]

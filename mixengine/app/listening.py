"""The ear: tracks whose sound is not in their items are heard as the program renders them that the project is open in.

The clips of such a track are replaced by what was rendered of it before its fader; its id, its fader and everything
behind that stay, so that a plan goes to the real project. All other tracks are heard from their items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from mixengine.hosts import Host
from mixengine.jobs.job import STRETCHES, Job
from mixengine.model.plan import Envelope, Equalizer, MixPlan
from mixengine.model.session import MASTER, PAN_PRE_FX, PRE_FX, VOLUME_PRE_FX, Automation, Clip, Session, Source, Track
from mixengine.model.words import name_list
from mixengine.system import file_names

if TYPE_CHECKING:
    from mixengine.hosts.stems import Stem
    from mixengine.mixer.not_in_items import Beyond

AS_NEEDED, ALWAYS, ITEMS = "as needed", "always", "items"
MODES = (AS_NEEDED, ALWAYS, ITEMS)
"""Which tracks are heard through REAPER: those that need it, all, none."""
THROUGH = "through REAPER"
FROM_ITEMS = "from its items"
_LOST = frozenset(("missing", "damaged", "offline"))
_MAX_NAMES = 8


def heard(job: Job, host: Host, session: Session, mode: str, *, with_mix: bool = True) -> Session:
    """The session as a job hears it.

    Parameters
    ----------
    session : Session
        Of ``host``, or a part of it.
    mode : str
        One of `MODES`.
    with_mix : bool
        With REAPER's own mix, where the job wants it.

    Raises
    ------
    UserError
        Tracks cannot be rendered now.
    """
    if not job.listens or not host.renders or mode == ITEMS:
        return session
    from mixengine.mixer import not_in_items

    beyond, refused = not_in_items.beyond_items(
        session, modelled=job.hears_effects, own_label=job.own_label, every=mode == ALWAYS
    )
    for track_id in [name for name in _ducked_before(host.earlier_plan, job) if name in beyond]:
        reasons = beyond.pop(track_id).reasons
        refused[track_id] = (
            f"{name_list(list(reasons))}: mixengine's duck is drawn before its plug-ins, remove it first"
        )
    checks_mix = (
        with_mix and job.checks_mix and not any(track.solo for track in session.tracks)
    )  # solos are lifted for stems
    if beyond or checks_mix:
        session = _rendered(job, host, session, beyond, checks_mix=checks_mix)
    lines = [*_lines(session, refused), *(_pre_fx_sends(session) if job.hears_effects else [])]
    return replace(session, notes=(*lines, *session.notes)) if lines else session


def ways(job: Job, host: Host, session: Session) -> dict[str, str]:
    """Name of each track with items → how it was heard, in words; empty where nothing could be rendered."""
    if not job.listens or not host.renders:
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
    if earlier is None or job.hears_envelopes:
        return []
    drawn = [change for change in earlier.changes if isinstance(change, Envelope)]
    return list(dict.fromkeys(change.track for change in drawn if change.envelope == VOLUME_PRE_FX))


def _rendered(job: Job, host: Host, session: Session, beyond: Mapping[str, Beyond], *, checks_mix: bool) -> Session:
    from mixengine.app import stretches
    from mixengine.hosts.stems import Wanted

    tracks = [session.track(track_id) for track_id in beyond]
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
    names = {track.id: _file_name(track) for track in tracks}
    mix_span_s = (0.0, session.duration_s) if checks_mix and session.duration_s else None
    stems = host.stems(Wanted(dict.fromkeys(beyond, spans), names, job.own_label, mix_span_s))
    replaced = (
        _with_stems(track, stems[track.id], beyond[track.id], job.own_label) if track.id in beyond else track
        for track in session.tracks
    )
    own_mix = next((Clip("mix", Source(stem.path), stem.start_s, stem.end_s) for stem in stems.get(MASTER, ())), None)
    return replace(session, tracks=tuple(replaced), own_mix=own_mix)


def _with_stems(track: Track, stems: Sequence[Stem], beyond: Beyond, own_label: str) -> Track:
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
    how = ", ".join([THROUGH, *beyond.reasons, *dict.fromkeys(stem.note for stem in stems if stem.note)])
    return replace(
        track,
        clips=(*clips, *lost),
        effects=tuple(effect for effect in track.effects if own_label and effect.label == own_label),
        automation=tuple(map(_without_its_sound, track.automation)),
        inverted=False,
        channels=2,
        receives=(),
        leads=tuple((lead, before_effects) for lead, before_effects in track.leads if not before_effects),
        heard=how,
    )


def _without_its_sound(entry: Automation) -> Automation:
    """An envelope; those before the plug-ins are in the sound already: off, so that no job takes them for free."""
    neutral = 1.0 if entry.kind == VOLUME_PRE_FX else 0.0
    if entry.kind not in (VOLUME_PRE_FX, PAN_PRE_FX) or all(point.value == neutral for point in entry.points):
        return entry
    return replace(entry, active=False)


def _file_name(track: Track) -> str:
    return file_names.safe(PurePath(track.file or "").stem or track.name)


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

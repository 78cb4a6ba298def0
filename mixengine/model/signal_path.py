"""What lies between a track and the master: faders, mutes and envelopes of the track, of its VCA leads and of folders.

A fader counts unless the track's own volume envelope rules it: in every automation mode but trim/read the fader follows
an active envelope, so that the stored one plays no part (stated by a converter, not seen in REAPER's own renders).
A VCA lead turns its followers up and down by its own level, also through other leads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mixengine.model.session import MASTER, POST_FADER, VOLUME, VOLUME_TRIM, Automation, Receive, Session, Track

TRIM_READ = 0
SILENT_MASTER_DB = -120.0
ONE_CHANNEL = 1024
"""Flag of a channel number: one channel alone and not the pair that begins with it."""


def path_gain_db(session: Session, track: Track, faders_db: Mapping[str, float]) -> float:
    """Gain from a track's input to the master: its level and those of the folders around it, with their VCA leads.

    ``faders_db`` overrides the faders of the tracks it names.
    """
    chain = [track, *session.ancestors(track)]
    return sum(level_db(link, faders_db.get(link.id)) + leads_db(session, link) for link in chain)


def around_db(session: Session, track: Track) -> float:
    """What VCA leads and the folders around a track add to its own level."""
    folders = (level_db(folder) + leads_db(session, folder) for folder in session.ancestors(track))
    return leads_db(session, track) + sum(folders)


def level_db(track: Track, fader_db: float | None = None) -> float:
    """The level of a track's fader (or of ``fader_db`` instead); 0 where the volume envelope rules it."""
    if is_ruled(track):
        return 0.0
    return track.fader_db if fader_db is None else fader_db


def is_ruled(track: Track) -> bool:
    """Whether an active volume envelope rules the fader."""
    return track.automation_mode != TRIM_READ and any(_active(track.automation, VOLUME))


def leads_db(session: Session, track: Track) -> float:
    """What the VCA leads of a track add to its level."""
    return sum(level_db(lead) for lead in leads(session, track))


def leads(session: Session, track: Track, *, before_effects: bool | None = None) -> list[Track]:
    """The VCA leads of a track; only those that act before its effects, or behind them, where that is asked for."""
    if not track.leads:
        return []
    names = [name for name, early in track.leads if before_effects in (None, early)]
    return [lead for lead in session.tracks if lead.id in names]


def lead_envelopes(lead: Track) -> tuple[Automation, ...]:
    """The envelopes of a VCA lead that its followers hear: those of its fader."""
    return tuple(_active(lead.automation, VOLUME, VOLUME_TRIM))


def with_lead_envelopes(session: Session, track: Track) -> Track:
    """The track as it is measured: with the envelopes of its VCA leads."""
    extra = [envelope for lead in leads(session, track) for envelope in lead_envelopes(lead)]
    return replace(track, automation=(*track.automation, *extra)) if extra else track


def why_fader_stays(session: Session, track: Track) -> str:
    """Why moving a track's fader would do nothing, or more than its sound; empty where it can be moved."""
    if is_ruled(track):
        return "its volume envelope rules the fader (automation mode): the fader stays"
    if is_lead(session, track):
        return "a VCA lead: its fader moves its followers and stays"
    if _plays_before_fader(session, track):
        return "heard by sends from before its fader alone: the fader would do nothing and stays"
    return ""


def _plays_before_fader(session: Session, track: Track) -> bool:
    """Whether all that is heard of a track is sent from before its fader."""
    if track.main_send:
        return False
    sends = [receive for other in session.tracks for receive in other.receives if receive.source == track.id]
    modes = {receive.mode for receive in sends if _is_heard(receive)}
    return bool(modes) and POST_FADER not in modes


def _is_heard(receive: Receive) -> bool:
    return not receive.mute and receive.source_channel >= 0 and not unheard_channels(receive)


def why_effects_stay(session: Session, owner: str, label: str) -> str | None:
    """Why an effect that mixengine writes would not sound; ``None`` where it would.

    Parameters
    ----------
    owner : str
        Id of a track, or `MASTER`.
    label : str
        What mixengine calls its own effect there. One that stands there already keeps its bypass when it is set anew.
    """
    is_on = session.master_effects_on if owner == MASTER else session.track(owner).effects_on
    if not is_on:
        return "its effect chain is switched off: an effect there would not sound"
    if left := why_effect_is_left(session, owner, label):
        return left
    if any(effect.label == label and effect.bypassed for effect in session.effects(owner)):
        return f"its '{label}' is bypassed or offline: switch it on"
    return None


def why_effect_is_left(session: Session, owner: str, label: str) -> str:
    """Why mixengine's own effect on a track or on the master cannot be set anew; empty where it can."""
    is_inside = any(label in effect.inside for effect in session.effects(owner))
    return f"its '{label}' is in a container: left as it is" if is_inside else ""


def is_lead(session: Session, track: Track) -> bool:
    """Whether any track follows this one as a VCA lead."""
    return track.id in lead_ids(session)


def lead_ids(session: Session) -> set[str]:
    """Ids of the tracks that others follow as VCA leads."""
    return {name for track in session.tracks for name, _ in track.leads}


def is_muted(session: Session, track: Track) -> bool:
    """Whether a track or a folder around it is muted."""
    return track.mute or any(folder.mute for folder in session.ancestors(track))


def muted_ids(session: Session) -> set[str]:
    """Ids of the tracks that are muted by themselves or by a folder, which stands before what is in it."""
    muted: set[str] = set()
    for track in session.tracks:
        if track.mute or track.parent in muted:
            muted.add(track.id)
    return muted


def without_solos(session: Session) -> Session:
    """The session with no track soloed."""
    if not any(track.solo for track in session.tracks):
        return session
    return replace(session, tracks=tuple(replace(track, solo=False) for track in session.tracks))


def unheard_channels(receive: Receive) -> str:
    """Why a send is not heard, in words: it leaves channels 1 and 2; empty when it is heard."""
    source, target = receive.source_channel, receive.target_channel
    if source // ONE_CHANNEL > 1:
        return "more than two channels"
    if source % ONE_CHANNEL > (1 if source >= ONE_CHANNEL else 0):
        return f"from channel {source % ONE_CHANNEL + 1}"
    if target % ONE_CHANNEL > (1 if target >= ONE_CHANNEL else 0):
        return f"into channel {target % ONE_CHANNEL + 1} (a side chain)"
    return ""


def into_master(session: Session) -> set[str]:
    """Ids of the tracks that are not muted and whose sound reaches the master, by main sends and heard sends."""
    into: dict[str, list[str]] = {}
    muted = muted_ids(session)
    for track in session.tracks:
        if track.id in muted:
            continue
        if track.main_send:
            into.setdefault(track.parent or MASTER, []).append(track.id)
        for receive in track.receives:
            if _is_heard(receive):
                into.setdefault(track.id, []).append(receive.source)
    reached: set[str] = set()
    waiting = [MASTER]
    while waiting:
        onward = set(into.get(waiting.pop(), ())) - reached - muted
        reached |= onward
        waiting += onward
    return reached


def master_level_db(session: Session) -> float:
    """The level of the master's fader; 0 where its volume envelope rules it."""
    return 0.0 if is_master_ruled(session) else session.master_db


def is_master_ruled(session: Session) -> bool:
    """Whether an active volume envelope rules the master's fader."""
    return session.master_automation_mode != TRIM_READ and any(_active(session.master_automation, VOLUME))


def is_silent_master(session: Session) -> bool:
    """Whether the master's fader is all the way down."""
    return master_level_db(session) <= SILENT_MASTER_DB


def audible_tracks(session: Session) -> list[Track]:
    """The tracks that sound: with audio, not muted, with a way into the mix, and soloed when any is."""
    reached = into_master(session)
    tracks = [track for track in session.tracks if track.audio_clips and track.id in reached]
    soloed = [t for t in tracks if t.solo or any(folder.solo for folder in session.ancestors(t))]
    return soloed or tracks


def _active(automation: Iterable[Automation], *kinds: str) -> Iterable[Automation]:
    return (entry for entry in automation if entry.kind in kinds and entry.active and entry.points)

"""The automix job: microphones of one room share the gain.

Find the microphones → measure them → find who speaks and who hears whom → who is open → points. It reads audio and
writes nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from mixengine.analysis import speakers, voice_levels
from mixengine.analysis.room import TINY, Room, listen, runs_of
from mixengine.analysis.voice_levels import FRAME_S
from mixengine.jobs.automix import gains
from mixengine.jobs.automix.details import AutomixDetails, Mic
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.jobs.envelopes import targets
from mixengine.jobs.envelopes.drawn import shown
from mixengine.model import selection
from mixengine.model.plan import Envelope, MixPlan
from mixengine.model.session import VOLUME_PRE_FX, EnvelopePoint, Session
from mixengine.model.settings import no_selection
from mixengine.model.units import plain_db
from mixengine.system.progress import Progress

JOB_NAME = "automix"


@dataclass
class _Result:
    """Points and gain in each frame by microphone; those that are alone have neither."""

    points: dict[str, tuple[EnvelopePoint, ...]]
    gains: np.ndarray
    room_of: dict[str, int]


def plan(session: Session, settings: AutomixSettings, progress: Progress) -> MixPlan:
    """Decide the automix of a session.

    Returns
    -------
    MixPlan
        An envelope for each microphone that hears others. Without two microphones that hear each other there are no
        changes and a note says so.

    Raises
    ------
    UserError
        A name is unknown, or the session has nothing that could be a microphone.
    """
    if settings.selected_only and not any(track.selected for track in session.tracks):
        raise no_selection(session.path)
    picked = selection.pick(session)
    roles = selection.chosen_roles(session, settings)
    mics, notes = speakers.microphones(session, picked.tracks, roles, settings.mic)
    if not mics:
        raise selection.nothing_to_do(session, picked.skipped, "automixed", kind="a microphone", setting="mic")
    # a ride of each voice (`level`) would make bleed come and go
    bare = targets.without_envelopes(session, (VOLUME_PRE_FX,))
    heard = [bare.track(track.id) for track in mics]
    powers, skipped = voice_levels.levels(bare, heard, use_cache=settings.cache, progress=progress)
    notes = [*session.notes, *selection.notes(session, mics), *notes]
    notes += [f"{session.track(key).name}: {why}" for key, why in skipped.items()]
    audible = {key: level for key, level in powers.items() if level.any()}
    notes += [f"{session.track(key).name}: silent, left alone" for key in powers if key not in audible]
    room = listen(audible) if audible else None
    timing = gains.Timing(
        settings.lookahead_s,
        settings.hold_s,
        settings.attack_s,
        settings.release_s,
        settings.floor_db * settings.strength / 100.0,
    )
    result = _decide(session, room, timing, settings, notes) if room else _Result({}, np.zeros((0, 0)), {})
    if not result.room_of:
        notes.append("no microphones that hear each other: nothing to automix")
    envelopes = _envelopes(session, room, result) if room else []
    described = tuple(_described(session, room, at, result) for at in range(len(room.keys))) if room else ()
    notes += [f"{mic.track}: {mic.why}" for mic in described if mic.why and result.room_of]
    before_db, after_db = _bleed_db(room, audible, result) if room and result.room_of else (None, None)
    return MixPlan(
        job=JOB_NAME,
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(envelopes),
        details=AutomixDetails(
            mics=described,
            turns={key: _spans(room.speaks[at]) for at, key in enumerate(room.keys)} if room else {},
            envelopes=tuple(shown(session, change, result.points[change.track]) for change in envelopes),
            bleed_before_db=before_db,
            bleed_after_db=after_db,
            floor_db=timing.floor_db,
            roles=session.stated_roles | roles,
        ),
        notes=tuple(notes),
    )


def _decide(session: Session, room: Room, timing: gains.Timing, settings: AutomixSettings, notes: list[str]) -> _Result:
    """Points for the microphones of every room whose envelopes would sound."""
    result = _Result({}, np.ones((len(room.keys), room.speaks.shape[1])), {})
    groups = room.groups()
    in_rooms = [session.track(room.keys[at]) for group in groups for at in group]
    wanted = [track for track in in_rooms if track.selected or not settings.selected_only]
    writable, left_out = targets.targets(session, wanted, buses=False, verb="lower")
    notes += left_out
    may_write = {track.id for track in writable}
    for number, group in enumerate(groups, start=1):
        levels_db = gains.levels_db(room.speaks[group], timing)
        for at, gain_db in zip(group, levels_db, strict=True):
            key = room.keys[at]
            result.room_of[key] = number
            if key in may_write:
                result.points[key] = gains.points(gain_db, timing)
                result.gains[at] = gains.drawn(result.points[key], room.speaks.shape[1])
    return result


def _envelopes(session: Session, room: Room, result: _Result) -> list[Envelope]:
    return [
        targets.envelope_change(
            session.track(key), points, _reason(session, room, room.keys.index(key), result), drawn_by=JOB_NAME
        )
        for key, points in result.points.items()
        if points
    ]


def _reason(session: Session, room: Room, at: int, result: _Result) -> str:
    heard = _hears(session, room, at)
    loudest = max(heard, key=lambda name: heard[name], default="")
    words = f"open {100.0 * _open_share(result.gains[at]):.0f} % of the time"
    if loudest:
        words += f"; hears {loudest} {plain_db(-heard[loudest])} dB below that one's own microphone"
    return words


def _described(session: Session, room: Room, at: int, result: _Result) -> Mic:
    key = room.keys[at]
    number = result.room_of.get(key, 0)
    return Mic(
        id=key,
        track=session.track(key).name,
        room=number,
        speaks_s=round(float(room.speaks[at].sum()) * FRAME_S, 2),
        open_share=round(_open_share(result.gains[at]), 4),
        hears=_hears(session, room, at),
        why="" if number else "hears no other speaker, and nobody hears this one: left alone",
    )


def _open_share(gain: np.ndarray) -> float:
    return float((gain > _OPEN_GAIN).mean()) if len(gain) else 1.0


_OPEN_GAIN = 0.7
"""About −3 dB."""


def _hears(session: Session, room: Room, at: int) -> dict[str, float]:
    """Name of each speaker that a microphone hears → how far below that one's own microphone, in dB."""
    return {
        session.track(room.keys[other]).name: round(10.0 * float(np.log10(max(room.bleed[at, other].mean(), TINY))), 1)
        for other in range(len(room.keys))
        if room.heard[at, other]
    }


def _spans(row: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((round(a * FRAME_S, 3), round(b * FRAME_S, 3)) for a, b in runs_of(row))


def _bleed_db(room: Room, powers: dict[str, np.ndarray], result: _Result) -> tuple[float | None, float | None]:
    """Power of speakers in the microphones of others relative to their own, before and after, in dB."""
    in_room = [at for at, key in enumerate(room.keys) if key in result.room_of]
    levels = np.stack([powers[room.keys[at]].sum(axis=1) for at in in_room])
    squares = np.square(result.gains[in_room])
    own = np.where(room.speaks[in_room], levels, 0.0)
    bleed = room.bleed[np.ix_(in_room, in_room)].mean(axis=2) * room.heard[np.ix_(in_room, in_room)]
    elsewhere = bleed @ own
    if not own.any() or not elsewhere.any():
        return None, None
    before_db = 10.0 * float(np.log10(elsewhere.sum() / own.sum()))
    after_db = 10.0 * float(np.log10((squares * elsewhere).sum() / max(float((squares * own).sum()), TINY)))
    return round(before_db, 2), round(after_db, 2)

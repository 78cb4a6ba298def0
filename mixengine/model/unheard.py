"""What a session asks for and mixengine does not play as it stands, or plays without knowing REAPER's way: one line for
each kind, with the tracks and items. Standard library only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from mixengine.model import signal_path
from mixengine.model.session import MASTER, Clip, Session, Track
from mixengine.model.units import plain_db
from mixengine.model.words import name_list

NO_WAY = "no way into the mix (no main send, and no other that is heard)"
_MAX_PLACES = 4


def with_items_named(session: Session) -> Session:
    """The session with a note that names the tracks whose automation items are not played, if any."""
    return replace(session, notes=(*_items_lines(session), *session.notes))


def with_items_heard(session: Session, heard: Collection[str]) -> Session:
    """The session whose note does not name the automation items of the tracks ``heard`` (ids)."""
    before, after = _items_lines(session), _items_lines(session, heard)
    notes = (line for note in session.notes for line in (after if note in before else (note,)))
    return replace(session, notes=tuple(notes))


def _items_lines(session: Session, heard: Collection[str] = ()) -> list[str]:
    names = [track.name for track in session.tracks if track.automation_items and track.id not in heard]
    names += [MASTER] * bool(session.master_automation_items)
    return [f"automation items of envelopes are not evaluated: {name_list(names)}"] * bool(names)


def lines(session: Session, tracks: Iterable[Track]) -> list[str]:
    """Everything of these tracks, and what concerns the mixer of the session."""
    tracks = list(tracks)
    soloed = [track.name for track in session.tracks if track.solo and not track.mute]
    solo = [f"soloed, all others are measured all the same: {name_list(soloed)}"] if soloed else []
    muted = ["the master is muted: everything is measured as if it were not"] if session.master_mute else []
    return [*_items(tracks), *_settings(tracks), *_sends(session), *solo, *muted, *mixer_lines(session)]


def mixer_lines(session: Session) -> list[str]:
    """Faders that do not move, and a master that lets nothing through."""
    result = []
    muted = signal_path.muted_ids(session)
    sounding = [track for track in session.tracks if track.id not in muted]
    ruled = [track.name for track in sounding if signal_path.is_ruled(track)]
    ruled += ["the master"] * signal_path.is_master_ruled(session)
    if ruled:
        result.append(
            "automation mode is not trim/read: the volume envelope is taken for the fader, which stays "
            f"(not certain): {name_list(ruled)}"
        )
    leading = signal_path.lead_ids(session)
    leads = [track for track in session.tracks if track.id in leading]
    if leads:
        result.append(f"VCA leads, whose faders stay: {name_list([lead.name for lead in leads])}")
    if silent := [lead.name for lead in leads if lead.mute]:
        result.append(f"muted VCA leads, their followers are played all the same (not certain): {name_list(silent)}")
    if signal_path.is_silent_master(session):
        result.append(f"the master's fader stands at {plain_db(session.master_db, 0)} dB: the mix is silent")
    return result


def item_list(clips: Sequence[Clip]) -> str:
    """Items by name and place: ``'vocals' at 1.50 s, 12.00 s and 3 more``."""
    return name_list([_item(clip) for clip in clips], _MAX_PLACES)


def _item(clip: Clip) -> str:
    name = f"'{clip.name}' " if clip.name else ""
    return f"{name}at {clip.position_s:.2f} s"


def by_note(clips: Iterable[Clip]) -> dict[str, list[Clip]]:
    """Each note of items that sound, with the items."""
    result: dict[str, list[Clip]] = {}
    for clip in clips:
        for note in clip.notes:
            result.setdefault(note, []).append(clip)
    return result


def _items(tracks: Iterable[Track]) -> list[str]:
    places: dict[str, list[str]] = {}
    for track in tracks:
        for note, clips in by_note(track.audio_clips).items():
            places.setdefault(note, []).extend(f"{track.name}: {_item(clip)}" for clip in clips)
    return [f"{note}: {name_list(where, _MAX_PLACES)}" for note, where in places.items()]


def _settings(tracks: Iterable[Track]) -> list[str]:
    names: dict[str, list[str]] = {}
    for track in tracks:
        for note in track.notes:
            names.setdefault(note, []).append(track.name)
    return [f"not heard: {note}: {name_list(who)}" for note, who in names.items()]


def _sends(session: Session) -> list[str]:
    result = []
    names = {track.id: track.name for track in session.tracks}
    muted = signal_path.muted_ids(session)
    sends = [
        f"'{names[receive.source]}' to '{track.name}' {why}"
        for track in session.tracks
        for receive in track.receives
        if not receive.mute and receive.source_channel >= 0 and (why := signal_path.unheard_channels(receive))
        if receive.source in names and receive.source not in muted
    ]
    if sends:
        result.append(f"sends that are not heard: {name_list(sends)}")
    if lost := without_way(session):
        result.append(f"{NO_WAY}, silent: {name_list([track.name for track in lost])}")
    return result


def without_way(session: Session) -> list[Track]:
    """Tracks with audio that are not muted and do not reach the master."""
    through = signal_path.into_master(session) | signal_path.muted_ids(session)
    return [track for track in session.tracks if track.audio_clips and track.id not in through]

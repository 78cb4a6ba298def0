"""Tracks whose equaliser stays as it is, and those whose equaliser would not sound, each with the reason."""

from __future__ import annotations

from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model import selection, signal_path
from mixengine.model.labels import OWN_LABEL
from mixengine.model.session import Session, Track
from mixengine.model.settings import no_selection
from mixengine.system.errors import UserError

LABEL = f"{OWN_LABEL} tone"
"""Name of our equaliser in a track's chain."""
_FOLDER = "a folder: an equaliser there would change everything inside"
_LOCKED = "locked in REAPER: stays as it is"
_NOT_CHOSEN = "stays as it is: not among the chosen tracks"


def why_tracks_stay(session: Session, settings: UnmaskSettings) -> dict[str, str]:
    """Track id → why its equaliser may not change, or would not sound if it did; without those that may."""
    chosen, locked = _chosen(session, settings), selection.locked_ids(session)
    reasons = {}
    for track in session.tracks:
        if track.is_folder:
            reasons[track.id] = _FOLDER
        elif track.id not in chosen:
            reasons[track.id] = _NOT_CHOSEN
        elif track.id in locked:
            reasons[track.id] = _LOCKED
        elif not track.effects_on:
            reasons[track.id] = signal_path.why_effects_stay(session, track.id, LABEL) or ""
        elif left := signal_path.why_effect_is_left(session, track.id, LABEL):
            reasons[track.id] = left
    return reasons


def why_unheard(session: Session) -> dict[str, str]:
    """Track id → why mixengine's equaliser that stands on it does not sound; without those that do.

    It is decided as if it were heard, because the switch is the user's and may be meant for a moment.
    """
    reasons = {track.id: signal_path.why_effects_stay(session, track.id, LABEL) for track in session.tracks}
    return {track_id: reason for track_id, reason in reasons.items() if reason}


def notes(session: Session, settings: UnmaskSettings) -> list[str]:
    """What is said about equalisers that stay as they are, or cannot follow the voice."""
    chosen = [track for track in session.tracks if track.id in _chosen(session, settings)]
    left = {track.name: signal_path.why_effect_is_left(session, track.id, LABEL) for track in chosen}
    lines = [f"{name}: {why}" for name, why in left.items() if why]
    if not settings.static and session.envelopes_bypassed:
        lines.append(
            "cuts stand still: a moving band is an envelope, and the project bypasses all (global automation override)"
        )
    return lines


def named_track(session: Session, name: str) -> Track:
    """The track that the user means; a folder without items of its own has no sound to judge."""
    track = selection.find(session, name)
    if track.is_folder and not track.clips:
        raise UserError(f"'{track.name}' is a folder: name the tracks inside it")
    return track


def _chosen(session: Session, settings: UnmaskSettings) -> set[str]:
    chosen = {named_track(session, name).id for name in settings.tracks} or {track.id for track in session.tracks}
    if settings.selected_only:
        selected = {track.id for track in session.tracks if track.selected}
        if not selected:
            raise no_selection(session.path)
        chosen &= selected
    return chosen

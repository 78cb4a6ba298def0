"""Which tracks are microphones of speakers: by the user's word, by role and name, else by their sound."""

from __future__ import annotations

import numpy as np

from mixengine.audio import timeline
from mixengine.audio.files import UnreadableAudio
from mixengine.audio.passages import KINDS, PassageMeter
from mixengine.model import roles
from mixengine.model.selection import find
from mixengine.model.session import Session, Track
from mixengine.system.parallel import map_parallel

_SPEAKER, _SPEECH = "voice", "speech"
_MIN_SPEECH_SHARE = 0.6
"""Of the seconds with sound: below, a track of unknown role is no microphone of a speaker."""


def microphones(
    session: Session, tracks: list[Track], chosen: dict[str, str], named: tuple[str, ...]
) -> tuple[list[Track], list[str]]:
    """The microphones among the audible tracks, in mixer order, and a note where sound decided.

    Parameters
    ----------
    chosen : dict of str to str
        Track id → role, as the user says.
    named : tuple of str
        Tracks that the user calls microphones; then no others are.

    Raises
    ------
    UserError
        A name fits no track.
    """
    if named:
        ids = {find(session, name).id for name in named}
        return [track for track in tracks if track.id in ids], []
    role_of = {track.id: chosen.get(track.id) or roles.role_of_track(session, track) for track in tracks}
    by_name = [track for track in tracks if role_of[track.id] == _SPEAKER]
    unknown = [track for track in tracks if role_of[track.id] is None]
    seconds = sum(end_s - start_s for start_s, end_s in map(timeline.span, unknown))
    shares = map_parallel(_speech_share, [(track, session.sample_rate) for track in unknown], seconds)
    by_sound = [track for track, share in zip(unknown, shares, strict=True) if share >= _MIN_SPEECH_SHARE]
    notes = []
    if by_sound:
        listed = ", ".join(track.name for track in by_sound)
        notes.append(
            f"taken for microphones of speakers by their sound: {listed}; name the tracks or give their roles where "
            "that is wrong"
        )
    ids = {track.id for track in (*by_name, *by_sound)}
    return [track for track in tracks if track.id in ids], notes


def _speech_share(track: Track, rate: int) -> float:
    """Share of the seconds with sound that are speech; 0 for a track that cannot be read or judged."""
    meter = PassageMeter(rate)
    try:
        for block in timeline.blocks(track, rate):
            meter.add(block.mean(axis=1))
    except UnreadableAudio:
        return 0.0
    kinds = meter.finish().kinds
    judged = kinds[kinds >= 0]
    return float(np.mean(judged == KINDS.index(_SPEECH))) if len(judged) else 0.0

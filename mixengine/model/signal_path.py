"""What lies between a track and the master: faders and mutes of the track and of the folders around it."""

from __future__ import annotations

from collections.abc import Mapping

from mixengine.model.session import Session, Track


def path_gain_db(session: Session, track: Track, faders_db: Mapping[str, float]) -> float:
    """Gain from a track's input to the master: its fader and those of the folders around it.

    ``faders_db`` overrides the faders of the tracks it names.
    """
    chain = [track, *session.ancestors(track)]
    return sum(faders_db.get(link.id, link.fader_db) for link in chain)


def is_muted(session: Session, track: Track) -> bool:
    """Whether a track or a folder around it is muted."""
    return track.mute or any(folder.mute for folder in session.ancestors(track))


def audible_tracks(session: Session) -> list[Track]:
    """The tracks that sound: with audio, not muted, and soloed when any is."""
    tracks = [track for track in session.tracks if track.audio_clips and not is_muted(session, track)]
    soloed = [t for t in tracks if t.solo or any(folder.solo for folder in session.ancestors(t))]
    return soloed or tracks

"""What the mixer makes of each track's loudness besides faders: pans, sends, and the effects of buses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mixengine.audio import timeline
from mixengine.jobs.balance.measure import Reading
from mixengine.mixer import bus_gain, ways
from mixengine.model.session import Session, Track
from mixengine.model.units import signed_db
from mixengine.model.words import name_list

NOWHERE = "panned or sent to where nothing of it is heard"
_MAX_NAMES = 8
_MIN_SAID_DB = 0.05
_NOTHING_DB = -100.0
"""What arrives at the master below this is nothing."""


@dataclass(frozen=True)
class Heard:
    """By track id.

    Attributes
    ----------
    placed : dict of str to Change
        What pans make of a track; with sends, where these carry it on and no effect lies on its ways.
    sent_db : dict of str to float
        What sends alone add to its loudness.
    buses_db : dict of str to float
        What buses with effects add to its loudness.
    """

    placed: dict[str, ways.Change] = field(default_factory=dict)
    sent_db: dict[str, float] = field(default_factory=dict)
    buses_db: dict[str, float] = field(default_factory=dict)

    def added_db(self, track: str) -> float:
        """What is added to a track's loudness behind its faders."""
        return self._placed(track).loudness_db + self.buses_db.get(track, 0.0)

    def peak_db(self, track: str) -> float:
        """How much higher a track peaks at most than behind its faders; effects of buses aside."""
        return self._placed(track).peak_db

    def _placed(self, track: str) -> ways.Change:
        return self.placed.get(track, ways.Change())

    @property
    def lost(self) -> dict[str, str]:
        """Track id → reason, of those of which nothing arrives."""
        return {name: NOWHERE for name, change in self.placed.items() if change.loudness_db < _NOTHING_DB}

    def notes(self, session: Session) -> list[str]:
        """What was heard through sends and buses, and how much louder or softer that made it."""
        words = {
            "heard through their sends": {
                name: gain_db for name, gain_db in self.sent_db.items() if abs(gain_db) >= _MIN_SAID_DB
            },
            "heard through the effects of their buses": self.buses_db,
        }
        return [f"{what}: {_named(session, gains_db)}" for what, gains_db in words.items() if gains_db]


def heard(session: Session, tracks: Iterable[Track], readings: Mapping[str, Reading]) -> Heard:
    """Listen to tracks through the mixer, at the faders that the user left: so a second balance hears the same."""
    tracks = list(tracks)
    left_db = {track.id: track.user_fader_db for track in session.tracks if track.user_fader_db is not None}
    buses_db = bus_gain.gains_db(session, tracks, left_db)
    as_left = replace(
        session,
        tracks=tuple(
            replace(track, fader_db=left_db.get(track.id, track.fader_db), solo=False) for track in session.tracks
        ),
    )
    images = {track.id: _image(track, readings[track.id]) for track in tracks}
    placed = {track.id: ways.panned(as_left, as_left.track(track.id), images[track.id]) for track in tracks}
    sent = {name: change for name, change in ways.sent(as_left, images).items() if name not in buses_db}
    sent_db = {
        name: change.loudness_db - placed[name].loudness_db
        for name, change in sent.items()
        if math.isfinite(placed[name].loudness_db) and math.isfinite(change.loudness_db)
    }
    return Heard(placed | sent, sent_db, buses_db)


def _image(track: Track, reading: Reading) -> ways.Image:
    start_s = timeline.span(track)[0]
    playing_s = tuple((start_s + begin_s, start_s + stop_s) for begin_s, stop_s in reading.playing_s)
    return ways.Image(reading.left_share, reading.in_step_share, playing_s)


def _named(session: Session, gains_db: Mapping[str, float]) -> str:
    names = [f"{session.track(name).name} ({signed_db(gain_db)} dB)" for name, gain_db in gains_db.items()]
    return name_list(names, _MAX_NAMES)

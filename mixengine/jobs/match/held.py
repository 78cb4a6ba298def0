"""What a match may not move: faders that an envelope rules, tracks that are locked, chains that are switched off."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mixengine.audio.curves import Curve
from mixengine.model import signal_path
from mixengine.model.session import MASTER, VOLUME, Automation, Session, Track
from mixengine.model.units import decibels

LABEL = "mixengine style"
"""Name of our equalisers and compressors in the chains."""
LOCKED = "locked in REAPER: left as it is"
_DOWN = "its fader is all the way down and stays"
_LOWEST_DB = -60.0
_STEP_S = 0.01


@dataclass(frozen=True, slots=True)
class Held:
    """Why the parts of a track, or of the master, stay as they are: a sentence each, empty for a part that may move."""

    fader: str = ""
    pan: str = ""
    effects: str = ""

    @property
    def words(self) -> str:
        """All reasons in one line, each once."""
        return "; ".join(dict.fromkeys(filter(None, (self.fader, self.pan, self.effects))))

    @property
    def short(self) -> str:
        """What stays, as an addition to a name."""
        if self.pan:
            return "locked"
        return ", ".join(["fader stays"] * bool(self.fader) + ["no effects"] * bool(self.effects))


FREE = Held()


def of_track(session: Session, track: Track) -> Held:
    """What stays of a track."""
    if track.locked:
        return Held(LOCKED, LOCKED, LOCKED)
    down = "" if math.isfinite(track.fader_db) else _DOWN
    return Held(
        fader=signal_path.why_fader_stays(session, track) or down,
        effects=signal_path.why_effects_stay(session, track.id, LABEL) or "",
    )


def of_master(session: Session) -> Held:
    """What stays of the master."""
    ruled = "its volume envelope rules the fader (automation mode): the fader stays"
    return Held(
        fader=ruled if signal_path.is_master_ruled(session) else "",
        effects=signal_path.why_effects_stay(session, MASTER, LABEL) or "",
    )


def master_level_db(session: Session, starts_s: Iterable[float], length_s: float) -> float:
    """Mean level of the envelope that rules the master's fader over passages; 0 where none does."""
    if not signal_path.is_master_ruled(session):
        return 0.0
    return _mean_db(session.master_automation, [(start_s, start_s + length_s) for start_s in sorted(starts_s)])


def level_db(session: Session, track: Track) -> float:
    """What a track's fader adds to its level behind its effects: the mean of the envelope where one rules it."""
    if not signal_path.is_ruled(track):
        return signal_path.level_db(track)
    return _mean_db(track.automation, [(0.0, session.duration_s)])


def _mean_db(automation: Iterable[Automation], spans_s: Iterable[tuple[float, float]]) -> float:
    """Mean level of the active volume envelopes over stretches of time, in order."""
    ruling = [entry for entry in automation if entry.kind == VOLUME and entry.active and entry.points]
    times_s = np.concatenate([np.arange(start_s, max(end_s, start_s + _STEP_S), _STEP_S) for start_s, end_s in spans_s])
    values = np.prod([Curve(entry).at(times_s) for entry in ruling], axis=0)
    return max(decibels(float(np.sqrt(np.mean(np.square(values))))), _LOWEST_DB)


def notes(named: Sequence[tuple[str, Held]]) -> list[str]:
    """One line for each reason why effects are not written, with the names; faders and locks are noted elsewhere."""
    names: dict[str, list[str]] = {}
    for name, held in named:
        if held.effects and held.effects != LOCKED:
            names.setdefault(held.effects, []).append(name)
    return [f"no equaliser, no compressor for {', '.join(who)}: {why}" for why, who in names.items()]

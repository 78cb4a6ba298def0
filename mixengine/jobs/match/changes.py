"""Strips as changes of a plan: faders, pans, ReaEQ and ReaComp of tracks and of the master."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from mixengine.audio.pan import balance, knob, placement
from mixengine.jobs.match import held
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.held import LABEL
from mixengine.jobs.match.reasons import Why
from mixengine.jobs.match.translate import Strip
from mixengine.model import signal_path
from mixengine.model.plan import Change, Compressor, Equalizer, Fader, MasterTrim, Pan
from mixengine.model.session import MASTER, CompressorSettings, Effect, EqBand, Session, Track
from mixengine.model.units import decibels

_MIN_CHANGE_DB, _MIN_CHANGE_PAN = 0.01, 0.001
_SILENT_SIDE = 1e-9
_SAME_WAY = "the same on every track of"
_NOT_NEEDED = "what an earlier match put here is not needed any more"
_NOT_SET = f"{_NOT_NEEDED}: this match does not set the track by itself"


def without_own(session: Session, groups: Sequence[Group]) -> Session:
    """The session without those effects of an earlier match that a match of these groups replaces or removes."""
    staying = {track.id for group in groups if group.held.effects for track in group.targets}
    staying |= {track.id for track in session.tracks if track.locked}

    def others(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(effect for effect in effects if effect.label != LABEL)

    tracks = tuple(
        track if track.id in staying else replace(track, effects=others(track.effects)) for track in session.tracks
    )
    stays = bool(held.of_master(session).effects)
    return replace(
        session, tracks=tracks, master_effects=session.master_effects if stays else others(session.master_effects)
    )


def of_others(session: Session, groups: Sequence[Group]) -> list[Change]:
    """Removals of what an earlier match left on tracks that are no target of these groups."""
    targets = {track.id for group in groups for track in group.targets}
    left = [track for track in session.tracks if track.id not in targets and not track.locked]
    why = Why("", equalizer=_NOT_SET, compressor=_NOT_SET)
    return [change for track in left for change in _chain(session, track.id, Strip(), 0.0, "", why)]


def of_group(session: Session, group: Group, strip: Strip, why: Why) -> list[Change]:
    """Changes of a group's bus, or the same changes of all its tracks where it has no bus."""
    changes: list[Change] = []
    before = "" if group.bus else f"{_SAME_WAY} {group.name}: "
    for track in group.targets:
        pan, extra_db = _panned(track, session, strip.pan)
        stays = held.of_track(session, track)
        if not stays.fader and abs(strip.gain_db + extra_db) >= _MIN_CHANGE_DB:
            after = round(track.fader_db + strip.gain_db + extra_db, 2)
            changes.append(Fader(track.id, track.fader_db, after, before + why.level))
        if not stays.pan and abs(pan - track.pan) >= _MIN_CHANGE_PAN:
            changes.append(Pan(track.id, track.pan, pan, before + why.pan))
        if stays.effects:
            continue
        behind = [held.level_db(session, lead) for lead in signal_path.leads(session, track, before_effects=False)]
        changes += _chain(session, track.id, strip, held.level_db(session, track) + sum(behind), before, why)
    return changes


def _panned(track: Track, session: Session, pan: float) -> tuple[float, float]:
    """One pan and a gain in dB for the track's own pan followed by ``pan`` at the 0 dB law."""
    if not pan:
        return track.pan, 0.0
    how = placement(track, session)
    sides = balance(track.pan, how.law, how.taper) * balance(pan)
    if float(sides.max()) < _SILENT_SIDE:  # hard left followed by hard right: nothing would remain
        return pan, 0.0
    after, gain = knob(sides, how.law, how.taper)
    return after, decibels(gain)


def _chain(session: Session, track_id: str, strip: Strip, level_db: float, before: str, why: Why) -> list[Change]:
    """Changes of our equaliser and compressor on a track, if any; ``before`` is the beginning of their reasons.

    The strip's threshold applies after the track's current level, fader and VCA leads, a plug-in's threshold before it.
    """
    bands = strip.bands or None
    compressor = strip.compressor
    if compressor is not None and math.isfinite(level_db):
        compressor = replace(compressor, threshold_db=round(min(compressor.threshold_db - level_db, 6.0), 2))
    changes: list[Change] = []
    current = _current(session, track_id)
    if current[0] != bands:
        changes.append(Equalizer(track_id, LABEL, current[0], bands, before + (why.equalizer or _NOT_NEEDED)))
    if current[1] != compressor:
        changes.append(Compressor(track_id, LABEL, current[1], compressor, before + (why.compressor or _NOT_NEEDED)))
    return changes


def _current(session: Session, track_id: str) -> tuple[tuple[EqBand, ...] | None, CompressorSettings | None]:
    own = [effect for effect in session.effects(track_id) if effect.label == LABEL]
    bands = next((effect.bands for effect in own if effect.bands), None)
    return bands, next((effect.compressor for effect in own if effect.compressor), None)


def of_master(session: Session, master: Strip, why: Why) -> list[Change]:
    """Changes of the master."""
    stays = held.of_master(session)
    changes = [] if stays.effects else _chain(session, MASTER, master, 0.0, "", why)
    if not stays.fader and abs(master.gain_db - session.master_db) >= _MIN_CHANGE_DB:
        changes.append(MasterTrim(session.master_db, master.gain_db, why.level))
    return changes

"""Microphones that hear each other: who uses which, and how loud a speaker is while he is the one who speaks.

A microphone that nobody speaks into holds its own hiss and, softly, everybody else. Raised to the level of a voice it
brings up the room. Its level over time is the others' levels, each by a constant factor, plus a constant (the inverse
of what automatic microphone mixers do [1]_): where nothing rises above that, the track has no sound of its own.

A used microphone holds the others too, between the sentences of its own speaker. So a speaker is measured only in the
moments in which his microphone is, against its own loudness, ahead of all others.

References
----------
.. [1] D. Dugan, "Automatic microphone mixing", J. Audio Eng. Soc. 23(6), 442-449 (1975).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mixengine.analysis import level_traces
from mixengine.jobs.balance.measure import PLAYING_RANGE_LU, Reading, own_gate_lufs
from mixengine.model.session import Session, Track

SPEAKER = "voice"
_MAY_BE_IDLE = frozenset((SPEAKER, "lead_vocal", "unknown"))
"""Roles of tracks that may be an open microphone: instruments by name have a sound of their own, however soft."""
_IDLE_BELOW_LU, _IDLE_SPEAKER_BELOW_LU = 20.0, 10.0
"""How far an idle microphone lies below the median of the other tracks, or, by its name a speaker's, of the speakers:
bleed in a room is 10 to 40 dB down, and two microphones of one person are nearer to each other."""
_MAX_OTHERS = 12
_OWN_DB = 4.0
"""Sound of its own: windows that lie this far above what the others and the hiss explain."""
_MIN_OWN_WINDOWS = 5
"""In a row. A short word fills six windows of 400 ms; bleed from a room never more than two."""
_HISS_QUANTILE = 0.1
_FLOOR = 1e-12
"""Of the largest power: windows below are silent."""
_PASSES = 3
_MIN_WINDOWS = 20
"""Two seconds: fewer say nothing about a speaker."""


@dataclass
class Microphones:
    """What a session's microphones hold.

    Attributes
    ----------
    idle : dict of str to str
        Track id → why its fader stays, in words.
    speakers : dict of str to Reading
        Track id → its reading, measured while its own speaker speaks.
    """

    idle: dict[str, str] = field(default_factory=dict)
    speakers: dict[str, Reading] = field(default_factory=dict)


def examine(
    session: Session,
    tracks: list[Track],
    readings: Mapping[str, Reading],
    role_of: Mapping[str, str],
    *,
    use_cache: bool = True,
) -> Microphones:
    """Find the microphones that nobody uses, and measure the speakers of the others.

    Parameters
    ----------
    tracks : list of Track
        Those that sound, each with a reading.
    role_of : mapping of str to str
        Track id → role by name or by choice; tracks with a role that the user chose are never idle.
    """
    levels = {track.id: readings[track.id].heard_lufs for track in tracks}
    speakers = [track.id for track in tracks if role_of[track.id] == SPEAKER]
    may_be_idle = [track for track in tracks if role_of[track.id] in _MAY_BE_IDLE and not track.role]
    soft = [track.id for track in may_be_idle if _is_soft(levels, track.id, speakers)]
    if not soft and len(speakers) < 2:
        return Microphones()
    loudest_first = sorted(levels, key=lambda key: -levels[key])
    needed = {*soft, *speakers, *(loudest_first[:_MAX_OTHERS] if soft else ())}
    powers = level_traces.traces(session, [track for track in tracks if track.id in needed], use_cache=use_cache)
    idle: dict[str, str] = {}
    for place, key in enumerate(loudest_first):
        sources = [powers[other] for other in loudest_first[:place] if other in powers and other not in idle]
        if key in soft and key in powers and not holds_sound_of_its_own(powers[key], sources):
            idle[key] = (
                f"nothing of its own in it: hiss and the other tracks, {_below_lu(levels, key):.0f} LU below them "
                "(an open microphone?); mute it, or give it a role to balance it"
            )
    in_use = {key: powers[key] for key in speakers if key in powers and key not in idle}
    return Microphones(idle, _alike(readings, speaking_lufs(in_use)))


def _is_soft(levels: Mapping[str, float], track: str, speakers: list[str]) -> bool:
    if track in speakers and len(speakers) > 1:
        return _below_lu({key: levels[key] for key in speakers}, track) >= _IDLE_SPEAKER_BELOW_LU
    return len(levels) > 1 and _below_lu(levels, track) >= _IDLE_BELOW_LU


def _below_lu(levels: Mapping[str, float], track: str) -> float:
    """How far a track lies below the median of the others."""
    return statistics.median(level for key, level in levels.items() if key != track) - levels[track]


def holds_sound_of_its_own(powers: np.ndarray, others: list[np.ndarray]) -> bool:
    """Whether a track holds, for the length of a word, what neither the others nor its own hiss explain.

    Parameters
    ----------
    powers : ndarray [shape=(windows,)]
    others : list of ndarray [shape=(windows,)]
        The same windows of tracks that it may hear.
    """
    from scipy import optimize

    plays = powers > powers.max(initial=0.0) * _FLOOR
    if not plays.any():
        return False
    own = powers[plays]
    hiss = float(np.quantile(own, _HISS_QUANTILE))
    # relative to the level in each window: a loud moment counts as much as a soft one
    columns = np.stack([np.full(len(own), hiss), *(other[plays] for other in others)], axis=1) / own[:, None]
    scale = np.maximum(np.sqrt(np.square(columns).mean(axis=0)), 1e-30)
    factors, _ = optimize.nnls(columns / scale, np.ones(len(own)))
    explained = (columns / scale) @ factors
    is_own = explained < 10.0 ** (-_OWN_DB / 10.0)
    in_a_row = np.convolve(is_own, np.ones(_MIN_OWN_WINDOWS), "valid")
    return bool(in_a_row.max(initial=0.0) > _MIN_OWN_WINDOWS - 0.5)


def speaking_lufs(powers: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Track id → loudness in the windows in which it is ahead of all others, each against its own loudness.

    Tracks that are hardly ever ahead are left out, and all where there is only one. No gain of any track changes which
    windows count.
    """
    keys = [key for key, trace in powers.items() if trace.max(initial=0.0) > 0.0]
    if len(keys) < 2:
        return {}
    traces = np.stack([powers[key] for key in keys])
    lufs = np.array([own_gate_lufs(trace) for trace in traces])
    for _ in range(_PASSES):
        relative = traces / 10.0 ** (lufs[:, None] / 10.0)
        ahead = relative.max(axis=0) * (1.0 - 1e-9) <= relative
        lufs = np.array([_gated(trace[mask], old) for trace, mask, old in zip(traces, ahead, lufs, strict=True)])
    loud = traces > traces.max(axis=1, keepdims=True) * 10.0 ** (-PLAYING_RANGE_LU / 10.0)
    enough = (ahead & loud).sum(axis=1) >= _MIN_WINDOWS
    return {key: float(level) for key, level, usable in zip(keys, lufs, enough, strict=True) if usable}


def _gated(windows: np.ndarray, otherwise: float) -> float:
    return own_gate_lufs(windows) if len(windows) >= _MIN_WINDOWS else otherwise


def _alike(readings: Mapping[str, Reading], lufs: Mapping[str, float]) -> dict[str, Reading]:
    """Readings of speakers with their own loudness, and with one crest and one register for all of them.

    Listeners want two speakers equally loud: what tells an instrument from another must not tell a person from another.
    The crest over the RMS while they speak is lower than over everything by as much as their loudness is higher.
    """
    if len(lufs) < 2:
        return {}
    crests_db = [readings[key].crest_db - (level - readings[key].heard_lufs) for key, level in lufs.items()]
    crest_db = max(statistics.median(crests_db), 0.0)
    register_hz = statistics.median(readings[key].energy_centroid_hz for key in lufs)
    return {
        key: replace(readings[key], heard_lufs=level, crest_db=crest_db, energy_centroid_hz=register_hz)
        for key, level in lufs.items()
    }

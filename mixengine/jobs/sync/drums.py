"""Microphones of one drum kit: moved by samples to the overheads, and the right way round.

A close microphone hears its drum first; the overheads hear it later, by the way of the sound. What counts is the
delay while that drum is what the kit plays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment import coarse, lags
from mixengine.analysis.alignment.lags import Spectra
from mixengine.analysis.alignment.stretches import Sound
from mixengine.jobs.sync.takes import TakeOf
from mixengine.model import roles
from mixengine.model.session import Session

DRUM_ROLES = frozenset("kick snare hats toms cymbals percussion drums".split())
_OVERHEADS = frozenset("oh ohs overhead overheads".split())
_CLOSE = ("snare", "kick")
"""Without overheads the first of these stays."""
MAX_WAY_S = 0.03
MIN_SCORE = 8.0
MIN_SIGN_RATIO = 1.3
"""A polarity is told where the strongest value of one sign exceeds that of the other by this."""
_FRAME_S = 0.085
_HIT_S, _HITS = 0.35, 60
_SHARE = 0.4
_MIN_SAMPLES = 0.75


@dataclass(frozen=True, slots=True)
class DrumMic:
    """What is to be done with one microphone of a kit.

    Attributes
    ----------
    key, reference : str
    later_s : float
        By how much it must come later, whole samples.
    invert : bool
    score : float
    """

    key: str
    reference: str
    later_s: float
    invert: bool
    score: float


def drum_takes(session: Session, takes: list[TakeOf]) -> list[TakeOf]:
    """The recordings that are drums by role or name, in mixer order."""
    return [
        take
        for take in takes
        if (take.track.role or roles.role_of_track(session, take.track)) in DRUM_ROLES or _is_overhead(take)
    ]


def _is_overhead(take: TakeOf) -> bool:
    return bool(_OVERHEADS & set(roles.words_of(take.track.name)))


def kit(session: Session, takes: list[TakeOf], sounds: dict[str, Sound]) -> list[DrumMic]:
    """Where the microphones of a kit belong; those that share nothing with the one that stays are left out."""
    drums = [take for take in drum_takes(session, takes) if take.key in sounds]
    if len(drums) < 2:
        return []
    overheads = [take for take in drums if _is_overhead(take)]
    by_role = {take.track.role or roles.role_of_track(session, take.track): take for take in reversed(drums)}
    closest = next((by_role[role] for role in _CLOSE if role in by_role), drums[0])
    reference = overheads[0] if overheads else closest
    rate = session.sample_rate
    result = []
    for take in drums:
        if take is reference or take in overheads:
            continue
        common = _compare(sounds[take.key], sounds[reference.key], rate)
        if common is not None:
            later, inverted, score = common
            whole = round(later * rate) if abs(later * rate) >= _MIN_SAMPLES else 0
            result.append(DrumMic(take.key, reference.key, whole / rate, inverted, score))
    return result


def _compare(mic: Sound, reference: Sound, rate: int) -> tuple[float, bool, float] | None:
    """Delay of the reference in s, whether the polarity is opposite, and how sure; ``None`` without anything common."""
    parts = [part for at_s in _hits(mic) if (part := _frames(mic, reference, at_s, rate)) is not None]
    if not parts:
        return None
    spectra = Spectra.joined(parts)
    mine, theirs = spectra.powers()
    loud = np.flatnonzero(mine > mine.max() * 1e-2)
    ratio = mine[loud] / np.maximum(theirs[loud], 1e-30)
    chosen = loud[np.argsort(-ratio, kind="stable")[: max(round(_SHARE * len(loud)), 8)]]
    correlation = spectra.lags(chosen, MAX_WAY_S)
    later_s, value = correlation.strongest(MAX_WAY_S)
    score = correlation.score(MAX_WAY_S)
    if score < MIN_SCORE:
        return None
    opposite = correlation.largest(1.0 if value < 0.0 else -1.0, MAX_WAY_S)
    return later_s, value < 0.0 and -value > MIN_SIGN_RATIO * opposite, score


def _hits(sound: Sound) -> list[float]:
    """Where the microphone's drum is struck: the steepest rises, apart from each other."""
    rises = np.maximum(sound.print.steps.astype(np.int32), 0).sum(axis=1)
    apart = round(_HIT_S / coarse.FRAME_S)
    result: list[float] = []
    left = rises.astype(float)
    while len(result) < _HITS and left.max(initial=0.0) > 0.3 * rises.max(initial=0):
        at = int(np.argmax(left))
        result.append((sound.print.first + at) * coarse.FRAME_S)
        left[max(at - apart, 0) : at + apart] = 0.0
    return sorted(result)


def _frames(mic: Sound, reference: Sound, at_s: float, rate: int) -> Spectra | None:
    size = lags.frame_size(rate, _FRAME_S)
    start_s = round(max(at_s - 0.05, 0.0) / 0.01) * 0.01
    end_s = start_s + max(_HIT_S, 3.0 * size / rate)
    first, second = (each.recording.excerpt(start_s, end_s, rate) for each in (mic, reference))
    if not first.any() or not second.any():
        return None
    count = (len(first) - size) // (size // 2) + 1
    return lags.spectra(first, second, np.arange(count) * (size / 2.0), size, rate)

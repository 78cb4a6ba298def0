"""Microphones of one room: how loud each hears the speakers of the others, and when its own speaker speaks.

A microphone holds its own speaker, the others by the way through the room, each by a constant factor in every octave
and a little later and longer, and noise. The factors are learnt from the moments in which only one speaks, and these
moments follow from the factors: a few rounds of both settle. Its own speaker speaks where the microphone is well above
what the others and the noise explain.

The idea that a microphone's share of the sum tells who speaks is Dugan's [1]_; here the share is taken after what is
known of the bleed, so that a soft speaker beside a loud one is heard too.

References
----------
.. [1] D. Dugan, "Automatic microphone mixing", J. Audio Eng. Soc. 23(6), 442-449 (1975).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.analysis.voice_levels import FRAME_S

TINY = 1e-30
_NOISE_QUANTILE = 0.1
_DECAYS_DB_PER_S = (400.0, 250.0, 150.0, 100.0, 70.0, 50.0, 35.0)
"""How fast sound may die away at the microphones: 60 dB in 0.15 s (a treated room) to 1.7 s (a hall)."""
_LOUD_QUANTILE = 0.9
_BEHIND_DB = 6.0
_AUDIBLE = 4.0
_SPREAD_FRAMES = 1
"""A bleed may begin a frame before or after the voice: 25 ms are 8 m of way, or two recorders' clocks."""
_ROUNDS = 4
_ON_DB, _OFF_DB = 6.0, 3.0
"""Above what others and noise explain: a voice begins, a voice goes on."""
_SMOOTH_FRAMES = 3
_MIN_SPEECH_S = 0.1
"""Shorter bursts are no speech: a click, a touch."""
_MAX_GAP_S = 0.3
"""Shorter gaps are inside a word or between two."""
_HEARD_DB = 3.0
"""A voice is heard in another microphone when that rises this far above its noise while only the voice sounds."""
_MIN_CORRELATION = 0.6
"""Of the two levels in dB over that time."""
_STEADY_DB = 0.5
_MIN_FRAMES = 40
_FIRST_QUANTILE = 0.25
_MAX_BLEED = 0.5


@dataclass
class Room:
    """What several microphones hear of each other.

    Attributes
    ----------
    keys : list of str
        Track ids.
    speaks : ndarray of bool [shape=(microphones, frames)]
        When the speaker of each microphone speaks.
    bleed : ndarray [shape=(listening, speaking, bands)]
        Power factor of each speaker in each other microphone, 0 on the diagonal.
    heard : ndarray of bool [shape=(listening, speaking)]
        Whether a speaker is heard in another microphone at all.
    noise : ndarray [shape=(microphones, bands)]
    """

    keys: list[str]
    speaks: np.ndarray
    bleed: np.ndarray
    heard: np.ndarray
    noise: np.ndarray

    def groups(self) -> list[list[int]]:
        """Microphones that hear each other, directly or through a third; those alone are left out."""
        linked = self.heard | self.heard.T
        left, groups = set(range(len(self.keys))), []
        while left:
            group, open_ends = set(), [min(left)]
            while open_ends:
                at = open_ends.pop()
                if at not in group:
                    group.add(at)
                    open_ends += np.flatnonzero(linked[at]).tolist()
            left -= group
            if len(group) > 1:
                groups.append(sorted(group))
        return groups


def listen(powers: dict[str, np.ndarray]) -> Room:
    """Find who speaks when, and who hears whom.

    Parameters
    ----------
    powers : dict of str to ndarray [shape=(frames, bands)]
        Track id → octave powers (see `mixengine.analysis.voice_levels`).
    """
    keys = list(powers)
    levels = np.stack([powers[key] for key in keys])  # [shape=(microphones, frames, bands)]
    noise = np.stack([_noise(level) for level in levels])
    spread = _through_a_room(levels, _decay_db_per_s(levels, noise))
    bleed = _first_guess(levels, spread)
    speaks = _speaks(levels, spread, bleed, noise)
    for _ in range(_ROUNDS):
        bleed = _learnt(levels, spread, noise, speaks, bleed)
        speaks = _speaks(levels, spread, bleed, noise)
    return Room(keys, speaks, bleed, _heard(levels, spread, noise, speaks, bleed), noise)


def _noise(level: np.ndarray) -> np.ndarray:
    """Power of the noise of a microphone in each band; digital silence does not count."""
    sounding = level[level.sum(axis=1) > TINY]
    return np.quantile(sounding, _NOISE_QUANTILE, axis=0) if len(sounding) else np.zeros(level.shape[1])


def _through_a_room(levels: np.ndarray, decay_db_per_s: float) -> np.ndarray:
    """Levels as they may arrive elsewhere, a frame early or late and dying away [shape as ``levels``]."""
    shifts = range(-_SPREAD_FRAMES, _SPREAD_FRAMES + 1)
    early = np.maximum.reduce([np.roll(levels, shift, axis=1) for shift in shifts])
    fallen_db = decay_db_per_s * FRAME_S * np.arange(levels.shape[1])[None, :, None]
    risen_db = 10.0 * np.log10(np.maximum(early, TINY)) + fallen_db
    return np.asarray(10.0 ** ((np.maximum.accumulate(risen_db, axis=1) - fallen_db) / 10.0))


def _decay_db_per_s(levels: np.ndarray, noise: np.ndarray) -> float:
    """How fast sound dies away in the room: that of `_DECAYS_DB_PER_S` by which bleed follows the voices most closely.

    Judged in the frames in which somebody else is, against the own loudness of each, clearly ahead, so that a
    microphone holds nothing but bleed.
    """
    totals = levels.sum(axis=2, keepdims=True)
    if len(totals) < 2:
        return _DECAYS_DB_PER_S[0]
    loud = np.maximum(np.quantile(totals, _LOUD_QUANTILE, axis=1, keepdims=True), TINY)
    slowest = _through_a_room(totals, _DECAYS_DB_PER_S[-1]) / loud
    pairs = []
    for listening in range(len(totals)):
        others = [other for other in range(len(totals)) if other != listening]
        leading = np.array(others)[np.argmax(slowest[others, :, 0], axis=0)]
        behind_db = 10.0 * np.log10(
            np.maximum(totals[listening, :, 0] / loud[listening, 0, 0], TINY)
            / np.maximum(slowest[leading, np.arange(totals.shape[1]), 0], TINY)
        )
        audible = totals[listening, :, 0] > _AUDIBLE * max(float(noise[listening].sum()), TINY)
        pairs += [(listening, other, audible & (behind_db < -_BEHIND_DB) & (leading == other)) for other in others]
    pairs = [pair for pair in pairs if pair[2].sum() >= _MIN_FRAMES]
    if not pairs:
        return _DECAYS_DB_PER_S[0]
    misfits_db = []
    for decay in _DECAYS_DB_PER_S:
        arrived = _through_a_room(totals, decay)[:, :, 0]
        ratios_db = [
            10.0 * np.log10(totals[listening, frames, 0] / np.maximum(arrived[speaking, frames], TINY))
            for listening, speaking, frames in pairs
        ]
        misfits_db.append(sum(float(np.abs(r - np.median(r)).sum()) for r in ratios_db))
    return _DECAYS_DB_PER_S[int(np.argmin(misfits_db))]


def _first_guess(levels: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Low quantiles of how loud each microphone is against another while that is loud."""
    count, _, bands = levels.shape
    bleed = np.zeros((count, count, bands))
    for speaking in range(count):
        total = levels[speaking].sum(axis=1)
        loud = total > np.quantile(total, 0.5)
        for listening in range(count):
            if listening != speaking and loud.any():
                ratio = levels[listening][loud] / np.maximum(spread[speaking][loud], TINY)
                bleed[listening, speaking] = np.minimum(np.quantile(ratio, _FIRST_QUANTILE, axis=0), _MAX_BLEED)
    return bleed


def _explained(spread: np.ndarray, bleed: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """What others and noise make at each microphone [shape=(microphones, frames, bands)]."""
    return np.asarray(np.einsum("lsb,sfb->lfb", bleed, spread)) + noise[:, None, :]


def _speaks(levels: np.ndarray, spread: np.ndarray, bleed: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """When each speaker speaks [shape=(microphones, frames)]."""
    explained = _explained(spread, bleed, noise)
    # each octave says how far it stands out; the mean of decibels weighs soft consonants as vowels
    above_db = 10.0 * np.log10(np.maximum(levels, TINY) / np.maximum(explained, TINY))
    stands_out_db = np.sort(np.clip(above_db, -20.0, 30.0), axis=2)[:, :, -3:].mean(axis=2)
    kernel = np.ones(_SMOOTH_FRAMES) / _SMOOTH_FRAMES
    smooth = np.stack([np.convolve(row, kernel, "same") for row in stands_out_db])
    sounding = levels.sum(axis=2) > TINY
    return np.stack([_with_hysteresis(row) for row in np.where(sounding, smooth, -np.inf)])


def _with_hysteresis(above_db: np.ndarray) -> np.ndarray:
    """Runs above `_OFF_DB` that reach `_ON_DB`; short gaps filled, short runs dropped."""
    runs = [(a, b) for a, b in runs_of(above_db > _OFF_DB) if above_db[a:b].max() > _ON_DB]
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        if joined and (start - joined[-1][1]) * FRAME_S < _MAX_GAP_S:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    speaks = np.zeros(len(above_db), dtype=bool)
    for start, end in joined:
        if (end - start) * FRAME_S >= _MIN_SPEECH_S - 1e-9:
            speaks[start:end] = True
    return speaks


def runs_of(flags: np.ndarray) -> list[tuple[int, int]]:
    """First frame and the one after the last of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _only(speaks: np.ndarray, speaking: int) -> np.ndarray:
    """Frames in which only one speaks."""
    return np.asarray(speaks[speaking] & (speaks.sum(axis=0) == 1))


def _learnt(
    levels: np.ndarray, spread: np.ndarray, noise: np.ndarray, speaks: np.ndarray, before: np.ndarray
) -> np.ndarray:
    """Factors from the frames in which only one speaks; where there are too few, as they were."""
    bleed = before.copy()
    for speaking in range(len(levels)):
        frames = _only(speaks, speaking)
        if frames.sum() < _MIN_FRAMES:
            continue
        source = spread[speaking][frames]
        for listening in range(len(levels)):
            if listening != speaking:
                # the median over loud frames: what a door or a cough adds does not count
                ratio = (levels[listening][frames] - noise[listening]) / np.maximum(source, TINY)
                loud = source.sum(axis=1) >= np.median(source.sum(axis=1))
                bleed[listening, speaking] = np.clip(np.quantile(ratio[loud], 0.6, axis=0), 0.0, _MAX_BLEED)
    return bleed


def _follows(level: np.ndarray, source: np.ndarray) -> bool:
    """Whether a level rises and falls with a source, as bleed does and another voice does not."""
    pair_db = 10.0 * np.log10(np.maximum(np.stack([level, source]), TINY))
    spread_db = pair_db.std(axis=1)
    if spread_db.min() < _STEADY_DB:
        return False
    return bool(np.corrcoef(pair_db)[0, 1] >= _MIN_CORRELATION)


def _heard(
    levels: np.ndarray, spread: np.ndarray, noise: np.ndarray, speaks: np.ndarray, bleed: np.ndarray
) -> np.ndarray:
    count = len(levels)
    heard = np.zeros((count, count), dtype=bool)
    for speaking in range(count):
        frames = _only(speaks, speaking)
        if frames.sum() < _MIN_FRAMES:
            continue
        source = spread[speaking][frames].sum(axis=1)
        loud = source >= np.median(source)
        for listening in range(count):
            if listening != speaking:
                level = levels[listening][frames][loud].sum(axis=1)
                floor = max(float(noise[listening].sum()), TINY)
                rises_db = 10.0 * np.log10(max(float(np.median(level)), TINY) / floor)
                heard[listening, speaking] = (
                    rises_db >= _HEARD_DB
                    and bool((bleed[listening, speaking] > 0.0).any())
                    and _follows(levels[listening][frames].sum(axis=1), source)
                )
    return heard

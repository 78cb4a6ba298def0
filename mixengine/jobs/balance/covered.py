"""No track that sounds ends up covered by the others.

How much of an instrument's loudness the others leave audible follows from its and their excitation on the Bark scale
while it plays (`mixengine.analysis.masking`). What can be expected depends on the session: a voice beside one guitar
stands clearer than one of thirty tracks. So the measure is the same session with all instruments equally loud. An
instrument that would keep less than a part of the audibility that it has there (`BalanceRule.covered_share`; less where
present levels are kept) is raised
until it has that, by `BalanceRule.covered_max_db` at most. One that is hardly audible even there says nothing: nobody
expects to hear the low octave under a bass by itself.

Where one instrument is what covers most of the others, that one is too loud: it is lowered, by as much as the median of
them was to be raised, and they are raised by what is missing then.

Everything is relative: a gain common to all tracks changes nothing. Microphones of one instrument are one sound, which
covers others, not its own parts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from mixengine.analysis import masking
from mixengine.analysis.spectra import BANDS
from mixengine.jobs.balance.measure import Reading
from mixengine.model.balance_rule import BalanceRule
from mixengine.model.units import decibels

MIN_RAISE_DB = 0.05
"""Smaller raises are not made."""

_MIN_AUDIBLE = 0.1
"""Share of its loudness that a track must keep among equally loud ones to be expected to be heard."""
_MAX_FRAMES = 400
_SWEEPS = 4
"""Who is raised covers others a little more: as often everybody is looked at."""
_HALVINGS = 12
_MIN_BELOW = 3
"""Who covers so many others, and more than half of them, is too loud: it is lowered, and they are raised less."""


@dataclass(frozen=True, slots=True)
class Raised:
    """A track that is set louder so that the others do not cover it, or lower because it covers most of them.

    Attributes
    ----------
    raised_db : float
        Below 0: how much lower.
    covered_by : str or None
        Id of the track that would cover it most; none for what is set lower.
    """

    raised_db: float
    covered_by: str | None


@dataclass(frozen=True, slots=True)
class _Instrument:
    """The tracks of one instrument at the levels that were decided.

    Attributes
    ----------
    tracks : tuple of str
        Loudest first.
    level_lufs : float
        Of all of them together.
    fixed : bool
        Does not move.
    powers : ndarray [shape=(frames, bands)]
        Mean square in each critical band, by frame of the session.
    frames : ndarray of int [shape=(playing,)]
        Frames in which it plays, a few hundred at most.
    weights : ndarray [shape=(playing, bands)]
        Share of each band of these frames in its loudness; the sum is 1.
    excitation_db : ndarray [shape=(playing, bands)]
        Its own excitation in these frames.
    """

    tracks: tuple[str, ...]
    level_lufs: float
    fixed: bool
    powers: np.ndarray
    frames: np.ndarray
    weights: np.ndarray
    excitation_db: np.ndarray

    def excess_db(self, total: np.ndarray, gain: float) -> np.ndarray:
        """Excitation of the others above its own, in dB [shape=(playing, bands)].

        Parameters
        ----------
        total : ndarray [shape=(frames, bands)]
            Powers of all instruments.
        gain : float > 0
            Power gain with which this one is in it.
        """
        others = np.maximum(total[self.frames] - self.powers[self.frames] * gain, 0.0)
        return _excitation_db(others) - self.excitation_db - np.float32(decibels(gain) / 2.0)

    def audible(self, excess_db: np.ndarray) -> float:
        """Share of its loudness that the others leave audible, 0 … 1."""
        return 1.0 - float((self.weights * masking.degree(excess_db)).sum())

    def lack_db(self, excess_db: np.ndarray, share: float, max_db: float) -> float:
        """How far it must be raised to keep a share audible, 0 … ``max_db``."""
        if self.audible(excess_db) >= share:
            return 0.0
        low_db, high_db = 0.0, max_db
        if self.audible(excess_db - high_db) < share:
            return max_db
        for _ in range(_HALVINGS):
            middle_db = (low_db + high_db) / 2.0
            if self.audible(excess_db - middle_db) < share:
                low_db = middle_db
            else:
                high_db = middle_db
        return high_db


def raised(
    levels_lufs: Mapping[str, float],
    readings: Mapping[str, Reading],
    groups: Iterable[tuple[str, ...]],
    rule: BalanceRule,
    way_of: Callable[[str], float] = lambda _: 1.0,
    fixed: Collection[str] = (),
) -> dict[str, Raised]:
    """Tracks that the others would cover, and how far each is to be raised; or who covers most others, and is lowered.

    Parameters
    ----------
    levels_lufs : mapping of str to float
        Track id → where it is to be set, or stands if it is fixed, at the master; of every track that sounds.
    readings : mapping of str to Reading
        With spectra; tracks without take no part.
    groups : iterable of tuple of str
        Ids of tracks that are microphones of one instrument.
    rule : BalanceRule
        With ``covered_share`` 0 nothing is raised, whatever ``covered_share_kept`` says.
    way_of : callable
        Track id → how far it goes from its present level to that of the rule, 0 … 1.
    fixed : collection of str
        Ids of tracks whose faders stay: they cover others, and neither they nor their instruments are raised.

    Returns
    -------
    dict of str to Raised
        By track id; the microphones of an instrument move alike.
    """
    if rule.covered_share == 0.0:
        return {}
    instruments = _instruments(levels_lufs, readings, groups, fixed)
    if len(instruments) < 2:
        return {}
    alike = 10.0 ** (-np.array([instrument.level_lufs for instrument in instruments]) / 10.0)
    expected = np.array(
        [one.audible(excess_db) for one, excess_db in zip(instruments, _excess(instruments, alike), strict=True)]
    )
    way = np.array([way_of(one.tracks[0]) for one in instruments])
    share = rule.covered_share_kept + way * (rule.covered_share - rule.covered_share_kept)
    wanted = np.where(expected < _MIN_AUDIBLE, 0.0, share * expected)
    highest_db = np.array([0.0 if one.fixed else rule.covered_max_db for one in instruments])
    raises_db = _raises_db(instruments, wanted, np.zeros(len(instruments)), highest_db)
    total = _total(instruments, np.ones(len(instruments)))
    chiefs = {at: _chief(instruments, at, total) for at in np.flatnonzero(raises_db >= MIN_RAISE_DB).tolist()}
    if (loud := _too_loud(instruments, chiefs)) is not None:
        below = [at for at, chief in chiefs.items() if chief == loud]
        lower_db = float(np.median(raises_db[below]))
        start_db = np.zeros(len(instruments))
        start_db[loud], highest_db[loud] = -lower_db, 0.0
        highest_db[below] -= lower_db
        raises_db = _raises_db(instruments, wanted, start_db, highest_db)
    result: dict[str, Raised] = {}
    for at in np.flatnonzero(np.abs(raises_db) >= MIN_RAISE_DB).tolist():
        by = None
        if raises_db[at] > 0.0:
            by = instruments[chiefs[at] if at in chiefs else _chief(instruments, at, total)].tracks[0]
        result |= dict.fromkeys(instruments[at].tracks, Raised(float(raises_db[at]), by))
    return result


def _raises_db(
    instruments: list[_Instrument], wanted: np.ndarray, start_db: np.ndarray, highest_db: np.ndarray
) -> np.ndarray:
    """How far each instrument is raised to keep its wanted share audible, from ``start_db`` to ``highest_db``."""
    raises_db = start_db.copy()
    for _ in range(_SWEEPS):
        more_db = np.zeros(len(instruments))
        for at, excess_db in enumerate(_excess(instruments, 10.0 ** (raises_db / 10.0))):
            if raises_db[at] < highest_db[at]:
                more_db[at] = instruments[at].lack_db(
                    excess_db, float(wanted[at]), float(highest_db[at] - raises_db[at])
                )
        raises_db += more_db
        if more_db.max() < MIN_RAISE_DB:
            break
    return raises_db


def _too_loud(instruments: list[_Instrument], chiefs: Mapping[int, int]) -> int | None:
    """The one free instrument that is the chief of most others, by who covers whom."""
    counts = Counter(chiefs.values())
    enough = [
        place
        for place, count in counts.items()
        if count >= _MIN_BELOW and 2 * count > len(instruments) - 1 and not instruments[place].fixed
    ]
    return max(enough, key=lambda at: (counts[at], instruments[at].level_lufs, instruments[at].tracks), default=None)


def _excess(instruments: list[_Instrument], gains: np.ndarray) -> Iterator[np.ndarray]:
    """`_Instrument.excess_db` of each, with a power gain on each."""
    total = _total(instruments, gains)
    return (one.excess_db(total, float(gain)) for one, gain in zip(instruments, gains, strict=True))


def _total(instruments: list[_Instrument], gains: np.ndarray) -> np.ndarray:
    """Powers of all together [shape=(frames, bands)]."""
    total = np.zeros_like(instruments[0].powers)
    for instrument, gain in zip(instruments, gains, strict=True):
        total += instrument.powers * gain
    return total


def _chief(instruments: list[_Instrument], at: int, total: np.ndarray) -> int:
    """Which instrument has the largest part in what covers the one at this place; ``total`` is that of all."""
    target = instruments[at]
    others = masking.spread(np.maximum(total[target.frames] - target.powers[target.frames], 0.0))
    per_power = masking.spread_back(target.weights / np.maximum(others, masking.TINY))
    parts = [
        float(np.vdot(per_power, one.powers[target.frames])) if place != at else -1.0
        for place, one in enumerate(instruments)
    ]
    return int(np.argmax(parts))


def _instruments(
    levels_lufs: Mapping[str, float],
    readings: Mapping[str, Reading],
    groups: Iterable[tuple[str, ...]],
    fixed: Collection[str],
) -> list[_Instrument]:
    """The instruments that sound, on one axis of time; the loudest power is 1."""
    spectra = {
        track: spectrum
        for track in levels_lufs
        if (spectrum := readings[track].spectrum) is not None and spectrum.peak > 0.0
    }
    together = [kept for group in groups if (kept := tuple(track for track in group if track in spectra))]
    alone = set(spectra) - {track for group in together for track in group}
    relative = {track: spectrum.relative() for track, spectrum in spectra.items()}
    first = min((spectrum.first for spectrum in spectra.values()), default=0)
    count = max((spectrum.first + len(relative[track]) for track, spectrum in spectra.items()), default=0) - first
    peaks = {
        track: spectrum.peak * 10.0 ** ((levels_lufs[track] - readings[track].heard_lufs) / 10.0)
        for track, spectrum in spectra.items()
    }
    loudest = max(peaks.values(), default=1.0)
    result = []
    for tracks in (*together, *((track,) for track in spectra if track in alone)):
        powers = np.zeros((count, BANDS))
        for track in tracks:
            start = spectra[track].first - first
            powers[start : start + len(relative[track])] += relative[track] * (peaks[track] / loudest)
        playing = np.flatnonzero(masking.playing(powers))
        spread_evenly = np.linspace(0, len(playing) - 1, min(_MAX_FRAMES, len(playing)))
        chosen = playing[np.unique(spread_evenly.round().astype(int))]
        level_lufs = 10.0 * np.log10(sum(10.0 ** (levels_lufs[track] / 10.0) for track in tracks))
        by_level = tuple(sorted(tracks, key=lambda track: -levels_lufs[track]))
        own = powers[chosen]
        weights, own_db = masking.loudness_weights(own.astype(np.float32)), _excitation_db(own)
        result.append(
            _Instrument(by_level, level_lufs, not set(fixed).isdisjoint(tracks), powers, chosen, weights, own_db)
        )
    return result


def _excitation_db(powers: np.ndarray) -> np.ndarray:
    """Excitation of band powers of 1 at most, in dB [shape=(frames, bands), float32]."""
    return 10.0 * np.log10(np.maximum(masking.spread(powers.astype(np.float32)), masking.TINY))

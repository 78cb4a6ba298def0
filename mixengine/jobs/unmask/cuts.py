"""Find the few equaliser cuts that let the tracks that matter come through.

Several tracks may hide a target together, and then only giving way together helps. So each track answers for its share:
in every frame and band, masking is divided among the maskers by their excitation, and a cut is judged as if the others
there gave way by as much. No track is looked at before another, so that their order does not matter. A track gets, one
after another, the cut that takes away the most of its share of masking for what it costs, until nothing is worth its
price. At the end all cuts are measured together, and those without which hardly more would be masked are dropped.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from mixengine.analysis.masking import TINY, Heard, Target, degree, loudness_weights, spread
from mixengine.analysis.spectra import BANDS, CENTRES_HZ, EDGES_HZ
from mixengine.audio import reaeq
from mixengine.model.session import EqBand

WIDTHS_OCT = (0.5, 1.0, 2.0)
LEAST_HELP = 0.01
"""A cut must give back at least this share of what a target tells, and half of it when all cuts are in place."""
LEAST_COVERED = 0.05
"""A cut stands only where others cover at least this share of a target."""

_DEPTHS = (1 / 3, 1 / 2, 3 / 4, 1.0)
"""Of the deepest cut allowed."""
_PRICE_PER_DB = 0.02
"""Of all masking it answers for, what a masker must take away for each dB it takes from its own loudness, averaged over
its sound. Where all of its sound stands in a target's way, a dB takes away 0.083."""
_HIGHEST = 0.45
_PROMISING = 4
_POINTS = 5
_SLACK_DB = 0.1


def find(
    tracks: Sequence[Heard],
    targets: Sequence[Target],
    rate: int,
    *,
    max_cut_db: float,
    max_bands: int,
    only: set[str],
) -> dict[str, tuple[EqBand, ...]]:
    """Decide the cuts of each track that masks.

    Parameters
    ----------
    tracks : sequence of Heard
        All that sounds.
    targets : sequence of Target
        From `masking.targets` of the same tracks.
    rate : int > 0
        Sample rate in Hz at which the equaliser will run.
    max_cut_db : float > 0
        Deepest cut at any frequency, all bands of a track together.
    max_bands : int >= 1
        Most bands of a track.
    only : set of str
        Ids of the tracks that may be cut.

    Returns
    -------
    dict of str to tuple of EqBand
        Track id → its bands by frequency; tracks that need none are left out.
    """
    together = {target.id: target.together({}) for target in targets}
    found = {}
    for track in tracks:
        concerned = [target for target in targets if track.id in target.maskers]
        if track.id in only and concerned and track.powers.any():
            search = _Search(track, concerned, together, rate, max_cut_db)
            if bands := search.run(max_bands):
                found[track.id] = bands
    return _proven(targets, found, rate)


def gains_of(cuts: Mapping[str, tuple[EqBand, ...]], rate: int) -> dict[str, np.ndarray]:
    """Track id → power gain of its cuts in each critical band [shape=(bands,)]."""
    return {name: band_gains(bands, rate) for name, bands in cuts.items()}


def band_gains(bands: Sequence[EqBand], rate: int) -> np.ndarray:
    """Mean power gain of equaliser bands in each critical band [shape=(bands,)]."""
    return np.prod([_gains_of_one(band, rate) for band in bands], axis=0) if bands else np.ones(BANDS, np.float32)


def half_depth(band: EqBand, rate: int) -> np.ndarray:
    """1 for the critical bands that a cut lowers by half its depth or more, at least the deepest [shape=(bands,)]."""
    lowered_db = 10.0 * np.log10(band_gains([band], rate))
    return (lowered_db <= max(band.gain_db / 2, lowered_db.min())).astype(np.float32)


@functools.lru_cache(maxsize=4096)
def _gains_of_one(band: EqBand, rate: int) -> np.ndarray:
    inside = (np.arange(_POINTS) + 0.5) / _POINTS
    frequencies_hz = EDGES_HZ[:-1, None] + (EDGES_HZ[1:] - EDGES_HZ[:-1])[:, None] * inside
    response_db = reaeq.response_db([band], frequencies_hz, rate)
    return (10.0 ** (response_db / 10.0)).mean(axis=1).astype(np.float32)


class _Search:
    """The search of one masker; ``together`` is the excitation of all maskers by target."""

    def __init__(
        self, track: Heard, targets: list[Target], together: dict[str, np.ndarray], rate: int, max_cut_db: float
    ) -> None:
        self._rate, self._max_cut_db = rate, max_cut_db
        self._covered = [
            (target.covered_weights(together[target.id]), target.weights.sum(axis=0)) for target in targets
        ]
        self._loudness = loudness_weights(track.powers).sum(axis=0)
        self._centres = [i for i, hz in enumerate(CENTRES_HZ) if hz < _HIGHEST * rate]
        powers = np.concatenate([target.maskers[track.id] for target in targets])
        everything = np.concatenate([together[target.id] for target in targets])
        excess_db = np.concatenate([target.excess_db(together[target.id]) for target in targets])
        weights = np.concatenate([target.weights for target in targets])
        own = spread(powers)
        # masking is divided among the maskers by their excitation
        weights = weights * own / np.maximum(everything, TINY)
        concerned = weights.any(axis=1) & powers.any(axis=1)
        self._powers, self._own = powers[concerned], np.maximum(own[concerned], TINY)
        self._excess_db, self._weights = excess_db[concerned], weights[concerned]
        self._share = max(float(self._weights.sum()), float(TINY))

    def run(self, max_bands: int) -> tuple[EqBand, ...]:
        """The best bands, one after another."""
        chosen: list[EqBand] = []
        while len(chosen) < max_bands:
            band = self._next(chosen)
            if band is None:
                break
            chosen.append(band)
        return tuple(sorted(chosen, key=lambda band: band.frequency_hz))

    def _next(self, chosen: list[EqBand]) -> EqBand | None:
        """The band that is worth most beside those chosen; ``None`` when none is worth its price."""
        now = self._masking(chosen)
        free = [i for i in self._centres if all(abs(CENTRES_HZ[i] / b.frequency_hz - 1.0) > 0.1 for b in chosen)]
        probes = [(self._worth(chosen, self._cut(i, 1.0, 1 / 2), now)[0], -i) for i in free]
        promising = [-place for _, place in sorted(probes, reverse=True)[:_PROMISING]]
        best, best_worth = None, 0.0
        for i, width_oct, depth in itertools.product(promising, WIDTHS_OCT, _DEPTHS):
            band = self._cut(i, width_oct, depth)
            worth, help_ = self._worth(chosen, band, now)
            if worth > best_worth + 1e-9 and help_ >= LEAST_HELP and self._stands(chosen, band):
                best, best_worth = band, worth
        return best

    def _cut(self, place: int, width_oct: float, depth: float) -> EqBand:
        return EqBand("band", _readable_hz(CENTRES_HZ[place]), -round(self._max_cut_db * depth, 1), width_oct)

    def _worth(self, chosen: list[EqBand], band: EqBand, now: float) -> tuple[float, float]:
        """What one more band takes away: relative to this masker's share, minus the price; and the masking itself."""
        help_ = now - self._masking([*chosen, band])
        lost_db = -10.0 * np.log10(_gains_of_one(band, self._rate))
        return help_ / self._share - _PRICE_PER_DB * float(self._loudness @ lost_db), help_

    def _masking(self, bands: list[EqBand]) -> float:
        """This masker's share of all masking when it, and the others there as far, give way by ``bands``."""
        eased = np.maximum(spread(self._powers * band_gains(bands, self._rate)), TINY) / self._own
        return float((self._weights * degree(self._excess_db + 10.0 * np.log10(eased))).sum())

    def _stands(self, chosen: list[EqBand], band: EqBand) -> bool:
        """Whether something is covered there, and all bands together cut no deeper than allowed."""
        there = half_depth(band, self._rate)
        if not any(covered @ there >= LEAST_COVERED * (all_ @ there) > 0.0 for covered, all_ in self._covered):
            return False
        frequencies_hz = np.geomspace(20.0, _HIGHEST * self._rate, 200)
        together_db = reaeq.response_db([*chosen, band], frequencies_hz, self._rate)
        return float(together_db.min()) >= -self._max_cut_db - _SLACK_DB


def _proven(
    targets: Sequence[Target], found: dict[str, tuple[EqBand, ...]], rate: int
) -> dict[str, tuple[EqBand, ...]]:
    """The cuts without which, all others being in place, clearly more would be masked.

    Judged all at once, then until nothing more falls: what two tracks hide together comes through only when both give
    way, so that the cuts must be seen together.
    """
    while found:
        gains = gains_of(found, rate)
        kept = {
            name: tuple(band for band in bands if _help(targets, gains, name, bands, band, rate) > LEAST_HELP / 2)
            for name, bands in found.items()
        }
        kept = {name: bands for name, bands in kept.items() if bands}
        if kept == found:
            break
        found = kept
    return found


def _help(
    targets: Sequence[Target],
    gains: dict[str, np.ndarray],
    name: str,
    bands: tuple[EqBand, ...],
    band: EqBand,
    rate: int,
) -> float:
    """How much more would be masked without one band."""
    without = gains | {name: band_gains([other for other in bands if other != band], rate)}
    concerned = [target for target in targets if name in target.maskers]
    return sum(
        target.masking(target.together(without)) - target.masking(target.together(gains)) for target in concerned
    )


def _readable_hz(frequency_hz: float) -> float:
    """Two significant digits, as a person would set it."""
    return float(f"{frequency_hz:.2g}")

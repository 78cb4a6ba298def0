"""Find a few equaliser cuts that unmask the target tracks.

Several tracks may mask a target together, and then only cuts on all of them help. Each masker therefore accounts for
its share: in every frame and band, masking is divided among the maskers by their excitation, and a cut is evaluated as
if the other maskers were attenuated by as much. Every masker is searched independently, so that the order of tracks
does not matter. The search is greedy: it adds the cut with the largest reduction of the masker's share minus its cost,
until no cut is worth its cost. Finally all cuts are evaluated together, and those with hardly any effect are dropped.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from mixengine.analysis.masking import TINY, Target, TrackPowers, degree, loudness_weights, spread
from mixengine.analysis.spectra import BANDS, CENTRES_HZ, EDGES_HZ
from mixengine.audio import reaeq
from mixengine.model.session import EqBand

WIDTHS_OCT = (0.5, 1.0, 2.0)
MIN_IMPROVEMENT = 0.01
"""A cut must unmask at least this weighted share of a target, and half of it when all cuts are applied."""
MIN_COVERED = 0.05
"""Cuts are only made where others cover at least this share of a target."""

_DEPTHS = (1 / 3, 1 / 2, 3 / 4, 1.0)
"""Candidate depths, relative to the deepest cut allowed."""
_COST_PER_DB = 0.02
"""Cost of a cut: the part of its share of masking that a masker must remove for each dB of its own loudness, averaged
over its spectrum. Where all of its sound masks a target, 1 dB removes 0.083."""
_MAX_FREQUENCY = 0.45
"""Highest centre of a cut, as a share of the sample rate."""
_CANDIDATES = 4
_POINTS = 5
_TOLERANCE_DB = 0.1


def choose_cuts(
    tracks: Sequence[TrackPowers],
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
    tracks : sequence of TrackPowers
        All tracks that sound.
    targets : sequence of Target
        From `masking.targets` of the same tracks.
    rate : int > 0
        Sample rate in Hz at which the equaliser will run.
    max_cut_db : float > 0
        Deepest cut at any frequency, all bands of a track together.
    max_bands : int >= 1
        Maximum number of bands of a track.
    only : set of str
        Ids of the tracks that may be cut.

    Returns
    -------
    dict of str to tuple of EqBand
        Track id → its bands, sorted by frequency; without tracks that need none.
    """
    together = {target.id: target.together({}) for target in targets}
    bands_of = {}
    for track in tracks:
        concerned = [target for target in targets if track.id in target.maskers]
        if track.id in only and concerned and track.powers.any():
            search = _Search(track, concerned, together, rate, max_cut_db)
            if bands := search.run(max_bands):
                bands_of[track.id] = bands
    return _effective(targets, bands_of, rate)


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
    """Greedy search of the cuts of one masker; ``together`` is the excitation of all maskers by target."""

    def __init__(
        self, track: TrackPowers, targets: list[Target], together: dict[str, np.ndarray], rate: int, max_cut_db: float
    ) -> None:
        self._rate, self._max_cut_db = rate, max_cut_db
        self._covered = [
            (target.covered_weights(together[target.id]), target.weights.sum(axis=0)) for target in targets
        ]
        self._loudness = loudness_weights(track.powers).sum(axis=0)
        self._centres = [i for i, hz in enumerate(CENTRES_HZ) if hz < _MAX_FREQUENCY * rate]
        powers = np.concatenate([target.maskers[track.id] for target in targets])
        everything = np.concatenate([together[target.id] for target in targets])
        excess_db = np.concatenate([target.excess_db(together[target.id]) for target in targets])
        weights = np.concatenate([target.weights for target in targets])
        own = spread(powers)
        # this masker's share: masking is divided among the maskers by their excitation
        weights = weights * own / np.maximum(everything, TINY)
        concerned = weights.any(axis=1) & powers.any(axis=1)
        self._powers, self._own = powers[concerned], np.maximum(own[concerned], TINY)
        self._excess_db, self._weights = excess_db[concerned], weights[concerned]
        self._share = max(float(self._weights.sum()), float(TINY))

    def run(self, max_bands: int) -> tuple[EqBand, ...]:
        """Choose up to ``max_bands`` bands, sorted by frequency."""
        chosen: list[EqBand] = []
        while len(chosen) < max_bands:
            band = self._next(chosen)
            if band is None:
                break
            chosen.append(band)
        return tuple(sorted(chosen, key=lambda band: band.frequency_hz))

    def _next(self, chosen: list[EqBand]) -> EqBand | None:
        """The best band to add to those chosen; ``None`` when none is worth its cost."""
        now = self._masking(chosen)
        free = [i for i in self._centres if all(abs(CENTRES_HZ[i] / b.frequency_hz - 1.0) > 0.1 for b in chosen)]
        probes = [(self._worth(chosen, self._cut(i, 1.0, 1 / 2), now)[0], -i) for i in free]
        candidates = [-place for _, place in sorted(probes, reverse=True)[:_CANDIDATES]]
        best, best_worth = None, 0.0
        for i, width_oct, depth in itertools.product(candidates, WIDTHS_OCT, _DEPTHS):
            band = self._cut(i, width_oct, depth)
            worth, improvement = self._worth(chosen, band, now)
            if worth > best_worth + 1e-9 and improvement >= MIN_IMPROVEMENT and self._allowed(chosen, band):
                best, best_worth = band, worth
        return best

    def _cut(self, place: int, width_oct: float, depth: float) -> EqBand:
        return EqBand("band", _readable_hz(CENTRES_HZ[place]), -round(self._max_cut_db * depth, 1), width_oct)

    def _worth(self, chosen: list[EqBand], band: EqBand, now: float) -> tuple[float, float]:
        """Reduction of masking by one more band: relative to the masker's share, minus the cost; and absolute."""
        improvement = now - self._masking([*chosen, band])
        lost_db = -10.0 * np.log10(_gains_of_one(band, self._rate))
        return improvement / self._share - _COST_PER_DB * float(self._loudness @ lost_db), improvement

    def _masking(self, bands: list[EqBand]) -> float:
        """This masker's share of masking when it, and to the same extent all other maskers, are cut by ``bands``."""
        attenuation = np.maximum(spread(self._powers * band_gains(bands, self._rate)), TINY) / self._own
        return float((self._weights * degree(self._excess_db + 10.0 * np.log10(attenuation))).sum())

    def _allowed(self, chosen: list[EqBand], band: EqBand) -> bool:
        """Whether a target is covered at this band, and all bands together cut no deeper than allowed."""
        affected = half_depth(band, self._rate)
        if not any(covered @ affected >= MIN_COVERED * (all_ @ affected) > 0.0 for covered, all_ in self._covered):
            return False
        frequencies_hz = np.geomspace(20.0, _MAX_FREQUENCY * self._rate, 200)
        together_db = reaeq.response_db([*chosen, band], frequencies_hz, self._rate)
        return float(together_db.min()) >= -self._max_cut_db - _TOLERANCE_DB


def _effective(
    targets: Sequence[Target], cuts: dict[str, tuple[EqBand, ...]], rate: int
) -> dict[str, tuple[EqBand, ...]]:
    """The cuts without which, with all others applied, clearly more would be masked.

    Cuts are evaluated together, again after every removal: what two tracks mask together is unmasked only when both are
    cut.
    """
    while cuts:
        gains = gains_of(cuts, rate)
        kept = {
            name: tuple(
                band for band in bands if _improvement(targets, gains, name, bands, band, rate) > MIN_IMPROVEMENT / 2
            )
            for name, bands in cuts.items()
        }
        kept = {name: bands for name, bands in kept.items() if bands}
        if kept == cuts:
            break
        cuts = kept
    return cuts


def _improvement(
    targets: Sequence[Target],
    gains: dict[str, np.ndarray],
    name: str,
    bands: tuple[EqBand, ...],
    band: EqBand,
    rate: int,
) -> float:
    """How much more of the targets would be masked without one band."""
    without = gains | {name: band_gains([other for other in bands if other != band], rate)}
    concerned = [target for target in targets if name in target.maskers]
    return sum(
        target.masking(target.together(without)) - target.masking(target.together(gains)) for target in concerned
    )


def _readable_hz(frequency_hz: float) -> float:
    """Rounded to two significant digits, as one would set it by hand."""
    return float(f"{frequency_hz:.2g}")

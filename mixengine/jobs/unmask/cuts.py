"""Find the narrowest and shallowest equaliser cuts that make a voice as clear as it should be.

Several tracks may cover a voice together, so all tracks and bands are searched as one. Every step deepens by half a dB
the cut, new or there already, that wins most of the voice for what the backing loses in loudness; it is measured what
the voice gained, and the next step follows, until every voice is as clear as a fader on everything else would make it
by the dB that are missing. A cut that wins hardly more than that fader would for the same loudness is not made:
where the whole band is too loud, the fader is the right tool. This is done for several widths and depths, and the
result that costs least is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mixengine.analysis.clearness import SOFT_DB, k_weights, lowered, smooth_clear
from mixengine.analysis.masking import TINY, TrackPowers, spread, spread_back
from mixengine.analysis.spectra import BANDS, CENTRES_HZ
from mixengine.audio import reaeq
from mixengine.jobs.unmask.bands import band_gains
from mixengine.jobs.unmask.voices import Voice
from mixengine.model.session import EqBand

WIDTHS_OCT = (0.5, 1.0, 1.5)
STEP_DB = 0.5
MIN_EFFICIENCY = 1.3
"""A cut must win this many times what a fader on everything would win for the same loss of loudness."""
_DEPTH_PER_SHORT = 1.5
"""No cut is deeper than this many times the dB that are missing."""
_MIN_DEPTH_DB = 1.0
_OWN_TONE = 0.05
"""What a track loses of its own loudness counts this much besides what the backing loses."""
_BAND_COST_LU = 0.01
_MIN_PART = 0.03
"""A track whose cuts bring less than this part of what all cuts bring gets none."""
_MIN_CENTRE_HZ, _MAX_FREQUENCY = 100.0, 0.45
"""Range of centres; the upper one is a share of the sample rate."""
_MAX_FRAMES = 600
_GRID = 160
_TOLERANCE_DB = 0.1
_Key = tuple[int, float]
"""Critical band and width in octaves of a cut."""


@dataclass(slots=True)
class _Heard:
    """A voice that lacks something: what is needed of its target, in at most a thousand frames [shape=(frames, …)]."""

    own: np.ndarray
    weights: np.ndarray
    maskers: dict[str, np.ndarray]
    goal: float

    def share(self, others: np.ndarray) -> float:
        return float((self.weights * smooth_clear(self.excess_db(others))).sum())

    def excess_db(self, others: np.ndarray) -> np.ndarray:
        return 10.0 * np.log10(np.maximum(others, TINY) / self.own)

    def together(self, gains: Mapping[str, np.ndarray]) -> np.ndarray:
        total = np.zeros_like(self.own)
        for name in sorted(self.maskers):
            total += self.maskers[name] * gains[name] if name in gains else self.maskers[name]
        return spread(total)


@dataclass(slots=True)
class _Result:
    """Cuts of one run: track id → place and width → depth in dB."""

    cuts: dict[str, dict[_Key, float]] = field(default_factory=dict)
    missing: float = 0.0
    cost_lu: float = 0.0


def choose_cuts(
    tracks: Sequence[TrackPowers],
    voices: Sequence[Voice],
    rate: int,
    *,
    max_cut_db: float,
    max_bands: int,
    only: set[str],
) -> dict[str, tuple[EqBand, ...]]:
    """Decide the cuts of each track that covers a voice which lacks something.

    Parameters
    ----------
    tracks : sequence of TrackPowers
        All tracks that sound.
    voices : sequence of Voice
        From `voices.voices_of` the same tracks.
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
    short = [voice for voice in voices if voice.needs_room]
    if not short:
        return {}
    limit_db = min(max_cut_db, max(_MIN_DEPTH_DB, _DEPTH_PER_SHORT * max(v.reading.short_db for v in short)))
    search = _Search(tracks, short, rate, max_bands, only)
    depths_db = sorted({min(depth_db, limit_db) for depth_db in (limit_db / 3, 2 * limit_db / 3, limit_db)})
    results = [search.run(width_oct, depth_db) for depth_db in depths_db for width_oct in WIDTHS_OCT]
    best = min(results, key=lambda result: (round(result.missing, 3), result.cost_lu))
    return search.bands_of(search.without_idle(best.cuts))


class _Search:
    """All that does not change from run to run."""

    def __init__(
        self, tracks: Sequence[TrackPowers], voices: list[Voice], rate: int, max_bands: int, only: set[str]
    ) -> None:
        self._rate, self._max_bands = rate, max_bands
        self._heard = [_heard(voice) for voice in voices]
        maskers = {name for heard in self._heard for name in heard.maskers}
        self._powers = {
            track.id: k_weights() * track.powers.sum(axis=0, dtype=np.float64)
            for track in sorted(tracks, key=lambda track: track.id)
            if track.id in maskers and track.powers.any()
        }
        self._names = [name for name in self._powers if name in only]
        self._grid_hz = np.geomspace(20.0, _MAX_FREQUENCY * rate, _GRID)
        self._places = [i for i, hz in enumerate(CENTRES_HZ) if _MIN_CENTRE_HZ < hz < _MAX_FREQUENCY * rate]
        shapes = [(place, width) for place in self._places for width in WIDTHS_OCT]
        self._shape = {key: -10.0 * np.log10(band_gains([_band(*key, 1.0)], rate)) for key in shapes}
        self._curve = {key: -reaeq.response_db([_band(*key, 1.0)], self._grid_hz, rate) for key in shapes}

    def run(self, width_oct: float, limit_db: float) -> _Result:
        """Deepen cuts of one width until the voices are clear enough, or no cut is worth it."""
        result = _Result()
        step_db = min(STEP_DB, limit_db)
        lowered_db = {name: np.zeros(BANDS) for name in self._powers}
        open_ = {name: self._open({}, width_oct, limit_db, step_db) for name in self._names}
        while True:
            gains = {name: 10.0 ** (-by_db / 10.0) for name, by_db in lowered_db.items()}
            states = [(heard, heard.together(gains)) for heard in self._heard]
            lacking = [(heard, others) for heard, others in states if heard.share(others) < heard.goal]
            best = self._best_step(lacking, gains, open_) if lacking else None
            if best is None:
                break
            name, key = best
            cuts = result.cuts.setdefault(name, {})
            cuts[key] = cuts.get(key, 0.0) + step_db
            open_[name] = self._open(cuts, width_oct, limit_db, step_db)
            lowered_db[name] = lowered_db[name] + step_db * self._shape[key]
        result.missing = sum(max(heard.goal - heard.share(others), 0.0) for heard, others in states)
        result.cost_lu = self._cost_lu(gains) + _BAND_COST_LU * sum(map(len, result.cuts.values()))
        return result

    def _best_step(
        self,
        lacking: list[tuple[_Heard, np.ndarray]],
        gains: Mapping[str, np.ndarray],
        open_: Mapping[str, list[_Key]],
    ) -> tuple[str, _Key] | None:
        """The step that wins most for what it costs; ``None`` when a fader would do as well."""
        won = self._won_per_db(lacking, gains)
        loud = {name: power * gains[name] for name, power in self._powers.items()}
        total = sum(float(power.sum()) for power in loud.values())
        by_fader = sum(float(per_band.sum()) for per_band in won.values()) / (1.0 + _OWN_TONE * len(won))
        price = MIN_EFFICIENCY * by_fader  # what a LU of the backing is worth
        best, most = None, 0.0
        for name in self._names:
            if not open_[name]:
                continue
            lost = loud[name] / total + _OWN_TONE * loud[name] / max(float(loud[name].sum()), float(TINY))
            shapes = np.stack([self._shape[key] for key in open_[name]])
            gain = shapes @ won[name] - price * (shapes @ lost)
            place = int(np.argmax(gain))
            # a hair above, so that rounding decides nothing
            if gain[place] > max(most * (1.0 + 1e-6), 1e-3 * by_fader):
                best, most = (name, open_[name][place]), float(gain[place])
        return best

    def _won_per_db(
        self, lacking: list[tuple[_Heard, np.ndarray]], gains: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Growth of the clear share per dB that a track is lowered in a critical band [shape=(bands,)]."""
        won = {name: np.zeros(BANDS) for name in self._powers}
        for heard, others in lacking:
            clear = smooth_clear(heard.excess_db(others))
            slope = spread_back(heard.weights * clear * (1.0 - clear) / SOFT_DB / np.maximum(others, TINY))
            for name, powers in heard.maskers.items():
                if name in won:
                    won[name] += gains[name] * (powers * slope).sum(axis=0, dtype=np.float64)
        return won

    def _open(self, cuts: Mapping[_Key, float], width_oct: float, limit_db: float, step_db: float) -> list[_Key]:
        """What may be done on a track: deepen a cut, or begin one away from the others."""
        new = [] if len(cuts) >= self._max_bands else [(place, width_oct) for place in self._places]
        apart = [key for key in new if all(_octaves(key[0], other) >= width_oct for other, _ in cuts)]
        curve = sum((depth_db * self._curve[key] for key, depth_db in cuts.items()), np.zeros(_GRID))
        return [
            key
            for key in (*cuts, *apart)
            if float((curve + step_db * self._curve[key]).max()) <= limit_db + _TOLERANCE_DB / 2
        ]

    def _cost_lu(self, gains: Mapping[str, np.ndarray]) -> float:
        """What the backing loses in loudness, and each track a little of its own."""
        before = sum(float(power.sum()) for power in self._powers.values())
        after = sum(float((power * gains[name]).sum()) for name, power in self._powers.items())
        own_lu = [
            10.0 * np.log10(power.sum() / max((power * gains[name]).sum(), float(TINY)))
            for name, power in self._powers.items()
        ]
        return 10.0 * float(np.log10(before / after)) + _OWN_TONE * float(sum(own_lu))

    def without_idle(self, cuts: dict[str, dict[_Key, float]]) -> dict[str, dict[_Key, float]]:
        """Without tracks that bring hardly anything."""
        everything = self._shares(cuts)
        won = everything - self._shares({})
        return {
            name: own
            for name, own in cuts.items()
            if everything - self._shares({other: c for other, c in cuts.items() if other != name}) >= _MIN_PART * won
        }

    def _shares(self, cuts: Mapping[str, Mapping[_Key, float]]) -> float:
        gains = {
            name: 10.0 ** (-sum(depth * self._shape[key] for key, depth in own.items()) / 10.0)
            for name, own in cuts.items()
        }
        return sum(heard.share(heard.together(gains)) for heard in self._heard)

    def bands_of(self, cuts: Mapping[str, Mapping[_Key, float]]) -> dict[str, tuple[EqBand, ...]]:
        """As bands of ReaEQ, sorted by frequency."""
        return {name: tuple(_band(*key, own[key]) for key in sorted(own)) for name, own in sorted(cuts.items())}


def _heard(voice: Voice) -> _Heard:
    target = voice.target
    count = len(target.weights)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MAX_FRAMES)).round().astype(int))
    weights = target.weights[chosen]
    heard = _Heard(
        own=np.maximum(target.excitation[chosen], TINY),
        weights=weights / max(float(weights.sum(dtype=np.float64)), float(TINY)),
        maskers={name: powers[chosen] for name, powers in target.maskers.items()},
        goal=0.0,
    )
    heard.goal = heard.share(lowered(heard.together({}), voice.reading.short_db))
    return heard


def _band(place: int, width_oct: float, depth_db: float) -> EqBand:
    return EqBand("band", _readable_hz(CENTRES_HZ[place]), -round(depth_db, 2), width_oct)


def _octaves(place: int, other: int) -> float:
    return float(abs(np.log2(CENTRES_HZ[place] / CENTRES_HZ[other])))


def _readable_hz(frequency_hz: float) -> float:
    """Rounded to two significant digits, as one would set it by hand."""
    return float(f"{frequency_hz:.2g}")

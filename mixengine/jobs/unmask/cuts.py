"""Find the narrowest and shallowest equaliser bands that make a voice as clear as it should be.

Several tracks may cover a voice together, so all tracks and bands are searched as one. Every step deepens by half a dB
the cut, new or there already, that wins most of the voice for what the backing loses in loudness; it is measured what
the voice gained, and the next step follows, until every voice is as clear as a fader on everything else would make it
by the dB that are missing. A boost of the voice's presence is one of the steps: it costs the loudness that the voice
itself gains. A band that wins hardly more than a fader would for the same loudness is not made: where the whole band is
too loud, the fader is the right tool. This is done for several widths and depths, and the result that costs least
is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mixengine.analysis.clearness import k_weights
from mixengine.analysis.masking import TINY, TrackPowers
from mixengine.analysis.spectra import BANDS, CENTRES_HZ
from mixengine.audio import reaeq
from mixengine.jobs.unmask.bands import band_gains
from mixengine.jobs.unmask.cells import Cells, cells_of
from mixengine.jobs.unmask.voices import Voice
from mixengine.model.session import EqBand

WIDTHS_OCT = (0.5, 1.0, 1.5)
_BOOST_WIDTHS_OCT = (1.0, 1.5, 2.0)
_MAX_BOOSTS = 2
STEP_DB = 0.5
MIN_EFFICIENCY = 1.1
"""A band must win this many times what a fader on everything would win for the same loss of loudness."""
_DEPTH_PER_SHORT = 1.5
"""No band is deeper than this many times the dB that are missing."""
_MIN_DEPTH_DB = 1.0
_OWN_TONE = 0.05
"""What a track loses of its own loudness counts this much besides what the backing loses."""
_BAND_COST_LU = 0.01
_MIN_PART = 0.03
"""A track whose bands bring less than this part of what all bring gets none."""
_MIN_BAND_PART = 0.01
"""The same for one band of several."""
_MIN_CENTRE_HZ, _MAX_FREQUENCY = 100.0, 0.45
"""Range of centres; the upper one is a share of the sample rate."""
_PRESENCE_HZ = (1000.0, 6000.0)
"""Range of centres of a boost: consonants and the second and third formant, without the boom or the hiss."""
_GRID = 160
_TOLERANCE_DB = 0.1
_Key = tuple[int, float]
"""Critical band and width in octaves of a band."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What gets an equaliser: a track that covers, or a voice.

    ``power`` [shape=(bands,)] is its K-weighted power; ``sign`` is 1 where dB are taken away, -1 where they are given.
    ``widths_oct`` is ``None`` for the width of the run.
    """

    ids: tuple[str, ...]
    power: np.ndarray
    places: tuple[int, ...]
    sign: float
    max_bands: int
    max_db: float
    widths_oct: tuple[float, ...] | None = None

    @property
    def name(self) -> str:
        return self.ids[0]


@dataclass(slots=True)
class _Result:
    """Bands of one run: name of a unit → place and width → dB taken or given."""

    bands: dict[str, dict[_Key, float]] = field(default_factory=dict)
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
    max_boost_db: float = 0.0,
) -> dict[str, tuple[EqBand, ...]]:
    """Decide the bands of each track that covers a voice which lacks something, and of that voice.

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
        Ids of the tracks that may be changed.
    max_boost_db : float >= 0
        Largest boost of a voice at any frequency; 0: none.

    Returns
    -------
    dict of str to tuple of EqBand
        Track id → its bands, sorted by frequency; without tracks that need none.
    """
    short = [voice for voice in voices if voice.needs_room]
    if not short:
        return {}
    limit_db = min(max_cut_db, max(_MIN_DEPTH_DB, _DEPTH_PER_SHORT * max(v.reading.short_db for v in short)))
    search = _Search(short, rate)
    search.add_cuts(tracks, max_bands, only)
    if max_boost_db > 0.0:
        covering = {name for voice in voices for name in voice.target.maskers}
        search.add_boosts(
            [v for v in short if only.issuperset(v.ids) and not covering & {*v.ids}], max_boost_db, max_bands
        )
    depths_db = sorted({min(depth_db, limit_db) for depth_db in (limit_db / 3, 2 * limit_db / 3, limit_db)})
    results = [search.run(width_oct, depth_db) for depth_db in depths_db for width_oct in WIDTHS_OCT]
    best = min(results, key=lambda result: (round(result.missing, 3), result.cost_lu))
    return search.bands_of(search.without_idle(best.bands))


class _Search:
    """All that does not change from run to run."""

    def __init__(self, voices: list[Voice], rate: int) -> None:
        self._rate = rate
        self._cells = [cells_of(voice) for voice in voices]
        self._units: dict[str, _Unit] = {}
        self._backing: dict[str, np.ndarray] = {}
        self._grid_hz = np.geomspace(20.0, _MAX_FREQUENCY * rate, _GRID)
        places = [i for i, hz in enumerate(CENTRES_HZ) if _MIN_CENTRE_HZ < hz < _MAX_FREQUENCY * rate]
        shapes = [(place, width) for place in places for width in {*WIDTHS_OCT, *_BOOST_WIDTHS_OCT}]
        self._places = tuple(places)
        self._shape = {key: -10.0 * np.log10(band_gains([_band(*key, -1.0)], rate)) for key in shapes}
        self._curve = {key: -reaeq.response_db([_band(*key, -1.0)], self._grid_hz, rate) for key in shapes}

    def add_cuts(self, tracks: Sequence[TrackPowers], max_bands: int, only: set[str]) -> None:
        """Let the tracks that cover a voice be cut."""
        maskers = {name for cells in self._cells for name in cells.maskers}
        self._backing = {
            track.id: k_weights() * track.powers.sum(axis=0, dtype=np.float64)
            for track in sorted(tracks, key=lambda track: track.id)
            if track.id in maskers and track.powers.any()
        }
        for name, power in self._backing.items():
            if name in only:
                self._units[name] = _Unit((name,), power, self._places, 1.0, max_bands, np.inf)

    def add_boosts(self, voices: list[Voice], max_db: float, max_bands: int) -> None:
        """Let voices be raised where their presence is."""
        low_hz, high_hz = _PRESENCE_HZ
        places = tuple(place for place in self._places if low_hz <= CENTRES_HZ[place] <= high_hz)
        for voice in voices:
            power = k_weights() * voice.target.powers.sum(axis=0, dtype=np.float64)
            self._units[voice.ids[0]] = _Unit(
                voice.ids, power, places, -1.0, min(_MAX_BOOSTS, max_bands), max_db, _BOOST_WIDTHS_OCT
            )

    def run(self, width_oct: float, limit_db: float) -> _Result:
        """Deepen cuts of one width, and boosts, until the voices are clear enough, or nothing is worth it."""
        result = _Result()
        step_db = min(STEP_DB, limit_db)
        open_ = {name: self._open(unit, {}, width_oct, limit_db, step_db) for name, unit in self._units.items()}
        while True:
            gains = self._gains(result.bands)
            states = [(cells, *cells.excitations(gains)) for cells in self._cells]
            lacking = [state for state in states if state[0].share(*state[1:]) < state[0].goal]
            best = self._best_step(lacking, gains, open_) if lacking else None
            if best is None:
                break
            name, key = best
            own = result.bands.setdefault(name, {})
            own[key] = own.get(key, 0.0) + step_db
            open_[name] = self._open(self._units[name], own, width_oct, limit_db, step_db)
        result.missing = sum(max(cells.goal - cells.share(own, others), 0.0) for cells, own, others in states)
        result.cost_lu = self._cost_lu(gains) + _BAND_COST_LU * sum(map(len, result.bands.values()))
        return result

    def _gains(self, bands: Mapping[str, Mapping[_Key, float]]) -> dict[str, np.ndarray]:
        return {
            name: 10.0 ** (-self._units[name].sign * sum(db * self._shape[key] for key, db in own.items()) / 10.0)
            for name, own in bands.items()
            if own
        }

    def _best_step(
        self,
        lacking: list[tuple[Cells, np.ndarray, np.ndarray]],
        gains: Mapping[str, np.ndarray],
        open_: Mapping[str, list[_Key]],
    ) -> tuple[str, _Key] | None:
        """The step that wins most for what it costs; ``None`` when a fader would do as well."""
        won: dict[str, np.ndarray] = {}
        for cells, own, others in lacking:
            for name, per_band in cells.won_per_db(gains, own, others).items():
                won[name] = won.get(name, np.zeros(BANDS)) + per_band
        loud = {name: power * gains.get(name, 1.0) for name, power in self._backing.items()}
        total = sum(float(power.sum()) for power in loud.values())
        by_fader = sum(float(won[name].sum()) for name in loud if name in won) / (1.0 + _OWN_TONE * len(loud))
        price = MIN_EFFICIENCY * by_fader  # what a LU of the backing is worth
        best, most = None, 0.0
        for name, unit in self._units.items():
            if not open_[name] or name not in won:
                continue
            own_power = unit.power * gains.get(name, 1.0)
            lost = own_power / max(float(own_power.sum()), float(TINY))
            if unit.sign > 0.0:
                lost = own_power / total + _OWN_TONE * lost
            shapes = np.stack([self._shape[key] for key in open_[name]])
            gain = shapes @ won[name] - price * (shapes @ lost)
            place = int(np.argmax(gain))
            # a hair above, so that rounding decides nothing
            if gain[place] > max(most * (1.0 + 1e-6), 1e-3 * by_fader):
                best, most = (name, open_[name][place]), float(gain[place])
        return best

    def _open(
        self, unit: _Unit, own: Mapping[_Key, float], width_oct: float, limit_db: float, step_db: float
    ) -> list[_Key]:
        """What may be done: deepen a band, or begin one away from the others."""
        widths = unit.widths_oct or (width_oct,)
        new = [] if len(own) >= unit.max_bands else [(place, width) for place in unit.places for width in widths]
        apart = [key for key in new if all(_octaves(key[0], other) >= key[1] for other, _ in own)]
        curve = sum((db * self._curve[key] for key, db in own.items()), np.zeros(_GRID))
        max_db = min(limit_db, unit.max_db) + _TOLERANCE_DB / 2
        return [key for key in (*own, *apart) if float((curve + step_db * self._curve[key]).max()) <= max_db]

    def _cost_lu(self, gains: Mapping[str, np.ndarray]) -> float:
        """What the backing loses in loudness, and each track or voice changes a little of its own."""
        before = sum(float(power.sum()) for power in self._backing.values())
        after = sum(float((power * gains.get(name, 1.0)).sum()) for name, power in self._backing.items())
        units = [unit for unit in self._units.values() if unit.name in gains]
        own_lu = [
            abs(10.0 * np.log10(max((unit.power * gains[unit.name]).sum(), float(TINY)) / unit.power.sum()))
            for unit in units
        ]
        return 10.0 * float(np.log10(before / after)) + _OWN_TONE * float(sum(own_lu))

    def without_idle(self, bands: dict[str, dict[_Key, float]]) -> dict[str, dict[_Key, float]]:
        """Without tracks, and then without single bands, that bring hardly anything."""
        everything = self._shares(bands)
        won = everything - self._shares({})
        kept = {
            name: own
            for name, own in bands.items()
            if everything - self._shares({**bands, name: {}}) >= _MIN_PART * won
        }
        return {
            name: {
                key: db
                for key, db in own.items()
                if len(own) == 1
                or everything - self._shares({**bands, name: {k: d for k, d in own.items() if k != key}})
                >= _MIN_BAND_PART * won
            }
            for name, own in kept.items()
        }

    def _shares(self, bands: Mapping[str, Mapping[_Key, float]]) -> float:
        gains = self._gains(bands)
        return sum(cells.share(*cells.excitations(gains)) for cells in self._cells)

    def bands_of(self, bands: Mapping[str, Mapping[_Key, float]]) -> dict[str, tuple[EqBand, ...]]:
        """As bands of ReaEQ on every track of a unit, sorted by frequency."""
        return {
            track_id: tuple(_band(*key, -self._units[name].sign * own[key]) for key in sorted(own))
            for name, own in sorted(bands.items())
            for track_id in self._units[name].ids
        }


def _band(place: int, width_oct: float, gain_db: float) -> EqBand:
    return EqBand("band", _readable_hz(CENTRES_HZ[place]), round(gain_db, 2), width_oct)


def _octaves(place: int, other: int) -> float:
    return float(abs(np.log2(CENTRES_HZ[place] / CENTRES_HZ[other])))


def _readable_hz(frequency_hz: float) -> float:
    """Rounded to two significant digits, as one would set it by hand."""
    return float(f"{frequency_hz:.2g}")

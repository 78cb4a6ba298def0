"""Clicks: samples that stick out of what their surroundings predict, replaced by what these predict.

What lint finds (`mixengine.analysis.impulses`) is looked at again. A click of a cable or of a clock is over within half
a millisecond, and the sound after it is the sound before it: the prediction error is large at it from both directions
of time, and equally small before and after. A consonant, a stick or a clap goes on longer, and leaves another sound
behind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from mixengine.audio.reading import Read
from mixengine.repair.impulsive import Candidate, Impulsive
from mixengine.repair.interpolation import ORDER, bridged, burg, least_squares

_CONTEXT_S = 0.08
_NEAR_S, _MODEL_S, _CORE_S = 0.005, 0.02, 0.001
_OVER_NEARBY = 4.0
"""A sample belongs to a click where its prediction error is so far above those nearby."""
_MARGIN = 2
_MAX_LENGTH_S = 0.002
_SHORT_S = 0.0005
"""Up to here the few lost samples have one best answer (`least_squares`)."""
_SURE_OVER = 45.0
"""Prediction error over that nearby at which a click of good shape is 90 % sure (33 dB, as in lint)."""
_SAME_SHAPE, _SINGLE, _SAME_HEIGHT_DB = 0.9, 0.9, (1.0, 6.0)
"""Correlation of two clicks that are alike; share of one sample in those that have no shape, which are alike where they
are of one height."""
_SAME_DB = 4.0
"""Level after it against the level before it: as near as that the sound goes on."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a possible click looks like: the stretch that sticks out, and how sure it is."""

    first: int
    last: int
    sure: float


def shape(samples: np.ndarray, at: int, rate: int) -> Shape | None:
    """How a possible click looks.

    Parameters
    ----------
    samples : ndarray [shape=(frames,)]
        A channel around it.
    at : int
        Its place in them.

    Returns
    -------
    Shape or None
        ``None`` where nothing sticks out, or there is too little sound around it.
    """
    near, core, wide = (round(length_s * rate) for length_s in (_NEAR_S, _CORE_S, _MODEL_S))
    begin, end = max(at - wide, 0), min(at + wide, len(samples))
    if at - near - ORDER < begin or at + near + ORDER > end:
        return None
    part = samples[begin:end].astype(np.float64)
    middle = at - begin
    calm = part.copy()
    hole = np.arange(middle - core, middle + core)
    calm[hole] = np.interp(hole, [hole[0] - 1, hole[-1] + 1], calm[[hole[0] - 1, hole[-1] + 1]])
    taps = burg(calm, ORDER)
    errors = [np.abs(signal.lfilter(taps, 1.0, part)), np.abs(signal.lfilter(taps, 1.0, part[::-1]))[::-1]]
    beside = [(errors[0], slice(middle - near, middle - core)), (errors[1], slice(middle + core, middle + near))]
    nearby = max(float(np.sqrt(np.mean(np.square(error[place])))) for error, place in beside)
    if not nearby > 0.0:
        return None
    both = np.minimum(*errors)[middle - core : middle + core]
    out = np.flatnonzero(both > _OVER_NEARBY * nearby)
    if not len(out):
        return None
    # those that hang together with the largest: a pulse of a voice may stand nearby
    groups = np.split(out, np.flatnonzero(np.diff(out) > 2 * _MARGIN) + 1)
    group = max(groups, key=lambda places: float(both[places].max()))
    length = int(group[-1] - group[0]) + 1
    first = begin + middle - core + int(group[0]) - _MARGIN
    last = first + length + 2 * _MARGIN
    sides = part[: middle - core], part[middle + core :]
    levels = [np.sqrt(np.mean(np.square(side)) + 1e-30) for side in sides]
    step_db = abs(20.0 * np.log10(levels[1] / levels[0]))
    doubt = 0.1 * _SURE_OVER * nearby / float(both.max())
    doubt += 0.1 * max(float(step_db) / _SAME_DB - 1.0, 0.0) + 0.1 * max(length / (_SHORT_S * rate) - 1.0, 0.0)
    return Shape(first, last, round(max(1.0 - doubt, 0.0), 2))


class Clicks(Impulsive):
    """See `mixengine.repair.clicks`."""

    name = "clicks"
    kind = 0

    def place(self, fault: tuple[float, float] | float) -> tuple[int, int]:
        """See `Impulsive.place`."""
        assert not isinstance(fault, tuple)
        return round(fault * self.rate), 1

    def look(self, read: Read, at: int, count: int, channel: int) -> Candidate | None:
        """See `Impulsive.look`."""
        context = round(_CONTEXT_S * self.rate)
        begin = max(at - context, 0)
        samples = read(begin, min(at + count + context, self.frames) - begin)[:, channel]
        click = shape(samples, at - begin, self.rate)
        if click is None or click.last - click.first > _MAX_LENGTH_S * self.rate:
            return None
        new = _mended(samples, click, self.rate)
        wave = samples[click.first : click.last] - new
        return Candidate(begin + click.first, begin + click.last, click.sure, new, wave)

    def same(self, one: Candidate, other: Candidate) -> bool:
        """Of one shape; where that is a single sample, of one height too."""
        levels = [float(np.sqrt(np.square(each.wave, dtype=np.float64).sum())) for each in (one, other)]
        if not min(levels) > 0.0:
            return False
        match = float(np.correlate(one.wave, other.wave, "full").max()) / (levels[0] * levels[1])
        single = max(float(np.abs(each.wave).max()) / level for each, level in zip((one, other), levels, strict=True))
        within_db = _SAME_HEIGHT_DB[0] if single > _SINGLE else _SAME_HEIGHT_DB[1]
        return match >= _SAME_SHAPE and abs(20.0 * np.log10(levels[0] / levels[1])) <= within_db


def _mended(samples: np.ndarray, click: Shape, rate: int) -> np.ndarray:
    first, last = click.first, click.last
    if last - first > _SHORT_S * rate:
        return bridged(samples[:first], samples[last:], last - first, rate)
    reach = 4 * ORDER
    begin, end = max(first - reach, 0), min(last + reach, len(samples))
    lost = np.zeros(end - begin, dtype=bool)
    lost[first - begin : last - begin] = True
    return least_squares(samples[begin:end], lost)[lost]

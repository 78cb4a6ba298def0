"""What two recordings have in common: the same sound, one source in two microphones, or sources that leak.

Where two people sit in one room, each voice reaches the other's microphone later: while the first speaks the second
recording is late, while the second speaks the first is. What the clocks differ by lies in the middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis.alignment import clocks, direct, lags, lines
from mixengine.analysis.alignment.follow import Following
from mixengine.analysis.alignment.lags import Spectra
from mixengine.analysis.alignment.lines import Line
from mixengine.analysis.alignment.stretches import Stretch

COPY, SOURCE, BLEED, MUTUAL = "copy", "source", "bleed", "mutual bleed"
"""The same recording; one source in two microphones; the first's source in the second; both ways."""
COPY_RESIDUAL_DB = -40.0
"""Residual between copies of one recording: dither and lossy coding stay below, a second take never does."""
CODED_RESIDUAL_DB = -15.0
_SHARE = 0.3
"""Of the frames in which both sound: those in which one stands out most against the other."""
_MIN_FRAMES = 12
_LOUD_DB = 25.0
_MIN_APART_S = 0.00025
"""Microphones that hear a source at the same time but for 8 cm of air hear one source."""
_MAX_APART_S = 0.03
_MIDDLE_S = 0.001
_MIN_BLEED_DB = 3.0
"""A second microphone of a source hears it about as loud as its own; a leak is this much softer."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What two recordings have in common, and by how much the second is later.

    Attributes
    ----------
    kind : str
        `COPY`, `SOURCE`, `BLEED` (the first's source leaks into the second: ``first_in_second_db``; or the other
        way), or `MUTUAL`.
    line : Line
        What their clocks differ by; for one source also its way through the air.
    knots_s : tuple of (float, float)
        Time in the first and offset, where the offset does not follow one line; else its two ends.
    straight : bool
        Whether one line is enough.
    inverted : bool
        Whether their polarities are opposite.
    coherence : float
        0 … 1.
    score : float
        How far the common sound stands out, in deviations.
    first_in_second_db, second_in_first_db : float, optional
        Power of a source in the other's recording relative to that in its own, mean over the time when it sounds.
    apart_s : float
        The sound's way between two microphones that hear each other's sources.
    stretches : tuple of Stretch
    residual_db : float
        What is left of the second when all that follows from the first is taken out.
    """

    kind: str
    line: Line
    knots_s: tuple[tuple[float, float], ...]
    straight: bool
    inverted: bool
    coherence: float
    score: float
    first_in_second_db: float | None
    second_in_first_db: float | None
    apart_s: float
    stretches: tuple[Stretch, ...]
    residual_db: float


def relation(following: Following) -> Relation:
    """What a pair that was followed has in common."""
    spectra = Spectra.joined(following.spectra) if following.spectra else None
    line, stretches, apart_s = following.line, following.stretches, 0.0
    forth_db = back_db = None
    kind, residual_db, value = SOURCE, 0.0, float(np.median([s.value for s in stretches]))
    if spectra is not None and len(spectra.first) >= _MIN_FRAMES:
        residual_db = _residual_db(spectra)
        value = spectra.lags().strongest(lags.MAX_LAG_S)[1]
        if residual_db < CODED_RESIDUAL_DB:
            kind = COPY
        else:
            kind, apart_s, middle_s, (forth_db, back_db) = _in_one_room(spectra)
            if kind == MUTUAL:
                line, stretches = _middle(following, middle_s, apart_s)
        if kind != MUTUAL:
            line, stretches, sign = _direct(following, spectra)
            value = math.copysign(value, sign)
    knots_s, straight = _knots(stretches, line)
    return Relation(
        kind,
        line,
        knots_s,
        straight,
        value < 0.0,
        min(abs(value), 1.0),
        following.score,
        forth_db,
        back_db,
        apart_s,
        stretches,
        residual_db,
    )


def _residual_db(spectra: Spectra) -> float:
    """What of the second does not follow from the first by any one filter, relative to all of it."""
    a, b = spectra.first, spectra.second
    own, theirs, cross = _sums(a[:, spectra.low :], b[:, spectra.low :])
    explained = np.square(np.abs(cross)) / np.maximum(own, 1e-30)
    total = float(theirs.sum())
    return 10.0 * float(np.log10(max(1.0 - float(explained.sum()) / total, 1e-12))) if total > 0.0 else 0.0


def _sums(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    own, theirs = (np.square(np.abs(rows)).sum(axis=0, dtype=np.float64) for rows in (a, b))
    return own, theirs, np.einsum("ij,ij->j", b, np.conj(a)).astype(np.complex128)


def _in_one_room(spectra: Spectra) -> tuple[str, float, float, tuple[float | None, float | None]]:
    """Kind, way between the microphones in s, middle of the lags, and how loud each source is in the other's."""
    mine, theirs = spectra.powers()
    loud_mine, loud_theirs = (row > row.max(initial=0.0) * 10.0 ** (-_LOUD_DB / 10.0) for row in (mine, theirs))
    ratio = np.log(np.maximum(mine, 1e-30) / np.maximum(theirs, 1e-30))
    first = _extreme(ratio, loud_mine)
    second = _extreme(-ratio, loud_theirs)
    if first is None or second is None:
        return SOURCE, 0.0, 0.0, (None, None)
    ahead, behind = spectra.lags(first), spectra.lags(second)
    (forth_s, _), (back_s, _) = (direct.direct(spectra, chosen) for chosen in (first, second))
    forth = ahead.score() >= 8.0
    back = behind.score() >= 8.0
    mine, theirs = (rows[:, spectra.low :] for rows in (spectra.first, spectra.second))
    forth_db = coupling_db(mine[first], theirs[first]) if forth else None
    back_db = coupling_db(theirs[second], mine[second]) if back else None
    apart_s = forth_s - back_s
    if forth and back and _MIN_APART_S < apart_s < 2.0 * _MAX_APART_S:
        return MUTUAL, apart_s / 2.0, (forth_s + back_s) / 2.0, (forth_db, back_db)
    if forth and back:
        # one source in both: how loud it is in one says how loud in the other
        return SOURCE, 0.0, 0.0, (forth_db, back_db)
    if forth or back:
        return BLEED, 0.0, 0.0, (forth_db, back_db)
    return SOURCE, 0.0, 0.0, (None, None)


def _extreme(ratio: np.ndarray, loud: np.ndarray) -> np.ndarray | None:
    """The loud frames in which one stands out most; ``None`` where there are too few."""
    places = np.flatnonzero(loud)
    count = max(round(_SHARE * len(places)), _MIN_FRAMES)
    if len(places) < _MIN_FRAMES:
        return None
    return places[np.argsort(-ratio[places], kind="stable")[:count]]


def coupling_db(source: np.ndarray, heard: np.ndarray) -> float | None:
    """Power of what follows from a source in another recording, relative to the source [shape=(frames, bins)].

    Rumble below `lags.MIN_HZ` belongs left out: in few frames it is coherent by chance, and loud.
    ``None`` where no more follows than would by chance.
    """
    own, other, cross = _sums(source, heard)
    count = len(source)
    # frames overlap by half: about two thirds of them are independent
    chance = own * other / max(2.0 * count / 3.0, 1.0)
    through = np.maximum(np.square(np.abs(cross)) - chance, 0.0)
    sounding = own > own.max(initial=0.0) * lags.FLOOR
    power = float((through[sounding] / own[sounding]).sum())
    return 10.0 * float(np.log10(power / own[sounding].sum())) if power > 0.0 else None


def _middle(following: Following, middle_s: float, apart_s: float) -> tuple[Line, tuple[Stretch, ...]]:
    """The line of the clocks: every stretch is late by the way from the one microphone to the other, or early."""
    line = Line((following.along or following.line).offset_s + middle_s, following.line.drift)
    near = [s for s in following.stretches if abs(s.lag_s - line.at(s.time_s)) <= 2.0 * apart_s + _KNOT_S]
    if not near:
        return following.line, following.stretches
    for _ in range(3):
        moved = []
        for stretch in near:
            off_s = stretch.lag_s - line.at(stretch.time_s)
            moved.append(replace(stretch, lag_s=stretch.lag_s - float(np.copysign(apart_s, off_s))))
        times_s, lags_s = np.array([s.time_s for s in moved]), np.array([s.lag_s for s in moved])
        line = _clock(times_s, lags_s)
    return line, tuple(moved)


def _near(stretches: tuple[Stretch, ...], line: Line) -> list[Stretch]:
    return [stretch for stretch in stretches if abs(stretch.lag_s - line.at(stretch.time_s)) <= _SAME_WAY_S]


def _clock(times_s: np.ndarray, lags_s: np.ndarray) -> Line:
    """The line of stretches, of which the way was taken; level in their middle where no drift is believed."""
    line = lines.refined(times_s, lags_s, lines.robust(times_s, lags_s), _MIDDLE_S)
    return line if clocks.believed(times_s, lags_s, line) else Line(float(np.median(lags_s)))


def _direct(following: Following, spectra: Spectra) -> tuple[Line, tuple[Stretch, ...], float]:
    """The line of the direct sound, where all frames together hear it, and its sign.

    A stretch in which a reflection passed for it has a peak at the line too, and counts as that. What no stretch hears
    by itself is no way of its own: all together hear rooms on both sides where people speak by turns.
    """
    direct_s, sign = direct.direct(spectra)
    drift = following.line.drift
    middle_s = float(np.median([stretch.time_s for stretch in following.stretches]))
    line = Line((following.along or following.line).at(middle_s) + direct_s - drift * middle_s, drift)
    if not _near(following.stretches, line):
        heard = _near(following.stretches, following.line) or following.stretches
        return following.line, following.stretches, math.copysign(1.0, sum(stretch.value for stretch in heard))
    stretches = []
    for stretch in following.stretches:
        off_s = [abs(lag_s - line.at(stretch.time_s)) for lag_s in (stretch.lag_s, *stretch.beside_s)]
        nearest = int(np.argmin(off_s))
        passed = nearest > 0 and off_s[nearest] <= _SAME_WAY_S < off_s[0]
        stretches.append(replace(stretch, lag_s=stretch.beside_s[nearest - 1]) if passed else stretch)
    times_s, lags_s = np.array([s.time_s for s in stretches]), np.array([s.lag_s for s in stretches])
    return clocks.settled(times_s, lags_s, line, _SAME_WAY_S), tuple(stretches), sign


_SAME_WAY_S = 0.0003
"""So near to where all together hear the direct sound a peak is that: somebody leans forward by 10 cm."""


_KNOT_S = 0.0005
"""A line that stays within this of all is straight."""


def _knots(stretches: tuple[Stretch, ...], line: Line) -> tuple[tuple[tuple[float, float], ...], bool]:
    """Where the offset bends; its two ends where it does not."""
    ordered = sorted(stretches, key=lambda stretch: stretch.time_s)
    times_s, lags_s = np.array([s.time_s for s in ordered]), np.array([s.lag_s for s in ordered])
    ends = tuple((float(t), line.at(float(t))) for t in (times_s[0], times_s[-1]))
    steady = clocks.steady(times_s, lags_s, line)
    times_s, lags_s = times_s[steady], lags_s[steady]
    if len(times_s) < 6:
        return ends, True
    residuals = lags_s - line.offset_s - line.drift * times_s
    smooth = np.array([np.median(residuals[max(i - 1, 0) : i + 2]) for i in range(len(residuals))])
    # what jumps back and forth is where sound comes from, not a clock
    restless = 3.0 * 1.4826 * float(np.median(np.abs(np.diff(residuals, 2))))
    tolerance_s = max(_KNOT_S, restless)
    if np.abs(smooth).max() <= tolerance_s:
        return ends, True
    curve = smooth + line.offset_s + line.drift * times_s
    kept = lines.knots(times_s, curve, tolerance_s)
    if not clocks.is_chain(times_s[kept], curve[kept], line):
        return ends, True
    return tuple((float(times_s[at]), float(curve[at])) for at in kept), False

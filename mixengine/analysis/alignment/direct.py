"""The direct sound among the peaks of a correlation: the first to arrive, not the loudest.

In a room several reflections may arrive together and exceed the direct sound, by turns as the sound changes. They come
later in the recording that hears more of the room, so that its side of the correlation holds the room's decay and the
other side what is chance: there the direct sound is the peak nearest to the quiet side.
"""

from __future__ import annotations

import math

import numpy as np

from mixengine.analysis.alignment.lags import MAX_LAG_S, Lags, Spectra

PEAK_SHARE, _SCOT_SHARE = 0.5, 0.25
"""A direct sound is no softer beside reflections of a room, in its response; where both spectra are whitened the loud
one takes more away from it."""
_BEFORE_S = 0.012
"""Reflections that are loud have gone 4 m further at most."""
_BESIDE_S, _SAME_S = 0.004, 0.0001
_MIN_RATIO = 1.4
"""By so much one side exceeds the other where one recording hears a room that the other does not; chance makes 1.15."""
_MIN_DEVIATIONS = 5.0
"""Above the values of the quiet side."""


def peaks(correlation: Lags, within_s: float = MAX_LAG_S, share: float = PEAK_SHARE) -> list[tuple[float, float]]:
    """Delay in s and value of each peak that is a share of the largest, largest first; delays between two lags."""
    values = np.where(np.abs(correlation.lags_s) <= within_s, np.abs(correlation.values), 0.0)
    here = values[1:-1]
    at = 1 + np.flatnonzero((here >= values[:-2]) & (here > values[2:]) & (here >= share * values.max(initial=0.0)))
    ordered = at[np.argsort(-values[at], kind="stable")]
    return [(correlation.delay_s(int(each)), float(correlation.values[each])) for each in ordered]


def direct(
    spectra: Spectra,
    chosen: np.ndarray | None = None,
    within_s: float = MAX_LAG_S,
    correlation: Lags | None = None,
) -> tuple[float, float]:
    """Delay in s and sign of the direct sound; of the strongest where nothing before it stands out.

    Parameters
    ----------
    spectra : Spectra
    chosen : ndarray of int, optional
        The frames to look at (default: all).
    correlation : Lags, optional
        Their correlation within ``within_s``, where it is known.
    """
    correlation = spectra.lags(chosen, within_s) if correlation is None else correlation
    strongest_s, value = correlation.strongest(within_s)
    sides = _sides(correlation, strongest_s, within_s)
    if sides is None or max(sides) < _MIN_RATIO * min(sides):
        return strongest_s, math.copysign(1.0, value)
    sign, source = (1.0, 0) if sides[1] > sides[0] else (-1.0, 1)
    response = spectra.response(source, chosen, within_s)
    quiet = _sides(response, strongest_s, within_s) or sides
    share = max(PEAK_SHARE * _height(response, strongest_s), _MIN_DEVIATIONS * min(quiet))
    chance = max(_SCOT_SHARE * abs(value), _MIN_DEVIATIONS * min(sides))
    earlier = [
        peak
        for peak in peaks(response, within_s, _SCOT_SHARE)
        if _SAME_S < sign * (strongest_s - peak[0]) <= _BEFORE_S
        and abs(peak[1]) >= share
        and _height(correlation, peak[0]) >= chance
    ]
    delay_s, value = min(earlier, key=lambda peak: sign * peak[0], default=(strongest_s, value))
    return delay_s, math.copysign(1.0, value)


def _height(correlation: Lags, delay_s: float) -> float:
    """The largest absolute value around a delay."""
    near = np.abs(correlation.lags_s - delay_s) <= _SAME_S
    return float(np.max(np.abs(correlation.values[near]), initial=0.0))


def _sides(correlation: Lags, middle_s: float, within_s: float) -> tuple[float, float] | None:
    """Root mean square of the values before and after a delay; ``None`` where one side is too short to tell."""
    lags_s = correlation.lags_s
    room_s = within_s - abs(middle_s) - _BESIDE_S
    if room_s < 2.0 * _BESIDE_S:
        return None
    sides = []
    for sign in (-1.0, 1.0):
        away_s = sign * (lags_s - middle_s)
        part = correlation.values[(away_s > _BESIDE_S) & (away_s <= _BESIDE_S + room_s)]
        sides.append(float(np.sqrt(np.mean(np.square(part)))))
    return sides[0], sides[1]

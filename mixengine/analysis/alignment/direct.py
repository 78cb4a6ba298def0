"""The direct sound among the peaks of a correlation: the first to arrive, not the loudest.

In a room several reflections may arrive together and exceed the direct sound, by turns as the sound changes. They come
later in the recording that hears more of the room, so that its side of the correlation holds the room's decay and the
other side what is chance: there the direct sound is the peak nearest to the quiet side.
"""

from __future__ import annotations

import math

import numpy as np

from mixengine.analysis.alignment.lags import MAX_LAG_S, Lags, Spectra

PEAK_SHARE = 0.5
"""A peak counts beside the largest from here on: a direct sound is no softer beside reflections of a room."""
_BEFORE_S = 0.012
"""Reflections that are loud have gone 4 m further at most."""
_BESIDE_S = 0.004
_MIN_RATIO = 1.4
"""By so much one side exceeds the other where one recording hears a room that the other does not; chance makes 1.15."""
_MIN_DEVIATIONS = 5.0
"""Above the values of the quiet side."""
_MAX_PEAKS = 8


def peaks(correlation: Lags, within_s: float = MAX_LAG_S, share: float = PEAK_SHARE) -> list[tuple[float, float]]:
    """Delay in s and value of each peak that is a share of the largest, largest first; delays between two lags."""
    values = np.where(np.abs(correlation.lags_s) <= within_s, np.abs(correlation.values), 0.0)
    here = values[1:-1]
    at = 1 + np.flatnonzero((here >= values[:-2]) & (here > values[2:]) & (here >= share * values.max(initial=0.0)))
    ordered = at[np.argsort(-values[at], kind="stable")][:_MAX_PEAKS]
    return [(correlation.delay_s(int(each)), float(correlation.values[each])) for each in ordered]


def direct(spectra: Spectra, chosen: np.ndarray | None = None, within_s: float = MAX_LAG_S) -> tuple[float, float]:
    """Delay in s and sign of the direct sound; of the strongest where no side shows a room.

    Parameters
    ----------
    spectra : Spectra
    chosen : ndarray of int, optional
        The frames to look at (default: all).
    """
    correlation = spectra.lags(chosen, within_s)
    strongest_s, value = correlation.strongest(within_s)
    sides = _sides(correlation, strongest_s, within_s)
    if sides is None or max(sides) < _MIN_RATIO * min(sides):
        return strongest_s, math.copysign(1.0, value)
    sign, source = (1.0, 0) if sides[1] > sides[0] else (-1.0, 1)
    response = spectra.response(source, chosen, within_s)
    loudest_s, value = response.strongest(within_s)
    quiet = _sides(response, loudest_s, within_s)
    chance = min(quiet) if quiet is not None else 0.0
    candidates = [
        peak
        for peak in peaks(response, within_s)
        if 0.0 <= sign * (loudest_s - peak[0]) <= _BEFORE_S and abs(peak[1]) >= _MIN_DEVIATIONS * chance
    ]
    delay_s, value = min(candidates, key=lambda peak: sign * peak[0], default=(loudest_s, value))
    return delay_s, math.copysign(1.0, value)


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

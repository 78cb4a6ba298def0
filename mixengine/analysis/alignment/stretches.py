"""A few seconds of two recordings, compared where they should fit."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from mixengine.analysis.alignment import coarse, direct, lags
from mixengine.analysis.alignment.coarse import Print
from mixengine.analysis.alignment.lags import Spectra
from mixengine.analysis.alignment.lines import Line
from mixengine.analysis.alignment.recordings import Recording

STRETCH_S, _SHORT_S, MIN_STRETCH_S = 8.0, 2.0, 0.5
_PEAK_SHARE = 0.35
"""Of the largest: in a few seconds the direct sound may be softer than in all of them."""
_MAX_KEPT = 64
"""Excerpts kept of a recording: 33 MB of 8 s at 16 kHz."""
_GRID_S = 0.01
"""Excerpts begin on whole frames of all usual rates."""


@dataclass(frozen=True)
class Sound:
    """A recording with its fingerprint."""

    recording: Recording
    print: Print
    kept: OrderedDict[tuple[float, float, int], np.ndarray] = field(
        default_factory=OrderedDict, compare=False, repr=False
    )

    def excerpt(self, start_s: float, end_s: float, rate: int) -> np.ndarray:
        """`Recording.excerpt`, kept until `forget`: a pair is measured again and again along better lines."""
        key = (start_s, end_s, rate)
        if key not in self.kept:
            self.kept[key] = self.recording.excerpt(start_s, end_s, rate)
            if len(self.kept) > _MAX_KEPT:
                self.kept.popitem(last=False)
        return self.kept[key]

    def forget(self) -> None:
        """Let go of the excerpts."""
        self.kept.clear()

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last second of its fingerprint."""
        return self.print.first * coarse.FRAME_S, self.print.end * coarse.FRAME_S


@dataclass(frozen=True, slots=True)
class Stretch:
    """What was measured in a few seconds.

    Attributes
    ----------
    time_s : float
        Its middle, in the first sound.
    lag_s : float
        How much later the direct sound is in the second.
    value : float
        Coherence, with the sign of the polarity.
    score : float
        Deviations above other lags.
    beside_s : tuple of float
        Other lags that stand out nearly as far, where a room answers loudly.
    """

    time_s: float
    lag_s: float
    value: float
    score: float
    beside_s: tuple[float, ...] = ()

    @classmethod
    def of(cls, spectra: Spectra, time_s: float, line: Line) -> Stretch:
        """From frames that were compared along a line."""
        correlation = spectra.lags()
        lag_s, sign = direct.direct(spectra, correlation=correlation)
        value = math.copysign(correlation.strongest(lags.MAX_LAG_S)[1], sign)
        beside_s = tuple(line.at(time_s) + other_s for other_s, _ in direct.peaks(correlation, share=_PEAK_SHARE))
        return cls(time_s, line.at(time_s) + lag_s, value, correlation.score(), beside_s)


def length_of(shared_s: float) -> float:
    """How long stretches are where so much is shared: a short recording is measured at several places too."""
    return float(np.clip(shared_s / 8.0, min(_SHORT_S, shared_s), STRETCH_S))


def compare(first: Sound, second: Sound, time_s: float, line: Line, rate: int) -> Spectra | None:
    """Frames around a time of the first, those of the second later by ``line``; ``None`` where one is silent."""
    a0, a1 = first.span_s
    length_s = length_of(min(a1 - a0, second.span_s[1] - second.span_s[0]))
    size = lags.frame_size(rate)
    begin_s = math.floor(max(time_s - length_s / 2.0, a0 - 0.5) / _GRID_S) * _GRID_S
    end_s = min(begin_s + length_s, a1 + 0.5)
    mine = first.excerpt(begin_s, end_s, rate)
    other_s = math.floor((begin_s + line.at(begin_s)) / _GRID_S) * _GRID_S - _GRID_S
    length_s = (end_s - begin_s) * (1.0 + abs(line.drift)) + 4.0 * _GRID_S
    theirs = second.excerpt(other_s, other_s + length_s, rate)
    if not mine.any() or not theirs.any():
        return None
    mine = np.pad(mine, (0, max(size - len(mine), 0)))
    theirs = np.pad(theirs, (0, size))
    count = max((len(mine) - size) // (size // 2) + 1, 1)
    # the middle of each frame is where its offset holds
    begins_s = begin_s + np.arange(count) * (size // 2) / rate
    offsets_s = line.offset_s + line.drift * (begins_s + size / rate / 2.0)
    starts = (begins_s + offsets_s - other_s) * rate
    compared = lags.spectra(mine, theirs, starts, size, rate)
    return compared if len(compared.first) else None

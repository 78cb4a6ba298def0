"""ReaComp's gain: the level of the louder channel over a rectangular window, attack and release on its amplitude.

The law, from REAPER's own renders (6.25; four instances with an attack of 3 ms, a release of 100 ms and an RMS size of
5 ms, ratios from 4.2 to 21.8, hard knees): d is the larger of the channels' RMS values over the last ⌊window⌋ frames,
with silence before the start. The envelope e starts at the threshold T and follows e ← max(d + a (e − d), T) with
a = exp(−1 / (t · rate)), where t is the attack while d is above e, else the release. The gain is (e / T)^−(1 − 1/ratio)
and, with automatic make-up, T^−(1 − 1/ratio)/2 more.

Not seen in any render, and so heard as well as possible: an RMS size of 0 (taken as peaks), a soft knee (the quadratic
one of `mixengine.audio.compressor`, whose envelope rests where the knee begins), look-ahead, and dry sound beside it.
"""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.compressor import curve_db, level_db
from mixengine.audio.jit import njit
from mixengine.model.session import CompressorSettings
from mixengine.model.units import amplitude

MIN_KNEE_DB = 1e-6
"""The curve divides by the knee's width; the difference from 0 is inaudible."""
SILENT_DRY_DB = -150.0


class ReaCompGain:
    """The gain of a ReaComp, block by block, in double precision.

    Parameters
    ----------
    settings : CompressorSettings
        With a ratio ≥ 1, and times and widths ≥ 0.
    rate : int > 0
    """

    def __init__(self, settings: CompressorSettings, rate: int) -> None:
        self._settings = settings
        self._knee_db = max(settings.knee_db, MIN_KNEE_DB)
        self._window = math.floor(round(settings.rms_ms * rate / 1000.0, 6))
        self._floor = amplitude(settings.threshold_db - (self._knee_db / 2.0 if settings.knee_db > 0.0 else 0.0))
        self._decays = tuple(decay(time_ms, rate) for time_ms in (settings.attack_ms, settings.release_ms))
        self._makeup_db = settings.makeup_db
        if settings.auto_makeup:
            self._makeup_db -= settings.threshold_db * (1.0 - 1.0 / settings.ratio) / 2.0
        self._dry = amplitude(settings.dry_db) if settings.dry_db > SILENT_DRY_DB else 0.0
        self._envelope = np.array([self._floor])
        self._squares: np.ndarray | None = None
        self._sums: np.ndarray | None = None
        self._place = np.zeros(1, np.int64)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Amplitude, make-up included [shape=(frames,)], that the next frames [shape=(frames, channels)] ask for."""
        settings = self._settings
        if self._squares is None or self._sums is None:
            self._squares = np.zeros((max(self._window, 1), block.shape[1]))
            self._sums = np.zeros(block.shape[1])
        levels = np.empty(len(block))
        sound = np.ascontiguousarray(block, dtype=np.float64)
        _detect(
            sound,
            self._window,
            self._squares,
            self._sums,
            self._place,
            *self._decays,
            self._floor,
            self._envelope,
            levels,
        )
        gain_db = curve_db(level_db(levels), settings.threshold_db, settings.ratio, self._knee_db)
        return 10.0 ** ((gain_db + self._makeup_db) / 20.0) + self._dry


def decay(time_ms: float, rate: float) -> float:
    """Share that an envelope keeps from frame to frame when it falls to 1/e in this time; 0 for no time."""
    return math.exp(-1000.0 / (time_ms * rate)) if time_ms > 0.0 else 0.0


@njit()
def _detect(
    sound: np.ndarray,
    window: int,
    squares: np.ndarray,
    sums: np.ndarray,
    place: np.ndarray,
    attack: float,
    release: float,
    floor: float,
    envelope: np.ndarray,
    levels: np.ndarray,
) -> None:
    """Fill ``levels`` with the envelope; ``squares`` is a ring of the last squares, ``sums`` their sums."""
    now, at = envelope[0], place[0]
    for frame in range(sound.shape[0]):
        level = 0.0
        for channel in range(sound.shape[1]):
            if window == 0:
                level = max(level, abs(sound[frame, channel]))
                continue
            square = sound[frame, channel] ** 2
            sums[channel] += square - squares[at, channel]
            squares[at, channel] = square
            if at == 0:  # once a round added up anew, so that rounding does not pile up
                sums[channel] = squares[:, channel].sum()
            level = max(level, np.sqrt(max(sums[channel], 0.0) / window))
        at = at + 1 if at + 1 < window else 0
        kept = attack if level > now else release
        now = max(level + kept * (now - level), floor)
        levels[frame] = now
    envelope[0], place[0] = now, at

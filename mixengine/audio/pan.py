"""Panning: pan law, taper, width, dual pan.

What is known
-------------
From REAPER's own renders (6.01 to 6.25): without a taper in the project (`EARLY_TAPER`, all that was saved up to 7.09)
both sides follow sine and cosine, times a factor that is 1 at the sides and makes up for the law in the centre, so that
at the 0 dB law the near side rises to +1.8 dB half-way; in stereo pan mode at full width the far channel moves over to
the near side.

Published measurements of REAPER 7.82 [1]_ give: with the default taper at the 0 dB law the far side is turned down by
1 − |pan| and the near side is left alone; width w keeps (1 + w)/2 of each side and gives (1 − w)/2 to the other; dual
pan places each side by itself; at the −3 dB law with the default (hybrid) taper a pan of +0.4 gives −6.8 dB left and
−1.0 dB right, which is the sine taper; a send's pan is such a balance under the send's own pan law.

Inferred: the mirror for pans to the left, other laws than 0 dB without a taper, stereo pan mode with a taper and at
other widths (width first, then the pan), the sine taper at other laws as its power (as REAPER's users asked for [2]_),
the linear taper likewise, the hybrid taper as sine down to −3 dB, linear from −6 dB on and a mixture between; a law
above 0 dB as its inverse, louder by as much ("gain compensation").

References
----------
.. [1] REAPER MCP project, skill "reaper-panning", measurements of 2026-10.
.. [2] Cockos issue tracker, issue 1860, "Pan tapers".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixengine.model.session import BALANCE, DUAL_PAN, EARLY_TAPER, STEREO_PAN, Session, Track

SINE, LINEAR = 0, 2
_HALF = math.log(0.5)
_HALF_POWER = math.log(math.sin(math.pi / 4.0))
_HALVINGS, _KNOB_DIGITS = 40, 3


@dataclass(frozen=True, slots=True)
class Placement:
    """How a pan knob acts: the law as the amplitude of a centred sound, REAPER's numbers for taper and mode."""

    law: float = 1.0
    taper: int = 3
    mode: int = BALANCE
    width: float = 1.0
    dual: tuple[float, ...] = (-1.0, 1.0)


def placement(track: Track, session: Session) -> Placement:
    """A track's own settings, and the session's where it has none."""
    return Placement(
        session.pan_law if track.pan_law is None else track.pan_law,
        session.pan_taper if track.pan_taper is None else track.pan_taper,
        session.pan_mode if track.pan_mode is None else track.pan_mode,
        track.width,
        track.dual_pan,
    )


def balance(pan: np.ndarray | float, law: float = 1.0, taper: int = 3) -> np.ndarray:
    """Amplitudes of left and right [shape=(..., 2)] for pans from -1 (left) to 1 (right).

    Examples
    --------
    >>> [float(side) for side in balance(0.25)]
    [0.75, 1.0]
    """
    pan = np.clip(np.asarray(pan, dtype=float), -1.0, 1.0)
    if law > 1.0:
        return law * balance(pan, 1.0 / law, taper)
    if taper == EARLY_TAPER:
        return _early(np.asarray(pan), law)
    if law == 1.0:
        return np.stack([np.minimum(1.0, 1.0 - pan), np.minimum(1.0, 1.0 + pan)], axis=-1)
    share = np.stack([(1.0 - pan) / 2.0, (1.0 + pan) / 2.0], axis=-1)
    sine = np.sin(share * np.pi / 2.0) ** (math.log(law) / _HALF_POWER)
    linear = share ** (math.log(law) / _HALF)
    if taper in (SINE, LINEAR):
        return sine if taper == SINE else linear
    straight = min(max(math.log(law) / _HALF_POWER - 1.0, 0.0), 1.0)  # 0 at -3 dB, 1 at -6 dB
    return (1.0 - straight) * sine + straight * linear


def _early(pan: np.ndarray, law: float) -> np.ndarray:
    """Sine and cosine times k = 1 + (law √2 − 1) g(|pan|), where g falls from 1 in the centre to 0 at the sides."""
    secant = 1.0 / np.cos(np.pi / 4.0 * pan)
    factor = 1.0 + (law * math.sqrt(2.0) - 1.0) * (1.0 - (secant - 1.0) / (math.sqrt(2.0) - 1.0))
    angle = np.pi / 4.0 * (1.0 + pan)
    return factor[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def knob(amplitudes: np.ndarray, law: float = 1.0, taper: int = 3) -> tuple[float, float]:
    """The pan whose `balance` has the ratio of ``amplitudes`` (left, right), and the gain that is missing then.

    Where both are 0 the pan is 0 and so is the gain.
    """
    left, right = float(amplitudes[0]), float(amplitudes[1])
    if left == right:
        pan = 0.0
    elif law == 1.0 and taper != EARLY_TAPER:
        pan = (right - left) / max(left, right)
    else:  # the ratio rises steadily from side to side
        low, high = -1.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            at = balance(middle, law, taper)
            low, high = (middle, high) if at[1] * left < at[0] * right else (low, middle)
        pan = (low + high) / 2.0
    pan = round(pan, _KNOB_DIGITS)
    reached = balance(pan, law, taper)
    louder = int(right > left)
    return pan, (right if louder else left) / float(reached[louder])


def sides(pan: np.ndarray | float, how: Placement) -> np.ndarray | None:
    """Gains of left and right; ``None`` when both stay as they are.

    Returns
    -------
    ndarray
        Amplitudes of both [shape=(..., 2)], or a matrix [shape=(..., 2, 2)], output by input, where they cross.
    """
    if how.mode == DUAL_PAN:
        if how.law == 1.0 and tuple(how.dual) == (-1.0, 1.0):
            return None
        return np.stack([balance(place, how.law, how.taper) for place in how.dual], axis=-1)
    if how.width == 1.0:
        if how.law == 1.0 and not np.any(pan):
            return None
        if how.mode == STEREO_PAN and np.any(pan):
            return _matrix(pan, how)
        return balance(pan, how.law, how.taper)
    near, far = (1.0 + how.width) / 2.0, (1.0 - how.width) / 2.0
    return _matrix(pan, how) @ np.array([[near, far], [far, near]])


def _matrix(pan: np.ndarray | float, how: Placement) -> np.ndarray:
    """The pan as matrices [shape=(..., 2, 2)]; in stereo pan mode the far channel moves over to the near side."""
    pan = np.clip(np.asarray(pan, dtype=float), -1.0, 1.0)
    gains = balance(pan, how.law, how.taper)
    matrix = gains[..., :, None] * np.eye(2)
    if how.mode == STEREO_PAN:
        for near, amount in ((1, np.maximum(pan, 0.0)), (0, np.maximum(-pan, 0.0))):
            matrix[..., near, 1 - near] = gains[..., near] * amount / (1.0 + amount)
            matrix[..., near, near] /= 1.0 + amount
    return matrix

"""Biquads of the Audio EQ Cookbook [1]_, from cos(w) and α of a frequency w and the square root ``a`` of the gain.

References
----------
.. [1] R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients", W3C note, 2021.
"""

from __future__ import annotations

import math
from typing import TypeAlias

Biquad: TypeAlias = tuple[list[float], list[float]]
"""Numerator and denominator."""


def section(biquad: Biquad) -> list[float]:
    """A second-order section as `scipy.signal.sosfilt` takes it."""
    numerator, denominator = biquad
    return [value / denominator[0] for value in (*numerator, *denominator)]


def peak(cos: float, alpha: float, a: float) -> Biquad:
    """Gain a² at the frequency, 1 far from it."""
    return [1 + alpha * a, -2 * cos, 1 - alpha * a], [1 + alpha / a, -2 * cos, 1 - alpha / a]


def low_shelf(cos: float, alpha: float, a: float) -> Biquad:
    """Gain a² below the frequency, 1 above."""
    slope = 2 * math.sqrt(a) * alpha
    return (
        [
            a * ((a + 1) - (a - 1) * cos + slope),
            2 * a * ((a - 1) - (a + 1) * cos),
            a * ((a + 1) - (a - 1) * cos - slope),
        ],
        [(a + 1) + (a - 1) * cos + slope, -2 * ((a - 1) + (a + 1) * cos), (a + 1) + (a - 1) * cos - slope],
    )


def high_shelf(cos: float, alpha: float, a: float) -> Biquad:
    """Gain a² above the frequency, 1 below."""
    numerator, denominator = low_shelf(-cos, alpha, a)
    # a high shelf is the low shelf mirrored at a quarter of the rate: z becomes -z
    return [numerator[0], -numerator[1], numerator[2]], [denominator[0], -denominator[1], denominator[2]]


def low_pass(cos: float, alpha: float, _a: float) -> Biquad:
    """Second-order low pass; ``a`` is not used."""
    return [(1 - cos) / 2, 1 - cos, (1 - cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]


def high_pass(cos: float, alpha: float, _a: float) -> Biquad:
    """Second-order high pass; ``a`` is not used."""
    return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2], [1 + alpha, -2 * cos, 1 - alpha]


def all_pass(cos: float, alpha: float, _a: float) -> Biquad:
    """Phase alone; ``a`` is not used."""
    return [1 - alpha, -2 * cos, 1 + alpha], [1 + alpha, -2 * cos, 1 - alpha]


def notch(cos: float, alpha: float, _a: float) -> Biquad:
    """Silence at the frequency; ``a`` is not used."""
    return [1.0, -2 * cos, 1.0], [1 + alpha, -2 * cos, 1 - alpha]


def band_pass(cos: float, alpha: float, _a: float) -> Biquad:
    """Gain 1 at the frequency, silence far from it; ``a`` is not used."""
    return [alpha, 0.0, -alpha], [1 + alpha, -2 * cos, 1 - alpha]

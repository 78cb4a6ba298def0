"""ReaComp: one gain for both channels from the level of their mean, see `mixengine.audio.compressor`.

Its latency is the look-ahead ("pre-comp"), which REAPER compensates and so does the mixer.

What differs from the original: the gain rises and falls with one time, the attack, and follows single samples; a
separate release and an RMS window are reported (`differs`). How ReaComp's detector moves between attack and release is
not published.
"""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.compressor import GainComputer, lookahead_frames, values
from mixengine.mixer.effects.kind import Kind
from mixengine.model.session import CompressorSettings, Effect


class Compressor:
    """The gain of our ReaComp."""

    def __init__(self, settings: CompressorSettings, rate: int) -> None:
        self._gain = GainComputer(values(settings), rate, side_chain="mean")

    def gain(self, block: np.ndarray) -> np.ndarray:
        """See `Dynamics`."""
        return self._gain(block.T.astype(np.float64))[:, None]


def _settings(effect: Effect) -> CompressorSettings:
    assert effect.compressor is not None  # guaranteed by `Kind.fits`
    return effect.compressor


def problem(effect: Effect) -> str:
    """A ratio below 1:1 (an expander), and times and widths below zero."""
    settings = _settings(effect)
    if not settings.ratio >= 1.0:
        return f"its ratio of {settings.ratio:g}:1 is below 1:1"
    negative = [name for name in ("attack_ms", "knee_db", "lookahead_ms") if not getattr(settings, name) >= 0.0]
    return f"its {negative[0]} is below 0" if negative else ""


def differs(effect: Effect) -> list[str]:
    """A release that is not the attack, and an RMS window."""
    settings, lines = _settings(effect), []
    if not math.isclose(settings.release_ms, settings.attack_ms, rel_tol=1e-4):  # plug-in states keep six digits
        lines.append(f"its release of {settings.release_ms:g} ms (rendered with its attack, {settings.attack_ms:g} ms)")
    if settings.rms_ms > 0.0:
        lines.append(f"its RMS size of {settings.rms_ms:g} ms (rendered with 0, on peaks)")
    return lines


KIND = Kind(
    fits=lambda effect: effect.compressor is not None,
    make=lambda effect, rate: Compressor(_settings(effect), rate),
    linear=False,
    problem=problem,
    lookahead=lambda effect, rate: lookahead_frames(_settings(effect), rate),
    differs=differs,
)

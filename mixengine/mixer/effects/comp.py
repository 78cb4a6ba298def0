"""ReaComp: one gain for both channels, see `mixengine.audio.reacomp` for its law.

Its latency is the look-ahead ("pre-comp"), which REAPER compensates and so does the mixer.
"""

from __future__ import annotations

import numpy as np

from mixengine.audio.compressor import lookahead_frames
from mixengine.audio.reacomp import SILENT_DRY_DB, ReaCompGain
from mixengine.mixer.effects.kind import Kind
from mixengine.model.session import CompressorSettings, Effect


class Compressor:
    """The gain of a ReaComp."""

    def __init__(self, settings: CompressorSettings, rate: int) -> None:
        self._gain = ReaCompGain(settings, rate)

    def gain(self, block: np.ndarray) -> np.ndarray:
        """See `Dynamics`."""
        return self._gain(block)[:, None]


def _settings(effect: Effect) -> CompressorSettings:
    assert effect.compressor is not None  # guaranteed by `Kind.fits`
    return effect.compressor


def problem(effect: Effect) -> str:
    """A ratio below 1:1 (an expander), and times and widths below zero."""
    settings = _settings(effect)
    if not settings.ratio >= 1.0:
        return f"its ratio of {settings.ratio:g}:1 is below 1:1"
    fields = ("attack_ms", "release_ms", "knee_db", "lookahead_ms", "rms_ms")
    negative = [name for name in fields if not getattr(settings, name) >= 0.0]
    return f"its {negative[0]} is below 0" if negative else ""


def differs(effect: Effect) -> list[str]:
    """What its state asks for and is not played, and settings that are played without knowing how REAPER does."""
    settings = _settings(effect)
    lines = [f"its {what} is not heard" for what in effect.notes]
    unsure = {
        "its RMS size of 0 (taken as peaks)": settings.rms_ms <= 0.0,
        f"its knee of {settings.knee_db:g} dB": settings.knee_db > 0.0,
        f"its pre-comp of {settings.lookahead_ms:g} ms": settings.lookahead_ms > 0.0,
        "the dry sound beside it": settings.dry_db > SILENT_DRY_DB,
    }
    return lines + [f"{what}: played, but not compared with REAPER" for what, is_so in unsure.items() if is_so]


KIND = Kind(
    fits=lambda effect: effect.compressor is not None,
    make=lambda effect, rate: Compressor(_settings(effect), rate),
    linear=False,
    problem=problem,
    lookahead=lambda effect, rate: lookahead_frames(_settings(effect), rate),
    differs=differs,
)

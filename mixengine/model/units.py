"""Decibels to amplitude and back. Standard library only: REAPER's own Python imports this."""

from __future__ import annotations

import math

SILENCE_DB = -150.0
"""REAPER shows everything below as -inf."""
SAME_FADER_DB = 0.005
"""Faders closer than this count as equal: REAPER shows two decimals."""
MAX_FADER_DB = 12.0
"""Top of REAPER's faders."""
MIN_FADER_DB = -60.0
"""Nothing sets a fader lower; one that stands lower is off."""


def amplitude(level_db: float) -> float:
    """Linear amplitude of a level in dB; ``-inf`` gives 0."""
    return 0.0 if level_db == -math.inf else 10.0 ** (level_db / 20.0)


def decibels(value: float) -> float:
    """Level in dB of a linear amplitude (its sign is ignored); 0 gives ``-inf``."""
    return 20.0 * math.log10(abs(value)) if value else -math.inf


def signed_db(level_db: float | None, digits: int = 1) -> str:
    """A level as a person reads it: ``+2.1``, ``−18.0`` (with a true minus sign), ``−inf``, ``–`` when unknown."""
    if level_db is None or math.isnan(level_db):
        return "–"
    if math.isinf(level_db):
        return "+inf" if level_db > 0 else "−inf"
    text = f"{round(level_db, digits) + 0.0:+.{digits}f}"
    return text.replace("-", "−")


def plain_db(level_db: float | None, digits: int = 1) -> str:
    """Like `signed_db` without the plus sign: for levels, where `signed_db` is for changes."""
    return signed_db(level_db, digits).lstrip("+")

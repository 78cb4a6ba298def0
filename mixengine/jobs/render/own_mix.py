"""The null check against REAPER itself: its own mix, before the master's effects, minus what the stems add up to.

What the mixer does not play (plug-ins of folders and buses, sends on other channels) is in REAPER's mix only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixengine.audio.files import AudioFile
from mixengine.mixer import routing
from mixengine.mixer.engine import Engine
from mixengine.mixer.unsupported import Unsupported
from mixengine.model.session import Session
from mixengine.model.units import decibels, plain_db
from mixengine.model.words import name_list

SAME_DBFS = -90.0
"""A smaller difference is none."""
SUM = "the sum of the stems"
THROUGH_FADERS = "the tracks through their faders, pans, sends and folders"
"""What is compared, in words; the second where the stems end before the faders."""


def difference(session: Session) -> tuple[float, float] | None:
    """Largest amplitude of the difference in dBFS, and its power relative to REAPER's mix in dB; ``None`` without one.

    Raises
    ------
    UnreadableAudio
        A file breaks off.
    """
    if session.own_mix is None:
        return None
    plain = replace(session, master_effects=())
    engine = Engine(plain, routing.graph(plain), end_s=session.own_mix.end_s)
    file = AudioFile(session.own_mix.source.path)
    worst = power = own_power = 0.0
    at = 0
    try:
        for block, _ in engine.blocks():
            own = file.read(at, min(len(block), max(file.frames - at, 0)))
            rest = block[: len(own)] - own
            worst = max(worst, float(np.abs(rest).max(initial=0.0)))
            power += float(np.square(rest, dtype=float).sum())
            own_power += float(np.square(own, dtype=float).sum())
            at += len(block)
    finally:
        file.close()
    return decibels(worst), decibels(power / own_power) / 2.0 if own_power else 0.0


def note(peak_dbfs: float, relative_db: float, unheard: list[Unsupported], what: str = SUM) -> str:
    """The result in words, with what the mixer did not play; ``what`` was compared."""
    if peak_dbfs < SAME_DBFS:
        return (
            f"null check against REAPER's own mix, before the master's effects: the same ({plain_db(peak_dbfs)} dBFS)"
        )
    missing = name_list([f"{entry.track} ({', '.join(entry.what)})" for entry in unheard if entry.id])
    why = f"; not in the stems: {missing}" if missing else ""
    return (
        f"REAPER's own mix, before the master's effects, differs from {what} by up to "
        f"{plain_db(peak_dbfs)} dBFS, {plain_db(-relative_db)} dB below the mix{why}"
    )

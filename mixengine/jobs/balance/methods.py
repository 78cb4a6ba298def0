"""The balance methods, by name: which measure of loudness they use, and which target.

``p_lufs``, ``lufs`` and ``centroid`` reproduce stage 1 of [Shi 2025] (docs/prior-work.md): every track goes to −50 LUFS
in its band, capped so that no sample passes −1 dBFS, and tracks below −50 LUFS stay as they are. The others bring the
tracks to one common level plus the offsets of role and preset. ``instrument`` is the default: loudness while the track
plays, with peaky and high sounds set lower and low ones higher, as the preset's rule says, and with the present levels
kept as far as they say something (`mixengine.jobs.balance.start`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from mixengine.jobs.balance.measure import Reading
from mixengine.model.units import decibels

SHI2025_TARGET_LUFS = -50.0
SHI2025_GATE_LUFS = -50.0
SHI2025_PEAK_DBFS = -1.0
SILENCE_LUFS = -80.0


@dataclass(frozen=True, slots=True)
class Method:
    """A balance method.

    Attributes
    ----------
    name : str
    measured : callable
        Reading → the loudness to be balanced, before the fader, in LUFS.
    band : str
        The band that is measured, in words, for reasons: empty for the full band.
    faithful : bool
        Follows [Shi 2025]: fixed target, peak cap, gate at −50 LUFS, no roles, no common shift.
    by_sound : bool
        The preset's rule about crest factor and pitch range applies, and present levels may be kept.
    """

    name: str
    measured: Callable[[Reading], float]
    band: str
    faithful: bool = False
    by_sound: bool = False

    @property
    def gate_lufs(self) -> float:
        """Loudness below which a track counts as silent."""
        return SHI2025_GATE_LUFS if self.faithful else SILENCE_LUFS

    def is_audible(self, reading: Reading) -> bool:
        """Whether there is an audio event to balance at all."""
        loudness = reading.lufs if self.faithful else reading.heard_lufs
        return loudness > self.gate_lufs and self.measured(reading) > -math.inf


def _if_measured(lufs: float | None) -> float:
    return -math.inf if lufs is None else lufs


METHODS = {
    method.name: method
    for method in (
        Method("instrument", lambda reading: reading.heard_lufs, "", by_sound=True),
        Method("active", lambda reading: reading.heard_lufs, ""),
        Method("multitrack", lambda reading: reading.multitrack_lufs, " (multitrack weighting)"),
        Method("bark", lambda reading: reading.bark_lufs, " (Bark scale)"),
        Method("energy", lambda reading: reading.energy_lufs, " (around the energy centroid)"),
        Method(
            "robust",
            lambda reading: _if_measured(reading.robust_lufs),
            " (band of the robust pitch)",
        ),
        Method("p_lufs", lambda reading: _if_measured(reading.p_lufs), " (narrow band)", faithful=True),
        Method("lufs", lambda reading: reading.lufs, " (mono)", faithful=True),
        Method("centroid", lambda reading: reading.c_lufs, " (centroid band)", faithful=True),
    )
}
SHI2025_METHODS = tuple(name for name, method in METHODS.items() if method.faithful)


def shi2025_target_lufs(reading: Reading, method: Method) -> float:
    """Target of [Shi 2025]: −50 LUFS, or less where the sample peak would pass −1 dBFS."""
    gain_db = min(SHI2025_TARGET_LUFS - method.measured(reading), SHI2025_PEAK_DBFS - decibels(reading.sample_peak))
    return method.measured(reading) + gain_db


def shi2025_gain_db(reading: Reading, method: Method) -> float:
    """Gain of a faithful method on the raw audio; 0 for a track without an audio event."""
    return shi2025_target_lufs(reading, method) - method.measured(reading) if method.is_audible(reading) else 0.0

"""Reasons for the settings of a group, in a mix engineer's words: how the reference differs from the mix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixengine.jobs.match.bark_filters import centres_hz
from mixengine.jobs.match.closed_form import CENTRED_ROLES
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.held import FREE, Held
from mixengine.jobs.match.translate import Strip
from mixengine.model.session import EqBand
from mixengine.model.units import signed_db

REGIONS = {
    "below 120 Hz": (0.0, 120.0, "fuller", "leaner"),
    "from 120 to 500 Hz": (120.0, 500.0, "warmer", "thinner"),
    "from 500 Hz to 2 kHz": (500.0, 2000.0, "stronger", "weaker"),
    "from 2 to 6 kHz": (2000.0, 6000.0, "more present", "softer"),
    "above 6 kHz": (6000.0, 20000.0, "brighter", "darker"),
}
"""Regions in which spectra are compared → limits in Hz, word for more, word for less."""
_BEYOND = {"low_shelf": 0.7, "high_shelf": 1.4}
"""Shelves are assigned to the region at this multiple of their frequency, where they have their full effect."""
_MIN_DIFFERENCE_DB = 0.5
_MIN_CHANGE_DB = 0.1
_MIN_PAN = 0.02
_LN_TO_DB = 20.0 / np.log(10.0)


@dataclass(frozen=True, slots=True)
class Why:
    """Reasons for the settings of a strip: a sentence for each of its parts; empty for a part that does nothing."""

    level: str
    equalizer: str = ""
    pan: str = ""
    compressor: str = ""

    @property
    def whole(self) -> str:
        """All reasons in one line."""
        return "; ".join(words for words in (self.level, self.equalizer, self.pan, self.compressor) if words)


def differences_db(mix: Mapping[str, np.ndarray], reference: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Level of the reference relative to the mix in each region, without the mean difference of all bands."""
    gap = _LN_TO_DB * (np.asarray(reference["barkspectrum"])[0] - np.asarray(mix["barkspectrum"])[0])
    gap = gap - gap.mean()
    hz = centres_hz()
    return {name: float(gap[(hz >= low) & (hz < high)].mean()) for name, (low, high, *_) in REGIONS.items()}


def spectrum_words(differences: Mapping[str, float]) -> list[str]:
    """``the reference is 3.0 dB brighter above 6 kHz``, largest difference first."""
    order = sorted(differences, key=lambda name: -abs(differences[name]))
    return [
        f"the reference is {_more(name, differences[name])}"
        for name in order
        if abs(differences[name]) >= _MIN_DIFFERENCE_DB
    ]


def group_reason(
    group: Group,
    strip: Strip,
    mix: Mapping[str, np.ndarray],
    reference: Mapping[str, np.ndarray],
    active: bool,
) -> Why:
    """Reasons for the settings of a group's strip.

    Parameters
    ----------
    mix, reference : mapping
        Published features of the mix before the match, and of the reference.
    active : bool
        Whether the group plays in the passages compared.
    """
    if group.held.pan:
        return Why(group.held.words)
    if not active:
        level = _level_words(strip.gain_db, group.held) + (";" if group.held.fader else ":")
        return Why(f"{level} silent in the passages compared, only kept in proportion")
    pan = "stays in the middle" if group.role in CENTRED_ROLES else ""
    if abs(strip.pan) >= _MIN_PAN:
        pan = _pan_words(strip.pan, float(mix["stereo_width"]), float(reference["stereo_width"]))
    return Why(
        _level_words(strip.gain_db, group.held),
        bands_words(strip, differences_db(mix, reference)) or _no_effects(group.held),
        pan,
        compressor_words(strip, mix, reference),
    )


def master_reason(
    strip: Strip,
    mix: Mapping[str, np.ndarray],
    reference: Mapping[str, np.ndarray],
    trim_db: float,
    held: Held = FREE,
) -> Why:
    """Reasons for the settings of the master, of which ``held`` says what stays."""
    level = f"{signed_db(strip.gain_db)} dB to the level at which mixes are compared (reference at −16 LUFS)"
    if trim_db < 0.0:
        level += f"; {signed_db(trim_db)} dB of it keep the true peak under −1 dBTP"
    if held.fader:
        level = f"level stays: {held.fader}"
        if trim_db < 0.0:
            level += f"; {signed_db(trim_db)} dB on the groups' faders keep the true peak under −1 dBTP"
    return Why(
        level,
        bands_words(strip, differences_db(mix, reference)) or _no_effects(held),
        compressor=compressor_words(strip, mix, reference),
    )


def bands_words(strip: Strip, differences: Mapping[str, float]) -> str:
    """`band_words` of all bands of a strip."""
    return "; ".join(band_words(band, differences) for band in strip.bands)


def band_words(band: EqBand, differences: Mapping[str, float]) -> str:
    """``+1.2 dB shelf above 7 kHz: the reference is 3.0 dB brighter above 6 kHz``."""
    what = f"{signed_db(band.gain_db)} dB {_place(band)}"
    hz = min(band.frequency_hz * _BEYOND.get(band.kind, 1.0), 19999.0)
    name = next(name for name, (low, high, *_) in REGIONS.items() if low <= hz < high)
    gap = differences[name]
    if abs(gap) >= _MIN_DIFFERENCE_DB and gap * band.gain_db > 0.0:
        return f"{what}: the reference is {_more(name, gap)}"
    return f"{what}: evens out what the other moves do {name}"


def compressor_words(strip: Strip, mix: Mapping[str, np.ndarray], reference: Mapping[str, np.ndarray]) -> str:
    """``1.8:1 over −20 dB: peaks stand 2.1 dB less above the average in the reference``."""
    settings = strip.compressor
    if settings is None:
        return ""
    what = f"{settings.ratio:.1f}:1 over {signed_db(settings.threshold_db)} dB"
    gap = float(np.mean(reference["crest_factor"]) - np.mean(mix["crest_factor"]))
    if gap < -_MIN_CHANGE_DB:
        return f"{what}: peaks stand {-gap:.1f} dB less above the average in the reference"
    return f"{what}: holds the level together"


def _more(name: str, gap_db: float) -> str:
    *_, more, less = REGIONS[name]
    return f"{abs(gap_db):.1f} dB {more if gap_db > 0 else less} {name}"


def _no_effects(held: Held) -> str:
    return f"no equaliser, no compressor: {held.effects}" if held.effects else ""


def _level_words(gain_db: float, held: Held) -> str:
    if held.fader:
        return f"level stays: {held.fader}"
    if abs(gain_db) < _MIN_CHANGE_DB:
        return "level stays"
    return f"{signed_db(gain_db)} dB for the reference's balance"


def _pan_words(pan: float, width: float, target: float) -> str:
    side = f"{abs(100.0 * pan):.0f} % {'right' if pan > 0 else 'left'}"
    if target > width:
        return f"{side}: the reference is wider (side/mid {target:.2f}, the mix {width:.2f})"
    return f"{side}: balances left and right as in the reference"


def _place(band: EqBand) -> str:
    hz = band.frequency_hz
    where = f"{hz:.0f} Hz" if hz < 1000.0 else f"{hz / 1000.0:.3g} kHz"
    return {"low_shelf": f"shelf below {where}", "high_shelf": f"shelf above {where}"}.get(band.kind, f"at {where}")

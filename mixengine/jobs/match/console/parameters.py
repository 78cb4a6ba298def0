"""The normalised parameters (0 … 1) of the console of [Diff-MST]: 27 per track, 25 of the reverb bus, 26 of the master.

Every value is min + p · (max − min), linear also for Hz, Q and ms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from mixengine.audio.arrays import constant, namespace, to_numpy

RATE = 44100
_TOP_HZ = RATE // 2 - 1000.0
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ConsoleRanges:
    """The ranges that a model's configuration may change."""

    fader_db: Range = (-48.0, 48.0)
    eq_gain_db: Range = (-12.0, 12.0)
    pan: Range = (0.0, 1.0)
    send_db: Range = (-80.0, 12.0)

    def __post_init__(self) -> None:
        for entry in fields(self):
            low, high = getattr(self, entry.name)
            if not (np.isfinite(low) and np.isfinite(high) and low < high):
                raise ValueError(f"{entry.name}: {low} … {high} is no range")


BANDS: Mapping[str, Range] = {
    "low_shelf": (20.0, 2000.0),
    "band0": (80.0, 2000.0),
    "band1": (2000.0, 8000.0),
    "band2": (8000.0, 12000.0),
    "band3": (12000.0, _TOP_HZ),
    "high_shelf": (6000.0, _TOP_HZ),
}
"""Bands of the equaliser in order, with their range of frequencies in Hz."""
Q_RANGE: Range = (0.1, 5.0)
COMPRESSOR: Mapping[str, Range] = {
    "threshold_db": (-60.0, 0.0),
    "ratio": (1.0, 10.0),
    "attack_ms": (5.0, 250.0),
    "release_ms": (10.0, 250.0),
    "knee_db": (3.0, 12.0),
    "makeup_db": (0.0, 6.0),
}
"""Controls of the compressor. ``release_ms`` has no effect in [Diff-MST] either: rise and fall follow ``attack_ms``."""
REVERB_BANDS = 12

FADER = 0
"""Index of a track's fader; its equaliser, compressor, pan and send follow."""
EQ = slice(1, 19)
DYNAMICS = slice(19, 25)
PAN, SEND = 25, 26
MASTER_EQ, MASTER_DYNAMICS = slice(0, 18), slice(18, 24)
MASTER_OUTPUT, MASTER_INPUT = 24, 25


def track_controls(ranges: ConsoleRanges = ConsoleRanges()) -> dict[str, Range]:
    """Name → range of the 27 controls of a track, in order."""
    return {
        "fader_db": ranges.fader_db,
        **_equalizer(ranges),
        **COMPRESSOR,
        "pan": ranges.pan,
        "send_db": ranges.send_db,
    }


def fx_bus_controls() -> dict[str, Range]:
    """Name → range of the 25 controls of the reverb bus; the published console always uses a mix of 1."""
    gains = {f"band{index}_gain": (0.0, 1.0) for index in range(REVERB_BANDS)}
    decays = {f"band{index}_decay": (0.0, 1.0) for index in range(REVERB_BANDS)}
    return {**gains, **decays, "mix": (0.0, 1.0)}


def master_controls(ranges: ConsoleRanges = ConsoleRanges()) -> dict[str, Range]:
    """Name → range of the 26 controls of the master, in order: the output fader stands before the input fader."""
    return {
        **_equalizer(ranges),
        **COMPRESSOR,
        "output_fader_db": ranges.fader_db,
        "input_fader_db": ranges.fader_db,
    }


def values(numbers: Any, controls: Mapping[str, Range]) -> Any:
    """Numbers 0 … 1 as values in dB, Hz, Q and ms [shape=(…, controls)].

    Raises
    ------
    ValueError
        A number is outside 0 … 1, or not one.
    """
    plain = to_numpy(numbers)
    if plain.shape[-1:] != (len(controls),):
        raise ValueError(f"{plain.shape[-1] if plain.ndim else 0} numbers for {len(controls)} controls")
    if not np.all((plain >= 0.0) & (plain <= 1.0)):
        names = np.array(list(controls))
        wrong = names[np.argwhere(~((plain >= 0.0) & (plain <= 1.0)))[0][-1]]
        raise ValueError(f"{wrong}: a control must be set from 0 to 1")
    low, high = bounds(controls)
    low, span = (constant(edge, numbers if namespace(numbers) is not np else plain) for edge in (low, high - low))
    return low + numbers * span


def numbers(values: Any, controls: Mapping[str, Range]) -> Any:
    """Values as numbers 0 … 1; what lies outside its range is put at its edge."""
    xp = namespace(values)
    low, high = bounds(controls)
    like = values if xp is not np else np.asarray(values, dtype=float)
    return xp.clip((values - constant(low, like)) / constant(high - low, like), 0.0, 1.0)


def bounds(controls: Mapping[str, Range]) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest value of each control."""
    low, high = np.array(list(controls.values())).T
    return low, high


def neutral_track(ranges: ConsoleRanges = ConsoleRanges()) -> np.ndarray:
    """Values with which a track is unchanged: 0 dB, flat, ratio 1, centre, no send [shape=(27,)]."""
    return _neutral(track_controls(ranges), {"pan": 0.5, "send_db": ranges.send_db[0]})


def neutral_master(ranges: ConsoleRanges = ConsoleRanges()) -> np.ndarray:
    """Values with which the master is unchanged [shape=(26,)]."""
    return _neutral(master_controls(ranges), {})


_NEUTRAL = {"ratio": 1.0, "attack_ms": 50.0, "release_ms": 100.0, "knee_db": 6.0, "makeup_db": 0.0, "q": 0.707}


def _neutral(controls: Mapping[str, Range], special: Mapping[str, float]) -> np.ndarray:
    return np.array([special.get(name, _neutral_value(name, control)) for name, control in controls.items()])


def _neutral_value(name: str, control: Range) -> float:
    what = name.rpartition(".")[2]
    if what == "frequency_hz":
        return float(np.sqrt(control[0] * control[1]))
    return 0.0 if what.endswith("gain_db") or "fader" in what else _NEUTRAL.get(what, control[1])


def _equalizer(ranges: ConsoleRanges) -> dict[str, Range]:
    controls: dict[str, Range] = {}
    for band, frequency_hz in BANDS.items():
        controls[f"{band}.gain_db"] = ranges.eq_gain_db
        controls[f"{band}.frequency_hz"] = frequency_hz
        controls[f"{band}.q"] = Q_RANGE
    return controls

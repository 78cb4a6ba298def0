"""Console settings as REAPER and mixengine render them: ReaEQ, ReaComp, fader, pan.

In REAPER effects come before the fader, on the console after it: thresholds are lowered by the gain of the fader and
raised by the gain of the master's input. Other differences of the console:

- its compressor has one time constant: ReaComp's attack and release are both set to it.

At 44.1 kHz a band of ReaEQ is the console's band where ReaEQ can be set so wide or narrow. At other rates and widths
bands are fitted to the same response, with additional bands where necessary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from mixengine.audio import reaeq
from mixengine.jobs.match.console import eq
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.compressor import RMS_MS
from mixengine.jobs.match.console.console import Setup
from mixengine.jobs.match.console_settings import ConsoleSettings
from mixengine.model.session import CompressorSettings, EqBand

_MAX_THRESHOLD_DB = 6.0
_WIDTHS_OCT = (0.05, 4.0)
_MIN_GAIN_DB = 0.01
_MAX_ERROR_DB = 0.15
_EXTRA_BANDS = 4
_TOP_HZ = 18000.0
_STEP = math.sqrt(np.finfo(float).eps)
"""Of the differences that stand for derivatives, relative to the value: scipy's."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Processing of a group or of the master, in REAPER's order: equaliser, compressor, fader, pan.

    Attributes
    ----------
    bands : tuple of EqBand
        Empty for no equaliser.
    compressor : CompressorSettings or None
        Its threshold applies to the group at its current level, before ``gain_db``.
    gain_db, pan : float
        Pan from −1 (left) to 1 (right).
    """

    bands: tuple[EqBand, ...] = ()
    compressor: CompressorSettings | None = None
    gain_db: float = 0.0
    pan: float = 0.0


def strips(
    settings: ConsoleSettings,
    setup: Setup,
    rate: int,
    highest_db: Sequence[float],
    *,
    fixed: Sequence[bool] = (),
    master_stays_db: float | None = None,
    trim_db: float = 0.0,
) -> tuple[list[Strip], Strip]:
    """Console settings as strips of the groups and of the master.

    Parameters
    ----------
    setup : Setup
        Of the console; its pan law must be REAPER's.
    rate : int > 0
        Of the session.
    highest_db : sequence of float
        Largest gain of each group with which no fader exceeds `MAX_FADER_DB`. Faders are shifted to around 0 dB and
        below these limits; the master compensates.
    fixed : sequence of bool, optional
        Groups whose faders stay: where there is one, no fader is shifted.
    master_stays_db : float, optional
        The level at which the master's fader stays: all faders are shifted by the master's gain instead.
    trim_db : float ≤ 0
        What the groups' faders lower the mix by, beyond the settings, where the master's stays; thresholds follow.
    """
    faders = settings.tracks[:, at.FADER]
    room_db = np.asarray(highest_db, dtype=float) - faders - group_makeup_db(settings)
    middle_db, after_db = -float(np.median(faders)), float(settings.master[at.MASTER_OUTPUT])
    if any(fixed):
        trim_db = 0.0
    if master_stays_db is not None:
        middle_db = master_gain_db(settings) - master_stays_db + trim_db
        after_db += trim_db - master_stays_db
    shift_db = 0.0 if any(fixed) else min(middle_db, *room_db)
    groups = [
        _strip(
            values[at.EQ], values[at.DYNAMICS], float(values[at.FADER]), shift_db, setup.track_lookahead, setup, rate
        )
        for values in settings.tracks
    ]
    panned = [
        Strip(strip.bands, strip.compressor, strip.gain_db, round(2.0 * float(values[at.PAN]) - 1.0, 3))
        for strip, values in zip(groups, settings.tracks, strict=True)
    ]
    master = settings.master
    into_db = float(master[at.MASTER_INPUT]) - shift_db
    return panned, _strip(
        master[at.MASTER_EQ], master[at.MASTER_DYNAMICS], into_db, after_db, setup.master_lookahead, setup, rate
    )


def master_gain_db(settings: ConsoleSettings) -> float:
    """What the master adds to the level besides its effects: its gains, and the make-up gain of no compressor."""
    dynamics = settings.master[at.MASTER_DYNAMICS]
    extra_db = 0.0 if dynamics[1] > 1.0 else float(dynamics[5])
    return float(settings.master[at.MASTER_INPUT]) + float(settings.master[at.MASTER_OUTPUT]) + extra_db


def group_makeup_db(settings: ConsoleSettings) -> np.ndarray:
    """Make-up gain of the groups, which goes to the fader where there is no compressor."""
    dynamics = settings.tracks[:, at.DYNAMICS]
    return np.where(dynamics[:, 1] > 1.0, 0.0, dynamics[:, 5])


def _strip(
    equalizer: np.ndarray,
    dynamics: np.ndarray,
    into_db: float,
    after_db: float,
    lookahead: int,
    setup: Setup,
    rate: int,
) -> Strip:
    """A strip whose fader has the console's gain before (``into_db``) and after (``after_db``) the effects."""
    bands = fitted(equalizer, setup.rate, rate)
    threshold_db, ratio, attack_ms, _, knee_db, makeup_db = map(float, dynamics)
    if ratio <= 1.0:
        return Strip(bands, None, round(into_db + after_db + makeup_db, 2))
    compressor = CompressorSettings(
        threshold_db=round(min(threshold_db - into_db, _MAX_THRESHOLD_DB), 2),
        ratio=round(ratio, 3),
        attack_ms=round(attack_ms, 2),
        release_ms=round(attack_ms, 2),
        knee_db=round(knee_db, 2),
        makeup_db=round(makeup_db, 2),
        lookahead_ms=round(1000.0 * lookahead / setup.rate, 2),
        rms_ms=RMS_MS,
    )
    return Strip(bands, compressor, round(into_db + after_db, 2))


def fitted(values: np.ndarray, console_rate: int, rate: int) -> tuple[EqBand, ...]:
    """ReaEQ bands at ``rate`` with the response that the console's six bands have at its own rate.

    Parameters
    ----------
    values : ndarray [shape=(18,)]
        Gain in dB, frequency in Hz, Q of each band.

    Returns
    -------
    tuple of EqBand
        Without bands that do nothing; a few more than the console has where ReaEQ cannot be set as wide or steep.
    """
    bands = [band for band in eq.bands(values, console_rate) if abs(band.gain_db) > _MIN_GAIN_DB]
    if not bands:
        return ()
    if rate == console_rate and all(map(_can_be_set, bands)):
        return tuple(_rounded(band) for band in bands)
    top_hz = min(_TOP_HZ, 0.45 * rate)
    # narrow bands near half the rate need denser points than logarithmic spacing has there
    hz = np.sort(np.concatenate([np.geomspace(20.0, top_hz, 120), np.linspace(top_hz / 3.0, top_hz, 100)]))
    wanted_db = eq.response_db(values, hz, console_rate)
    resonances = [helper for band in bands if not _can_be_set(band) for helper in _resonance(band)]
    fit = _fit([*bands, *resonances], hz, wanted_db, rate)
    for _ in range(_EXTRA_BANDS):
        error_db = wanted_db - reaeq.response_db(fit, hz, rate)
        worst = int(np.abs(error_db).argmax())
        if abs(error_db[worst]) <= _MAX_ERROR_DB:
            break
        fit = _fit([*fit, EqBand("band", float(hz[worst]), float(error_db[worst]), 2.0)], hz, wanted_db, rate)
    return tuple(_rounded(band) for band in fit)


def _can_be_set(band: EqBand) -> bool:
    """Whether ReaEQ has this width: shelves get no steeper than at their least."""
    lowest = reaeq.MIN_SHELF_OCT if band.kind.endswith("shelf") else _WIDTHS_OCT[0]
    return lowest <= band.bandwidth_oct <= _WIDTHS_OCT[1]


def _resonance(band: EqBand) -> list[EqBand]:
    """Two peaks to begin with where a shelf is steeper than ReaEQ's: it overshoots on both sides of its frequency."""
    if not band.kind.endswith("shelf") or band.bandwidth_oct > reaeq.MIN_SHELF_OCT:
        return []
    apart = 10.0 ** (abs(band.gain_db) / 80.0)
    sign = math.copysign(1.0, band.gain_db) * (1.0 if band.kind == "low_shelf" else -1.0)
    return [
        EqBand("band", min(band.frequency_hz * place, _TOP_HZ), gain_db, 0.5)
        for place, gain_db in ((1.0 / apart, sign), (apart, -sign))
    ]


def _fit(bands: list[EqBand], hz: np.ndarray, wanted_db: np.ndarray, rate: int) -> list[EqBand]:
    top_hz = 0.49 * rate

    def of(x: np.ndarray) -> list[EqBand]:
        return [
            EqBand(band.kind, float(np.exp(log_hz)), float(gain_db), float(np.exp(log_width)))
            for band, (gain_db, log_hz, log_width) in zip(bands, x.reshape(-1, 3), strict=True)
        ]

    low = np.tile([-30.0, math.log(15.0), math.log(_WIDTHS_OCT[0])], len(bands))
    high = np.tile([30.0, math.log(top_hz), math.log(_WIDTHS_OCT[1])], len(bands))
    first = np.ravel([[b.gain_db, math.log(b.frequency_hz), math.log(b.bandwidth_oct)] for b in bands])
    first = np.clip(first, low + 1e-6, high - 1e-6)

    def each(x: np.ndarray) -> np.ndarray:
        return reaeq.each_response_db(of(x), hz, rate)

    def slopes(x: np.ndarray) -> np.ndarray:
        """Derivatives [shape=(frequencies, parameters)]; a knob moves its own band only."""
        step = _STEP * np.copysign(np.maximum(1.0, np.abs(x)), x)
        step = np.where((x + step < low) | (x + step > high), -step, step)
        here, columns = each(x), np.empty((len(hz), x.size))
        for knob in (slice(start, None, 3) for start in range(3)):
            moved = x.copy()
            moved[knob] += step[knob]
            columns[:, knob] = ((each(moved) - here) / (moved - x)[knob, None]).T
        return columns

    solution = optimize.least_squares(
        lambda x: reaeq.response_db(of(x), hz, rate) - wanted_db, first, slopes, bounds=(low, high), max_nfev=60
    )
    return of(solution.x)


def _rounded(band: EqBand) -> EqBand:
    """Rounded as one would type the numbers."""
    hz = float(f"{band.frequency_hz:.4g}")
    return EqBand(band.kind, hz, round(band.gain_db, 2), round(band.bandwidth_oct, 3))

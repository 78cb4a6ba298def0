"""Bursts of sound and gaps that come at regular times and that the input of a plug-in does not explain.

A plug-in without a licence plays so: noise, or silence, for a moment every so many seconds. What a plug-in does to its
input is told from that by the level: a burst is louder than anything it made of a sound so far, and than all that came
in shortly before; a gap lies where the input is at a level that passes everywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

HOP_S = 0.05
MIN_COUNT = 3
"""So many at least, at regular times."""
MIN_SPACING_S, MAX_EVENT_S = 2.0, 5.0
"""What comes more often is a tremolo or a sequenced gate; what lasts longer is no interruption."""
_ECHO_S = 2.0
"""How long after a sound its echo may come."""
_BURST_DB = 6.0
"""Louder than anything that the plug-in makes of the loudest sound of the last `_ECHO_S`."""
_GAP_DB = 40.0
"""Below what the plug-in usually makes of its input."""
_MAX_SHARE = 0.3
"""Of the time: what happens more of the time is what the plug-in does."""
_AUDIBLE = 1e-6
"""Power at -60 dBFS."""
_SILENT = 1e-12
_BRIDGED = 4
"""Hops without it that are no end yet."""
_TOLERANCE = 0.1
"""By how much of the spacing one of them may lie off."""
_MAX_MISSED = 3
"""A gap in silence cannot be noticed: so many spacings may lie between two."""
_LOOKS_EVERY_HOPS = 100


class Watch:
    """Follows what goes into one copy of a plug-in and what comes out.

    Parameters
    ----------
    rate : int > 0
    latency : int ≥ 0
        Frames by which the output is late.
    """

    def __init__(self, rate: int, latency: int) -> None:
        self._hop = max(int(HOP_S * rate), 1)
        self._powers: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
        self._waiting = [np.zeros(0), np.zeros(0)]
        self._dropped = latency
        self._hops = self._looked = 0

    def add(self, sound_in: np.ndarray, sound_out: np.ndarray) -> str:
        """Take a block of both [shape=(frames, 2)]; what was noticed in all so far, in words, where it looked again."""
        skip = min(self._dropped, len(sound_out))
        self._dropped -= skip
        for place, block in enumerate((sound_in, sound_out[skip:])):
            power = np.concatenate([self._waiting[place], np.square(block, dtype=float).mean(axis=1)])
            whole = len(power) // self._hop * self._hop
            self._powers[place].append(power[:whole].reshape(-1, self._hop).mean(axis=1))
            self._waiting[place] = power[whole:]
        self._hops += len(self._powers[1][-1])
        if self._hops - self._looked < _LOOKS_EVERY_HOPS:
            return ""
        self._looked = self._hops
        power_in, power_out = (np.concatenate(powers) for powers in self._powers)
        return noticed(power_in[: len(power_out)], power_out)


def noticed(power_in: np.ndarray, power_out: np.ndarray) -> str:
    """What is suspicious of a plug-in, in words; empty: nothing.

    Parameters
    ----------
    power_in, power_out : ndarray [shape=(hops,)]
        Mean squares in hops of `HOP_S` of what goes in and what comes out.
    """
    if not len(power_out):
        return ""
    for (flags, over), words in (
        (_bursts(power_in, power_out), "plays something of its own"),
        (_gaps(power_in, power_out), "goes silent"),
    ):
        starts, lengths = _events(flags, over)
        spacing_s = _regular(starts * HOP_S)
        if spacing_s:
            when = f"for {float(np.median(lengths)) * HOP_S:.1f} s every {spacing_s:.0f} s"
            return f"{words} {when}, whatever comes in (a missing licence does so)"
    return ""


def _bursts(power_in: np.ndarray, power_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The hops of bursts, and those in which there is surely none."""
    recent = _recent_max(power_in, round(_ECHO_S / HOP_S))
    heard = (recent > _SILENT) & (power_out > _SILENT)
    usual = np.quantile(power_out[heard] / recent[heard], 1.0 - _MAX_SHARE) if heard.any() else 0.0
    # what a filter lets through of a rare sound is unusual too, but no louder than that sound
    flags = (power_out > _AUDIBLE) & (power_out > max(10.0 ** (_BURST_DB / 10.0) * usual, 1.0) * recent)
    return flags, ~flags


def _gaps(power_in: np.ndarray, power_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The hops of gaps, and those in which there is surely none."""
    audible = power_in > _AUDIBLE
    none = np.zeros(len(power_in), dtype=bool)
    if not audible.any():
        return none, ~none
    gains = power_out / np.maximum(power_in, _SILENT)
    low = audible & (gains < 10.0 ** (-_GAP_DB / 10.0) * np.median(gains[audible]))
    if not low.any():
        return none, ~none
    # a gate closes by the level: then most of what is as soft as this is kept back too
    as_soft = audible & (power_in <= np.median(power_in[low]))
    return (low, audible & ~low) if low[as_soft].mean() <= 0.5 else (none, ~none)


def _recent_max(power: np.ndarray, hops: int) -> np.ndarray:
    """The largest value of each hop and the ``hops`` before it."""
    from scipy.ndimage import maximum_filter1d

    length = hops + 1
    return np.asarray(maximum_filter1d(power, length, mode="constant", origin=hops - length // 2))


def _events(flags: np.ndarray, over: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and lengths in hops of what is flagged, each until a hop in which it is ``over``; nothing where it is most
    of the time, or one that lasts too long.
    """
    places = np.flatnonzero(flags)
    if not len(places) or flags.mean() > _MAX_SHARE:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    passed = np.cumsum(over)
    begins = np.flatnonzero(np.diff(passed[places], prepend=-1) > _BRIDGED)
    starts = places[begins]
    ends = places[np.append(begins[1:] - 1, len(places) - 1)] + 1
    kept = ends - starts <= round(MAX_EVENT_S / HOP_S)
    return starts[kept], (ends - starts)[kept]


def _regular(times_s: Sequence[float] | np.ndarray) -> float:
    """The spacing of times that are regular, 0 where they are not."""
    if len(times_s) < MIN_COUNT:
        return 0.0
    between = np.diff(np.asarray(times_s, dtype=float))
    spacing_s = float(between.min())
    if spacing_s < MIN_SPACING_S:
        return 0.0
    steps = np.round(between / spacing_s)
    regular = (np.abs(between - steps * spacing_s) <= _TOLERANCE * spacing_s) & (steps <= _MAX_MISSED)
    return spacing_s if regular.all() else 0.0

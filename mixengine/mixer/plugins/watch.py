"""Bursts of sound and gaps that come at regular times and that the input of a plug-in does not explain.

A plug-in without a licence plays so: noise, or silence, for a moment every so many seconds. What a plug-in does to its
input is told from that by the level: a burst is louder than anything it made of a sound so far, and than all that came
in shortly before; a gap lies where the input is at a level that passes everywhere else. A burst begins at once, as no
tail of a reverb does, and comes after no onset that is followed by one wherever it comes, as an echo is; a gap is no
sound that never passes, as what a filter takes away.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

HOP_S = 0.05
MIN_COUNT = 3
"""So many at least, at regular times."""
MIN_SPACING_S, MAX_EVENT_S = 2.0, 5.0
"""What comes more often is a tremolo or a sequenced gate; what lasts longer is no interruption."""
_ECHO_S = 2.0
"""How long after a sound its echo may be louder than usual."""
_CAUSE_S = 16.0
"""How long before a burst its cause may come: nothing in that time is as loud."""
_BURST_DB = 6.0
"""Louder than anything that the plug-in makes of the loudest sound of the last `_ECHO_S`."""
_RISE = 4.0
"""In power, of an onset and of the beginning of a burst."""
_ALIKE = 4.0
"""In power: an onset of the same kind is softer by no more; what is brighter or darker by no more is of one kind."""
_JUST_BEFORE, _JUST_AFTER = 6, 3
"""Hops before and after the beginning of something."""
_MAX_EVENTS = 100
"""So many bursts tell whether they have causes."""
_MIN_HOPS = 3
"""What is shorter may be a sound that begins late."""
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
_FIRST_LOOK_HOPS = 100
_NEXT_LOOK = 1.5
"""How much longer the sound is at each look than at the one before: the work grows with the length, not its square."""
_LOW_HZ = 400.0
"""Sound is averaged over one period of this for its low part; a hop holds a whole number of them."""


class Watch:
    """Follows what goes into one copy of a plug-in and what comes out.

    Parameters
    ----------
    rate : int > 0
    latency : int ≥ 0
        Frames by which the output is late.
    """

    def __init__(self, rate: int, latency: int) -> None:
        self._smooth = max(round(rate / _LOW_HZ), 1)
        self._hop = self._smooth * round(HOP_S * _LOW_HZ)
        self._in, self._out = _Hops(self._hop, 3), _Hops(self._hop, 1)
        self._dropped = latency
        self._looked, self._look_at = 0, _FIRST_LOOK_HOPS

    def add(self, sound_in: np.ndarray, sound_out: np.ndarray) -> str:
        """Take a block of both [shape=(frames, 2)]; what was noticed in all so far, in words, where it looked again."""
        skip = min(self._dropped, len(sound_out))
        self._dropped -= skip
        self._in.add(sound_in, lambda hops: (_power(hops), _power(np.diff(hops, axis=1)), self._low_power(hops)))
        self._out.add(sound_out[skip:], lambda hops: (_power(hops),))
        return self.look() if self._out.count >= self._look_at else ""

    def look(self) -> str:
        """What was noticed in all so far, in words; empty where nothing came since the last look."""
        count = min(self._in.count, self._out.count)
        if count == self._looked:
            return ""
        self._looked, self._look_at = count, round(_NEXT_LOOK * max(count, _FIRST_LOOK_HOPS))
        power_in, steps_in, low_in = self._in.values[:, :count]
        return noticed(power_in, steps_in, low_in, self._out.values[0, :count])

    def _low_power(self, hops: np.ndarray) -> np.ndarray:
        """Of the means over one period of `_LOW_HZ` at a time."""
        count, frames, channels = hops.shape
        return _power(hops.reshape(count, frames // self._smooth, self._smooth, channels).mean(axis=2))


class _Hops:
    """What is measured of a sound in hops, in an array that grows."""

    def __init__(self, hop: int, kinds: int) -> None:
        self._hop, self.count = hop, 0
        self._room, self._rest = np.zeros((kinds, 1024)), np.zeros((0, 2), np.float32)

    @property
    def values(self) -> np.ndarray:
        """So far [shape=(kinds, hops)]."""
        return self._room[:, : self.count]

    def add(self, sound: np.ndarray, measured: Callable[[np.ndarray], Sequence[np.ndarray]]) -> None:
        """Take a block [shape=(frames, 2)]; ``measured`` gets its hops [shape=(hops, frames, 2)]."""
        waiting = np.concatenate([self._rest, sound]).astype(np.float32, copy=False)
        whole = len(waiting) // self._hop
        self._rest = waiting[whole * self._hop :].copy()
        if not whole:
            return
        if self.count + whole > self._room.shape[1]:
            self._room = np.concatenate([self.values, np.zeros((len(self._room), self.count + whole))], axis=1)
        values = measured(waiting[: whole * self._hop].reshape(whole, self._hop, -1))
        self._room[:, self.count : self.count + whole] = values
        self.count += whole


def _power(hops: np.ndarray) -> np.ndarray:
    """Mean squares [shape=(hops,)]."""
    flat = np.ascontiguousarray(hops).reshape(len(hops), -1)
    return np.einsum("ij,ij->i", flat, flat) / max(flat.shape[1], 1)


def noticed(power_in: np.ndarray, steps_in: np.ndarray, low_in: np.ndarray, power_out: np.ndarray) -> str:
    """What is suspicious of a plug-in, in words; empty: nothing.

    Parameters
    ----------
    power_in, steps_in, low_in, power_out : ndarray [shape=(hops,)]
        Mean squares in hops of `HOP_S` of what goes in, of its steps from frame to frame, of its low part, and of what
        comes out.
    """
    if not len(power_out):
        return ""
    brightness = steps_in / np.maximum(power_in, _SILENT)
    starts, lengths = _events(*_bursts(power_in, power_out))
    kept = _without_cause(starts[:_MAX_EVENTS], (power_in, steps_in, low_in), power_out)
    bursts = starts[:_MAX_EVENTS][kept], lengths[:_MAX_EVENTS][kept]
    for (places, hops), words in (
        (bursts, "plays something of its own"),
        (_events(*_gaps(power_in, brightness, power_out)), "goes silent"),
    ):
        spacing_s = _regular(places * HOP_S)
        if spacing_s:
            when = f"for {float(np.median(hops)) * HOP_S:.1f} s every {spacing_s:.0f} s"
            return f"{words} {when}, without a cause that its input shows (a missing licence does so: listen to it)"
    return ""


def _bursts(power_in: np.ndarray, power_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The hops of bursts, and those in which there is surely none."""
    recent = _recent_max(power_in, round(_ECHO_S / HOP_S))
    heard = (recent > _SILENT) & (power_out > _SILENT)
    usual = np.quantile(power_out[heard] / recent[heard], 1.0 - _MAX_SHARE) if heard.any() else 0.0
    # what a filter lets through of a rare sound is unusual too, but no louder than that sound
    flags = (power_out > _AUDIBLE) & (power_out > max(10.0 ** (_BURST_DB / 10.0) * usual, 1.0) * recent)
    # an echo, also of an echo, and a tail are softer than what they come from, as loud as it comes through
    rest_in, rest_out = float(power_in[~flags].sum()), float(power_out[~flags].sum())
    gain = max(rest_out / rest_in, 1.0) if rest_in > 0.0 else 1.0
    flags &= power_out > gain * _recent_max(power_in, round(_CAUSE_S / HOP_S))
    return flags, ~flags


def _without_cause(starts: np.ndarray, parts: Sequence[np.ndarray], power_out: np.ndarray) -> np.ndarray:
    """Which bursts begin at once and are no answer to the input, of which ``parts`` are the powers of all and some."""
    kept = np.array([_rises(power_out, start) for start in starts], dtype=bool)
    for part in parts:
        if kept.sum() >= MIN_COUNT:
            kept &= ~_caused(starts, part)
    return kept


def _caused(starts: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Which bursts have a cause: an onset that is followed by one after the same time wherever it, or a louder one,
    comes, or mostly.
    """
    before = _recent_max(np.concatenate([[0.0], power[:-1]]), _BRIDGED)
    onsets = np.flatnonzero(power > _RISE * before + _SILENT)
    onsets = onsets[onsets <= starts[-1] + 1]
    levels = np.array([power[at : at + _JUST_AFTER].max() for at in onsets])
    begins = np.zeros(len(power) + 1, dtype=bool)
    begins[np.clip(starts[:, None] + np.arange(-1, 2), 0, len(power))] = True
    caused = np.zeros(len(starts), dtype=bool)
    for place, start in enumerate(starts):
        first, last = np.searchsorted(onsets, [start - round(_CAUSE_S / HOP_S), start + 2])
        for cause in range(first, last):
            after = onsets[levels * _ALIKE >= levels[cause]] + (start - onsets[cause])
            followed = begins[after[(after >= 0) & (after <= starts[-1] + 1)]]
            if len(followed) > 1 and followed.mean() > 0.5:  # one alone is a coincidence
                caused[place] = True
                break
    return caused


def _rises(power: np.ndarray, at: int) -> bool:
    """Whether something begins at once in a hop: the one before may hold a part of it."""
    before = power[max(at - 1 - _JUST_BEFORE, 0) : max(at - 1, 0)].max(initial=0.0)
    return bool(power[at : at + _JUST_AFTER].max() >= _RISE * before)


def _gaps(power_in: np.ndarray, brightness: np.ndarray, power_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
    if low[as_soft].mean() > 0.5:
        return none, ~none
    # a filter takes away what is as dark or as bright as this wherever it comes
    kinds = np.log(np.maximum(brightness, _SILENT))
    everywhere, kept_back, here = np.sort(kinds[audible]), np.sort(kinds[low]), kinds[low]
    span = np.log(_ALIKE)
    counts = [
        np.searchsorted(each, here + span, "right") - np.searchsorted(each, here - span)
        for each in (kept_back, everywhere)
    ]
    low[np.flatnonzero(low)[counts[0] > 0.5 * counts[1]]] = False
    return low, audible & ~low


def _recent_max(power: np.ndarray, hops: int) -> np.ndarray:
    """The largest value of each hop and the ``hops`` before it."""
    from scipy.ndimage import maximum_filter1d

    length = hops + 1
    return np.asarray(maximum_filter1d(power, length, mode="constant", origin=hops - length // 2))


def _events(flags: np.ndarray, over: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and lengths in hops of what is flagged, each until a hop in which it is ``over``; nothing where it is most
    of the time, or one that is too short or lasts too long.
    """
    places = np.flatnonzero(flags)
    if not len(places) or flags.mean() > _MAX_SHARE:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int)
    passed = np.cumsum(over)
    begins = np.flatnonzero(np.diff(passed[places], prepend=-1) > _BRIDGED)
    starts = places[begins]
    ends = places[np.append(begins[1:] - 1, len(places) - 1)] + 1
    kept = (ends - starts >= _MIN_HOPS) & (ends - starts <= round(MAX_EVENT_S / HOP_S))
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

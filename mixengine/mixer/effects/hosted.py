"""The user's own VST3 plug-ins, effects and instruments, where the session holds their states (``--plugins host``).

Each is played by a process of its own (`mixengine.mixer.plugins.process`). Its latency is compensated as a look-ahead
is. It need not be linear: stems that share one are each played through a copy of it.
"""

from __future__ import annotations

import weakref
from bisect import bisect_left

import numpy as np

from mixengine.audio.delay import Delay
from mixengine.mixer.effects.kind import Kind
from mixengine.mixer.plugins import stopped
from mixengine.mixer.plugins.process import PluginProcess, shared
from mixengine.model.effects import IN_PARALLEL, HostedPlugin, MidiEvent
from mixengine.model.session import Effect

_NOTE_ON, _NOTE_OFF, _CONTROLLER, _PROGRAM, _BEND = 0x90, 0x80, 0xB0, 0xC0, 0xE0
_SETTINGS = (_CONTROLLER, _PROGRAM, 0xD0, _BEND)


def _plugin(effect: Effect) -> HostedPlugin:
    assert effect.plugin is not None  # guaranteed by `Kind.fits`
    return effect.plugin


class _Copy:
    """A copy of a plug-in in its process."""

    def __init__(self, effect: Effect, rate: int) -> None:
        self.process: PluginProcess = shared(effect, rate)
        self.number = self.process.copy()
        weakref.finalize(self, self.process.end_copy, self.number).atexit = False


class HostedEffect:
    """Audio through a plug-in, late by its latency."""

    def __init__(self, effect: Effect, rate: int) -> None:
        self._copy, self._wet = _Copy(effect, rate), _plugin(effect).wet
        self._dry = Delay(self._copy.process.latency)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """See `Linear`; always stereo."""
        if block.shape[1] == 1:
            block = np.repeat(block, 2, axis=1)
        out = self._copy.process.play(self._copy.number, block)
        if self._wet == 1.0:
            return out
        return self._wet * out + (1.0 - self._wet) * self._dry(block)


class Instrument:
    """What an instrument makes of the notes of its track, late by its latency; the sound before it is replaced."""

    def __init__(self, effect: Effect, rate: int) -> None:
        self._copy, self._rate, self._begun = _Copy(effect, rate), rate, False
        self._wet, self._events = _plugin(effect).wet, _plugin(effect).midi
        self._frames = [round(event.time_s * rate) for event in self._events]
        self._dry = Delay(self._copy.process.latency)

    def __call__(self, block: np.ndarray, frame: int) -> np.ndarray:
        """See `Timed`."""
        first = bisect_left(self._frames, frame)
        last = bisect_left(self._frames, frame + len(block))
        events = [(self._frames[place] - frame, self._events[place]) for place in range(first, last)]
        if not self._begun:
            events = [(0, event) for event in standing(self._events[:first])] + events
        self._begun = True
        stereo = np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block
        out = self._copy.process.play(self._copy.number, stereo, events)
        return out if self._wet == 1.0 else self._wet * out + (1.0 - self._wet) * self._dry(stereo)


def standing(events: tuple[MidiEvent, ...]) -> list[MidiEvent]:
    """What still holds after some events: held notes, and the last of each controller, programme and bend."""
    held: dict[tuple[int, ...], MidiEvent] = {}
    for event in events:
        kind, channel = event.message[0] & 0xF0, event.message[0] & 0x0F
        if kind in (_NOTE_ON, _NOTE_OFF):
            key = (_NOTE_ON, channel, event.message[1])
            held.pop(key, None)
            if kind == _NOTE_ON and event.message[2]:
                held[key] = event
        elif kind in _SETTINGS:
            held[(kind, channel, event.message[1] if kind == _CONTROLLER else 0)] = event
    settings = [event for key, event in held.items() if key[0] != _NOTE_ON]
    return settings + [event for key, event in held.items() if key[0] == _NOTE_ON]


def problem(effect: Effect) -> str:
    """What its place asks for that is not modelled, and why it could not be played earlier in this run."""
    plugin = _plugin(effect)
    if plugin.problem:
        return plugin.problem
    if IN_PARALLEL in effect.notes:
        return f"{IN_PARALLEL} is not modelled"
    if why := stopped.why(plugin.class_id):
        return why
    return "no notes on its track" if plugin.is_instrument and not plugin.midi else ""


def differs(effect: Effect) -> list[str]:
    """What its place in the chain asks for and is not played, and a wet mix, which was not compared with REAPER."""
    lines = [f"its {what} is not heard" for what in effect.notes]
    wet = _plugin(effect).wet
    return lines + [f"its wet mix of {100.0 * wet:g} %: played, but not compared with REAPER"] * (wet != 1.0)


def _latency(effect: Effect, rate: int) -> int:
    return shared(effect, rate).latency


EFFECT = Kind(
    fits=lambda effect: effect.plugin is not None and not effect.plugin.is_instrument,
    make=HostedEffect,
    problem=problem,
    lookahead=_latency,
    differs=differs,
    hold=shared,
)
INSTRUMENT = Kind(
    fits=lambda effect: effect.plugin is not None and effect.plugin.is_instrument,
    make=Instrument,
    timed=True,
    problem=problem,
    lookahead=_latency,
    differs=differs,
    hold=shared,
)

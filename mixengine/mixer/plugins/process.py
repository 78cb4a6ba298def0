"""Plug-ins in processes of their own: one for each plug-in with its state, which plays any number of copies of it.

Loading a plug-in runs it. So everything that is asked of one has a time limit, and memory a limit where the system has
one; a process that ends, hangs or complains raises `PluginStopped`, and the plug-in is not used again in this run
(`mixengine.mixer.plugins.stopped`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import Any, BinaryIO, cast

import numpy as np

from mixengine.mixer.plugins import find, stopped, watch, worker
from mixengine.model.effects import MidiEvent
from mixengine.model.session import Effect, Session
from mixengine.system import processes

LOAD_S = 60.0
"""What a plug-in may take to load: samplers read much."""
PLAY_S = 20.0
"""What it may take for one block."""
MAX_BYTES = 4 * 2**30
COMMAND = (sys.executable, "-m", "mixengine.mixer.plugins.worker")
_LOUD_IN_SILENCE = 1e-3
"""A peak above -60 dBFS without any input is named."""


class PluginProcess:
    """A plug-in with its state at a sample rate; started when it is first asked for something.

    Raises
    ------
    PluginStopped
        From every method: it is not there, does not load, crashed, or took too long.
    """

    def __init__(self, effect: Effect, rate: int) -> None:
        assert effect.plugin is not None  # guaranteed by `Kind.fits`
        self._name, self._plugin, self._rate = effect.name, effect.plugin, rate
        self._lock = threading.RLock()
        self.process: subprocess.Popen[bytes] | None = None
        self._facts: dict[str, Any] = {}
        self._failure: stopped.PluginStopped | None = None
        self._count = 0
        self._ended: list[int] = []
        self._watches: dict[int, watch.Watch] = {}
        self.remark = ""
        """What was noticed of it while it played, in words."""

    @property
    def latency(self) -> int:
        """Frames by which its sound is late."""
        with self._lock:
            self._start()
            return int(self._facts["latency"])

    def copy(self) -> int:
        """Number of a new copy."""
        with self._lock:
            self._count += 1
            return self._count

    def end_copy(self, number: int) -> None:
        """A copy is not played any more; nobody may wait here, so that nothing is locked."""
        self._ended.append(number)
        follower = self._watches.pop(number, None)
        if follower is not None and not self.remark:
            self._noted(follower.look())

    def look(self) -> None:
        """Look at all that was played up to now: there may be no further block, and no copy has ended."""
        with self._lock:
            for follower in [*self._watches.values()] * (not self.remark):
                self._noted(follower.look())

    def play(self, number: int, block: np.ndarray, events: Sequence[tuple[int, MidiEvent]] = ()) -> np.ndarray:
        """The next frames of a copy [shape=(frames, 2), float32], late by `latency`.

        Parameters
        ----------
        number : int
            From `copy`.
        block : ndarray [shape=(frames, 2), float32]
        events : sequence of (int, MidiEvent)
            What an instrument gets, with the frame of the block.
        """
        with self._lock:
            self._start()
            ended, self._ended = self._ended, []
            notes = [[frame, event.message.hex()] for frame, event in events]
            request = {"do": "play", "copy": number, "ended": ended, "events": notes}
            _, sound = self._ask(request, np.ascontiguousarray(block, dtype=np.float32).tobytes(), PLAY_S)
            out = np.frombuffer(sound, dtype=np.float32).reshape(-1, worker.CHANNELS)
            self._watch(number, ended, block, out)
        return out

    def _watch(self, number: int, ended: Sequence[int], block: np.ndarray, out: np.ndarray) -> None:
        """Look for what a missing licence does; of an instrument, whose input is notes, nothing could be told so."""
        for copy in ended:
            self._watches.pop(copy, None)
        if self._plugin.is_instrument or self.remark:
            return
        follower = self._watches.get(number)
        if follower is None:
            follower = self._watches[number] = watch.Watch(self._rate, self._facts["latency"])
        self._noted(follower.add(block, out))

    def _noted(self, remark: str) -> None:
        if remark:
            self.remark = remark
            self._watches.clear()
            stopped.remark(self._plugin.class_id, self._name, remark)

    def _start(self) -> None:
        if self._failure is not None:  # other tracks wait for it too
            raise self._failure
        if self.process is not None:
            return
        candidates = find.candidates(self._plugin.class_id, self._plugin.file)
        if not candidates:
            raise self._stopped("it is not on this machine")
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=no_window,
            start_new_session=os.name != "nt",
        )
        weakref.finalize(self, _end, self.process)
        request = {
            "do": "load",
            "candidates": candidates,
            "class_id": self._plugin.class_id,
            "rate": self._rate,
            "component": len(self._plugin.component),
            "max_bytes": MAX_BYTES,
        }
        self._facts, _ = self._ask(request, self._plugin.component + self._plugin.controller, LOAD_S)
        if self._facts["is_instrument"] != self._plugin.is_instrument:
            raise self._stopped("the project and the plug-in disagree on whether it is an instrument")
        if self._facts["peak_in_silence"] > _LOUD_IN_SILENCE:
            peak_dbfs = 20.0 * np.log10(self._facts["peak_in_silence"])
            self._noted(f"plays {peak_dbfs:.0f} dBFS by itself in silence")

    def _ask(self, request: dict[str, Any], payload: bytes, limit_s: float) -> tuple[dict[str, Any], bytes]:
        process = self.process
        assert process is not None and process.stdin is not None and process.stdout is not None  # `_start` made them
        late = threading.Event()

        def end() -> None:
            late.set()
            _end(process)

        timer = threading.Timer(limit_s, end)
        timer.daemon = True
        timer.start()
        try:
            worker.send(cast(BinaryIO, process.stdin), request, payload)
            answer = worker.receive(cast(BinaryIO, process.stdout))
        except OSError:
            answer = None
        finally:
            timer.cancel()
        if answer is not None and "error" not in answer[0]:
            return answer
        doing = "loading" if request["do"] == "load" else "playing"
        if answer is not None:
            why = answer[0]["error"]
        elif late.is_set():
            why = f"{doing} did not end within {limit_s:g} s (a window that waits for an answer, or a loop)"
        else:
            why = f"crashed while {doing}, or asked for more than {MAX_BYTES / 2**30:g} GB"
        raise self._stopped(why)

    def _stopped(self, why: str) -> stopped.PluginStopped:
        if self.process is not None:
            _end(self.process)
        self._failure = stopped.PluginStopped(self._plugin.class_id, self._name, why)
        return self._failure


def _end(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        processes.end(process.pid)
        process.wait()


_open: weakref.WeakValueDictionary[tuple[Any, ...], PluginProcess] = weakref.WeakValueDictionary()
_open_lock = threading.Lock()


def end_all() -> None:
    """End all processes; what waits for one raises `PluginStopped`."""
    for process in list(_open.values()):
        _end(process.process)


def noticed(session: Session) -> list[str]:
    """What was noticed of the plug-ins that a session plays, up to now."""
    for process in list(_open.values()):
        process.look()
    return stopped.lines(session)


def shared(effect: Effect, rate: int) -> PluginProcess:
    """The process of a plug-in with its state, which lives as long as somebody holds it."""
    plugin = effect.plugin
    assert plugin is not None  # guaranteed by `Kind.fits`
    key = (plugin.class_id, plugin.component, plugin.controller, plugin.is_instrument, rate)
    with _open_lock:
        process = _open.get(key)
        if process is None:
            _open[key] = process = PluginProcess(effect, rate)
        return process

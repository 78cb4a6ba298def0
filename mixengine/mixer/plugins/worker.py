"""The process in which one plug-in runs: a message in, a message out, until its input ends.

A message is the length of a line, the line (JSON), and as many bytes as its ``bytes`` says. ``load`` finds the plug-in
by its identifier and sets its state, ``play`` plays the next frames of one copy of it. What goes wrong is an ``error``
in words; what is worse ends this process, which its parent notices (`mixengine.mixer.plugins.process`).
"""

from __future__ import annotations

import json
import os
import struct
import threading
import time
from typing import Any, BinaryIO

import numpy as np

from mixengine.mixer.plugins import juce_state

LENGTH = struct.Struct("<I")
BUFFER_FRAMES = 512
"""What a plug-in is given at once, as many as REAPER's default."""
_LISTENED_S = 1.0
"""How long a plug-in is listened to in silence."""
CHANNELS = 2
_LOOKS_EVERY_S = 2.0
_VALUES = "__set_initial_parameter_values__"


class Failure(Exception):
    """Why a plug-in cannot be played, in words."""


def identifier_hash(class_id: str) -> int:
    """The number by which JUCE tells classes apart: 31 times the one before plus the next of four words."""
    value = 0
    for word in struct.unpack(">4I", bytes.fromhex(class_id)):
        value = (value * 31 + word) & 0xFFFFFFFF
    return value


def load(candidates: list[str], class_id: str) -> Any:
    """The plug-in with this identifier out of the first file that holds it.

    Raises
    ------
    Failure
        None of the files does, or it does not load.
    """
    kind = _vst3_plugin()
    why = "it is not on this machine"
    for path in candidates:
        try:
            names = kind.get_plugin_names_for_file(path)
            for name in names:
                plugin = kind(path, plugin_name=name)
                if int(plugin.identifier.rpartition("-")[2], 16) == identifier_hash(class_id):
                    return plugin
            why = f"{os.path.basename(path)} on this machine is another plug-in"
        except (ImportError, ValueError, RuntimeError, OSError) as error:
            why = f"it does not load: {error}".partition("\n")[0]
    raise Failure(why)


def _vst3_plugin() -> Any:
    """Pedalboard's class, without the text of a thousand values of every parameter that it asks for: an instrument has
    two thousand controllers.
    """
    import pedalboard

    kind = pedalboard.VST3Plugin
    if hasattr(kind, _VALUES):
        setattr(kind, _VALUES, lambda _plugin, _values: None)
    return kind


class Copy:
    """One copy of the plug-in, played from its first frame on."""

    def __init__(self, plugin: Any, rate: int) -> None:
        self._plugin, self._rate, self._primed = plugin, rate, False
        plugin.reset()

    def play(self, block: np.ndarray, events: list[tuple[int, bytes]]) -> np.ndarray:
        """The next frames [shape=(frames, 2)], late by the plug-in's latency; ``events`` with frames of the block."""
        frames = len(block)
        if not self._primed and frames < BUFFER_FRAMES:  # a longer block later would begin anew
            self._call(np.zeros((BUFFER_FRAMES, CHANNELS), dtype=np.float32), [])
        self._primed = True
        return self._call(block, events)

    def _call(self, block: np.ndarray, events: list[tuple[int, bytes]]) -> np.ndarray:
        frames = len(block)
        if self._plugin.is_instrument:
            messages = [(message, (frame + 0.5) / self._rate) for frame, message in events]
            seconds = (frames + 0.5) / self._rate
            out = self._plugin.process(messages, seconds, self._rate, CHANNELS, BUFFER_FRAMES, False)
        else:
            sound = np.ascontiguousarray(block.T)
            out = self._plugin.process(sound, self._rate, buffer_size=BUFFER_FRAMES, reset=False)
        if not np.isfinite(out).all():
            raise Failure("its output is not a number")
        if out.shape[0] == 1:
            out = np.repeat(out, CHANNELS, axis=0)
        result = np.zeros((frames, CHANNELS), dtype=np.float32)
        if out.shape[1]:  # pedalboard keeps back the first frames of a plug-in with latency
            result[frames - out.shape[1] :] = out[:CHANNELS].T
        return result


class Service:
    """The plug-in and its copies."""

    def __init__(self) -> None:
        self._copies: dict[int, Copy] = {}
        self._spare: Any = None
        self._request: dict[str, Any] = {}
        self._state = b""

    def load(self, request: dict[str, Any], state: bytes) -> dict[str, Any]:
        """Load the plug-in; says its latency, whether it is an instrument, and how loud it is in silence."""
        self._request, self._state = request, state
        plugin = self._new()
        rate, frames = request["rate"], int(_LISTENED_S * request["rate"])
        if plugin.is_instrument:
            out = plugin.process([], _LISTENED_S, rate, CHANNELS, BUFFER_FRAMES, True)
        else:
            silence = np.zeros((CHANNELS, frames), dtype=np.float32)
            out = plugin.process(silence, rate, buffer_size=BUFFER_FRAMES, reset=True)
        self._spare = plugin
        peak = float(np.abs(out).max(initial=0.0))
        return {
            "latency": int(plugin.reported_latency_samples),
            "is_instrument": bool(plugin.is_instrument),
            "peak_in_silence": peak if np.isfinite(peak) else 0.0,
        }

    def _new(self) -> Any:
        _limit_memory(self._request["max_bytes"])
        plugin = load(self._request["candidates"], self._request["class_id"])
        if self._state:
            type(plugin).raw_state.__set__(plugin, self._state)  # past what looks for a parameter of the name
        return plugin

    def play(self, request: dict[str, Any], sound: bytes) -> bytes:
        """The next frames of a copy, which is made where its number is new."""
        for number in request["ended"]:
            self._copies.pop(number, None)
        number = request["copy"]
        if number not in self._copies:
            plugin, self._spare = self._spare or self._new(), None
            self._copies[number] = Copy(plugin, self._request["rate"])
        block = np.frombuffer(sound, dtype=np.float32).reshape(-1, CHANNELS)
        events = [(frame, bytes.fromhex(message)) for frame, message in request["events"]]
        return self._copies[number].play(block, events).tobytes()


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer every request."""
    service = Service()
    while (message := receive(requests)) is not None:
        request, payload = message
        reply: dict[str, Any] = {}
        out = b""
        try:
            if request["do"] == "load":
                component = payload[: request["component"]]
                state = juce_state.raw_state(component, payload[request["component"] :]) if component else b""
                reply = service.load(request, state)
            else:
                out = service.play(request, payload)
        except Failure as error:
            reply = {"error": str(error)}
        except MemoryError:
            reply = {"error": "it asks for too much memory"}
        except Exception as error:  # whatever pedalboard says of a plug-in is the plug-in's problem
            reply = {"error": f"it cannot be played ({type(error).__name__}: {error})".replace("\n", " ")}
        send(replies, reply, out)


def send(pipe: BinaryIO, words: dict[str, Any], payload: bytes = b"") -> None:
    """Write a message."""
    line = json.dumps({**words, "bytes": len(payload)}).encode()
    pipe.write(LENGTH.pack(len(line)) + line + payload)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """Read a message; ``None`` where there are no more."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    line = pipe.read(LENGTH.unpack(head)[0])
    try:
        words = json.loads(line)
    except ValueError:  # cut off: the other side ended
        return None
    payload = pipe.read(words["bytes"])
    return (words, payload) if len(payload) == words["bytes"] else None


def _limit_memory(max_bytes: int) -> None:
    """What this process may take for the next copy, beyond what it has; only where the system can be asked for it."""
    import pedalboard  # noqa: F401 - what it takes is not the plug-in's

    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            taken = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (taken + max_bytes, resource.RLIM_INFINITY))
    except (ImportError, OSError, ValueError):
        return


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, also where a plug-in does not come back."""
    while os.getppid() == parent:
        time.sleep(_LOOKS_EVERY_S)
    os._exit(1)


def main() -> None:
    """Serve on standard input and output; what plug-ins print goes nowhere."""
    if os.name != "nt":  # the number of a parent that is gone stays there
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    serve(requests, replies)
    os._exit(0)  # plug-ins may fail while an interpreter ends


if __name__ == "__main__":
    main()

"""REAPER's Lua: real scripts in a real Lua 5.4 (lupa), over the simulation.

`LuaReaper` offers a simulation's functions as REAPER's Lua has them: no buffers and no sizes, results among the
arguments come back behind the function's own, ``nil`` instead of NULL, texts of any length. The rule (an argument that
is written and called ``…Out`` only comes out; other written ones go in and come out) is how REAPER's own list of
functions shows them, and is inferred from it; `BOTH` names the exceptions. Strict as `SimReaper` is: a wrong type or a
dead pointer is an error in the script.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reaper_sim import binding, signatures
from reaper_sim.markers import read as read_markers
from reaper_sim.signatures import Argument, Signature
from reaper_sim.sim import SimReaper

BOTH = {"GetSet_LoopTimeRange", "GetSet_LoopTimeRange2", "GetSet_ArrangeView2"}
"""Functions whose results go in too, although they are called ``…Out``."""
_LARGE = 2**31 - 1
_MAX_PAUSE_S = 0.01


def goes_in(signature: Signature, argument: Argument, follower: str = "") -> bool:
    """Whether Lua gives an argument."""
    if argument.name.endswith("_sz") or argument.kind == "const char**":
        return False
    return not argument.is_output or "Out" not in argument.name or signature.name in BOTH


class Pointer:
    """What Lua gets instead of a pointer: a userdata that says its address."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return "userdata: " + self.text.rpartition("0x")[2]  # as on Windows, without 0x


class LuaReaper:
    """One Lua state, as each script in REAPER has its own.

    Parameters
    ----------
    sim : SimReaper
    start : callable, optional
        What ``ExecProcess`` does with the words of a command; default: it starts the process.
    """

    def __init__(self, sim: SimReaper, start: Callable[[list[str]], Any] | None = None) -> None:
        from lupa import lua54

        self.sim = sim
        self.deferred: list[Any] = []
        self.at_exit: list[Any] = []
        self.started: list[Any] = []
        self._start = start or _process
        self._pointers: dict[str, Pointer] = {}
        self.lua = lua54.LuaRuntime(encoding=None, unpack_returned_tuples=True)
        table = signatures.read()
        own = {name: self._bound(table[name], function) for name, function in binding.FUNCTIONS.items()}
        own |= {
            "defer": self.deferred.append,
            "atexit": self.at_exit.append,
            "time_precise": time.perf_counter,
            "ExecProcess": self._exec_process,
            "RecursiveCreateDirectory": _make_folder,
            "EnumerateFiles": _file_name,
        }
        self.reaper = self.lua.table_from({name.encode(): function for name, function in own.items()})
        self.lua.globals()[b"reaper"] = self.reaper

    def run_script(self, path: Path) -> None:
        """Run an action; afterwards `tick` runs what it deferred."""
        self.lua.globals()[b"dofile"](os.fsencode(path))
        self.sim.check_balanced()

    @property
    def is_running(self) -> bool:
        """Whether the script waits for its next turn."""
        return bool(self.deferred)

    def tick(self) -> None:
        """What REAPER's timer does about 30 times a second; a script that defers no more is over."""
        codes, self.deferred[:] = list(self.deferred), []
        for code in codes:
            code()
            self.sim.check_balanced()
        if not self.deferred:
            self.end()

    def end(self) -> None:
        """The script is over, or is terminated."""
        self.deferred.clear()
        codes, self.at_exit[:] = list(self.at_exit), []
        for code in codes:
            code()

    def run_until_end(self, *, timeout_s: float = 60.0, rate_hz: float = 300.0) -> None:
        """Tick until the script is over: ``rate_hz`` times a second, more rarely while it only waits for an answer."""
        end_s = time.monotonic() + timeout_s
        pause_s, calls = 1.0 / rate_hz, len(self.sim.calls)
        while self.deferred:
            if time.monotonic() > end_s:
                raise TimeoutError(f"the script is not over after {timeout_s} s")
            self.tick()
            waits, calls = len(self.sim.calls) == calls, len(self.sim.calls)
            pause_s = max(min(1.3 * pause_s, _MAX_PAUSE_S), 1.0 / rate_hz) if waits else 1.0 / rate_hz
            time.sleep(pause_s)

    def _exec_process(self, command: bytes, timeout_ms: int) -> None:
        assert timeout_ms in (-1, -2), "REAPER would stand still until the program ends"
        self.started.append(self._start(shlex.split(command.decode())))

    def _bound(self, signature: Signature, function: Callable[..., Any]) -> Callable[..., Any]:
        sim, name = self.sim, signature.name
        accepted = [argument for argument in signature.arguments if goes_in(signature, argument)]

        def call(*given: Any) -> Any:
            needed = [argument for argument in accepted if not argument.name.endswith("Optional")]
            if not len(needed) <= len(given) <= len(accepted):
                raise TypeError(f"{name}: takes {len(accepted)} arguments, {len(given)} were given")
            sim.calls.append((name, given))
            left = [self._from_lua(name, argument, value) for argument, value in zip(accepted, given, strict=False)]
            left += [_nothing(argument) for argument in accepted[len(given) :]]
            values = []
            for argument in signature.arguments:
                value = left.pop(0) if argument in accepted else _nothing(argument)
                values.append(binding._take(sim, name, argument, value, errors="surrogateescape"))
            return self._to_lua(signature, binding.carried_out(sim, name, function, values), values)

        return call

    def _from_lua(self, name: str, argument: Argument, value: Any) -> Any:
        kind, where = argument.kind.removeprefix("const ").rstrip("*"), f"{name}: {argument.name}"
        if isinstance(value, Pointer):
            return value.text
        if isinstance(value, bytes):
            value = value.decode("utf-8", "surrogateescape")
        if kind == "bool" and type(value) is not bool:
            raise TypeError(f"{where}: a boolean is required, not {value!r}")
        if kind == "int" and isinstance(value, float):
            if not value.is_integer():
                raise TypeError(f"{where}: {value} has no integer representation")
            value = int(value)
        return value

    def _to_lua(self, signature: Signature, answer: Any, values: list[Any]) -> Any:
        outputs = [argument for argument in signature.arguments if argument.is_output]
        results, own = [], answer
        if outputs:
            own, *results = answer if isinstance(answer, tuple) else (answer,)
            if signature.result == "void":
                results, own = (list(answer) if isinstance(answer, tuple) else []), None
        given = dict(zip((argument.name for argument in signature.arguments), values, strict=True))
        shown = []
        if signature.result != "void":
            shown.append(self._value(signature.result, own))
        for argument in signature.arguments:
            if argument.kind == "const char**":
                shown.append(self._marker_name(signature, given))
            elif argument.is_output:
                value = results.pop(0) if results else given[argument.name]
                shown.append(self._value(argument.kind, given[argument.name] if value is None else value))
        return tuple(shown) if len(shown) != 1 else shown[0]

    def _marker_name(self, signature: Signature, given: dict[str, Any]) -> bytes:
        """Which Lua can read, other than Python."""
        result = read_markers(given["proj"].root)
        return result[given["idx"]].name.encode() if 0 <= given["idx"] < len(result) else b""

    def _value(self, kind: str, value: Any) -> Any:
        plain = kind.removeprefix("const ")
        if plain == "char*":
            return None if value is None else str(value).encode("utf-8", "surrogateescape")
        if plain.rstrip("*") == "bool":
            return bool(value)
        if plain.rstrip("*") in ("int", "unsigned int"):
            return int(value or 0)
        if plain.rstrip("*") in ("double", "float"):
            return float(value or 0.0)
        text = self.sim.pointers.give(kind, value)
        if text.endswith("0x0000000000000000"):
            return None
        return self._pointers.setdefault(text, Pointer(text))


def _nothing(argument: Argument) -> Any:
    """What stands in an argument that Lua does not give."""
    if argument.name.endswith("_sz"):
        return _LARGE
    plain = argument.kind.removeprefix("const ").rstrip("*")
    return {"char": "", "bool": False, "double": 0.0, "float": 0.0, "int": 0}.get(plain, 0)


def _process(words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _make_folder(path: bytes, _ignored: int) -> int:
    os.makedirs(path, exist_ok=True)
    return 1


def _file_name(path: bytes, index: int) -> bytes | None:
    names = sorted(entry.name for entry in os.scandir(path) if entry.is_file())
    return os.fsencode(names[index]) if 0 <= index < len(names) else None

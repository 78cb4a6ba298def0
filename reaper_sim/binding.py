"""The module ``reaper_python``: what a script calls, with REAPER's strictness and return shapes.

Arguments go through the same gate as in REAPER's own file: all of them, by position; ``c_int`` refuses floats,
``c_double`` takes ints, pointers are strings and anything else (or dead, or of another type) is NULL.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import math
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from reaper_sim import signatures
from reaper_sim.signatures import Argument, Signature

if TYPE_CHECKING:
    from reaper_sim.sim import SimReaper

MAX_STRING = 4 * 1024 * 1024
FUNCTIONS: dict[str, Callable[..., Any]] = {}
"""Implementations by name: they get the simulation and every argument, and return the result, for ``tuple`` functions
``(result, *outputs)`` (void: only the outputs), or the bare result when they fail and change no output."""
_MAY_BE_NULL = {"ReaProject*", "void*", "HWND"}
_WHOLE_STATES = {"SetTrackStateChunk", "SetItemStateChunk", "SetEnvelopeStateChunk"}
_ANYTHING_AS_TEXT = {("RPR_SetExtState", "value")}
"""REAPER makes text of any object (``str(v)``). Here that counts as a mistake, except where reapy relies on it."""


def api(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register an implementation under its own name."""
    FUNCTIONS[function.__name__] = function
    return function


def make_module(sim: SimReaper) -> ModuleType:
    """A fresh ``reaper_python`` for one simulated REAPER."""
    module = ModuleType("reaper_python", "Simulated REAPER.")
    table = signatures.read()
    for name, function in FUNCTIONS.items():
        setattr(module, f"RPR_{name}", _bind(sim, table[name], function))

    def raw_validate(project: int, address: int, kind: bytes) -> int:
        owner = sim.pointers.at(project, "ReaProject*") or sim.current
        return int(sim.pointers.is_valid(sim.pointers.at(address, kind.decode()), kind.decode(), owner))

    prototype = ctypes.CFUNCTYPE(ctypes.c_byte, ctypes.c_uint64, ctypes.c_uint64, ctypes.c_char_p)
    callback = prototype(raw_validate)
    module.__dict__["_callback"] = callback
    module.__dict__["_ft"] = {"ValidatePtr2": ctypes.cast(callback, ctypes.c_void_p).value}
    module.__dict__["rpr_packsc"] = lambda v: ctypes.c_char_p(str(v).encode())
    module.__dict__["rpr_packp"] = lambda kind, v: 0
    return module


@functools.cache
def _arity(function: Callable[..., Any]) -> int:
    """How many arguments an implementation takes: looked up once, for there are 200, and many simulations."""
    return len(inspect.signature(function).parameters)


def _bind(sim: SimReaper, signature: Signature, function: Callable[..., Any]) -> Callable[..., Any]:
    name, expected = f"RPR_{signature.name}", len(signature.arguments)
    assert _arity(function) == expected + 1, name
    has_outputs = any(argument.is_output for argument in signature.arguments)

    def call(*args: Any) -> Any:
        if len(args) != expected:
            raise TypeError(f"{name}() takes {expected} positional arguments but {len(args)} were given")
        sim.calls.append((signature.name, args))
        values = [_take(sim, name, argument, value) for argument, value in zip(signature.arguments, args, strict=True)]
        answer = carried_out(sim, signature.name, function, values)
        if not signature.is_tuple:
            return _result(sim, name, signature.result, answer)
        if not has_outputs:
            outputs, result = (), answer
        elif signature.result == "void":
            outputs, result = (answer if isinstance(answer, tuple) else None), None
        else:
            outputs, result = (answer[1:], answer[0]) if isinstance(answer, tuple) else (None, answer)
        shown = _shown(signature.arguments, args, outputs)
        return shown if signature.result == "void" else (_result(sim, name, signature.result, result), *shown)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = (
        f"{signature.result} {signature.name}({', '.join(f'{a.kind} {a.name}' for a in signature.arguments)})"
    )
    return call


def carried_out(sim: SimReaper, name: str, function: Callable[..., Any], values: list[Any]) -> Any:
    """The answer of an implementation; a take that is being recorded is no moment for a whole new state."""
    if name in _WHOLE_STATES and any(project.is_recording for project in sim.projects):
        sim.problem(f"{name} while REAPER records")
    return function(sim, *values)


def _take(sim: SimReaper, name: str, argument: Argument, value: Any, *, errors: str = "strict") -> Any:
    """An argument as REAPER gets it; ``errors`` of its text: Lua's is bytes of any kind."""
    kind, where = argument.kind.removeprefix("const "), f"{name}: {argument.name}"
    if kind in ("int", "int*", "bool", "bool*", "unsigned int"):
        if type(value) not in (int, bool):
            raise TypeError(f"{where}: an integer is required (got type {type(value).__name__})")
        if sim.strict and not -(2**31) <= value < 2**31:
            raise AssertionError(f"{where}: {value} does not fit 32 bits")
        return bool(value) if kind.startswith("bool") else int(value)
    if kind in ("double", "double*", "float"):
        if type(value) not in (int, bool, float):
            raise TypeError(f"{where}: must be real number, not {type(value).__name__}")
        if sim.strict and not math.isfinite(value):
            raise AssertionError(f"{where}: {value} goes into the project unchecked")
        return float(value)
    if kind == "char**":
        return None
    if name == "RPR_ValidatePtr" and kind == "void*":
        if type(value) is not int:
            raise TypeError(f"{where}: this function takes the address as an int; ValidatePtr2 takes the text")
        return value
    if kind == "char*":
        if (name, argument.name) in _ANYTHING_AS_TEXT:
            value = str(value)
        if value is None and argument.is_output:
            value = "None"  # str(None): reapy passes None for a buffer
        if type(value) is not str:
            raise TypeError(f"{where}: a str is required (got type {type(value).__name__})")
        if len(value.encode("utf-8", errors)) > MAX_STRING and argument.is_output:
            raise ValueError("byte string too long")
        return value
    thing = sim.pointers.take(kind, value)
    if thing is None and sim.strict and not name.startswith("RPR_ValidatePtr"):
        wants_null = value in (0, None, "") or (isinstance(value, str) and value.endswith("0x0000000000000000"))
        if not wants_null or not (kind in _MAY_BE_NULL or argument.name.endswith("Optional")):
            raise AssertionError(f"{where}: {value!r} is a dead, wrong or NULL pointer for {kind}")
    return thing if kind != "ReaProject*" or thing is not None else sim.current


def _result(sim: SimReaper, name: str, kind: str, answer: Any) -> Any:
    if kind == "void":
        return None
    if kind == "const char*":
        if answer is None:
            raise AttributeError("'NoneType' object has no attribute 'decode'")
        return answer
    if kind in ("int", "bool"):
        return int(answer or 0)
    if kind == "double":
        return float(answer or 0.0)
    assert kind.endswith("*") or kind == "HWND", name
    return sim.pointers.give(kind, answer)


def _shown(arguments: tuple[Argument, ...], args: tuple[Any, ...], outputs: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """The arguments again, with outputs filled in; text cut to its buffer as the C side does."""
    left = list(outputs) if outputs is not None else None
    shown: list[Any] = []
    for at, (argument, value) in enumerate(zip(arguments, args, strict=True)):
        new = value
        if argument.is_output and left:
            given = left.pop(0)
            new = value if given is None else given
        if argument.kind == "char*":
            following = arguments[at + 1].name if at + 1 < len(arguments) else ""
            room = args[at + 1] if following.endswith("_sz") else MAX_STRING
            new = _cut(str(new), room)
        elif argument.kind in ("int*", "bool*"):
            new = int(new)
        elif argument.kind == "double*":
            new = float(new)
        shown.append(new)
    return tuple(shown)


def _cut(text: str, room: int) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    if room > MAX_STRING and len(raw) >= MAX_STRING:
        raise AssertionError(f"REAPER would write {len(raw)} bytes into a buffer of 4 MiB")
    return raw[: max(min(room, MAX_STRING) - 1, 0)].decode()

"""Make the current process look like REAPER's Python, so that the real reapy believes it runs inside."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reaper_sim.sim import SimReaper


def purge(*names: str) -> dict[str, ModuleType]:
    """Forget modules and their submodules; returns what was forgotten."""
    found = {
        key: module
        for key, module in sys.modules.items()
        if any(key == name or key.startswith(name + ".") for name in names)
    }
    for key in found:
        del sys.modules[key]
        parent, _, last = key.rpartition(".")
        if parent in sys.modules:
            sys.modules[parent].__dict__.pop(last, None)
    return found


def restore(modules: dict[str, ModuleType]) -> None:
    """Put back what `purge` took."""
    sys.modules.update(modules)
    for key, module in modules.items():
        parent, _, last = key.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], last, module)


def import_reapy() -> ModuleType:
    """A fresh reapy without its noise on new Pythons."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        return importlib.import_module("reapy")


@contextmanager
def fresh_reapy(*also: str) -> Iterator[ModuleType]:
    """Import reapy anew, with modules ``also`` forgotten (those that hold on to reapy); put the old ones back after."""
    path = list(sys.path)
    old = purge("reapy", "reaper_python", *also)
    try:
        yield import_reapy()
    finally:
        purge("reapy", "reaper_python", *also)
        restore(old)
        sys.path[:] = path


@contextmanager
def inside(sim: SimReaper, *fresh: str) -> Iterator[ModuleType]:
    """Provide what REAPER gives a script, and a fresh reapy (the value of the ``with``).

    Parameters
    ----------
    sim : SimReaper
        The REAPER to be inside of.
    *fresh : str
        Modules that import reapy at their top: they are imported anew as well.
    """
    main = sys.modules["__main__"]
    before = dict(main.__dict__)
    old = sys.modules.get("reaper_python")
    forgotten = purge("reapy", *fresh)
    path = list(sys.path)
    main.__dict__.update(
        obj=object(), RPR_defer=sim.deferred_later, RPR_atexit=sim.at_exit_later, RPR_runloop=sim.deferred_later
    )
    sys.modules["reaper_python"] = sim.reaper_python
    try:
        yield import_reapy()
    finally:
        for name in main.__dict__.keys() - before.keys():
            del main.__dict__[name]
        main.__dict__.update(before)
        purge("reapy", "reaper_python", *fresh)
        restore(forgotten)
        if old is not None:
            sys.modules["reaper_python"] = old
        sys.path[:] = path
        sim.deferred.clear()
        sim.at_exit.clear()

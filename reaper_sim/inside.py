"""Make the current process look like REAPER's Python, so that the real reapy believes it runs inside."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reaper_sim.sim import SimReaper


def purge(*names: str) -> dict[str, ModuleType]:
    """Forget modules and their submodules; returns what was forgotten."""
    result = {
        key: module
        for key, module in sys.modules.items()
        if any(key == name or key.startswith(name + ".") for name in names)
    }
    for key in result:
        del sys.modules[key]
        parent, _, last = key.rpartition(".")
        if parent in sys.modules:
            sys.modules[parent].__dict__.pop(last, None)
    return result


def restore(modules: dict[str, ModuleType]) -> None:
    """Put back what `purge` took."""
    sys.modules.update(modules)
    for key, module in modules.items():
        parent, _, last = key.rpartition(".")
        if parent in sys.modules:
            setattr(sys.modules[parent], last, module)


class _ReadOnce(SourceFileLoader):
    """Runs a module's code anew at each import, but reads it once."""

    def __init__(self, fullname: str, path: str) -> None:
        super().__init__(fullname, path)
        self._code: CodeType | None = None

    def get_code(self, fullname: str) -> CodeType | None:
        """The module's code."""
        if self._code is None:
            self._code = super().get_code(fullname)
        return self._code


class _FoundOnce:
    """Finds reapy's modules where they were found first: reapy is imported hundreds of times by the tests."""

    def __init__(self) -> None:
        self._first: dict[str, ModuleSpec] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder`."""
        if fullname != "reapy" and not fullname.startswith("reapy."):
            return None
        if fullname not in self._first:
            spec = PathFinder.find_spec(fullname, path, target)
            if spec is None or spec.origin is None or type(spec.loader) is not SourceFileLoader:
                return spec
            spec.loader = _ReadOnce(fullname, spec.origin)
            self._first[fullname] = spec
        first = self._first[fullname]
        return spec_from_file_location(
            fullname,
            first.origin,
            loader=first.loader,
            submodule_search_locations=first.submodule_search_locations,
        )


_FINDER = _FoundOnce()


def import_reapy() -> ModuleType:
    """A fresh reapy without its noise on new Pythons."""
    sys.meta_path.insert(sys.meta_path.index(PathFinder), _FINDER)  # after `reaper_sim.ports`, which changes a module
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            return importlib.import_module("reapy")
    finally:
        sys.meta_path.remove(_FINDER)


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

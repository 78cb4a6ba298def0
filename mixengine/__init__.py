"""Mixing assistant for REAPER projects, folders of stems, and the running REAPER."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

__version__ = "0.1.0"


class _Room(types.ModuleType):
    """A package that is called like its job: ``mixengine.balance("song.RPP")``."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        """Decide; see the function of the same name in `mixengine.api`."""
        api = importlib.import_module("mixengine.api")
        return getattr(api, self.__name__.rpartition(".")[2])(*arguments, **settings)


def callable_room(name: str) -> None:
    """Make the package of that name callable; without this the package would hide the function of the same name."""
    sys.modules[name].__class__ = _Room


def __getattr__(name: str) -> Any:
    """The rooms on demand: REAPER's Python imports this package and must not load numpy."""
    if name in ("balance", "duck", "render", "separate", "style", "tone"):
        return importlib.import_module(f"mixengine.{name}")
    raise AttributeError(f"module 'mixengine' has no attribute '{name}'")

"""Mixing assistant for REAPER projects, folders of stems, and the running REAPER."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_FUNCTIONS = (
    "automix",
    "balance",
    "deliver",
    "duck",
    "level",
    "match",
    "render",
    "separate",
    "style",
    "sync",
    "tone",
    "unmask",
)
"""Functions of `mixengine.api` that are there as ``mixengine.NAME``."""


def __getattr__(name: str) -> Any:
    """The functions on demand: REAPER's Python imports this package and must not load numpy."""
    if name in _FUNCTIONS:
        from mixengine import api

        return getattr(api, name)
    raise AttributeError(f"module 'mixengine' has no attribute '{name}'")

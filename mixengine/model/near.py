"""What lies near each other belongs together: a rounded number as key tears apart what lies around an edge.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def runs(things: Iterable[T], place: Callable[[T], float], within: float) -> list[list[T]]:
    """The things in the order of their places, a new run where the gap to the one before is wider than ``within``."""
    result: list[list[T]] = []
    for thing in sorted(things, key=place):
        if result and place(thing) - place(result[-1][-1]) <= within:
            result[-1].append(thing)
        else:
            result.append([thing])
    return result

"""Files that a user brought, and what became of each. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that the user brought: ``used_as`` says as what (empty: left out), ``reason`` why, or what is missing."""

    file: str
    used_as: str
    reason: str = ""

"""What a job measured: the base of each job's ``Details``. Standard library only."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

from mixengine.model import codec


@dataclass(frozen=True, slots=True)
class Details:
    """What a job measured to decide its plan; each job has a frozen dataclass of its own in its ``details.py``."""

    def encoded(self) -> dict[str, Any]:
        """For JSON."""
        encoded: dict[str, Any] = codec.encode(self)
        return encoded

    def usable(self) -> Details:
        """Without values that an edited file may contain and no figure can show."""
        return self

    def chosen_roles(self) -> dict[str, str]:
        """Track id → role, as the user chose it in this run or an earlier one."""
        return dict(getattr(self, "roles", {}))

    def __getitem__(self, name: str) -> Any:
        """A field as plain lists and dictionaries, as plans gave it before details had types."""
        return _plain(getattr(self, name))


@dataclass(frozen=True, slots=True)
class Stored(Details):
    """Details as a file holds them, before the job that wrote them is known."""

    values: dict[str, Any] = field(default_factory=dict)

    def encoded(self) -> dict[str, Any]:
        """For JSON, as they were read."""
        encoded: dict[str, Any] = codec.encode(self.values)
        return encoded

    def chosen_roles(self) -> dict[str, str]:
        """The value of ``roles``."""
        roles = self.values.get("roles")
        return dict(roles) if isinstance(roles, dict) else {}

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value

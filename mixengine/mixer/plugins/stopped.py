"""Plug-ins that could not be played, which are not tried again in this run, and what was noticed about others.

One plug-in, one note: what stopped it once counts for all its copies, so that the same session always sounds the same.
"""

from __future__ import annotations

import threading

from mixengine.model.session import Session


class PluginStopped(Exception):
    """A plug-in crashed, hung, or is not there; whoever renders begins again without it."""

    def __init__(self, class_id: str, name: str, why: str) -> None:
        super().__init__(class_id, name, why)
        self.class_id, self.name, self.why = class_id, name, why

    def __str__(self) -> str:
        return f"{self.name}: {self.why}"


_lock = threading.Lock()
_reasons: dict[str, str] = {}
_remarks: dict[str, str] = {}


def add(error: PluginStopped) -> None:
    """Do not use this plug-in again."""
    with _lock:
        _reasons[error.class_id] = error.why


def why(class_id: str) -> str:
    """Why a plug-in is not used, in words; empty: it is."""
    return _reasons.get(class_id, "")


def remark(class_id: str, name: str, text: str) -> None:
    """Something about a plug-in that is played."""
    with _lock:
        _remarks[class_id] = f"{name}: {text}"


def lines(session: Session) -> list[str]:
    """What is to be said of the plug-ins that a session plays, in the order of their names."""
    chains = [track.effects for track in session.tracks if track.effects_on]
    chains += [session.master_effects] * session.master_effects_on
    played = {effect.plugin.class_id for chain in chains for effect in chain if effect.plugin and not effect.bypassed}
    with _lock:
        return [f"plug-in {text}" for text in sorted(_remarks[name] for name in played & _remarks.keys())]


def forget() -> None:
    """Try all plug-ins again."""
    with _lock:
        _reasons.clear()
        _remarks.clear()

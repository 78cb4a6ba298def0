"""Tracks as their plug-ins make them sound, written to files that end before the fader."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine.audio.writing import write_whole
from mixengine.mixer import routing
from mixengine.mixer.engine import Engine
from mixengine.mixer.plugins import process, stopped
from mixengine.model.session import BALANCE, PAN_PRE_FX, VOLUME_PRE_FX, Session, Track

_PRE_FX = (VOLUME_PRE_FX, PAN_PRE_FX)
_FIELDS = 3
"""Of what was noticed: the plug-in's identifier and name, and words."""


def before_fader(session: Session, track: Track, start_s: float, end_s: float) -> Iterator[np.ndarray]:
    """Stream a track between two times: its items and notes through its effects, without what comes after them.

    Yields
    ------
    ndarray of float32 [shape=(frames, 2)]

    Raises
    ------
    PluginStopped
        One of its plug-ins cannot be played.
    """
    alone = replace(
        track,
        parent=None,
        mute=False,
        fader_db=0.0,
        pan=0.0,
        width=1.0,
        dual_pan=(-1.0, 1.0),
        pan_law=1.0,
        pan_mode=BALANCE,
        automation=tuple(entry for entry in track.automation if entry.kind in _PRE_FX),
        automation_mode=0,
        receives=(),
        leads=tuple(lead for lead in track.leads if lead[1]),
    )
    # leads that act before the effects are looked up in the session
    tracks = tuple(alone if other.id == track.id else other for other in session.tracks)
    only = replace(session, tracks=tracks, pan_law=1.0)
    engine = Engine(only, routing.straight_graph([alone]), start_s=start_s, end_s=end_s, master=False, threads=False)
    return (mix for mix, _ in engine.blocks())


def remarks_of(path: Path) -> Path:
    """Where it stands what was noticed of the plug-ins of a printed file: it is used again without playing them."""
    return path.with_suffix(".json")


def recall(path: Path) -> None:
    """Say again what was noticed of the plug-ins of a printed file; of a damaged note, what can be read."""
    try:
        remarks = json.loads(remarks_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    for each in remarks if isinstance(remarks, list) else []:
        if isinstance(each, list) and len(each) == _FIELDS and all(isinstance(field, str) for field in each):
            stopped.remark(*each)


def write(session: Session, track: Track, start_s: float, end_s: float, path: Path, stop: threading.Event) -> None:
    """Write `before_fader` as a WAV of 32-bit float, which appears when it is whole; not at all after ``stop``."""
    plugins = [(effect, process.shared(effect, session.sample_rate)) for effect in track.effects if effect.plugin]

    def until_stopped() -> Iterator[np.ndarray]:
        for block in before_fader(session, track, start_s, end_s):
            if stop.is_set():
                raise _Stopped
            yield block
        for _, one in plugins:
            one.look()
        remarks = [[e.plugin.class_id, e.name, one.remark] for e, one in plugins if e.plugin and one.remark]
        if remarks:  # before the file: whoever finds that looks for them
            remarks_of(path).write_text(json.dumps(remarks), encoding="utf-8")

    with contextlib.suppress(_Stopped):
        write_whole(path, session.sample_rate, until_stopped())


class _Stopped(Exception):
    """Nobody waits for the file any more."""

"""The mixer settings of a project file beyond faders: pan laws, widths, sends, the master.

A send is stored in the track that receives it: ``AUXRECV source mode volume pan mute mono polarity source-channel
target-channel pan-law midi automation``, followed by the envelopes of this send. The fields of ``PANLAW``,
``PANMODE``, ``PANLAWFLAGS``, ``MAINSEND`` and ``AUXRECV`` are known. That the fifth number of ``VOLPAN`` is the width,
or in dual pan mode the fourth and fifth are the two pans, is inferred.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mixengine.hosts.rpp import envelopes
from mixengine.hosts.rpp.syntax import Block
from mixengine.hosts.rpp.words import Line
from mixengine.model.session import (
    BALANCE,
    DEFAULT_RESAMPLE_MODE,
    DUAL_PAN,
    EARLY_TAPER,
    MUTE,
    PAN,
    POST_FADER,
    POST_FX,
    PRE_FX,
    STEREO_PAN,
    VOLUME,
    Automation,
    Receive,
)
from mixengine.model.units import decibels

_SEND_ENVELOPES = {"AUXVOLENV": VOLUME, "AUXPANENV": PAN, "AUXMUTEENV": MUTE}
UNREAD_ENVELOPES = {
    "WIDTHENV": "width envelope (pre-FX)",
    "WIDTHENV2": "width envelope",
    "DUALPANENVL": "dual pan envelope (pre-FX)",
    "DUALPANENV": "dual pan envelope (pre-FX)",
    "DUALPANENVL2": "dual pan envelope",
    "DUALPANENV2": "dual pan envelope",
}
"""Envelope of a track that is not played → its name."""
_TAPERS = (0, 1, 2, 3)
_MODES = (0, BALANCE, STEREO_PAN, DUAL_PAN)
_MAX_LAW = 16.0
_MASTER = "MASTER"
_UNHEARD_MODES = {STEREO_PAN: "stereo pan and width", DUAL_PAN: "dual pan"}
_MASTER_MUTE, MASTER_MONO = 1, 4


def of_track(block: Block, ids: Sequence[str]) -> dict[str, Any]:
    """Fields of a `Track` by name; ``ids`` are the ids of all tracks in their order."""
    volpan, main, solo, chain = map(block.line, ("VOLPAN", "MAINSEND", "MUTESOLO", "FX"))
    mode = _choice(block.line("PANMODE"), _MODES)
    fields: dict[str, Any] = {
        "pan_law": _law(volpan.number(3, -1.0)) if volpan else None,
        "pan_taper": _choice(block.line("PANLAWFLAGS"), _TAPERS),
        "pan_mode": mode,
        "main_send": main is None or (main.integer(1, 1) != 0 and not main.integer(2)),
        "receives": _receives(block, ids),
        "solo_defeat": solo is not None and solo.integer(3) != 0,
        "effects_on": chain is None or chain.integer(1, 1) != 0,
        "notes": tuple(_notes(block, main)),
    }
    pans = (_pan(volpan.number(4, -1.0)), _pan(volpan.number(5, 1.0))) if volpan else (-1.0, 1.0)
    return fields | ({"dual_pan": pans} if mode == DUAL_PAN else {"width": pans[1]})


def of_session(root: Block) -> dict[str, Any]:
    """Fields of a `Session` by name."""
    names = ("PANLAW", "MASTER_VOLUME", "MASTERMUTESOLO", "RENDER_RESAMPLE", "MASTER_FX", "MASTERAUTOMODE")
    law, master, bits, resampling, chain, mode = map(root.line, names)
    pan_law = _law(law.number(1, 1.0)) if law else None
    flags = bits.integer(1) if bits else 0
    return {
        "pan_law": 1.0 if pan_law is None else pan_law,
        "pan_taper": _or(_choice(root.line("PANLAWFLAGS"), _TAPERS), EARLY_TAPER),
        "pan_mode": _or(_choice(root.line("PANMODE"), _MODES), BALANCE),
        "resample_mode": resampling.integer(1, DEFAULT_RESAMPLE_MODE) if resampling else DEFAULT_RESAMPLE_MODE,
        "master_pan": _pan(master.number(2)) if master else 0.0,
        "master_pan_law": _law(master.number(3, -1.0)) if master else None,
        "master_mute": bool(flags & _MASTER_MUTE),
        "master_mono": bool(flags & MASTER_MONO),
        "master_effects_on": chain is None or chain.integer(1, 1) != 0,
        "master_automation_mode": mode.integer(1) if mode else 0,
        "master_automation": tuple(
            envelopes.read(child, envelopes.TRACK_ENVELOPES[child.name.removeprefix(_MASTER)])
            for child in root.children
            if child.name.startswith(_MASTER) and child.name.removeprefix(_MASTER) in envelopes.TRACK_ENVELOPES
        ),
    }


def master_notes(root: Block, *, moving: bool) -> list[str]:
    """What the project asks of its master and mixengine does not play; ``moving`` off: no envelopes are heard."""
    notes = [f"not heard: {name}: the master" for name in _unread_of_master(root)] if moving else []
    own, project, volume = map(root.line, ("MASTER_PANMODE", "PANMODE", "MASTER_VOLUME"))
    mode = _or(_choice(own, _MODES), _or(_choice(project, _MODES), BALANCE))
    if volume is None or mode not in _UNHEARD_MODES:
        return notes
    left, right = _pan(volume.number(4, -1.0)), _pan(volume.number(5, 1.0))
    stands = (left, right) == (-1.0, 1.0) if mode == DUAL_PAN else (_pan(volume.number(2)), right) == (0.0, 1.0)
    return notes if stands else [*notes, f"not heard: {_UNHEARD_MODES[mode]} of the master, taken as balance"]


def _unread_of_master(root: Block) -> list[str]:
    """Names of the master's envelopes that are not played; those with automation items are named as such."""
    drawn = [child for child in root.children if child.name.startswith(_MASTER) and envelopes.moves(child)]
    names = (child.name.removeprefix(_MASTER) for child in drawn if not envelopes.has_automation_items(child))
    return [UNREAD_ENVELOPES[name] for name in names if name in UNREAD_ENVELOPES]


def _receives(block: Block, ids: Sequence[str]) -> tuple[Receive, ...]:
    """The sends into a track, in order; those whose source does not exist are left out."""
    sends: list[tuple[Line, list[Automation]]] = []
    for entry in block.entries:
        if isinstance(entry, Line):
            if entry.name == "AUXRECV":
                sends.append((entry, []))
        elif entry.name in _SEND_ENVELOPES and sends:
            sends[-1][1].append(envelopes.read(entry, _SEND_ENVELOPES[entry.name]))
    return tuple(
        Receive(
            source=ids[line.integer(1, -1)],
            mode=_or(_choice(line, (POST_FADER, PRE_FX, POST_FX), 2), POST_FADER),
            gain_db=decibels(line.number(3, 1.0)),
            pan=_pan(line.number(4)),
            pan_law=_law(line.number(10, -1.0)),  # some versions write -1:U
            mute=line.integer(5) != 0,
            mono=line.integer(6) != 0,
            inverted=(line.integer(7) != 0) != (line.number(3, 1.0) < 0),
            source_channel=line.integer(8),
            target_channel=line.integer(9),
            automation=tuple(automation),
        )
        for line, automation in sends
        if 0 <= line.integer(1, -1) < len(ids)
    )


def _notes(block: Block, main: Line | None) -> list[str]:
    drawn = (child for child in block.children if child.name in UNREAD_ENVELOPES and envelopes.moves(child))
    notes = [UNREAD_ENVELOPES[child.name] for child in drawn]
    offset = block.line("PLAYOFFS")
    if offset is not None and offset.number(1) and not offset.integer(2) & 1:
        notes.append(f"playback offset {offset.number(1):g}")
    if main is not None and main.integer(1, 1) and main.integer(2):
        notes.append(f"sends to channel {main.integer(2) + 1} of its folder")
    if any(line.name == "HWOUT" for line in block.lines):
        notes.append("hardware output")
    return notes


def _law(value: float) -> float | None:
    """Amplitude at the centre; ``None`` for "as the project"."""
    return value if math.isfinite(value) and 0.0 < value <= _MAX_LAW else None


def _pan(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _choice(line: Line | None, choices: tuple[int, ...], index: int = 1) -> int | None:
    value = line.integer(index, -1) if line else -1
    return value if value in choices else None


def _or(value: int | None, default: int) -> int:
    return default if value is None else value

"""The master of an open project as the lines and blocks that a project file has of it.

REAPER's master has no block of its own in a file: its lines and envelopes stand in the project, called ``MASTER…``.
"""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper.chains import chain_lines
from mixengine.hosts.rpp.mixer import MASTER_MONO
from mixengine.hosts.rpp.project import PARTLY_READ
from mixengine.hosts.rpp.words import format_number, quote
from mixengine.model.session import DUAL_PAN

VALUES = (
    *("B_MUTE", "I_FXEN", "I_AUTOMODE", "D_VOL", "D_PAN", "D_PANLAW", "D_WIDTH", "I_PANMODE"),
    *("D_DUALPANL", "D_DUALPANR"),
)
"""What is asked of REAPER about its master."""
MONO_ACTION = 40917
"""Action: master track: toggle stereo/mono (L+R). No value of the master tells its state."""
_PREFIX = "MASTER"
_OF_PLUGINS = ("PARMENV", "PROGRAMENV")
_OF_PROJECT = ("TEMPOENVEX",)
"""Envelopes that REAPER counts among the master's and that a file does not call so."""


def master_lines(reading: dict[str, Any]) -> list[str]:
    """Lines, plug-ins and envelopes of the master from what `mixengine.hosts.reaper.reader.read` gives."""
    values = reading["master"]
    mono = MASTER_MONO if reading["master_mono"] == 1 else 0
    sides = (values["D_DUALPANL"], values["D_DUALPANR"])
    if int(values["I_PANMODE"]) != DUAL_PAN:
        sides = (-1.0, values["D_WIDTH"])
    levels = (values["D_VOL"], values["D_PAN"], values["D_PANLAW"], *sides)
    envelopes, _ = reading["master_envelopes"]
    return [
        *(f"  {PARTLY_READ} {quote(note)}" for note in _not_read(reading)),
        f"  MASTERAUTOMODE {int(values['I_AUTOMODE'])}",
        f"  MASTERMUTESOLO {int(values['B_MUTE']) | mono}",
        f"  MASTER_VOLUME {' '.join(map(format_number, levels))}",
        f"  MASTER_PANMODE {int(values['I_PANMODE'])}",
        f"  MASTER_FX {int(values['I_FXEN'])}",
        *chain_lines(reading["master_chain"], "MASTERFXLIST"),
        *(line for state in envelopes for line in _envelope(state)),
    ]


def _envelope(state: str) -> list[str]:
    """The block of an envelope as a file calls it; nothing for one of a plug-in, which stands in the chain."""
    first, *others = state.splitlines()
    name, *words = first.strip().lstrip("<").split(" ")
    if name in _OF_PLUGINS:
        return []
    if name not in _OF_PROJECT:  # REAPER's states may call it as a track's
        name = _PREFIX + name.removeprefix(_PREFIX)
    return ["  <" + " ".join((name, *words)), *("  " + line for line in others)]


def _not_read(reading: dict[str, Any]) -> list[str]:
    """What this REAPER does not tell of the master, one line each."""
    _, lost = reading["master_envelopes"]
    notes = []
    if reading["master_mono"] not in (0, 1):
        notes.append("REAPER does not tell whether the master is switched to mono: taken as stereo")
    if lost:
        are = "is" if lost == 1 else "are"
        notes.append(
            f"{lost} of the master's envelopes {are} more than REAPER's Python can read at once (4 MB): not heard"
        )
    if any(plugin.get("wet") is None for plugin in reading["master_chain"]):
        notes.append("this REAPER does not tell how wet the master's plug-ins are mixed: taken as wholly")
    return notes

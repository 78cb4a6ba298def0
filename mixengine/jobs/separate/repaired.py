"""Repairs before a model: a file repaired in place, and what was done in sentences."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

import soundfile

from mixengine.audio.files import AudioFile
from mixengine.audio.reading import blocks
from mixengine.audio.writing import write_block
from mixengine.repair.chain import Chain
from mixengine.repair.names import NAMES
from mixengine.repair.repair import Fault, Wish
from mixengine.report.clock import clock
from mixengine.system.progress import Progress

_MAX_TIMES = 6
_WORDS = {
    "drop_outs": ("drop-out", "filled"),
    "clicks": ("click", "repaired"),
    "hum": ("hum", "taken out"),
    "plosives": ("pop", "lowered"),
    "breaths": ("breath", "lowered"),
    "sibilance": ("sharp sibilant", "lowered"),
}
"""What one is called, and what is done to it."""


def wish_of(settings: Mapping[str, Any]) -> Wish:
    """What a job's settings say about repairs; plans of earlier versions say nothing."""
    return Wish(**{entry.name: settings[entry.name] for entry in fields(Wish) if entry.name in settings})


def repair_in_place(path: Path, names: Sequence[str], wish: Wish, progress: Progress) -> list[Fault]:
    """Repair a WAV file of floats; nothing is written where nothing is to be done."""
    file = AudioFile(str(path))
    try:
        chain = Chain(names, file.rate, file.channels, file.frames, wish)
        chain.find(file.read, progress)
        if not chain.active:
            return chain.faults
        place = path.with_suffix(".repaired")
        with soundfile.SoundFile(place, "w", file.rate, file.channels, "FLOAT", format="WAV") as out:
            for _, block in blocks(chain.over(file.read), file.frames):
                write_block(out, block)
    finally:
        file.close()
    os.replace(place, path)
    return chain.faults


def fault_sentences(faults: Sequence[Fault]) -> list[str]:
    """What was repaired and what was left, one sentence for each kind of fault."""
    in_order = sorted(faults, key=lambda fault: (NAMES.index(fault.repair), not fault.done, fault.start_s))
    kinds = groupby(in_order, key=lambda fault: (fault.repair, fault.done))
    return [_sentence(name, done, list(group)) for (name, done), group in kinds]


def _sentence(name: str, done: bool, faults: list[Fault]) -> str:
    word, verb = _WORDS[name]
    sure = sorted(fault.sure for fault in faults)
    certainty = f"{100.0 * sure[0]:.0f}" + (f" to {100.0 * sure[-1]:.0f}" if sure[-1] - sure[0] >= 0.01 else "")
    if name == "hum":
        [hum] = faults
        change = f", {-(hum.change_db or 0.0):.0f} dB lower" if done else ""
        return f"hum of {hum.what}: {verb + change if done else 'left'} ({certainty} % sure)"
    count = f"{len(faults)} {word}{'s' * (len(faults) > 1)}"
    times = ", ".join(clock(fault.start_s) for fault in faults[:_MAX_TIMES])
    times += f" and {len(faults) - _MAX_TIMES} more, see --json" if len(faults) > _MAX_TIMES else ""
    return f"{count if done else 'possibly ' + count} at {times}: {verb if done else 'left'} ({certainty} % sure)"

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

    def kind(fault: Fault) -> tuple[int, bool, str, str]:
        return NAMES.index(fault.repair), not fault.done, fault.why, fault.doubt

    in_order = sorted(faults, key=lambda fault: (*kind(fault), fault.start_s))
    return [_sentence(list(group)) for _, group in groupby(in_order, key=kind)]


def _sentence(faults: list[Fault]) -> str:
    """What became of faults of one kind; only what certainty held back is ``possibly`` one."""
    first = faults[0]
    word, verb = _WORDS[first.repair]
    sure = sorted(fault.sure for fault in faults)
    certainty = f"{100.0 * sure[0]:.0f}" + (f" to {100.0 * sure[-1]:.0f}" if sure[-1] - sure[0] >= 0.01 else "")
    if first.repair == "hum" and first.why:
        return f"hum: {first.why}"
    if first.repair == "hum":
        change = f", {-(first.change_db or 0.0):.0f} dB lower" if first.done else ""
        return f"hum of {first.what}: {verb + change if first.done else 'left'} ({certainty} % sure)"
    total = sum(fault.count for fault in faults)
    words = f"{word}{'s' * (total > 1)}"
    if first.count > 1:
        return f"{total} possible {words} from {clock(first.start_s)} to {clock(first.end_s)}, {first.why}: left"
    times = ", ".join(clock(fault.start_s) for fault in faults[:_MAX_TIMES])
    times += f" and {len(faults) - _MAX_TIMES} more, see --json" if len(faults) > _MAX_TIMES else ""
    if first.why:
        return f"{total} {words} at {times}: left, {first.why}"
    if first.done:
        return f"{total} {words} at {times}: {verb} ({certainty} % sure)"
    doubt = f", {first.doubt}" * bool(first.doubt)
    return f"possibly {total} {words} at {times}: left{doubt} ({certainty} % sure)"

"""A job's findings as the report reads them: every field there, and each of its kind.

Findings of a saved plan are plain JSON: infinite levels have become words, and a file that somebody edited may hold
anything. What is not of the expected kind counts as not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from mixengine.analysis.spectra import BANDS

_SILENT = -math.inf
_ROWS: dict[str, dict[str, Any]] = {
    "tracks": {
        "id": "",
        "name": "",
        "reason": "",
        "measured_lufs": None,
        "target_lufs": None,
        "gain_db": 0.0,
        "masked_before": None,
        "masked_after": None,
    },
    "regions": {
        "start_s": 0.0,
        "end_s": 0.0,
        "depth_db": 0.0,
        "speech_lufs": _SILENT,
        "background_lufs": _SILENT,
        "least_lu": None,
        "met": True,
        "background": "",
    },
    "levels": {"track": "", "move_db": 0.0},
}
"""Lists of rows, and what stands for a field that is missing."""


def clean(details: Mapping[str, Any]) -> dict[str, Any]:
    """All fields that a section may ask for, whatever the job."""
    found: dict[str, Any] = {
        name: [_row(entry, defaults) for entry in _list(details.get(name)) if isinstance(entry, Mapping)]
        for name, defaults in _ROWS.items()
    }
    times = ("start_s", "end_s", "depth_db")
    found["regions"] = [row for row in found["regions"] if all(math.isfinite(row[name]) for name in times)]
    found |= {name: _words(details.get(name)) for name in ("speech", "music", "priority")}
    found |= {name: _word(details.get(name)) or "–" for name in ("method", "preset")}
    targets = details.get("target_lu")
    pairs = targets.items() if isinstance(targets, Mapping) else ()
    found["target_lu"] = {name: value for name, value in pairs if _is_finite(value)}
    found["masking_map"] = [row for entry in _list(details.get("masking_map")) if (row := _map_row(entry))]
    found["headroom_db"] = _number(details.get("headroom_db"))
    found["activity"] = [
        (max(float(span[0]), 0.0), float(span[1]))
        for span in _list(details.get("activity"))
        if len(_list(span)) == 2 and all(map(_is_finite, span)) and 0.0 < span[1] >= span[0]
    ]
    return found


def _row(entry: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    row = {}
    for name, default in defaults.items():
        value = _READERS[type(default)](entry.get(name))
        row[name] = default if value is None else value
    return row


def _map_row(entry: Any) -> dict[str, Any] | None:
    """A row of `mixengine.jobs.unmask.masking_map`; ``None`` for anything else."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("id"), str):
        return None
    by, bands = (found if isinstance(found := entry.get(name), Mapping) else {} for name in ("by", "bands"))
    pairs = {name: _shares(pair) for name, pair in by.items()}
    rows = {name: _shares(bands.get(name)) for name in ("before", "after")}
    whole = all(len(row) == BANDS for row in rows.values())
    return {
        "id": entry["id"],
        "by": {name: pair for name, pair in pairs.items() if len(pair) == 2 and None not in pair},
        "bands": rows if whole else None,
    }


def _shares(values: Any) -> list[float | None]:
    return [min(max(float(value), 0.0), 1.0) if _is_finite(value) else None for value in _list(values)]


def _list(value: Any) -> list | tuple:
    return value if isinstance(value, (list, tuple)) else ()


def _words(value: Any) -> list[str]:
    return [word for word in _list(value) if isinstance(word, str)]


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    if value in ("inf", "-inf"):
        return float(value)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _is_finite(value: Any) -> bool:
    number = _number(value)
    return number is not None and math.isfinite(number)


_READERS: dict[type, Callable[[Any], Any]] = {str: _word, bool: _flag, float: _number, type(None): _number}

"""``results.json`` and ``results.csv``: one entry per file with the fields of the results of [Shi 2025]."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from mixengine.jobs.balance.details import BalanceDetails, Row
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.methods import METHODS, shi2025_gain_db
from mixengine.model.plan import MixPlan
from mixengine.model.units import decibels

NO_EVENT = "no effective audio event"


def entries(plan: MixPlan) -> dict[str, dict[str, Any]]:
    """File name → fields. Inside a folder the name is the path from that folder, with forward slashes.

    ``adjustment_*`` are the gains of [Shi 2025] in dB on the raw audio: 0 for a track below −50 LUFS, which it passes
    through; such an entry says so in ``note``.
    """
    results: dict[str, dict[str, Any]] = {}
    details = plan.details
    assert isinstance(details, BalanceDetails)
    for row in details.tracks:
        key = _unique(_key(row, plan.source), results)
        reading = details.readings.get(row.id)
        results[key] = _fields(reading) if reading else {"note": row.reason}
    return results


def _key(row: Row, source: str) -> str:
    if not row.file:
        return row.name
    path = PurePath(row.file)
    if Path(source).is_dir() and path.is_relative_to(source):
        return path.relative_to(source).as_posix()
    return path.name


def _unique(key: str, taken: Mapping[str, Any]) -> str:
    count, candidate = 1, key
    while candidate in taken:
        count += 1
        candidate = f"{key} ({count})"
    return candidate


def _fields(reading: Reading) -> dict[str, Any]:
    def number(value: float | None) -> float | None:
        return value if value is not None and abs(value) != float("inf") else None

    low, high = reading.band_hz or (None, None)
    c_low, c_high = reading.centroid_band_hz
    fields: dict[str, Any] = {
        "orig_lufs_narrowband": number(reading.p_lufs),
        "orig_lufs_fullband": number(reading.lufs),
        "peak": number(decibels(reading.sample_peak)),
        "adjustment_narrowband": shi2025_gain_db(reading, METHODS["p_lufs"]),
        "adjustment_fullband": shi2025_gain_db(reading, METHODS["lufs"]),
        "adjustment_centroid": shi2025_gain_db(reading, METHODS["centroid"]),
        "F0": reading.f0_hz,
        "PYIN": reading.pyin_hz,
        "PESTO": reading.pesto_hz,
        "bandpass": {"lowstop": low, "highstop": high},
        "bandpass_c": {"lowstop": c_low, "highstop": c_high},
        "spectral_centroid": reading.centroid_hz,
        "spectral_bandwidth": reading.bandwidth_hz,
    }
    if not METHODS["lufs"].is_audible(reading):
        fields["note"] = NO_EVENT
    return fields


def as_json(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The entries as ``results.json``."""
    return json.dumps(results, indent=1, allow_nan=False)


def as_csv(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The entries as ``results.csv``: nested fields become columns ``bandpass_lowstop`` and so on."""
    rows = [{"file": key, **_flat(fields)} for key, fields in results.items()]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    columns.sort(key="note".__eq__)
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in fields.items():
        if isinstance(value, Mapping):
            flat.update({f"{key}_{inner}": number for inner, number in value.items()})
        else:
            flat[key] = value
    return flat

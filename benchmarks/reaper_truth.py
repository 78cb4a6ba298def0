"""How nearly the mixer reproduces what REAPER itself rendered.

    python benchmarks/reaper_truth.py MANIFEST [--worst N]

MANIFEST lists pieces of real projects with the file that REAPER rendered from each (its fields are described in the
SOURCES.md beside it). Each piece is cut out of its project (the track with everything inside it, or one item), rendered
in memory by the mixer that the command ``render`` uses, and compared with REAPER's file: power of the difference in dB
re the power of REAPER's file, no gain fitted, no shift beyond the whole frames that the manifest allows for a tie.
Prints a line for each pair, what each thing that a piece asks of a renderer comes to, and the totals. ``--worst N``
prints only the N worst pairs. Without the manifest it says so and ends with 0.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mixengine.hosts.rpp.project import Project
from mixengine.mixer import routing, unsupported
from mixengine.mixer.engine import Engine
from mixengine.model.session import Session, Track

BARS_DB = (-60.0, -90.0, -100.0)
_SILENT_DB = -200.0


def piece(session: Session, entry: Mapping[str, Any]) -> Session:
    """The session with nothing but an entry's piece, the master at 0 dB."""
    wanted = {track["guid"] for track in entry["tracks"]}
    kept: dict[str, Track] = {}
    for track in session.tracks:
        if track.id in wanted:
            kept[track.id] = replace(track, parent=None, mute=False, solo=False)
        elif track.parent in kept and entry["kind"] != "item":
            kept[track.id] = track
    edits = entry.get("edits") or ()
    if "fx off" in edits:
        kept = {name: replace(track, effects_on=False) for name, track in kept.items()}
    if "fader 0 dB" in edits:
        kept = {name: replace(track, fader_db=0.0) for name, track in kept.items()}
    if entry["kind"] == "item":
        kept = {name: replace(track, receives=()) for name, track in kept.items()}
    return replace(
        session,
        tracks=tuple(kept.values()),
        sample_rate=entry["rate"],
        master_db=0.0,
        master_pan=0.0,
        master_mute=False,
        master_mono=False,
        master_effects=(),
        master_automation=(),
    )


def with_items(project: Project, items: set[str]) -> Session:
    """The project without all other items, which may replace these."""
    alone = Project(project.document.render(), project.path)
    for track in alone.tracks.values():
        for name, block in alone.items(track).items():
            if name not in items:
                alone.document.edit(block.start, block.end, b"")
    return Project(alone.document.render(), project.path).session()


def rendered(session: Session, start_s: float, length_s: float) -> np.ndarray:
    """The piece as the command ``render`` plays it [shape=(frames, 2)]."""
    session, _ = unsupported.readable(session)
    engine = Engine(session, routing.graph(session), start_s=start_s, end_s=start_s + length_s)
    return np.concatenate([np.zeros((0, 2), np.float32), *(mix for mix, _ in engine.blocks())])


def residual_db(theirs: np.ndarray, ours: np.ndarray, lags: tuple[int, ...] = (0,)) -> float:
    """Power of the difference re the power of ``theirs`` in dB at the best lag (theirs[n] to ours[n - lag])."""
    ours = np.clip(ours[: len(theirs)].astype(float), -1.0, 1.0)
    ours = np.concatenate([ours, np.zeros((len(theirs) - len(ours), ours.shape[1]))])
    if theirs.shape[1] == 1:
        ours = ours.mean(axis=1, keepdims=True)
    return min(_ratio_db(*_shifted(theirs, ours, lag)) for lag in lags)


def _shifted(theirs: np.ndarray, ours: np.ndarray, lag: int) -> tuple[np.ndarray, np.ndarray]:
    frames = len(theirs) - abs(lag)
    return theirs[max(lag, 0) :][:frames], ours[max(-lag, 0) :][:frames]


def _ratio_db(theirs: np.ndarray, ours: np.ndarray) -> float:
    error, power = float(np.square(theirs - ours).sum()), float(np.square(theirs).sum())
    return max(10.0 * math.log10(error / power), _SILENT_DB) if error > 0.0 and power > 0.0 else _SILENT_DB


def measured(manifest: Path) -> list[tuple[dict[str, Any], float]]:
    """Every entry of a manifest with its residual in dB."""
    root, results = manifest.parent, []
    projects: dict[str, tuple[Project, Session]] = {}
    for entry in json.loads(manifest.read_text(encoding="utf-8")):
        name = entry["project"]
        if name not in projects:
            project = Project.load(root / name)
            projects[name] = project, project.session()
        project, session = projects[name]
        if entry["kind"] == "item":
            session = with_items(project, set(entry["items"]))
        ours = rendered(piece(session, entry), entry["start_s"], entry["length_s"])
        theirs, _ = soundfile.read(root / entry["render"], always_2d=True)
        results.append((entry, residual_db(theirs, ours, tuple(entry.get("lag") or (0,)))))
    return results


def _summary(values: list[float]) -> str:
    counts = "  ".join(f"{sum(value <= bar for value in values):3} at {bar:.0f}" for bar in BARS_DB)
    return f"{len(values):3} pairs, median {statistics.median(values):7.1f} dB, worst {max(values):7.1f}: {counts}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--worst", type=int, default=0, metavar="N")
    options = parser.parse_args()
    if not options.manifest.is_file():
        print(f"{options.manifest}: not there; nothing to measure")
        return
    results = measured(options.manifest)
    shown = sorted(results, key=lambda pair: -pair[1])[: options.worst] if options.worst else results
    for entry, value in shown:
        what = ", ".join(entry["exercises"])
        print(f"{value:8.1f}  {entry['id']:48}  {entry['kind']:6}  {what}")
    by_law: dict[str, list[float]] = defaultdict(list)
    for entry, value in results:
        for law in entry["exercises"] or ["plain"]:
            by_law[law].append(value)
    print()
    for law, values in sorted(by_law.items()):
        print(f"{law:32} {_summary(values)}")
    print(f"\n{'all':32} {_summary([value for _, value in results])}")


if __name__ == "__main__":
    main()

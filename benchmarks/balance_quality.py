"""Measure how near each method comes to a human balance, and how equal tracks are after equal-loudness balancing.

    python benchmarks/balance_quality.py [ROOT …] [--seed N]

ROOT holds one folder of stems per song, stems at the level they have in the finished mix (default:
``../shared/data/audio/multitrack``). Every stem is moved by a random gain of ±12 dB; each method restores it.
Printed is the mean absolute error in dB against the human balance, median-aligned, per song and over all. "without
names" hides the file names, so that only the audio speaks. With mosqito installed, also the spread over tracks of
ISO 532-1 loudness level (phon) after balancing by each measure without roles.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from mixengine import hosts
from mixengine.audio import timeline
from mixengine.jobs import registry
from mixengine.jobs.balance.methods import METHODS
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.session import Session, Track
from mixengine.model.units import amplitude

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "audio" / "multitrack"
DEFAULT = BalanceSettings().method
RANGE_DB = 12.0
SPREAD_SECONDS = 6.0


def songs(roots: list[Path]) -> list[Path]:
    """Folders that hold audio files directly."""
    from mixengine.audio.files import is_audio_name

    folders = [folder for root in roots for folder in (root, *sorted(p for p in root.rglob("*") if p.is_dir()))]
    return [folder for folder in folders if sum(is_audio_name(path) for path in folder.iterdir()) >= 4]


def moved(session: Session, gains_db: np.ndarray) -> Session:
    """The session without its reference master, every stem turned by its gain."""
    tracks = []
    for track, gain_db in zip(session.tracks, gains_db, strict=False):
        clips = tuple(replace(clip, gain_db=clip.gain_db + float(gain_db)) for clip in track.clips)
        tracks.append(replace(track, clips=clips))
    return replace(session, tracks=tuple(tracks))


def anonymous(session: Session) -> Session:
    """The session with track names that say nothing."""
    names = (replace(track, name=f"Audio {i:03d}x{'abcdefghij'[i % 10]}{i}") for i, track in enumerate(session.tracks))
    return replace(session, tracks=tuple(names))


def error_db(session: Session, gains_db: np.ndarray, **settings: object) -> float:
    """Mean absolute error of the restored balance, median-aligned."""
    plan = registry.run("balance", session, BalanceSettings(**settings))  # type: ignore[arg-type]
    rows = [
        (row, gain)
        for row, gain in zip(plan.details["tracks"], gains_db, strict=False)
        if row["target_lufs"] is not None
    ]
    left = np.array([gain + row["fader_after_db"] for row, gain in rows])
    return float(np.abs(left - np.median(left)).mean())


def variants() -> dict[str, tuple[bool, dict[str, object]]]:
    """Name of a line → (names hidden, settings)."""
    lines: dict[str, tuple[bool, dict[str, object]]] = {}
    for method in METHODS:
        lines[f"{method}, no roles"] = (True, {"method": method, "preset": "equal-loudness"})
    lines[f"{DEFAULT} (default) without names"] = (True, {})
    lines[f"{DEFAULT} (default) with names"] = (False, {})
    return lines


def phon(track: Track, gain_db: float, rate: int) -> float | None:
    """ISO 532-1 loudness level of the loudest seconds of a track after a gain (−23 LUFS plays at 70 dB SPL)."""
    from mosqito.sq_metrics import loudness_zwst

    mono = np.concatenate([block.mean(axis=1) for block in timeline.blocks(track, rate)]).astype(float)
    length = int(SPREAD_SECONDS * rate)
    if len(mono) > length:
        total = np.cumsum(np.square(mono))
        energy = (total[length:] - total[:-length])[:: rate // 10]
        mono = mono[int(np.argmax(energy)) * (rate // 10) :][:length]
    pascal = mono * amplitude(gain_db) * 2e-5 * 10 ** ((70.0 + 23.0) / 20.0)
    sone, _, _ = loudness_zwst(pascal, rate, field_type="free")
    return float(40.0 + 10.0 * np.log2(sone)) if sone > 0 else None


def spread(session: Session, method: str) -> float:
    """Standard deviation over tracks of the loudness level in phon after equal-loudness balancing."""
    settings = BalanceSettings(method=method, preset="equal-loudness")
    plan = registry.run("balance", session, settings)
    levels = {row["id"]: row for row in plan.details["tracks"] if row["target_lufs"] is not None}
    levels = [
        phon(track, -23.0 - levels[track.id]["measured_lufs"], session.sample_rate)
        for track in session.tracks
        if track.id in levels
    ]
    return float(np.std([level for level in levels if level is not None]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roots", nargs="*", type=Path, default=[SHARED])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generator = np.random.default_rng(arguments.seed)
    songs = []
    for folder in songs(arguments.roots):
        session = hosts.open_session(folder)
        session = replace(session, tracks=tuple(t for t in session.tracks if not t.name.startswith("_")))
        gains_db = generator.uniform(-RANGE_DB, RANGE_DB, len(session.tracks))
        songs.append((folder.name, moved(session, gains_db), gains_db))
    if not songs:
        raise SystemExit("no folder with at least four stems; give folders of stems, one per song")
    print(f"{'mean absolute error, dB':42}" + "".join(f"{name[:11]:>12}" for name, _, _ in songs) + f"{'all':>8}")
    for name, (hidden, settings) in variants().items():
        errors = [error_db(anonymous(s) if hidden else s, gains, **settings) for _, s, gains in songs]
        print(f"{name:42}" + "".join(f"{error:12.2f}" for error in errors) + f"{np.mean(errors):8.2f}", flush=True)
    try:
        import mosqito  # noqa: F401
    except ImportError:
        print("spread of ISO 532-1 loudness: not measured (pip install mosqito)")
        return
    name, session, _ = songs[-1]
    for method in ("active", "multitrack", "bark", "energy", "robust", "lufs", "p_lufs", "centroid"):
        phons = spread(session, method)
        print(f"{name}: spread of ISO 532-1 loudness level after balancing by {method:11}{phons:5.2f} phon", flush=True)


if __name__ == "__main__":
    main()

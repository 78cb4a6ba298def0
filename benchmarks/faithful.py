"""Gains and time of the three methods of [Shi 2025]: the published procedure as a plain script against ours.

    python benchmarks/faithful.py [FOLDER] [--seconds N]

FOLDER holds audio files (default: the demo's stems); the first N seconds of each are used (default 24). Prints the
largest and the 95th-percentile difference of gain in dB, for ``--exact`` and for the fast default, and the ratios of
time. PESTO takes part on both sides when it is installed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import soundfile

from mixengine import hosts
from mixengine.app import demo
from mixengine.audio import timeline
from mixengine.audio.pitch import has_pesto
from mixengine.jobs.balance.measure import MeasureOptions, Reading, measure
from mixengine.jobs.balance.methods import METHODS, SHI2025_METHODS, shi2025_gain_db
from mixengine.model.session import Session, Track

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.helpers import shi2025_reference


def shortened(folder: Path, target: Path, seconds: float) -> None:
    """Copy the first seconds of every audio file below ``folder``."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff"):
            samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
            name = "_".join(path.relative_to(folder).with_suffix(".wav").parts)
            soundfile.write(target / name, samples[: int(seconds * rate)], rate, subtype="FLOAT")


def timed_measure(track: Track, session: Session, exact: bool) -> tuple[Reading, float]:
    """Our measurement of one track and its seconds."""
    start = time.perf_counter()
    options = MeasureOptions(shi2025=True, exact=exact, pesto=has_pesto())
    reading = measure(track, timeline.analysis_rate(track, session), options)
    return reading, time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=demo.AUDIO)
    parser.add_argument("--seconds", type=float, default=24.0)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    differences: dict[str, list[float]] = {"exact": [], "fast": []}
    ratios: dict[str, list[float]] = {"exact": [], "fast": []}
    with tempfile.TemporaryDirectory() as place:
        shortened(arguments.folder, Path(place), arguments.seconds)
        session = hosts.open_session(Path(place))
        tracks = list(session.tracks)
        for exact in (True, False):  # compile and load everything once before anything is timed
            timed_measure(tracks[0], session, exact)
        print(
            f"{len(tracks)} tracks x {arguments.seconds:g} s, PESTO " + ("on both sides" if has_pesto() else "missing")
        )
        for track in tracks:
            start = time.perf_counter()
            expected = shi2025_reference.analyse(str(track.file), with_pesto=has_pesto())
            published_s = time.perf_counter() - start
            line = f"{track.name:28} Shi 2025 {published_s:6.2f} s"
            for name, exact in (("exact", True), ("fast", False)):
                reading, ours_s = timed_measure(track, session, exact)
                gaps = [abs(shi2025_gain_db(reading, METHODS[method]) - expected[method]) for method in SHI2025_METHODS]
                differences[name] += gaps
                ratios[name].append(published_s / ours_s)
                line += f" | {name} {ours_s:6.2f} s, gains within {max(gaps):.3f} dB"
            print(line, flush=True)
    for name, gaps in differences.items():
        within = float(np.mean(np.array(gaps) <= 0.5))
        print(
            f"{name:6}: largest difference {max(gaps):.3f} dB, 95th percentile {np.percentile(gaps, 95):.3f} dB, "
            f"{within:.0%} within 0.5 dB; median {statistics.median(ratios[name]):.1f} x Shi 2025's speed on one core"
        )


if __name__ == "__main__":
    main()

"""Project files: parse + write, ours against the ``rpp`` package, on the same files in one run.

    python benchmarks/rpp.py [FILE_OR_FOLDER …]

Without arguments: the real projects in ``../shared/data/rpp`` when they are there, and always a project made on the
spot (100 tracks, 2,000 items, 5,000 envelope points). Prints MB/s (median of several rounds, taken in turn), the ratio,
and how many files each side gives back byte for byte. ``full`` also reads every track, item and envelope.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

# this file is called like the package it measures: its own folder must not be searched for it
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != Path(__file__).resolve().parent]
import rpp  # noqa: E402

from mixengine.hosts.rpp.project import Project  # noqa: E402
from mixengine.hosts.rpp.syntax import Document  # noqa: E402

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "rpp"
ROUNDS = 7
MIN_SECONDS = 0.05


def synthetic_project() -> bytes:
    """A large session in REAPER's form."""
    lines = [
        '<REAPER_PROJECT 0.1 "7.41/win64" 1754248868',
        "  RIPPLE 0 0",
        "  SAMPLERATE 48000 1 0",
        "  TEMPO 120 4 4 0",
    ]
    for track in range(100):
        guid = f"{{00000000-0000-0000-0000-{track:012X}}}"
        lines += [
            f"  <TRACK {guid}",
            f'    NAME "Track {track}"',
            "    VOLPAN 0.70794578438414 0 -1 -1 1",
            "    ISBUS 0 0",
        ]
        lines += ["    <VOLENV2", "      ACT 1 -1", *(f"      PT {i * 0.73:.6f} 0.5 0" for i in range(50)), "    >"]
        for item in range(20):
            lines += ["    <ITEM", f"      POSITION {item * 12.345678}", "      LENGTH 11.5", "      LOOP 1"]
            lines += [f"      IGUID {guid}", "      NAME take.wav", "      VOLPAN 1 0 1 -1", "      SOFFS 0.75"]
            lines += ["      PLAYRATE 1 1 0 -1 0 0.0025", "      CHANMODE 0", "      <SOURCE WAVE"]
            lines += [f'        FILE "Media/take {track}-{item}.wav"', "      >", "    >"]
        lines.append("  >")
    return "\r\n".join([*lines, ">", ""]).encode()


def seconds(work: Callable[[], object]) -> float:
    """Time of one call, over as many calls as fill `MIN_SECONDS`."""
    count, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < MIN_SECONDS or not count:
        work()
        count += 1
    return spent / count


def package(data: bytes) -> bytes | None:
    """Parse and write with the ``rpp`` package; ``None`` when it cannot."""
    try:
        return rpp.dumps(rpp.loads(data.decode("utf-8", "surrogateescape"))).encode("utf-8", "surrogateescape")
    except Exception:  # its parser raises whatever its generator library raises
        return None


def main(arguments: list[str]) -> None:
    """Measure and print."""
    places = [Path(word) for word in arguments] or [SHARED]
    files = [
        f
        for p in places
        for f in (sorted(p.iterdir()) if p.is_dir() else [p])
        if f.suffix.lower() == ".rpp" and f.exists()
    ]
    with tempfile.TemporaryDirectory() as folder:
        synthetic = Path(folder) / "made-100-tracks.RPP"
        synthetic.write_bytes(synthetic_project())
        totals = {"ours": 0.0, "full": 0.0, "rpp": 0.0}
        size = same_ours = same_theirs = 0
        print(f"{'file':44} {'kB':>7} {'ours MB/s':>10} {'full MB/s':>10} {'rpp MB/s':>9} {'ratio':>7}")
        for path in [*files, synthetic]:
            data = path.read_bytes()
            same_ours += Document(data).render() == data
            theirs = package(data)
            same_theirs += theirs == data
            if theirs is None:
                print(f"{path.name:44} rpp cannot parse it")
                continue
            works = {
                "ours": lambda data=data: Document(data).render(),
                "full": lambda data=data, path=path: Project(data, path).session(),
                "rpp": lambda data=data: package(data),
            }
            rounds = [{name: seconds(work) for name, work in works.items()} for _ in range(ROUNDS)]
            median = {name: statistics.median(one[name] for one in rounds) for name in works}
            ratio = statistics.median(one["rpp"] / one["ours"] for one in rounds)
            speed = {name: len(data) / 1e6 / value for name, value in median.items()}
            print(
                f"{path.name:44} {len(data) / 1e3:7.1f} {speed['ours']:10.1f} {speed['full']:10.1f} "
                f"{speed['rpp']:9.2f} {ratio:6.0f}x"
            )
            size += len(data)
            for name, value in median.items():
                totals[name] += value
    count = len(files) + 1
    print(
        f"parse + write, all files: {totals['rpp'] / totals['ours']:.0f} x the rpp package "
        f"({size / 1e6 / totals['ours']:.0f} against {size / 1e6 / totals['rpp']:.1f} MB/s)"
    )
    print(f"byte-identical: ours {same_ours} of {count}, rpp {same_theirs} of {count}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Whether a balance buries tracks that people keep audible.

    python benchmarks/buried.py [--songs ROOT …] [--seeds N]

ROOT holds one folder of stems per song, stems at the level they have in the finished mix (default:
``../shared/data``); that mix is the human one. Every stem is moved by a random gain of ±12 dB and the session is
balanced with the defaults, as `balance_quality.py` does it. For each track the share of its loudness that the others
leave audible is computed: 1 minus the degree of masking by excitation on the Bark scale, weighted with the loudness
of each band (`mixengine.analysis.masking`). A track that people keep audible (share of at least `AUDIBLE`) is buried
where less than a quarter of that share is left.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from balance_quality import LINES, SONGS, Case, anonymous, faders_of, songs

from mixengine.analysis import masking
from mixengine.analysis.session_spectra import measure_spectra
from mixengine.analysis.spectra import Spectra
from mixengine.model.units import amplitude
from mixengine.system.progress import no_progress

AUDIBLE = 0.1
"""Share of its loudness with which a track counts as kept audible by people."""
BURIED = 0.25
"""Share of that share below which it is buried."""
MIXES = ("people", "untouched", "equal loudness", "default")


def audible_shares(measured: dict[str, Spectra], gains_db: dict[str, float]) -> dict[str, float]:
    """Track → share of its loudness that the others leave audible, 0 … 1, with a gain on each track."""
    loudest = max(spectra.peak * amplitude(gains_db[track]) ** 2 for track, spectra in measured.items())
    powers = {track: spectra.powers(amplitude(gains_db[track]) ** 2 / loudest) for track, spectra in measured.items()}
    shares = {}
    for heard in measured:
        ranked = [
            masking.TrackPowers(track, int(track != heard), False, measured[track].first, powers[track])
            for track in measured
        ]
        target = masking.targets(ranked)[0]
        shares[heard] = 1.0 - target.masking(target.together({}))
    return shares


def shares_of(case: Case, person_db: dict[str, float]) -> dict[str, dict[str, float]]:
    """Mix → track → audible share."""
    tracks = list(case.session.tracks)
    spectra = measure_spectra(case.session, tracks, use_cache=True, progress=no_progress)
    measured = {key: value for key, value in spectra.items() if isinstance(value, Spectra) and value.peak > 0.0}
    _, equal = LINES["equal loudness"]
    gains_db = {
        "people": person_db,
        "untouched": dict.fromkeys(measured, 0.0),
        "equal loudness": faders_of(anonymous(case.session), equal),
        "default": faders_of(case.session, {}),
    }
    measured = {key: value for key, value in measured.items() if all(key in gains for gains in gains_db.values())}
    return {mix: audible_shares(measured, gains_db[mix]) for mix in MIXES}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", nargs="*", type=Path, default=SONGS)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    roots = [root for root in arguments.songs if root.is_dir()]
    kept = {mix: [] for mix in MIXES}
    print(f"{'song (seed)':32}{'tracks':>8}{'audible':>9}" + "".join(f"{mix:>16}" for mix in MIXES[1:]))
    for seed in range(1, arguments.seeds + 1):
        for case in songs(roots, seed):
            shares = shares_of(case, case.person_db)
            audible = [track for track, share in shares["people"].items() if share >= AUDIBLE]
            counts = []
            for mix in MIXES:
                ratios = [shares[mix][track] / shares["people"][track] for track in audible]
                kept[mix] += ratios
                counts.append(sum(ratio < BURIED for ratio in ratios))
            print(
                f"{f'{case.name} ({seed})':32.32}{len(shares['people']):8}{len(audible):9}"
                + "".join(f"{count:16}" for count in counts[1:]),
                flush=True,
            )
    if not kept["people"]:
        raise SystemExit("no folder with at least four stems; give folders of stems, one per song")
    for words, value in (
        ("buried", lambda ratios: f"{np.sum(np.array(ratios) < BURIED)} of {len(ratios)}"),
        ("least share kept", lambda ratios: f"{np.min(ratios):.2f}"),
        ("5th percentile", lambda ratios: f"{np.percentile(ratios, 5):.2f}"),
    ):
        print(f"{words:49}" + "".join(f"{value(kept[mix]):>16}" for mix in MIXES[1:]))


if __name__ == "__main__":
    main()

"""Measure how near balances come to people's.

    python benchmarks/balance_quality.py [--songs ROOT …] [--sessions FILE --recordings FOLDER] [--seeds N]

Two kinds of material, each told per song or session, with the mean and how many got worse:

*Songs*: ROOT holds one folder of stems per song, stems at the level they have in the finished mix (default:
``../shared/data``). Every stem is moved by a random gain of ±12 dB; the error is the mean absolute difference in dB to
the human balance, median-aligned.

*Recorded sessions*: FILE (default: ``../shared/data/balance/recorded_sessions.json``) holds names of tracks as the
studio gave them, the loudness of each, and the faders of people who mixed them. FOLDER holds raw multitrack
recordings, one folder per song: each track of a session is played by another place of a recording of the
same instrument, at its loudness. The error is that to each person, averaged. "another person" is the mean between
two people.

"without names" hides the names, so that only the sound speaks. With mosqito installed, also the spread over tracks of
ISO 532-1 loudness level (phon) after balancing by each measure without roles.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from mixengine import hosts
from mixengine.audio import timeline
from mixengine.audio.files import is_audio_name
from mixengine.jobs import registry
from mixengine.jobs.balance.details import BalanceDetails
from mixengine.jobs.balance.measure import MeasureOptions, measure
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.model.plan import MixPlan
from mixengine.model.session import Clip, Session, Source, Track
from mixengine.model.units import amplitude

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
RANGE_DB = 12.0
SPREAD_SECONDS = 6.0
MUTED_DB = -40.0
LENGTH_S = 60.0
SONGS = [SHARED / "balance" / "songs", SHARED / "audio" / "multitrack"]
WORSE_DB = 0.3
KINDS = {
    "DRUMS/KICK": "kick",
    "DRUMS/SNARE": "snare",
    "DRUMS/TOM": "tom",
    "DRUMS/HI-HAT": "hat|cymbal",
    "DRUMS/TAMBOURINE": "hat|percussion",
    "DRUMS": "overhead|room|cymbal",
    "BASS": "bass",
    "GUITARS": "gtr|guitar",
    "KEYS": "keys|piano|organ",
    "VOCALS": "vox|vocal|voice",
    "MISC": "percussion",
}
"""Annotated instrument (or the first part of it) → what the name of a recording of it contains."""

LINES: dict[str, tuple[bool, dict[str, object]]] = {
    "equal loudness": (True, {"method": "active", "preset": "equal-loudness"}),
    "default": (False, {}),
    "default without names": (True, {}),
    "from scratch": (False, {"start_from": "scratch"}),
    "from scratch without names": (True, {"start_from": "scratch"}),
}


@dataclass
class Case:
    """A session, and how far a set of faders (by track id, in dB) is from people.

    ``person_db`` are the faders of the one person who mixed it, where there is one.
    """

    name: str
    session: Session
    error_db: Callable[[dict[str, float]], float]
    another_person_db: float = math.nan
    person_db: dict[str, float] = field(default_factory=dict)


def folders(roots: list[Path]) -> list[Path]:
    """Folders that hold at least four audio files directly."""
    every = [folder for root in roots for folder in (root, *sorted(p for p in root.rglob("*") if p.is_dir()))]
    return [folder for folder in every if sum(is_audio_name(path) for path in folder.iterdir()) >= 4]


def distance_db(faders_db: dict[str, float], person_db: dict[str, float]) -> float:
    """Mean absolute difference over the tracks that both have, median-aligned."""
    apart = np.array([faders_db[track] - person_db[track] for track in faders_db.keys() & person_db.keys()])
    return float(np.abs(apart - np.median(apart)).mean())


def songs(roots: list[Path], seed: int) -> Iterator[Case]:
    """Songs whose stems were moved."""
    generator = np.random.default_rng(seed)
    for folder in folders(roots):
        session = hosts.open_session(folder)
        tracks = [track for track in session.tracks if track.clips and not track.name.startswith("_")]
        person_db = {
            track.id: -float(gain)
            for track, gain in zip(tracks, generator.uniform(-RANGE_DB, RANGE_DB, len(tracks)), strict=True)
        }
        moved = tuple(turned(track, -person_db[track.id]) for track in tracks)
        error_db = partial(distance_db, person_db=person_db)
        yield Case(folder.name, replace(session, tracks=moved), error_db, person_db=person_db)


def turned(track: Track, gain_db: float) -> Track:
    """The track with its clips turned by a gain."""
    return replace(track, clips=tuple(replace(clip, gain_db=clip.gain_db + gain_db) for clip in track.clips))


def recorded(file: Path, recordings: Path, seed: int) -> Iterator[Case]:
    """Recorded sessions, played by other recordings of the same instruments."""
    material = [path for folder in folders([recordings]) for path in sorted(folder.iterdir()) if is_audio_name(path)]
    generator = np.random.default_rng(seed)
    for name, about in json.loads(file.read_text()).items():
        people: dict[str, dict[str, float]] = {}
        tracks = []
        for title, entry in about["tracks"].items():
            files = [path for path in material if re.search(kind_of(entry["instrument"]), path.name.lower())]
            gains = {person: gain for person, gain in entry["gains_db"].items() if gain is not None and gain > MUTED_DB}
            if not files or not gains:
                continue
            tracks.append(at_loudness(title, files[generator.integers(len(files))], entry["lufs"], generator))
            for person, gain_db in gains.items():
                people.setdefault(person, {})[title] = gain_db
        mixes = [mix for mix in people.values() if len(mix) >= 5]
        between = [distance_db(a, b) for i, a in enumerate(mixes) for b in mixes[:i]]

        def error_db(faders_db: dict[str, float], mixes: list[dict[str, float]] = mixes) -> float:
            return float(np.mean([distance_db(faders_db, mix) for mix in mixes]))

        yield Case(name, Session(name, name, 44100, tuple(tracks)), error_db, float(np.mean(between)))


def kind_of(instrument: str) -> str:
    """What names of recordings of an annotated instrument contain."""
    return KINDS.get(instrument) or KINDS[instrument.split("/", maxsplit=1)[0]]


def at_loudness(name: str, path: Path, loudness_lufs: float, generator: np.random.Generator) -> Track:
    """A track that plays a random place of a file at a loudness."""
    duration_s = soundfile.info(str(path)).duration
    length_s = min(LENGTH_S, duration_s)
    offset_s = float(generator.uniform(0.0, duration_s - length_s))
    track = Track(name, name, clips=(Clip(name, Source(str(path)), 0.0, length_s, offset_s=offset_s),))
    reading = measure(track, 44100, MeasureOptions())
    return turned(track, loudness_lufs - reading.heard_lufs) if math.isfinite(reading.heard_lufs) else track


def anonymous(session: Session) -> Session:
    """The session with track names that say nothing."""
    names = (replace(track, name=f"Audio {i:03d}x{'abcdefghij'[i % 10]}{i}") for i, track in enumerate(session.tracks))
    return replace(session, tracks=tuple(names))


def details(plan: MixPlan) -> BalanceDetails:
    """What a balance measured and decided."""
    assert isinstance(plan.details, BalanceDetails)
    return plan.details


def faders_of(session: Session, settings: dict[str, object]) -> dict[str, float]:
    """Track id → fader, of the tracks that are balanced."""
    plan = registry.run("balance", session, BalanceSettings(**settings))  # type: ignore[arg-type]
    return {row.id: row.fader_after_db for row in details(plan).tracks if row.target_lufs is not None}


def table(title: str, cases: list[list[Case]]) -> None:
    """Print the errors of every line for every case (mean over seeds), the means and how many got worse."""
    names = [case.name for case in cases[0]]
    print(f"\n{title}: mean absolute error, dB ({len(cases)} seeds)")
    columns = ["untouched", *LINES, "another person"]
    print(f"{'':28}" + "".join(f"{column:>16.16}" for column in columns))
    rows = np.array([[row_of([seed[at] for seed in cases])] for at in range(len(names))]).squeeze(1)
    for name, row in zip(names, rows, strict=True):
        print(f"{name:28.28}" + "".join(f"{value:16.2f}" for value in row), flush=True)
    print(f"{'mean':28}" + "".join(f"{value:16.2f}" for value in rows.mean(axis=0)))
    for what, column in (("untouched by 1 dB", 0), ("equal loudness by 0.3 dB", 1)):
        limit = 1.0 if column == 0 else WORSE_DB
        worse = (rows > rows[:, [column]] + limit).sum(axis=0)
        print(f"{'worse than ' + what:28.36}" + "".join(f"{value:16d}" for value in worse))


def row_of(cases: list[Case]) -> list[float]:
    """Errors of one song under all seeds."""
    errors = []
    for case in cases:
        still = dict.fromkeys((track.id for track in case.session.tracks), 0.0)
        hidden = anonymous(case.session)
        lines = [
            case.error_db(faders_of(hidden if without_names else case.session, settings))
            for without_names, settings in LINES.values()
        ]
        errors.append([case.error_db(still), *lines, case.another_person_db])
    return list(np.mean(errors, axis=0))


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
    plan = registry.run("balance", session, BalanceSettings(method=method, preset="equal-loudness"))
    levels_lufs = {row.id: row.measured_lufs for row in details(plan).tracks if row.target_lufs is not None}
    phons = [
        phon(track, -23.0 - level_lufs, session.sample_rate)
        for track in session.tracks
        if (level_lufs := levels_lufs.get(track.id)) is not None
    ]
    return float(np.std([level for level in phons if level is not None]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--songs", nargs="*", type=Path, default=[SHARED / "balance/songs", SHARED / "audio/multitrack"]
    )
    parser.add_argument("--sessions", type=Path, default=SHARED / "balance" / "recorded_sessions.json")
    parser.add_argument("--recordings", type=Path, help="folder of raw multitrack recordings")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    seeds = range(1, arguments.seeds + 1)
    roots = [root for root in arguments.songs if root.is_dir()]
    cases = [list(songs(roots, seed)) for seed in seeds]
    if not cases[0]:
        raise SystemExit("no folder with at least four stems; give folders of stems, one per song")
    table("songs, stems moved by up to 12 dB", cases)
    if arguments.recordings and arguments.sessions.is_file():
        table("recorded sessions", [list(recorded(arguments.sessions, arguments.recordings, seed)) for seed in seeds])
    else:
        print("recorded sessions: not measured (--recordings: a folder of raw multitrack recordings)")
    try:
        import mosqito  # noqa: F401
    except ImportError:
        print("spread of ISO 532-1 loudness: not measured (pip install mosqito)")
        return
    last = cases[0][-1]
    for method in ("active", "multitrack", "bark", "energy", "robust", "lufs", "p_lufs", "centroid"):
        print(
            f"{last.name}: ISO 532-1 loudness level after {method:11}{spread(last.session, method):5.2f} phon",
            flush=True,
        )


if __name__ == "__main__":
    main()

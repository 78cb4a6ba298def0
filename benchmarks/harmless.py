"""What each job does to material that is finished: the less, the better.

    python benchmarks/harmless.py [SHARED] [--only JOB …] [--songs N]

SHARED (default: ``../shared/data``) holds the songs, stems at their level in the mix, and speech. Printed per job and
piece what it changed:

- ``balance``: largest and mean move of a fader, beside a move common to all, and how far the levels lie from the rule;
- ``unmask``: largest cut and boost of any equaliser (the lead is told to it where its name does not);
- ``match``: against the song's own mix: largest move of a fader beside a common one, largest gain of an equaliser;
- ``duck``: speech over music that lies 12 LU below it: move of the music's fader, and how deep it is ducked;
- ``enhance``: clean speech and sung leads: SI-SDR of what comes out to what went in, and how much louder it is;
- ``lint``: errors and warnings.

``level``, ``sync`` and ``deliver`` are not there yet and left out. Material that is missing is named.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import soundfile
from keeps_music import clean_row
from unmask import SONGS

from mixengine import hosts
from mixengine.audio import files
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs import registry
from mixengine.jobs.match.settings import MatchSettings
from mixengine.mixer.engine import Engine
from mixengine.mixer.routing import graph
from mixengine.model.plan import Envelope, Equalizer, Fader, MixPlan
from mixengine.model.session import Session
from mixengine.separation_models import DENOISER
from mixengine.separation_models.chunked import separate
from mixengine.separation_models.keeping import Guard, guarded
from mixengine.separation_models.registry import open_model
from mixengine.system.progress import no_progress

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SECONDS = 60.0
BELOW_LU = 12.0
SPEECH_FILES = 6
Line = tuple[str, str]
"""Name of a piece, and what was done to it."""


def sessions(shared: Path, count: int) -> Iterator[tuple[str, str, Session]]:
    """Name, lead and stems of each song, as mixed."""
    for place, lead in list(SONGS.items())[:count]:
        if not (shared / place).is_dir():
            print(f"{place}: is not there")
            continue
        session = hosts.open_session(shared / place)
        kept = tuple(track for track in session.tracks if not track.name.startswith("_"))
        yield Path(place).name, lead, replace(session, tracks=kept)


def plan_of(job: str, session: Session, **settings: object) -> MixPlan:
    """What a job decides with its defaults and ``settings``."""
    return registry.run(job, session, registry.job(job).settings(**settings), no_progress)


def fader_moves(session: Session, plan: MixPlan) -> str:
    """Largest and mean move of a fader, beside the move common to all tracks."""
    moved = {change.track: change.after - change.before for change in plan.changes if isinstance(change, Fader)}
    moves = np.array([moved.get(track.id, 0.0) for track in session.tracks if track.audio_clips])
    moves = np.abs(moves - np.median(moves))
    return f"faders {moves.max():.1f} dB at most, {moves.mean():.1f} on average"


def equaliser_gains(plan: MixPlan) -> list[float]:
    """Gains of all bands that a plan sets."""
    return [b.gain_db for change in plan.changes if isinstance(change, Equalizer) for b in change.after or ()]


def balance(shared: Path, count: int) -> Iterator[Line]:
    """Faders of finished songs."""
    for name, _, session in sessions(shared, count):
        plan = plan_of("balance", session)
        yield name, f"{fader_moves(session, plan)}; {plan.details['start']['why']}"


def unmask(shared: Path, count: int) -> Iterator[Line]:
    """Equalisers for a lead that everybody hears."""
    for name, lead, session in sessions(shared, count):
        gains_db = equaliser_gains(plan_of("unmask", session, roles=(f"{lead}=lead_vocal",)))
        cut, boost = (max([0.0, *(sign * gain for gain in gains_db)]) for sign in (-1.0, 1.0))
        yield name, f"{len(gains_db)} bands, cuts {cut:.1f} dB at most, boosts {boost:.1f}"


def match(shared: Path, count: int) -> Iterator[Line]:
    """A song against its own mix."""
    for name, _, session in sessions(shared, count):
        with tempfile.TemporaryDirectory() as folder:
            reference = Path(folder) / "mix.wav"
            mix = np.concatenate([block for block, _ in Engine(session, graph(session)).blocks()])
            soundfile.write(reference, mix, session.sample_rate, subtype="FLOAT")
            plan = registry.run("match", session, MatchSettings(str(reference)), no_progress)
        gains_db = np.abs([0.0, *equaliser_gains(plan)])
        yield name, f"{fader_moves(session, plan)}; equalisers {gains_db.max():.1f} dB at most"


def duck(shared: Path, count: int) -> Iterator[Line]:
    """Speech over music that lies low enough."""
    music = sorted((shared / "audio" / "music").rglob("*.*"))
    speech = speech_files(shared)
    for voice, bed in list(zip(speech, [path for path in music if files.is_audio_name(path)], strict=False))[:count]:
        with tempfile.TemporaryDirectory() as folder:
            rate, talk = read(voice)
            bed_rate, play = read(bed)
            play *= 10.0 ** ((lufs(talk, rate) - BELOW_LU - lufs(play, bed_rate)) / 20.0)
            soundfile.write(Path(folder) / "voice.wav", talk, rate, subtype="FLOAT")
            soundfile.write(Path(folder) / "music.wav", play, bed_rate, subtype="FLOAT")
            plan = plan_of("duck", hosts.open_session(folder), speech=("voice",), music=("music",))
        moves_db = [change.after - change.before for change in plan.changes if isinstance(change, Fader)]
        lowest = min((p.value for c in plan.changes if isinstance(c, Envelope) for p in c.after), default=1.0)
        yield (
            f"{voice.stem} / {bed.stem}"[:40],
            (f"music's fader {sum(moves_db):+.1f} dB, ducked by {abs(20.0 * np.log10(lowest)):.1f} dB at most"),
        )


def enhance(shared: Path, count: int) -> Iterator[Line]:
    """Clean speech, and leads of finished songs."""
    model = guarded(open_model(DENOISER), Guard())
    leads = [path for place, lead in list(SONGS.items())[:count] for path in (shared / place).glob(f"{lead}.*")]
    for path in [*speech_files(shared), *leads]:
        rate, samples = read(path)
        samples = samples.mean(axis=1, keepdims=True)
        if np.abs(samples).max(initial=0.0) < 1e-4:
            continue
        ratio_db, level_db, _ = clean_row(samples, separate(model, samples, rate)["speech"], rate)
        yield f"{path.parent.name}/{path.stem}", f"kept at {ratio_db:.1f} dB SI-SDR, level {level_db:+.2f} dB"


def lint(shared: Path, count: int) -> Iterator[Line]:
    """Findings in finished songs."""
    for name, _, session in sessions(shared, count):
        plan = plan_of("lint", session)
        counts = plan.details["counts"]
        checks = sorted(
            {finding["check"] for finding in plan.details["findings"] if finding["severity"] in ("error", "warning")}
        )
        yield name, f"{counts.get('error', 0)} errors, {counts.get('warning', 0)} warnings: {', '.join(checks) or '–'}"


def speech_files(shared: Path) -> list[Path]:
    """A few recordings of clean speech, of different speakers."""
    speakers: dict[str, Path] = {}
    for path in sorted((shared / "audio" / "speech" / "librispeech_train_clean_100").rglob("*.*")):
        if files.is_audio_name(path):
            speakers.setdefault(path.stem.partition("-")[0], path)
    return list(speakers.values())[:SPEECH_FILES]


def read(path: Path) -> tuple[int, np.ndarray]:
    """Rate and the first minute of a file [shape=(samples, channels)]."""
    with soundfile.SoundFile(path) as file:
        return file.samplerate, file.read(int(SECONDS * file.samplerate), dtype="float32", always_2d=True)


def lufs(samples: np.ndarray, rate: int) -> float:
    """Integrated loudness."""
    meter = LoudnessMeter(rate, samples.shape[1], dual_mono=True)
    meter.add(samples)
    return meter.integrated()


JOBS: dict[str, Callable[[Path, int], Iterator[Line]]] = {
    "balance": balance,
    "unmask": unmask,
    "match": match,
    "duck": duck,
    "enhance": enhance,
    "lint": lint,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--only", action="append", choices=[*JOBS], help="this job (repeatable)")
    parser.add_argument("--songs", type=int, default=len(SONGS), help="at most so many pieces per job")
    options = parser.parse_args()
    for job in options.only or JOBS:
        for name, words in JOBS[job](options.shared, options.songs):
            print(f"{job:8} {name:42} {words}", flush=True)


if __name__ == "__main__":
    main()

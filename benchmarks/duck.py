"""Ducking against [SpectralDucker], a sidechain compressor and nothing at all, on the same sessions in one run.

    python benchmarks/duck.py [FOLDER] [--sessions N] [--seconds S] [--target-lu X] [--hour]

FOLDER holds ``speech/`` and ``music/`` (default: ``../shared/data/audio``). Each session is a track of utterances with
pauses (their activity is known), levelled to within ±3 LU of each other as an edited podcast is, over a piece of music
that is 6 LU softer, as loud, or 6 LU louder than the speech; one in three has noise in the speech track, 20 dB down.
Printed per system:

- on target: share of speech time in which short-term speech loudness (3 s, over speech only) is at least the target
  above the music; and the same with 2 LU of grace
- beyond: mean dB by which the music is ducked more than the target needs
- slope: steepest change of the music's gain in dB per 10 ms
- late: how long after the first word the gain is down, 90th percentile in ms (negative: before it)
- points per minute
- STOI of the speech in the mix (when ``pystoi`` is installed)

``--hour`` instead plans one session of 60 minutes and prints seconds and peak memory.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from scipy import signal
from speech_detection import HOP_S, SHARED, Example, material, read, rest_files, runs, speech_files, speech_track

from mixengine import hosts
from mixengine.audio.k_weighting import k_weighting
from mixengine.jobs import registry
from mixengine.jobs.duck import envelope
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model.plan import Envelope, Fader

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.helpers import ducker_reference

RATE = 44100
WINDOW_S = 3.0
GRACE_LU = 2.0
LEVELS_LU = (-6.0, 0.0, 6.0)
DOWN_DB = 1.0


@dataclass
class Case:
    """One session: ``speech`` and ``music`` [shape=(samples,)], which 10 ms frames are speech."""

    name: str
    speech: np.ndarray
    music: np.ndarray
    truth: np.ndarray


@dataclass
class Answer:
    """Output of a system: both signals, the music's gain over time, how many points say so."""

    speech: np.ndarray
    music: np.ndarray
    gain: np.ndarray
    points: int = 0


@dataclass
class Figures:
    """Sums over sessions."""

    met: list[float] = field(default_factory=list)
    near: list[float] = field(default_factory=list)
    beyond_db: list[float] = field(default_factory=list)
    slope_db: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    points: list[float] = field(default_factory=list)
    stoi: list[float] = field(default_factory=list)


def frames(samples: np.ndarray, count: int) -> np.ndarray:
    """K-weighted power of each 10 ms frame."""
    weighted = np.square(signal.sosfilt(k_weighting(RATE), samples))
    hop = round(RATE * HOP_S)
    return np.resize(weighted[: count * hop].reshape(-1, hop).mean(axis=1), count)


def short_term_db(power: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Level over the speech frames of the 3 s around each frame."""
    kernel = np.ones(round(WINDOW_S / HOP_S) | 1)
    total = signal.fftconvolve(power * truth, kernel, "same")
    count = signal.fftconvolve(truth.astype(float), kernel, "same")
    return 10.0 * np.log10(np.maximum(total, 1e-12) / np.maximum(count, 1e-6))


def cases(folder: Path, sessions: int, seconds: float) -> Iterator[Case]:
    """The sessions, always the same ones."""
    pieces = rest_files(folder, "music")
    for index in range(sessions):
        kind = "noise 20 dB" if index % 3 == 2 else "clean"
        example: Example = list(material(folder, kind, seconds=seconds, tracks=index + 1, rate=RATE))[-1]
        speech = levelled(example, np.random.default_rng(index)) + example.rest
        music = np.resize(read(pieces[index * 5 % len(pieces)], RATE), len(speech)).astype(np.float64)
        spoken_db = 10.0 * np.log10(frames(speech, len(example.truth))[example.truth].mean())
        music_db = 10.0 * np.log10(frames(music, len(example.truth)).mean())
        music *= 10.0 ** ((spoken_db - music_db + LEVELS_LU[index % len(LEVELS_LU)]) / 20.0)
        yield Case(f"{kind}, {pieces[index * 5 % len(pieces)].stem}", speech, music, example.truth)


def levelled(example: Example, generator: np.random.Generator) -> np.ndarray:
    """The speech with every passage (pauses over half a second part them) at the common level, ±3 LU."""
    count, hop = len(example.truth), round(RATE * HOP_S)
    power, out = frames(example.speech, count), example.speech.astype(np.float64)
    passages = runs(np.convolve(example.truth, np.ones(51), "same") > 0.5)
    common = power[example.truth].mean()
    for start, stop in passages:
        speech_power = power[start:stop][example.truth[start:stop]].mean()
        out[start * hop : stop * hop] *= np.sqrt(common / speech_power) * 10.0 ** (generator.uniform(-3.0, 3.0) / 20.0)
    return out


def ours(case: Case, settings: DuckSettings) -> Answer:
    """The duck job on a folder of two files, its envelope rendered sample by sample."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("speech", "music"):
            soundfile.write(Path(place) / f"{name}.wav", getattr(case, name), RATE, subtype="FLOAT")
        plan = registry.run("duck", hosts.open_session(Path(place)), settings)
    points = next((change.after for change in plan.changes if isinstance(change, Envelope)), ())
    moved_db = next((change.after - change.before for change in plan.changes if isinstance(change, Fader)), 0.0)
    gain = envelope.gain(np.arange(len(case.music)) / RATE, points)
    return Answer(case.speech, case.music * gain * 10.0 ** (moved_db / 20.0), gain, len(points))


def untouched(case: Case) -> Answer:
    """No ducking."""
    return Answer(case.speech, case.music, np.ones(len(case.music)))


def spectral_ducker(case: Case) -> Answer:
    """[SpectralDucker]; its own output levels are kept."""
    return Answer(*ducker_reference.duck(case.speech, case.music, RATE))


def sidechain(case: Case) -> Answer:
    """A compressor keyed by the speech: 4:1 over −40 dBFS, 10 ms attack, 250 ms release, at most 18 dB."""
    level = np.abs(case.speech)
    attack, release = (np.exp(-1.0 / (RATE * seconds)) for seconds in (0.01, 0.25))
    fast = signal.lfilter([1 - attack], [1, -attack], level)
    slow = signal.lfilter([1 - release], [1, -release], np.maximum(fast, level))
    key_db = 20.0 * np.log10(np.maximum(np.maximum(fast, slow), 1e-9))
    gain = 10.0 ** (-np.clip((key_db + 40.0) * 0.75, 0.0, 18.0) / 20.0)
    return Answer(case.speech, case.music * gain, gain)


def judge(case: Case, answer: Answer, target_lu: float, figures: Figures) -> None:
    """Add one session's figures."""
    count = len(case.truth)
    speech_db = short_term_db(frames(case.speech, count), case.truth)
    scale = np.sqrt(np.square(case.speech).mean() / max(np.square(answer.speech).mean(), 1e-20))
    if answer.speech is case.speech:
        scale = 1.0
    ducked_db = short_term_db(frames(answer.music * scale, count), case.truth)
    gap_lu = (speech_db - ducked_db)[case.truth]
    hop = round(RATE * HOP_S)
    gain_db = 20.0 * np.log10(np.maximum(answer.gain[::hop][:count], 1e-6))
    beyond_db = np.minimum(np.maximum(gap_lu - target_lu, 0.0), np.maximum(-gain_db[case.truth], 0.0))
    figures.met.append(float(np.mean(gap_lu >= target_lu - 0.1)))
    figures.near.append(float(np.mean(gap_lu >= target_lu - GRACE_LU)))
    figures.beyond_db.append(float(beyond_db.mean()))
    figures.slope_db.append(float(np.abs(20.0 * np.log10(answer.gain[hop:] / answer.gain[:-hop])).max()))
    figures.points.append(answer.points / (len(case.speech) / RATE / 60.0))
    for start, stop in runs(case.truth):
        if case.truth[max(start - 100, 0) : start].any() or stop - start < 50:
            continue  # only where a second of pause comes before
        deepest_db = gain_db[start : min(stop, start + 100)].min()  # what it goes down to for these first words
        if deepest_db > -3.0:
            continue
        down = gain_db[max(start - 100, 0) : stop] <= deepest_db + DOWN_DB
        figures.late_ms.append((int(np.argmax(down)) - min(start, 100)) * HOP_S * 1000.0)
    if importlib.util.find_spec("pystoi"):
        from pystoi import stoi

        figures.stoi.append(float(stoi(case.speech, answer.speech * scale + answer.music * scale, RATE)))


def row(name: str, figures: Figures) -> str:
    """One line of the table."""
    late = f"{np.percentile(figures.late_ms, 90):7.0f}" if figures.late_ms else "      –"
    stoi = f"{np.mean(figures.stoi):6.3f}" if figures.stoi else "     –"
    return (
        f"{name:24}{np.mean(figures.met):8.1%}{np.mean(figures.near):8.1%}{np.mean(figures.beyond_db):8.1f}"
        f"{np.max(figures.slope_db):8.2f}{late}{np.mean(figures.points):8.1f}{stoi}"
    )


def hour(folder: Path, settings: DuckSettings) -> None:
    """Plan 60 minutes of speech over stereo music."""
    voices, piece = speech_files(folder), read(rest_files(folder, "music")[0], RATE)
    with tempfile.TemporaryDirectory() as place:
        minute, _ = speech_track(voices, 300.0, RATE, np.random.default_rng(1))
        for name, samples in (("speech", minute), ("music", np.stack([piece, piece[::-1]], axis=1))):
            with soundfile.SoundFile(Path(place) / f"{name}.wav", "w", RATE, samples.ndim, "PCM_24") as file:
                left = 3600 * RATE
                while left > 0:
                    file.write(samples[:left])
                    left -= len(samples)
        session = hosts.open_session(Path(place))
        start = time.perf_counter()
        plan = registry.run("duck", session, settings)
        seconds = time.perf_counter() - start
    peak_gb = sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1e6
    print(
        f"60 minutes planned in {seconds:.1f} s ({3600 / seconds:.0f} x real time), {len(plan.details['regions'])} "
        f"regions; {peak_gb:.2f} GB (this process and its largest worker)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--sessions", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--target-lu", type=float, default=10.0)
    parser.add_argument("--detector", nargs="+", default=["psd-adaptive", "silero", "energy"])
    parser.add_argument("--hour", action="store_true")
    options = parser.parse_args()
    if not (options.folder / "speech").is_dir():
        print(f"skipped: {options.folder} has no folder speech")
        return
    if options.hour:
        hour(options.folder, DuckSettings(detector=options.detector[0]))
        return

    def job(**options: object) -> Callable[[Case], Answer]:
        return lambda case: ours(case, DuckSettings(**options))  # type: ignore[arg-type]

    systems: dict[str, Callable[[Case], Answer]] = {
        "nothing": untouched,
        "SpectralDucker": spectral_ducker,
        "sidechain compressor": sidechain,
        **{f"mixengine, {name}": job(target_lu=options.target_lu, detector=name) for name in options.detector},
        "mixengine, -12 dB": job(depth_db=12.0),
    }
    figures = {name: Figures() for name in systems}
    for case in cases(options.folder, options.sessions, options.seconds):
        for name, system in systems.items():
            judge(case, system(case), options.target_lu, figures[name])
    print(f"{'system':24}  target  -2 LU  beyond   slope   late  points   STOI")
    for name, entry in figures.items():
        print(row(name, entry))


if __name__ == "__main__":
    main()

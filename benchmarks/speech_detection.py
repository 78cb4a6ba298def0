"""How well each speech detector finds the talking, on constructed tracks and on labelled meetings.

    python benchmarks/speech_detection.py [FOLDER] [--seconds S] [--tracks N] [--rate HZ] [--half H] [--detector D …]

FOLDER holds ``speech/``, ``noise/`` and ``music/`` (default: ``../shared/data/audio``). Utterances, trimmed and
labelled by an energy gate on the clean recording, are placed on tracks of S seconds with random pauses of 0.5 to 6 s,
alone or with noise, voices or music added at a given ratio of active speech to the mean of the rest. Printed per
condition and detector: precision, recall and F1 of 10 ms frames, the area under the ROC curve of the score, the median
absolute error of onsets, and seconds of computing per second of sound. ``--half`` takes every other speaker and noise
only, so that rules made on one half can be judged on the other.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
import soxr
from scipy import signal, stats

from mixengine.audio.speech import DETECTORS, Activity
from mixengine.system.errors import UserError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "audio"
HOP_S = 0.01
PAUSE_S = 0.3
ONSET_REACH_S = 0.5
BLOCK = 65536
HALVES = {"a": (0,), "b": (1,), "both": (0, 1)}
WITH_VOICES = ("coffee", "city", "playground", "berlin")
CONDITIONS: dict[str, tuple[str, float]] = {
    "clean": ("", 0.0),
    "noise 20 dB": ("noise", 20.0),
    "noise 10 dB": ("noise", 10.0),
    "noise 5 dB": ("noise", 5.0),
    "voices 10 dB": ("voices", 10.0),
    "mix 20 dB": ("music", 20.0),
    "mix 10 dB": ("music", 10.0),
    "mix 0 dB": ("music", 0.0),
}
"""Name → what is added, and speech-to-rest ratio in dB."""


@dataclass(frozen=True)
class Example:
    """One track: ``speech`` and ``rest`` [shape=(samples,)] at ``rate``, and which 10 ms frames are ``truth``."""

    name: str
    rate: int
    speech: np.ndarray
    rest: np.ndarray
    truth: np.ndarray

    @property
    def mono(self) -> np.ndarray:
        """The signal that the detector gets."""
        return self.speech + self.rest


def runs(mask: np.ndarray) -> np.ndarray:
    """Start and stop index of every run of true [shape=(runs, 2)]."""
    return np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]))).reshape(-1, 2)


def gate_labels(clean: np.ndarray, rate: int) -> np.ndarray:
    """Which 10 ms frames of a clean recording are speech: 30 dB below its loud frames, 8 dB above its quiet ones.

    Pauses up to 0.3 s belong to the speech, bursts under 50 ms do not.
    """
    sos = signal.butter(2, 80.0, "high", fs=rate, output="sos")
    hop = round(rate * HOP_S)
    count = len(clean) // hop
    power = np.square(signal.sosfilt(sos, clean))[: count * hop].reshape(count, hop).mean(axis=1)
    level_db = 10.0 * np.log10(np.convolve(power, [0.25, 0.5, 0.25], "same") + 1e-12)
    quiet_db, loud_db = np.percentile(level_db, [10.0, 95.0])
    mask = level_db > max(loud_db - 30.0, min(quiet_db + 8.0, loud_db - 15.0))
    for start, stop in runs(mask):
        mask[start:stop] = (stop - start) * HOP_S >= 0.05
    for start, stop in runs(~mask):
        if start > 0 and stop < count and (stop - start) * HOP_S <= PAUSE_S:
            mask[start:stop] = True
    return mask


def _files(folder: Path, half: str, *, group) -> list[Path]:
    """Audio files below a folder whose group (speaker, noise) falls into the half."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".flac", ".ogg", ".wav"})
    return [path for path in files if zlib.crc32(group(path).encode()) % 2 in HALVES[half]]


def speech_files(folder: Path, half: str = "both") -> list[Path]:
    """Utterances, split by speaker; the meetings are not among them."""
    files = _files(folder / "speech", half, group=lambda path: path.stem.split("-")[0])
    return [path for path in files if "ami" not in path.parent.name]


def rest_files(folder: Path, kind: str, half: str = "both") -> list[Path]:
    """Noise without voices, noise with voices, or music; split by file."""
    files = _files(folder / ("music" if kind == "music" else "noise"), half, group=lambda path: path.stem)
    if kind == "music":
        return files
    return [path for path in files if any(word in path.stem for word in WITH_VOICES) == (kind == "voices")]


def read(path: Path, rate: int) -> np.ndarray:
    """The file's channels averaged, at ``rate`` [shape=(samples,)]."""
    samples, own = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(samples.mean(axis=1), own, rate)


def speech_track(files: list[Path], seconds: float, rate: int, generator) -> tuple[np.ndarray, np.ndarray]:
    """Utterances with pauses between, each from its first to its last labelled frame; digital silence elsewhere."""
    hop = round(rate * HOP_S)
    track, truth = np.zeros(round(seconds / HOP_S) * hop, dtype=np.float32), np.zeros(round(seconds / HOP_S), bool)
    at = int(generator.uniform(0.5, 6.0) / HOP_S)
    while True:
        clean = read(files[generator.integers(len(files))], rate)
        labels = gate_labels(clean, rate)
        spoken = np.flatnonzero(labels)
        if not len(spoken):
            continue
        first, last = spoken[0], spoken[-1] + 1
        if at + last - first + 10 > len(truth):
            return track, truth
        margin = min(5, first)  # a cut has a little air and a fade, as an editor makes it
        piece = clean[(first - margin) * hop : (last + 5) * hop]
        ramp = np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / (3.0 * hop)
        start = (at - margin) * hop
        track[start : start + len(piece)] += piece * np.minimum(ramp, 1.0).astype(np.float32)
        truth[at : at + last - first] = labels[first:last]
        at += last - first + int(generator.uniform(0.5, 6.0) / HOP_S)


def material(
    folder: Path, condition: str, *, seconds: float = 150.0, tracks: int = 4, rate: int = 44100, half: str = "both"
) -> Iterator[Example]:
    """Tracks of one of `CONDITIONS`, always the same ones; the speech is the same in every condition."""
    kind, ratio_db = CONDITIONS[condition]
    voices = speech_files(folder, half)
    others = rest_files(folder, kind, half) if kind else []
    order = np.random.default_rng(len(others)).permutation(len(others))
    for index in range(tracks):
        generator = np.random.default_rng(1000 + index)
        speech, truth = speech_track(voices, seconds, rate, generator)
        rest, name = np.zeros_like(speech), "clean"
        if kind:
            path = others[order[index % len(others)]]
            rest, name = np.resize(read(path, rate), len(speech)), path.stem
            spoken = np.repeat(truth, len(speech) // len(truth))
            ratio = np.square(speech[spoken]).mean() / max(np.square(rest).mean(), 1e-20)
            rest = rest * np.float32(np.sqrt(ratio) * 10.0 ** (-ratio_db / 20.0))
        yield Example(f"{index} {name}", rate, speech, rest, truth)


def meetings(folder: Path) -> Iterator[Example]:
    """The labelled AMI clips; speech is where anyone has a turn, pauses up to 0.3 s included."""
    for path in sorted((folder / "speech" / "ami_labelled").glob("*.flac")):
        samples, rate = soundfile.read(path, dtype="float32")
        truth = np.zeros(len(samples) // round(rate * HOP_S), dtype=bool)
        for line in path.with_suffix(".rttm").read_text(encoding="utf-8").splitlines():
            start_s, length_s = map(float, line.split()[3:5])
            truth[round(start_s / HOP_S) : round((start_s + length_s) / HOP_S)] = True
        for start, stop in runs(~truth):
            if start > 0 and stop < len(truth) and (stop - start) * HOP_S <= PAUSE_S:
                truth[start:stop] = True
        yield Example(path.stem, rate, samples, np.zeros_like(samples), truth)


def detect(detector: str, mono: np.ndarray, rate: int) -> Activity:
    """A detector's answer for a whole signal [shape=(samples,)]."""
    meter = DETECTORS[detector].start(rate)
    for start in range(0, len(mono), BLOCK):
        meter.add(mono[start : start + BLOCK])
    return meter.finish()


@dataclass
class Tally:
    """Counts of frames over several tracks; ``errors_s`` of the onsets that were found."""

    hits: int = 0
    false: int = 0
    missed: int = 0
    auc: list[float] = field(default_factory=list)
    errors_s: list[float] = field(default_factory=list)

    def row(self) -> str:
        """Precision, recall, F1, AUC and onset error in ms."""
        precision = self.hits / max(self.hits + self.false, 1)
        recall = self.hits / max(self.hits + self.missed, 1)
        onset_ms = 1000.0 * float(np.median(self.errors_s)) if self.errors_s else float("nan")
        auc = float(np.mean(self.auc)) if self.auc else float("nan")
        return f"{precision:9.3f} {recall:7.3f} {self.f1:7.3f} {auc:7.3f} {onset_ms:7.0f}"

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; 1 where there is nothing to find and nothing was found."""
        wrong = self.false + self.missed
        return 2 * self.hits / (2 * self.hits + wrong) if self.hits + wrong else 1.0


def frame_scores(activity: Activity, truth: np.ndarray) -> Tally:
    """Compare an answer's regions and score with the truth, on the 10 ms grid."""
    times_s = (np.arange(len(truth)) + 0.5) * HOP_S
    detected = np.zeros(len(truth), dtype=bool)
    regions = activity.regions()
    for start_s, end_s in regions:
        detected |= (times_s >= start_s) & (times_s < end_s)
    tally = Tally(int((detected & truth).sum()), int((detected & ~truth).sum()), int((~detected & truth).sum()))
    if 0 < truth.sum() < len(truth) and len(activity.score):
        nearest = np.clip((times_s / activity.hop_s).astype(int), 0, len(activity.score) - 1)
        ranks = stats.rankdata(activity.score[nearest])
        positive = truth.sum()
        area = (ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive))
        tally.auc = [float(area)]
    starts_s = np.array([start_s for start_s, _ in regions])
    for start, _ in runs(truth):
        error_s = np.abs(starts_s - start * HOP_S).min(initial=np.inf)
        if error_s <= ONSET_REACH_S:
            tally.errors_s.append(float(error_s))
    return tally


def total(tallies: list[Tally]) -> Tally:
    """All tracks as one."""
    return Tally(
        sum(tally.hits for tally in tallies),
        sum(tally.false for tally in tallies),
        sum(tally.missed for tally in tallies),
        [value for tally in tallies for value in tally.auc],
        [value for tally in tallies for value in tally.errors_s],
    )


def report(name: str, examples: list[Example], detectors: list[str], *, verbose: bool) -> None:
    """Print one condition."""
    for detector in detectors:
        tallies, start_s = [], time.process_time()
        try:
            answers = [detect(detector, example.mono, example.rate) for example in examples]
        except UserError as error:
            print(f"{name:14}{detector:14} skipped: {error}")
            continue
        seconds = sum(len(example.speech) / example.rate for example in examples)
        factor = (time.process_time() - start_s) / seconds
        for example, answer in zip(examples, answers, strict=True):
            tallies.append(frame_scores(answer, example.truth))
            if verbose:
                print(f"    {example.name:36} {tallies[-1].row()}")
        print(f"{name:14}{detector:14}{total(tallies).row()} {factor:9.5f}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED)
    parser.add_argument("--seconds", type=float, default=150.0)
    parser.add_argument("--tracks", type=int, default=6)
    parser.add_argument("--rate", type=int, default=44100)
    parser.add_argument("--half", choices=list(HALVES), default="both")
    parser.add_argument("--detector", nargs="+", choices=list(DETECTORS), default=list(DETECTORS))
    parser.add_argument("--condition", nargs="+", choices=[*CONDITIONS, "meetings"], default=[*CONDITIONS, "meetings"])
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    if not (options.folder / "speech").is_dir():
        print(f"skipped: {options.folder} has no folder speech")
        return
    print(f"{'condition':14}{'detector':14}precision  recall      F1     AUC  on ms       s/s")
    for condition in options.condition:
        examples = list(
            meetings(options.folder)
            if condition == "meetings"
            else material(
                options.folder,
                condition,
                seconds=options.seconds,
                tracks=options.tracks,
                rate=options.rate,
                half=options.half,
            )
        )
        report(condition, examples, options.detector, verbose=options.verbose)


if __name__ == "__main__":
    main()

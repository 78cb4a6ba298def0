"""Which planted faults ``mixengine lint`` finds in real multitracks, and how many false alarms it gives.

    python benchmarks/lint.py [SONG …] [--each N] [--only FAULT …]

Each SONG is a folder of stems of one song (default: those below ``../shared/data/audio/multitrack``). First every song
is examined as it is: whatever the checks of these faults say there is a false alarm. Then each fault is planted on N
stems (default 4, drawn by chance among those that play long enough), one kind of fault at a time:

- ``clip``: 6 dB too loud for the full scale of a 24-bit file; ``clip, turned down``: by 3 dB after that;
- ``polarity``: a second microphone joins the stem, with a response, reflections and noise of its own, against it;
- ``offset``: the same, the right way round and 5 ms late;
- ``bleed``: another stem leaks in, 3 ms later, through the air and 20 dB below where the stem plays; drawn among pairs
  in which the stem pauses (50 dB down) for 6 s at least while the other plays;
- ``DC``: an offset of 1 % of full scale, on stems that it is not small against.

``good microphone`` plants the second microphone without any fault: every finding about it is a false alarm. Printed:
how many were found by the right check with the right names, and how many others there were. Exits with 1 when less
than four fifths of a fault's plants are found.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

SONGS = Path(__file__).parent.parent.parent / "shared/data/audio/multitrack"
CHECKS = ("clipped", "polarity", "offset", "bleed", "dc_offset", "duplicates")
SECOND = "far"
"""The word that is added to the name of a stem for its second microphone."""
SHARE = 0.8
PLAYING = 0.1
"""A stem plays where it is above this part of its loudest 100 ms (−20 dB)."""
PAUSING = 0.003
"""It pauses where it is below this part of it (−50 dB)."""
MIN_PLAYING_S = 8.0
PAUSES_S = 6.0
Stems = dict[str, np.ndarray]


@dataclass(frozen=True)
class Song:
    """The stems of a song [shape=(frames, channels)], their files, and for each 100 ms whether they play or pause."""

    name: str
    files: dict[str, Path]
    stems: Stems
    plays: dict[str, np.ndarray]
    pauses: dict[str, np.ndarray]
    rate: int

    @classmethod
    def load(cls, folder: Path) -> Song:
        """Read a folder; a finished master among the stems (its name begins with ``_``) is left out."""
        files = {path.stem: path for path in sorted(folder.iterdir()) if path.name[0] not in "._"}
        read = {name: soundfile.read(path, dtype="float32", always_2d=True) for name, path in files.items()}
        rate = next(iter(read.values()))[1]
        stems = {name: samples for name, (samples, _) in read.items()}
        levels = {name: _levels(samples, rate) for name, samples in stems.items()}
        plays = {name: level > PLAYING for name, level in levels.items()}
        pauses = {name: level < PAUSING for name, level in levels.items()}
        return cls(folder.name, files, stems, plays, pauses, rate)

    def enough(self) -> list[str]:
        """Names of stems that play for at least `MIN_PLAYING_S`."""
        return [name for name, hops in self.plays.items() if hops.sum() >= 10 * MIN_PLAYING_S]


@dataclass(frozen=True)
class Planted:
    """Files that replace stems or join them, and the names of the tracks of each fault."""

    changed: Stems
    faults: list[frozenset[str]]


def _levels(samples: np.ndarray, rate: int) -> np.ndarray:
    """RMS of each 100 ms relative to the loudest."""
    hop = rate // 10
    levels = np.sqrt(np.square(samples[: len(samples) // hop * hop]).mean(axis=1).reshape(-1, hop).mean(axis=1))
    return levels / max(levels.max(initial=0.0), 1e-9)


def _playing_rms(song: Song, name: str) -> float:
    hop = song.rate // 10
    samples = song.stems[name][: len(song.plays[name]) * hop]
    return float(np.sqrt(np.square(samples[np.repeat(song.plays[name], hop)]).mean()))


def clip(song: Song, names: list[str], _: np.random.Generator) -> Planted:
    changed = {name: np.clip(song.stems[name] * (2.0 / np.abs(song.stems[name]).max()), -1.0, 1.0) for name in names}
    return Planted(changed, [frozenset({name}) for name in names])


def clip_turned_down(song: Song, names: list[str], generator: np.random.Generator) -> Planted:
    clipped = clip(song, names, generator)
    return Planted({name: 0.708 * samples for name, samples in clipped.changed.items()}, clipped.faults)


def polarity(song: Song, names: list[str], generator: np.random.Generator) -> Planted:
    return _microphones(song, names, generator, sign=-1.0, delay_s=0.0001)


def offset(song: Song, names: list[str], generator: np.random.Generator) -> Planted:
    return _microphones(song, names, generator, sign=1.0, delay_s=0.005)


def good_microphone(song: Song, names: list[str], generator: np.random.Generator) -> Planted:
    return Planted(_microphones(song, names, generator, sign=1.0, delay_s=0.0001).changed, [])


def bleed(song: Song, names: list[str], generator: np.random.Generator) -> Planted:
    planted_bleed = Planted({}, [])
    for name in names:
        pauses = song.pauses[name]
        possible = [
            other
            for other, sounds in song.plays.items()
            if other != name and (sounds[: len(pauses)] & pauses[: len(sounds)]).sum() >= 10 * PAUSES_S
        ]
        if not possible:
            continue
        source = str(generator.choice(possible))
        level = 0.1 * _playing_rms(song, name) / _playing_rms(song, source)
        leak = _through_air(song.stems[source], song.rate, 0.003, generator)
        planted_bleed.changed[name] = _sum(song.stems[name], level * leak)
        planted_bleed.faults.append(frozenset({name, source}))
    return planted_bleed


def dc(song: Song, names: list[str], _: np.random.Generator) -> Planted:
    loud = [name for name in names if _playing_rms(song, name) < 0.5]
    return Planted({name: song.stems[name] + 0.01 for name in loud}, [frozenset({name}) for name in loud])


def _microphones(
    song: Song, names: list[str], generator: np.random.Generator, *, sign: float, delay_s: float
) -> Planted:
    changed, faults = {}, []
    for name in names:
        stem = song.stems[name]
        noise = 0.003 * np.abs(stem).max() * generator.standard_normal(stem.shape).astype(np.float32)
        arriving = 0.7 * _through_air(stem, song.rate, delay_s, generator)
        changed[f"{name} {SECOND}"] = sign * arriving + noise
        faults.append(frozenset({name, f"{name} {SECOND}"}))
    return Planted(changed, faults)


def _through_air(samples: np.ndarray, rate: int, delay_s: float, generator: np.random.Generator) -> np.ndarray:
    """Later, duller above a corner of 6 to 12 kHz, with five early reflections 12 to 26 dB down."""
    from scipy import signal

    sos = signal.butter(1, generator.uniform(6e3, 12e3), fs=rate, output="sos")
    dull = signal.sosfilt(sos, samples, axis=0).astype(np.float32)
    out = np.zeros_like(dull)
    taps = [(delay_s, 1.0)]
    for late_s, down_db in zip(generator.uniform(0.002, 0.03, 5), generator.uniform(12, 26, 5), strict=True):
        taps.append((delay_s + late_s, float(generator.choice((-1, 1))) * 10.0 ** (-down_db / 20.0)))
    for late_s, gain in taps:
        shift = round(late_s * rate)
        out[shift:] += gain * dull[: len(dull) - shift]
    return out


def _sum(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of two sounds, as long and as wide as the first."""
    width = one.shape[1]
    if other.shape[1] != width:
        other = np.repeat(other.mean(axis=1, keepdims=True), width, axis=1)
    out = one.copy()
    count = min(len(one), len(other))
    out[:count] += other[:count]
    return out


PLANTS: dict[str, tuple[str, Callable[[Song, list[str], np.random.Generator], Planted]]] = {
    "clip": ("clipped", clip),
    "clip, turned down": ("clipped", clip_turned_down),
    "polarity": ("polarity", polarity),
    "offset": ("offset", offset),
    "bleed": ("bleed", bleed),
    "DC": ("dc_offset", dc),
    "good microphone": ("", good_microphone),
}


def session_folder(song: Song, planted: Planted, place: Path) -> Path:
    """A folder of stems: links to what is as it was, files for what is not."""
    place.mkdir(parents=True)
    for name, file in song.files.items():
        if name not in planted.changed:
            (place / file.name).symlink_to(file.resolve())
    for name, samples in planted.changed.items():
        soundfile.write(place / f"{name}.wav", samples, song.rate, "PCM_24")
    return place


def examine(folder: Path, checks: tuple[str, ...] = CHECKS) -> list[dict]:
    """The findings on a folder of stems."""
    from mixengine import hosts
    from mixengine.jobs.lint import job
    from mixengine.jobs.lint.settings import LintSettings

    return job.plan(hosts.open_session(folder), LintSettings(checks=checks), lambda *_: None).details["findings"]


def in_short(finding: dict) -> str:
    return f"{finding['check']} {' + '.join(finding['tracks'])}: {finding['message']}"


def clean(songs: list[Song], place: Path) -> None:
    """Findings on the unchanged songs."""
    stems = alarms = others = 0
    for song in songs:
        findings = examine(session_folder(song, Planted({}, []), place / song.name / "clean"), ())
        wrong = [finding for finding in findings if finding["check"] in CHECKS]
        stems, alarms, others = stems + len(song.stems), alarms + len(wrong), others + len(findings) - len(wrong)
        for finding in wrong:
            print(f"    {song.name}: {in_short(finding)}")
    print(f"{'clean':18} {alarms} false alarms on {stems} stems of {len(songs)} songs; {others} hints of other checks")


def planted(songs: list[Song], fault: str, each: int, place: Path) -> bool:
    """Plant one kind of fault and print what was found of it; returns whether that is enough."""
    check, plant = PLANTS[fault]
    faults = detected = alarms = 0
    for number, song in enumerate(songs):
        generator = np.random.default_rng([number, *fault.encode()])
        names = [str(name) for name in generator.permutation(song.enough())[:each]]
        what = plant(song, names, generator)
        findings = examine(session_folder(song, what, place / song.name / fault))
        right = {frozenset(f["tracks"]) for f in findings if f["check"] == check} & set(what.faults)
        wrong = [f for f in findings if f["check"] != check or frozenset(f["tracks"]) not in right]
        faults, detected, alarms = faults + len(what.faults), detected + len(right), alarms + len(wrong)
        for missed in set(what.faults) - right:
            print(f"    {song.name}: not found: {' + '.join(sorted(missed))}")
        for finding in wrong:
            print(f"    {song.name}: {in_short(finding)}")
    print(f"{fault:18} {f'{detected} of {faults} found, ' if faults else ''}{alarms} false alarms")
    return detected >= SHARE * faults


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("songs", nargs="*", type=Path, metavar="SONG")
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--only", choices=PLANTS, nargs="+", default=list(PLANTS), metavar="FAULT")
    options = parser.parse_args()
    folders = options.songs or sorted(path for path in SONGS.glob("*/*") if path.is_dir())
    if not folders:
        raise SystemExit(f"no songs: name folders of stems ({SONGS} is not there)")
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        os.environ["MIXENGINE_CACHE"] = f"{place}/cache"
        songs = [Song.load(folder) for folder in folders]
        clean(songs, Path(place))
        enough = [planted(songs, fault, options.each, Path(place)) for fault in options.only]
    print(f"{time.monotonic() - started:.0f} s")
    if not all(enough):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

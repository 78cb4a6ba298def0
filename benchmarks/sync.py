"""How well recordings are aligned: offsets, drift, unrelated pairs, drums, long sessions; beside audio-offset-finder.

    python benchmarks/sync.py [--audio FOLDER] [--only PART …] [--seed N]

``--audio`` holds ``speech`` and ``music`` (default ``../shared/data/audio``). Everything is drawn by the seed:

- ``offsets``: 30 pairs of 60 s within ±30 s. The second is another microphone (band limits of its own) in a room
  (image sources, reverberation 0.2 to 0.7 s, 1 to 4 m away), with noise 10 to 30 dB down, and in two of three pairs
  through a codec (Opus or MP3 by FFmpeg, where it is there). The truth holds the direct sound. Counted: within 1 ms.
- ``drift``: 6 pairs of 10 minutes, ±20 to 1,000 ppm. Counted: within 2 ppm.
- ``unrelated``: 20 pairs: two speakers taking turns in one programme, two songs of one tempo, music and speech.
- ``bleed``: 6 pairs of speakers in one room, 6 to 26 dB down. Counted: within 2 dB.
- ``drums``: struck noise as a kit with overheads, `sync --drums`. Counted: within a sample of 48 kHz.
- ``long``: `sync` of 4 tracks of 2 hours: seconds and memory.

audio-offset-finder (BBC) is asked for the offset of the same pairs where it is installed (`pip install
audio-offset-finder`); it has no answer for drift, and its standard score stands beside pairs that are unrelated.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr
from lint_long import Memory
from scipy import signal
from sync_material import RATE, Material, at_clock, at_tempo, image_sources, second_microphone, struck

AUDIO = Path(__file__).parent.parent.parent / "shared/data/audio"
MAX_ERROR_MS, MAX_DRIFT_ERROR_PPM, MAX_BLEED_ERROR_DB = 1.0, 2.0, 2.0
MAX_LONG_S, MAX_LONG_MB = 60.0, 1000.0


def session_of(place: Path, sounds: dict[str, np.ndarray]) -> object:
    """A folder of recordings, opened."""
    from mixengine import hosts

    place.mkdir(parents=True)
    for name, samples in sounds.items():
        soundfile.write(place / f"{name}.wav", samples, RATE, "PCM_24")
    return hosts.open_session(place)


def ours(place: Path, first: np.ndarray, second: np.ndarray) -> object | None:
    """What two recordings have in common."""
    from mixengine.jobs.sync import links, takes

    session = session_of(place, {"a": first, "b": second})
    recordings, _ = takes.takes_of(list(session.tracks))  # type: ignore[attr-defined]
    sounds, _ = takes.sounds_of(session, recordings, use_cache=False, progress=lambda *_: None)  # type: ignore[arg-type]
    result, _ = links.links(recordings, sounds, 30.0, lambda *_: None)
    return result[0].relation if result else None


def theirs(first: np.ndarray, second: np.ndarray) -> tuple[float, float] | None:
    """Offset in s and standard score by audio-offset-finder; ``None`` where it is not installed."""
    try:
        from audio_offset_finder.audio_offset_finder import find_offset_between_buffers
    except ImportError:
        return None
    at = 16000
    pair = [soxr.resample(samples, RATE, at) for samples in (second, first)]
    result = find_offset_between_buffers(*pair, at)
    return float(result["time_offset"]), float(result["standard_score"])


def offsets(material: Material, place: Path) -> bool:
    """Thirty pairs, ±30 s."""
    generator, right, right_theirs, worst = material.generator, 0, 0, 0.0
    asked = theirs(np.zeros(RATE, np.float32), np.zeros(RATE, np.float32)) is not None if _installed() else False
    for number in range(30):
        source = material.song(number, 75.0) if number % 3 == 2 else material.talk(75.0)
        offset_s = float(generator.uniform(-30.0, 30.0)) if number % 5 else float(generator.uniform(-0.08, 0.08))
        kind = ("", "opus", "mp3")[number % 3 if number % 2 else (number // 2) % 3]
        second = at_clock(second_microphone(source, generator, kind), offset_s)
        first = source + 2e-4 * generator.standard_normal(len(source)).astype(np.float32)
        common = ours(place / f"o{number}", first, second)
        middle_s = 35.0
        error_ms = 1000.0 * (common.line.at(middle_s) - offset_s) if common else float("inf")  # type: ignore[attr-defined]
        right += abs(error_ms) <= MAX_ERROR_MS
        worst = max(worst, abs(error_ms))
        kind_of = "song" if number % 3 == 2 else "talk"
        line = f"  pair {number:2}: {kind_of} {kind or 'pcm':4} {offset_s:+9.4f} s, off by {error_ms:+.3f} ms"
        if asked:
            other = theirs(first, second)
            assert other is not None
            other_ms = 1000.0 * (other[0] - offset_s)
            right_theirs += abs(other_ms) <= MAX_ERROR_MS
            line += f"; audio-offset-finder {other_ms:+.1f} ms (score {other[1]:.0f})"
        print(line, flush=True)
    print(
        f"offsets: {right} of 30 within 1 ms, worst {worst:.3f} ms"
        + (f"; audio-offset-finder {right_theirs}" if asked else "; audio-offset-finder is not installed")
    )
    return right == 30


def _installed() -> bool:
    import importlib.util

    return importlib.util.find_spec("audio_offset_finder") is not None


def drift(material: Material, place: Path) -> bool:
    """Six pairs of ten minutes."""
    right = 0
    for number, ppm in enumerate((20.0, -55.0, 100.0, -300.0, 1000.0, -1000.0)):
        source = material.talk(600.0)
        second = at_clock(
            second_microphone(source, material.generator, ""), float(material.generator.uniform(-5, 5)), ppm
        )
        common = ours(place / f"d{number}", source, second)
        error_ppm = 1e6 * common.line.drift - ppm if common else float("inf")  # type: ignore[attr-defined]
        right += abs(error_ppm) <= MAX_DRIFT_ERROR_PPM
        print(f"  {ppm:+.0f} ppm: off by {error_ppm:+.2f} ppm", flush=True)
    print(f"drift: {right} of 6 within 2 ppm")
    return right == 6


def unrelated(material: Material, place: Path) -> bool:
    """Twenty pairs that have nothing in common."""
    alarms = 0
    for number in range(20):
        if number < 8:
            first, second = material.talk(120.0), material.talk(120.0, voice=1)
            turns = np.repeat(material.generator.random(40) < 0.5, 3 * RATE)[: len(first)]
            first, second = first * turns, second * ~turns
            what = "two speakers in turns"
        elif number < 15:
            first, second = material.song(number, 60.0), material.song(number, 60.0, voice=1)
            second = at_tempo(first, second)
            what = "two songs of one tempo"
        else:
            first, second, what = material.song(number, 60.0), material.talk(60.0), "music and speech"
        common = ours(place / f"u{number}", first.astype(np.float32), second.astype(np.float32))
        alarms += common is not None
        other = theirs(first, second) if _installed() else None
        print(
            f"  {what}: {'A FALSE ALARM' if common else 'nothing'}"
            + (f"; audio-offset-finder score {other[1]:.0f}" if other else ""),
            flush=True,
        )
    print(f"unrelated: {alarms} false alarms in 20 pairs")
    return alarms == 0


def bleed(material: Material, place: Path) -> bool:
    """Six pairs of speakers in one room, each heard in the other's microphone."""
    right = 0
    for number, level_db in enumerate((-6.0, -9.0, -14.0, -19.0, -22.0, -26.0)):
        voices = [material.talk(180.0, (2.0, 8.0), voice) for voice in range(2)]
        leaks = []
        for voice in voices:
            response = image_sources(material.generator, 0.3, 1.4)
            late = np.concatenate([np.zeros(round(0.004 * RATE)), signal.oaconvolve(voice, response)])[: len(voice)]
            late *= 10.0 ** (level_db / 20.0) * np.sqrt(np.square(voice).sum() / np.square(late).sum())
            leaks.append((late, level_db))
        noise = 1e-4 * material.generator.standard_normal((2, len(voices[0])))
        first, second = voices[0] + leaks[1][0] + noise[0], voices[1] + leaks[0][0] + noise[1]
        common = ours(place / f"b{number}", first.astype(np.float32), at_clock(second.astype(np.float32), 0.7))
        told = [common.first_in_second_db, common.second_in_first_db] if common else [None, None]  # type: ignore[attr-defined]
        errors = [
            value - truth if value is not None else float("inf") for value, (_, truth) in zip(told, leaks, strict=True)
        ]
        right += max(map(abs, errors)) <= MAX_BLEED_ERROR_DB
        clock_ms = 1000.0 * (common.line.at(90.0) - 0.7) if common else float("inf")  # type: ignore[attr-defined]
        print(
            f"  {level_db:.0f} dB: truth {leaks[0][1]:.1f} and {leaks[1][1]:.1f}, off by {errors[0]:+.1f} "
            f"and {errors[1]:+.1f} dB; clock off by {clock_ms:+.2f} ms",
            flush=True,
        )
    print(f"bleed: {right} of 6 within 2 dB both ways")
    return right == 6


def drums(material: Material, place: Path) -> bool:
    """A kit of three close microphones and overheads, three times."""
    from mixengine.jobs import registry
    from mixengine.jobs.sync.settings import SyncSettings

    right = total = 0
    for number in range(3):
        generator = material.generator
        hits = {
            name: struck(generator, rate, length)
            for name, rate, length in (("Kick", 2.0, 0.12), ("Snare", 1.0, 0.1), ("Tom", 0.5, 0.2))
        }
        way = {name: int(generator.integers(60, 320)) for name in hits}
        sign = {name: float(generator.choice((-1.0, 1.0))) for name in hits}
        overhead = sum(np.roll(samples, way[name]) for name, samples in hits.items())
        overhead = signal.oaconvolve(overhead, image_sources(generator, 0.3, 1.5))[: len(overhead)]
        sounds = {name: sign[name] * samples + 0.03 * sum(hits.values()) for name, samples in hits.items()}
        session = session_of(
            place / f"k{number}",
            {**sounds, "Overhead": 0.5 * overhead + 1e-4 * generator.standard_normal(len(overhead))},
        )
        plan = registry.run("sync", session, SyncSettings(drums=True, cache=False))
        names = {track.id: track.name for track in session.tracks}  # type: ignore[attr-defined]
        moved = {
            names[c.track]: (c.after.position_s - c.before.position_s) * RATE
            for c in plan.changes
            if c.kind == "move_clip"
        }
        turned = {names[c.track] for c in plan.changes if c.kind == "polarity"}
        for name in hits:
            error = moved.get(name, 0.0) - way[name]
            good = abs(error) <= 1.0 and (name in turned) == (sign[name] < 0.0)
            right, total = right + good, total + 1
            print(
                f"  {name}: {way[name]} samples, off by {error:+.1f}, "
                f"polarity {'right' if (name in turned) == (sign[name] < 0) else 'WRONG'}",
                flush=True,
            )
    print(f"drums: {right} of {total} within a sample")
    return right == total


def long(material: Material, place: Path) -> bool:
    """Four tracks of two hours, one of which drifts, one late, one that is alone."""
    from mixengine.jobs import registry
    from mixengine.jobs.sync.settings import SyncSettings

    piece = material.talk(600.0)
    hours = np.concatenate([np.roll(piece, int(shift)) for shift in material.generator.integers(0, len(piece), 12)])
    noise = 3e-4 * material.generator.standard_normal(len(piece)).astype(np.float32)
    noisy = [0.4 * hours + np.roll(np.tile(noise, 12), k * 7919) for k in range(2)]
    other = np.tile(material.talk(600.0, voice=1), 12)
    place.mkdir()
    late = np.concatenate([np.zeros(3 * RATE, np.float32), noisy[0]])[: len(hours)]
    sounds = {"a": hours, "b": late, "c": soxr.resample(noisy[1], RATE, RATE * (1 + 5e-5)), "d": other}
    session = session_of(place / "long", sounds)
    del sounds, hours, late, noisy, other
    memory = Memory(os.getpid())
    before, started = time.process_time(), time.monotonic()
    memory.start()
    plan = registry.run("sync", session, SyncSettings(cache=False))
    seconds, own_s = time.monotonic() - started, time.process_time() - before
    for row in plan.details["recordings"]:
        print(f"  {row['name']}: {row['offset_ms']:+.3f} ms, {row['drift_ppm']:+.2f} ppm, {row['why']}")
    print(
        f"long: {seconds:.0f} s for 4 tracks of 2 hours ({own_s:.0f} s of processor time beside the workers'), "
        f"{len(plan.changes)} changes; {memory.max_mb / 1e3:.2f} GB with all workers"
    )
    return seconds <= MAX_LONG_S and memory.max_mb <= MAX_LONG_MB


PARTS: dict[str, Callable[[Material, Path], bool]] = {
    "offsets": offsets,
    "drift": drift,
    "unrelated": unrelated,
    "bleed": bleed,
    "drums": drums,
    "long": long,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, default=AUDIO)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--seed", type=int, default=18)
    options = parser.parse_args()
    speech = sorted(
        path for path in (options.audio / "speech").rglob("*.*") if path.suffix in (".flac", ".ogg", ".wav")
    )
    music = sorted(path for path in (options.audio / "music").glob("*.*") if path.suffix in (".flac", ".ogg", ".wav"))
    if not speech or not music:
        raise SystemExit(f"no recordings: {options.audio} has no speech and music (--audio FOLDER)")
    good = []
    with tempfile.TemporaryDirectory() as place:
        for part in options.only:
            print(part, flush=True)
            generator = np.random.default_rng([options.seed, *part.encode()])
            good.append(PARTS[part](Material(speech, music, generator), Path(place) / part))
    if not all(good):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

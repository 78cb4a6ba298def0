"""Plug-ins without REAPER: a project with real VST3 plug-ins against pedalboard alone, the time that hosting takes, and
plug-ins that crash, hang and eat memory.

    python benchmarks/plugins_hosted.py

The plug-ins are the tests' own (``tests/plugins``: an effect with 137 frames of latency, an instrument, and one that
misbehaves), built with Debian's dpf-source; the sound is made up, with a fixed seed. One line per bar, with ``pass`` or
``FAIL``; exit code 1 when one fails, 0 with a reason where the plug-ins cannot be built.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

from mixengine.app import render_files  # noqa: E402
from mixengine.jobs.render.settings import RenderSettings  # noqa: E402
from mixengine.mixer.plugins import find, process, stopped  # noqa: E402
from tests.helpers import real_plugins  # noqa: E402
from tests.helpers.plugin_sessions import at_start, fx, midi  # noqa: E402
from tests.helpers.real_plugins import GAIN, SYNTH, TROUBLE  # noqa: E402
from tests.helpers.rpp_builders import project, track  # noqa: E402

RATE, LENGTH_S, SEED = 48000, 60.0, 16
BAR_DB = -100.0
TROUBLES = {1: "abort", 2: "endless loop", 3: "10 GB", 5: "not a number"}
TICKS_PER_S = 1920
PLAY_S = 3.0


def main() -> int:
    """Print all lines."""
    if reason := real_plugins.missing():
        print(f"skipped: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["MIXENGINE_CACHE"] = f"{scratch}/cache"
        os.environ[find.FOLDERS] = str(real_plugins.folder())
        return 0 if all([*_against_pedalboard(Path(scratch)), *_troubles(Path(scratch))]) else 1


def _against_pedalboard(folder: Path) -> list[bool]:
    rng = np.random.default_rng(SEED)
    sound = (0.1 * rng.standard_normal((int(RATE * LENGTH_S), 2))).astype(np.float32)
    soundfile.write(folder / "a.wav", sound, RATE, "FLOAT")
    starts = np.sort(rng.integers(0, int((LENGTH_S - 1.0) * TICKS_PER_S), 400))
    notes = [(int(start), int(start) + 700, 36 + n % 48) for n, start in enumerate(starts)]
    half_s = 0.5 / RATE  # pedalboard cuts times off to frames, and a time on a frame may lie a rounding before it
    messages = [(f"90{pitch:02x}64", start / TICKS_PER_S + half_s) for start, _, pitch in notes]
    messages += [(f"80{pitch:02x}00", end / TICKS_PER_S + half_s) for _, end, pitch in notes]
    messages.sort(key=lambda message: message[1])
    started = time.monotonic()
    gain, synth = real_plugins.alone(
        {"plugin": GAIN, "set": {"Gain": 0.6, "Cutoff": 0.05, "Drive": 0.4}, "sound": sound.T},
        {"plugin": SYNTH, "set": {"Decay": 0.2}, "notes": messages, "seconds": LENGTH_S},
    )
    alone_s = time.monotonic() - started
    tracks = {
        "effect": (track(1, fx(GAIN.lines(gain["state"])), at_start(10, "a.wav", LENGTH_S)), gain["sound"].T),
        "instrument": (
            track(1, fx(SYNTH.lines(synth["state"])), at_start(11, midi(*notes), LENGTH_S)),
            synth["sound"].T,
        ),
    }
    results = []
    for name, (lines, wanted) in tracks.items():
        started = time.monotonic()
        mix, _ = _rendered(folder, lines)
        taken_s = time.monotonic() - started
        difference_db = 20.0 * np.log10(np.abs(mix[: len(wanted)] - wanted).max() + 1e-12)
        results.append(difference_db <= BAR_DB)
        print(
            f"{_verdict(results[-1])}  {name}: project against pedalboard alone {difference_db:.0f} dB "
            f"(bar {BAR_DB:g} dB); {LENGTH_S:g} s rendered in {taken_s:.1f} s"
        )
    print(f"      pedalboard alone, both: {alone_s:.1f} s")
    return results


def _troubles(folder: Path) -> list[bool]:
    process.PLAY_S = PLAY_S
    sound = soundfile.read(folder / "a.wav", dtype="float32")[0]
    results = []
    for kind, name in TROUBLES.items():
        (answer,) = real_plugins.alone({"plugin": TROUBLE, "set": {"Kind": kind / 5.0}})
        stopped.forget()
        started = time.monotonic()
        mix, notes = _rendered(folder, track(1, fx(TROUBLE.lines(answer["state"])), at_start(10, "a.wav", LENGTH_S)))
        lines = [note for note in notes if TROUBLE.name in note]
        results.append(len(lines) == 1 and np.abs(mix[: len(sound)] - sound).max() <= 1e-5)
        print(f"{_verdict(results[-1])}  {name}: {time.monotonic() - started:.1f} s; {'; '.join(lines)}")
    return results


def _rendered(folder: Path, lines: list[str]) -> tuple[np.ndarray, list[str]]:
    path = folder / "song.RPP"
    path.write_bytes(project(lines))
    done = render_files.render(path, RenderSettings(mix=True, bits="32f"), out=str(folder / "mix"), plugins="host")
    return soundfile.read(done.written[0].file, dtype="float32")[0], done.notes


def _verdict(passed: bool) -> str:
    return "pass" if passed else "FAIL"


if __name__ == "__main__":
    sys.exit(main())

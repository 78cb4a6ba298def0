"""How long a finished file takes: an hour of stereo on one core.

    python benchmarks/deliver_speed.py

A part of `deliver.py`: songs and speech of its own making, a minute each in turn.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from deliver_material import song, speech

from mixengine.app import render_files
from mixengine.jobs.render.settings import RenderSettings

HOUR_S = 3600


def hour(folder: Path) -> None:
    """One hour of stereo, 48 kHz, on one core: measure, gain, limit, measure, and write."""
    rate = 48000
    path = folder / "hour.wav"
    with soundfile.SoundFile(path, "w", rate, 2, "PCM_24", format="WAV") as file:
        for minute in range(HOUR_S // 60):
            kind = song if minute % 2 else speech
            file.write(kind(np.random.default_rng(minute), 60.0, rate, 2))
    started = time.process_time(), time.perf_counter()
    done = render_files.render(path, RenderSettings(target="-16"))
    took = time.process_time() - started[0], time.perf_counter() - started[1]
    assert done.finished is not None
    print(f"an hour of stereo: {took[0]:.1f} s of processor time, {took[1]:.1f} s; {done.finished.line()}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        hour(Path(name))

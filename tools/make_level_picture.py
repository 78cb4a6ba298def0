"""Draw the picture of the levelled voice in docs/conversation.md from the demo's voice.

    python tools/make_level_picture.py

The demo's voice is said again and again, turned away from the microphone, near it and excited. Writes
``docs/img/level.png``: loudness around each moment before and after, and the gain of the envelope with its points.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import soundfile

from mixengine import hosts
from mixengine.app import demo
from mixengine.audio.curves import automation_values
from mixengine.jobs import registry
from mixengine.jobs.level.settings import LevelSettings
from mixengine.model.session import Automation, EnvelopePoint
from mixengine.model.units import amplitude
from mixengine.system.progress import no_progress

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "img" / "level.png"
BEFORE, AFTER, GAIN = "#8a8f98", "#e0a458", "#1f6f8b"
REPEATS = 2
GAIN_S = (0.0, 12.0, 13.0, 24.0, 25.0, 33.0, 34.0, 46.0, 47.0, 60.0, 80.0)
GAIN_DB = (0.0, 2.0, -8.0, -8.0, 0.0, -2.0, 6.0, 5.0, -1.0, -5.0, 3.0)


def main() -> None:
    """Draw and save it."""
    sound, rate = soundfile.read(demo.VOICE)
    sound = np.tile(sound, REPEATS)
    sound *= 10.0 ** (np.interp(np.arange(len(sound)) / rate, GAIN_S, GAIN_DB) / 20.0)
    with tempfile.TemporaryDirectory() as place:
        soundfile.write(Path(place) / "Host.wav", 0.4 * sound, rate)
        details = registry.run("level", hosts.open_session(place), LevelSettings(cache=False), no_progress).details
    (voice,), (drawn,) = details.voices, details.envelopes
    points = tuple(EnvelopePoint(row[0], amplitude(row[1]), row[2], *row[3:]) for row in drawn.points)
    times_s = np.arange(0.0, len(sound) / rate, 0.05)
    seconds = np.arange(len(voice.loudness))
    before = np.array([np.nan if value is None else value for value in voice.loudness])
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(9.5, 4.4), sharex=True, constrained_layout=True)
    upper.plot(seconds, before, color=BEFORE, label=f"before: varies by {voice.spread_before_lu:.1f} LU")
    upper.plot(seconds, before + voice.gain, color=AFTER, label=f"after: {voice.spread_after_lu:.1f} LU")
    upper.set(ylabel="LUFS", title="Loudness of what is said")
    upper.legend(frameon=False)
    lower.plot(times_s, 20.0 * np.log10(automation_values(times_s, Automation("", points))), color=GAIN)
    lower.plot([p.time_s for p in points], [20.0 * np.log10(p.value) for p in points], "o", color=GAIN, ms=4)
    lower.set(ylabel="dB", xlabel="s", title=f"Gain, {len(points)} points", xlim=(0.0, times_s[-1]))
    for axis in (upper, lower):
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()

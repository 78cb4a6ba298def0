"""Draw the picture of docs/conversation.md from the demo's three microphones.

    python tools/make_automix_picture.py

Writes ``docs/img/automix.png``: for each microphone its level over time, when its speaker speaks, and the gain of its
envelope with its points.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from mixengine import hosts
from mixengine.analysis import voice_levels
from mixengine.analysis.voice_levels import FRAME_S
from mixengine.app import demo, demo_conversation
from mixengine.audio.curves import automation_values
from mixengine.jobs import registry
from mixengine.jobs.automix.settings import AutomixSettings
from mixengine.model.session import Automation, EnvelopePoint
from mixengine.model.units import amplitude
from mixengine.system.progress import no_progress
from mixengine.system.staging import Staging

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "img" / "automix.png"
LEVEL, SPEAKS, GAIN = "#8a8f98", "#e0a458", "#1f6f8b"
RANGE_DB = 60.0


def main() -> None:
    """Draw and save it."""
    with tempfile.TemporaryDirectory() as place:
        with Staging(Path(place)) as stage:
            demo_conversation.write(demo.VOICE, stage, "talk")
            stage.commit()
        session = hosts.open_session(Path(place) / "talk")
        details = registry.run("automix", session, AutomixSettings(cache=False), no_progress).details
        powers, _ = voice_levels.levels(session, list(session.tracks), use_cache=False)
    drawn = {envelope.track: envelope.points for envelope in details.envelopes}
    figure, axes = plt.subplots(len(details.mics), 1, figsize=(9.5, 5.4), sharex=True, constrained_layout=True)
    for axis, mic in zip(axes, details.mics, strict=True):
        level_db = 10.0 * np.log10(np.maximum(powers[mic.id].sum(axis=1), 1e-12))
        times_s = (np.arange(len(level_db)) + 0.5) * FRAME_S
        level_db = np.maximum(level_db - level_db.max(), -RANGE_DB)
        axis.fill_between(times_s, -RANGE_DB, level_db, color=LEVEL, alpha=0.45, linewidth=0, label="level")
        spans = [(start_s, end_s - start_s) for start_s, end_s in details.turns[mic.id]]
        axis.broken_barh(spans, (-RANGE_DB, RANGE_DB + 4), facecolor=SPEAKS, alpha=0.3, linewidth=0, label="speaks")
        points = tuple(EnvelopePoint(t, amplitude(gain_db), shape) for t, gain_db, shape in drawn[mic.track])
        gain_db = 20.0 * np.log10(automation_values(times_s, Automation("volume", points)))
        axis.plot(times_s, gain_db, color=GAIN, label="gain")
        axis.plot([p.time_s for p in points], [20.0 * np.log10(p.value) for p in points], "o", color=GAIN, ms=3.5)
        axis.set(ylabel="dB", title=mic.track, ylim=(-RANGE_DB, 4), xlim=(0.0, times_s[-1]))
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False, fontsize=8, ncols=3, loc="lower right")
    axes[-1].set_xlabel("seconds")
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()

"""Draw the pictures of README and docs from the demo's stems.

    python tools/make_pictures.py

Writes ``docs/img/balance.svg`` (the table that ``mixengine demo`` prints), ``docs/img/measures.svg`` (what is measured
of four tracks) and ``docs/img/ducking.png`` (the demo's voice-over and music: before, levelled, ducked, the envelope).
"""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy as np
from rich.console import Console

from mixengine import hosts
from mixengine.app import demo
from mixengine.audio import timeline
from mixengine.audio.bands import BandMeter, k_response
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs import registry
from mixengine.jobs.balance.measure import PLAYING_RANGE_LU
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.balance.table import balance_table
from mixengine.jobs.duck import ducked_mix
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.staging import Staging

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "img"
PICTURED_TRACKS = ("kick", "bass", "brass", "voice over")


def draw_table(plan: MixPlan) -> None:
    """The terminal's table."""
    console = Console(record=True, width=148, file=io.StringIO(), highlight=False)
    console.print(balance_table(plan))
    text = console.export_svg(title="mixengine balance stems --preset voice-over-music")
    (IMAGES / "balance.svg").write_text(text, encoding="utf-8")


def draw_measures(session: Session, plan: MixPlan) -> None:
    """Per track: the spectrum with the bands of the methods, and momentary loudness with what counts as playing."""
    tracks = [track for track in session.tracks if track.name in PICTURED_TRACKS]
    figure, axes = plt.subplots(len(tracks), 2, figsize=(11, 2.3 * len(tracks)), constrained_layout=True)
    for track, (left, right) in zip(tracks, axes, strict=True):
        reading = plan.details["readings"][track.id]
        rate = timeline.analysis_rate(track, session)
        meter, bands = LoudnessMeter(rate, timeline.channel_count(track), dual_mono=True), BandMeter(rate)
        for block in timeline.blocks(track, rate):
            meter.add(block)
            bands.add(block.mean(axis=1))
        powers = bands.finish()
        spectrum = powers.active_spectrum(PLAYING_RANGE_LU) * k_response(rate)(powers.frequencies_hz)
        level_db = 10 * np.log10(np.maximum(spectrum, 1e-14) / spectrum.max())
        left.semilogx(powers.frequencies_hz[1:], level_db[1:], color="0.25", lw=1)
        left.axvspan(*reading["band_hz"], color="tab:blue", alpha=0.18, label="p_lufs: 2 f0 … 4 f0")
        left.axvspan(*reading["centroid_band_hz"], color="tab:orange", alpha=0.15, label="centroid band")
        left.axvline(reading["energy_centroid_hz"], color="tab:red", lw=1.5, label="energy centroid (instrument)")
        left.set(xlim=(25, 18000), ylim=(-60, 3), ylabel=f"{track.name}\nK-weighted, dB")
        momentary = meter.momentary()
        times_s = np.arange(len(momentary)) * 0.1 + 0.2
        floor = momentary.max() - PLAYING_RANGE_LU
        right.plot(times_s, np.maximum(momentary, floor - 20), color="0.25", lw=1, label="momentary loudness")
        right.fill_between(times_s, floor - 20, momentary, where=momentary > floor, color="tab:green", alpha=0.2)
        right.axhline(reading["heard_lufs"], color="tab:green", lw=1.5, label="measured while it plays")
        right.set(ylim=(floor - 15, momentary.max() + 4), ylabel="LUFS", xlim=(0, times_s[-1]))
    axes[0, 0].legend(fontsize=7, loc="lower right")
    axes[0, 1].legend(fontsize=7, loc="lower right")
    axes[-1, 0].set_xlabel("Hz")
    axes[-1, 1].set_xlabel("s")
    figure.savefig(IMAGES / "measures.svg", metadata={"Date": None})


def draw_ducking(session: Session) -> None:
    """The figure of ``duck --render`` for the stems at their odd levels."""
    plan = registry.run("duck", session, DuckSettings(preset="voice-over-music"))
    with Staging(Path(session.path).parent) as stage:
        ducked_mix.write(session, plan, stage, "", lambda *_: None)
        shutil.copyfile(stage.path("ducking.png"), IMAGES / "ducking.png")


def main() -> None:
    """Balance the demo's stems and draw."""
    matplotlib.rcParams["svg.hashsalt"] = "mixengine"
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        stems = Path(place) / "demo"
        shutil.copytree(demo.AUDIO, stems)
        session = hosts.open_session(stems)
        plan = registry.run("balance", session, BalanceSettings(preset="voice-over-music", variants=True, cache=False))
        draw_table(plan)
        draw_measures(session, plan)
        draw_ducking(session)


if __name__ == "__main__":
    main()

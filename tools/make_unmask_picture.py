"""Draw the picture of docs/unmask.md from the demo's stems.

    python tools/make_unmask_picture.py

Writes ``docs/img/unmask.png``: the spectra of the voice and of everything else while the voice speaks, before and after
the equalisers; and over time the level of the voice, that of the most changed track where it is cut, and the gain of
that cut with its points.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

from mixengine import hosts
from mixengine.analysis.masking import playing
from mixengine.analysis.session_spectra import measure_spectra
from mixengine.analysis.spectra import BANDS, CENTRES_HZ, FRAME_S, Spectra
from mixengine.app import demo
from mixengine.audio.curves import automation_values
from mixengine.jobs import registry
from mixengine.jobs.unmask.bands import band_gains
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.model.plan import Equalizer, MixPlan
from mixengine.model.session import VOLUME, Automation, EqBand, Session
from mixengine.system.progress import no_progress

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "img" / "unmask.png"
VOICE, BEFORE, AFTER, CUT = "#c2571a", "#8a8f98", "#1f6f8b", "#1f6f8b"
FLOOR_DB = -70.0


def powers_of(session: Session) -> dict[str, np.ndarray]:
    """Track id → mean squares in critical bands, from the session's first frame on [shape=(frames, bands)]."""
    tracks = [track for track in session.tracks if track.clips]
    measured = measure_spectra(session, tracks, use_cache=True, progress=no_progress)
    powers = {key: (s.first, s.powers()) for key, s in measured.items() if isinstance(s, Spectra) and s.peak > 0.0}
    count = max(first + len(own) for first, own in powers.values())
    return {
        key: np.concatenate([np.zeros((first, BANDS)), own, np.zeros((count - first - len(own), BANDS))])
        for key, (first, own) in powers.items()
    }


def gains_db(bands: tuple[EqBand, ...], frames: int, rate: int) -> np.ndarray:
    """Gain of an equaliser in each frame [shape=(frames, bands)]."""
    total = np.zeros((frames, BANDS))
    times_s = (np.arange(frames) + 0.5) * FRAME_S
    for band in bands:
        part = np.ones(frames)
        if band.points:
            part = 20.0 * np.log10(automation_values(times_s, Automation(VOLUME, band.points))) / band.gain_db
        total += part[:, None] * 10.0 * np.log10(band_gains([band], rate))
    return total


def level_db(powers: np.ndarray) -> np.ndarray:
    """Levels, no lower than the floor of the picture."""
    return np.maximum(10.0 * np.log10(np.maximum(powers, 1e-30)), FLOOR_DB)


def draw_spectra(axis: Any, own: np.ndarray, before: np.ndarray, after: np.ndarray) -> None:
    """Means while the voice speaks."""
    for powers, colour, words in ((before, BEFORE, "everything else before"), (after, AFTER, "after")):
        axis.semilogx(CENTRES_HZ, level_db(powers), color=colour, label=words)
    axis.semilogx(CENTRES_HZ, level_db(own), color=VOICE, label="voice")
    axis.fill_between(CENTRES_HZ, level_db(before), level_db(after), color=AFTER, alpha=0.25, linewidth=0)
    axis.set_xticks([100, 300, 1000, 3000, 10000], ["100", "300", "1 k", "3 k", "10 k"])
    axis.set(xlim=(90, 12000), xlabel="frequency in Hz", ylabel="dB", title="While the voice speaks")
    axis.legend(frameon=False, fontsize=8)


def draw_time(axis: Any, own: np.ndarray, name: str, before: np.ndarray, after: np.ndarray) -> None:
    """The voice, and a track where it is cut."""
    times_s = (np.arange(len(own)) + 0.5) * FRAME_S
    axis.fill_between(times_s, FLOOR_DB, level_db(own.sum(axis=1)), color=VOICE, alpha=0.3, linewidth=0, label="voice")
    axis.plot(times_s, level_db(before), color=BEFORE, label=f"{name} before")
    axis.plot(times_s, level_db(after), color=AFTER, label="after")
    axis.set(ylabel="dB", title=f"Over time: the voice, and {name} where it is cut", ylim=(FLOOR_DB, None))
    axis.legend(frameon=False, fontsize=8, ncols=3, loc="lower left")


def draw_points(axis: Any, name: str, band: EqBand, end_s: float) -> None:
    """The gain of a cut with its points."""
    times_s = np.linspace(0.0, end_s, 1200)
    axis.plot(times_s, 20.0 * np.log10(automation_values(times_s, Automation(VOLUME, band.points))), color=CUT)
    axis.plot([p.time_s for p in band.points], [20.0 * np.log10(p.value) for p in band.points], "o", color=CUT)
    title = f"The cut on {name} at {band.frequency_hz:.0f} Hz: every dot is a point in REAPER"
    axis.set(xlim=(0.0, end_s), xlabel="seconds", ylabel="dB", title=title)


def main() -> None:
    """Draw and save it."""
    session = hosts.open_session(demo.AUDIO)
    plan: MixPlan = registry.run("unmask", session, UnmaskSettings(), no_progress)
    bands = {change.track: change.after or () for change in plan.changes if isinstance(change, Equalizer)}
    powers = powers_of(session)
    voice = next(track.id for track in session.tracks if track.name in plan.details.voices[0].tracks)
    frames = len(powers[voice])
    through = {
        key: own * 10.0 ** (gains_db(bands.get(key, ()), frames, session.sample_rate) / 10.0)
        for key, own in powers.items()
    }
    others = [key for key in powers if key != voice]
    cut = [key for key in others if any(band.points for band in bands.get(key, ()))]
    widest = max(cut, key=lambda key: float((powers[key] - through[key]).sum()))
    deepest = min((band for band in bands[widest] if band.points), key=lambda band: band.gain_db)
    near = np.abs(np.log2(CENTRES_HZ / deepest.frequency_hz)) <= deepest.bandwidth_oct / 2
    speaks = playing(powers[voice])
    before, after = (sum(state[key][speaks].mean(axis=0) for key in others) for state in (powers, through))
    name = session.track(widest).name
    figure, axes = plt.subplots(3, 1, figsize=(9.5, 8.5), constrained_layout=True, height_ratios=(1.3, 1.1, 0.8))
    draw_spectra(axes[0], through[voice][speaks].mean(axis=0), before, after)
    draw_time(axes[1], powers[voice], name, *(state[widest][:, near].sum(axis=1) for state in (powers, through)))
    draw_points(axes[2], name, deepest, session.duration_s)
    axes[1].set_xlim(0.0, session.duration_s)
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(alpha=0.3)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    main()

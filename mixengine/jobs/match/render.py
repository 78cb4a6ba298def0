"""Render the matched mix: the session with the plan applied, through the mixer, measured from start to end.

`console` is a differentiable model, used on a few passages to decide the plan. The mix itself is rendered by
`mixengine.mixer`, as everywhere: with the faders, pans and thresholds of the plan as written, rounding included. On a
strip that both can process the results are the same to within rounding (tested).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mixengine.audio import turned_down
from mixengine.audio.loudness import LoudnessMeter, to_lufs
from mixengine.audio.peaks import PeakMeter
from mixengine.jobs.match.width import WidthMeter
from mixengine.mixer import mix
from mixengine.mixer.mix import CEILING_DBTP
from mixengine.model import apply
from mixengine.model.plan import Change, MixPlan
from mixengine.model.session import Session
from mixengine.model.units import amplitude
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

__all__ = ["CEILING_DBTP", "MARGIN_DB", "Measured", "measured", "per_second", "to_file", "write"]
MARGIN_DB = 0.05
"""How far below the ceiling a mix is brought that would go over it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A mix measured from start to end.

    Attributes
    ----------
    true_peak_dbtp : float
    before_lufs, after_lufs : list of float or None
        Loudness of each second without and with the strips; ``None`` for silence.
    before_width_db, after_width_db : list of float or None
        Side over mid in each second.
    """

    true_peak_dbtp: float
    before_lufs: list[float | None]
    after_lufs: list[float | None]
    before_width_db: list[float | None]
    after_width_db: list[float | None]

    def trimmed(self, trim_db: float) -> Measured:
        """This measurement with the master's fader changed by ``trim_db``."""
        after = [None if level is None else round(level + trim_db, 1) for level in self.after_lufs]
        return replace(self, true_peak_dbtp=self.true_peak_dbtp + trim_db, after_lufs=after)


def measured(session: Session, standing: Session, changes: Sequence[Change], progress: Progress) -> Measured:
    """Render the audible tracks before and after the changes and measure both.

    Parameters
    ----------
    session : Session
        Before, without the effects of an earlier match.
    standing : Session
        The session that ``changes`` apply to.
    """
    rate = session.sample_rate
    peaks = PeakMeter(rate, 2)
    before, after = (LoudnessMeter(rate, 2) for _ in range(2))
    width_before, width_after = (WidthMeter(rate) for _ in range(2))
    total, done = max(int(session.duration_s * rate), 1), 0
    for block in mix.audible_blocks(session, session.duration_s, master=True):
        before.add(block)
        width_before.add(block)
        done += len(block)
        progress(min(done // 2, total - 1), total, "measuring the mix")
    for block in mix.audible_blocks(apply.applied(standing, changes), session.duration_s, master=True):
        peaks.add(block)
        after.add(block)
        width_after.add(block)
        done += len(block)
        progress(min(done // 2, total - 1), total, "measuring the mix")
    return Measured(
        peaks.true_peak_dbtp,
        _seconds(before),
        _seconds(after),
        width_before.per_second_db(),
        width_after.per_second_db(),
    )


def per_second(audio: np.ndarray, rate: int) -> list[float | None]:
    """Loudness of each second of audio [shape=(frames, 2)]; ``None`` for silence."""
    meter = LoudnessMeter(rate, 2)
    meter.add(audio)
    return _seconds(meter)


def _seconds(meter: LoudnessMeter) -> list[float | None]:
    levels = to_lufs(meter.powers(1.0)[::10])
    return [round(float(level), 1) if np.isfinite(level) else None for level in levels]


def to_file(session: Session, path: Path, progress: Progress) -> None:
    """Write the mix as a 24-bit stereo WAV at the session's rate; turned down where it goes over `CEILING_DBTP`."""
    total = max(int(session.duration_s * session.sample_rate), 1)
    meter = PeakMeter(session.sample_rate, 2)

    def blocks() -> Iterator[np.ndarray]:
        done = 0
        for block in mix.audible_blocks(session, session.duration_s, master=True):
            meter.add(block)
            yield block
            done += len(block)
            progress(min(done, total - 1), total, "rendering the mix")

    def gain() -> float:
        over_db = meter.true_peak_dbtp - CEILING_DBTP
        return amplitude(-over_db - MARGIN_DB) if over_db > 0.0 else 1.0

    turned_down.write(path, session.sample_rate, blocks(), gain)


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``mix.wav`` of the session after the plan."""
    name = f"{side}{mix.NAME}"
    to_file(apply.applied(session, plan.changes), staging.path(name), progress)
    progress(1, 1, "mix rendered")
    return {"mix": name}

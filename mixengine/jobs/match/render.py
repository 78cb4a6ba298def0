"""The matched mix as sound: groups as heard, through their strips and the master's; in time, in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio import timeline
from mixengine.audio.compressor import values
from mixengine.audio.loudness import LoudnessMeter, to_lufs
from mixengine.audio.pan import balance
from mixengine.audio.peaks import PeakMeter
from mixengine.audio.reaeq import ReaEqFilter
from mixengine.audio.writing import write_block
from mixengine.jobs.match.console.compressor import Compressor
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.material import SETUP
from mixengine.jobs.match.translate import Strip
from mixengine.jobs.match.width import WidthMeter
from mixengine.mixer import mixdown
from mixengine.mixer.mix import CEILING_DBTP, own_effects
from mixengine.model.plan import MixPlan
from mixengine.model.session import CompressorSettings, Session
from mixengine.model.units import amplitude
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

__all__ = ["CEILING_DBTP", "Channel", "Measured", "blocks", "measured", "per_second", "to_file", "write"]


class Channel:
    """A strip that audio goes through block by block, late by ``delay`` frames.

    Parameters
    ----------
    delay : int ≥ 0
        The look-ahead; kept also without a compressor, so that all groups stay in time.
    """

    def __init__(self, strip: Strip, rate: int, delay: int) -> None:
        self._equalizer = ReaEqFilter(strip.bands, rate)
        self._compressor = Compressor(dynamics(strip.compressor), rate, lookahead=delay, side_chain=SETUP.side_chain)
        self._sides = amplitude(strip.gain_db) * balance(strip.pan)

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """The next frames [shape=(frames, 2)]."""
        equalized = self._equalizer(np.asarray(block, dtype=np.float64))
        return self._compressor(equalized.T).T * self._sides


def dynamics(settings: CompressorSettings | None) -> np.ndarray:
    """ReaComp's settings as the console's compressor takes them; ``None`` does nothing."""
    if settings is None:
        return np.array([0.0, 1.0, 10.0, 10.0, 3.0, 0.0])
    return values(settings)


def blocks(
    session: Session,
    groups: Sequence[Group],
    strips: Sequence[Strip],
    master: Strip,
    hear: Callable[[np.ndarray], object] = lambda _: None,
) -> Iterator[np.ndarray]:
    """The mix from the start of the session to its end [shape=(frames, 2)], the look-ahead's delay taken back.

    ``hear`` gets the plain sum of the groups, block by block, as long as the session.
    """
    rate = session.sample_rate
    track_delay, master_delay = (
        round(frames * rate / SETUP.rate) for frames in (SETUP.track_lookahead, SETUP.master_lookahead)
    )
    late = skip = track_delay + master_delay
    channels = [Channel(strip, rate, track_delay) for strip in strips]
    bus = Channel(master, rate, master_delay)
    left = timeline.frame_at(session.duration_s, rate)
    end_s = (left + late) / rate
    streams = [
        mixdown.blocks(session, list(group.tracks), {}, end_s=end_s, effects=own_effects(session)) for group in groups
    ]
    for parts in zip(*streams, strict=True):
        before, total = np.zeros(parts[0].shape), np.zeros(parts[0].shape)
        for channel, part in zip(channels, parts, strict=True):
            before += part
            total += channel(part)
        hear(before[:left])
        left = max(left - len(before), 0)
        out = bus(total)[skip:]
        skip = max(skip - len(total), 0)
        if len(out):
            yield out


@dataclass(frozen=True, slots=True)
class Measured:
    """A mix measured from start to end.

    Attributes
    ----------
    true_peak_dbtp : float
    before_lufs, after_lufs : list of float or None
        Loudness of each second without and with the strips; ``None`` for silence.
    before_width_db, after_width_db : list of float or None
        Sides over middle in each second.
    """

    true_peak_dbtp: float
    before_lufs: list[float | None]
    after_lufs: list[float | None]
    before_width_db: list[float | None]
    after_width_db: list[float | None]

    def trimmed(self, trim_db: float) -> Measured:
        """The same with the master's fader moved by ``trim_db``."""
        after = [None if level is None else round(level + trim_db, 1) for level in self.after_lufs]
        return replace(self, true_peak_dbtp=self.true_peak_dbtp + trim_db, after_lufs=after)


def measured(
    session: Session, groups: Sequence[Group], strips: Sequence[Strip], master: Strip, progress: Progress
) -> Measured:
    """Play the mix once and measure it."""
    peaks = PeakMeter(session.sample_rate, 2)
    before, after = (LoudnessMeter(session.sample_rate, 2) for _ in range(2))
    width_before, width_after = (WidthMeter(session.sample_rate) for _ in range(2))
    total, done = max(int(session.duration_s * session.sample_rate), 1), 0

    def hear(plain: np.ndarray) -> None:
        before.add(plain)
        width_before.add(plain)

    for block in blocks(session, groups, strips, master, hear):
        peaks.add(block)
        after.add(block)
        width_after.add(block)
        done += len(block)
        progress(min(done, total - 1), total, "measuring the mix")
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
    found = to_lufs(meter.powers(1.0)[::10])
    return [round(float(level), 1) if np.isfinite(level) else None for level in found]


def to_file(
    session: Session, groups: Sequence[Group], strips: Sequence[Strip], master: Strip, path: Path, progress: Progress
) -> None:
    """Write the mix as a 24-bit stereo WAV at the session's rate."""
    total, done = max(int(session.duration_s * session.sample_rate), 1), 0
    with soundfile.SoundFile(path, "w", session.sample_rate, 2, "PCM_24", format="WAV") as file:
        for block in blocks(session, groups, strips, master):
            write_block(file, block)
            done += len(block)
            progress(min(done, total - 1), total, "rendering the mix")


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``mix.wav`` of what a style plan decided."""
    from mixengine.jobs.match.changes import without_own
    from mixengine.jobs.match.findings import decided

    name = f"{side}mix.wav"
    to_file(*decided(without_own(session), plan), staging.path(name), progress)
    progress(1, 1, "mix rendered")
    return {"mix": name}

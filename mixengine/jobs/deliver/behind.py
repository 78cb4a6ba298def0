"""A limiter on a master on which more than the fader stands behind it: envelopes, pan, a pan law, the mono switch.

What they leave of the loudness is known only behind them, so the mix before them is gone through again: gain, limiter,
all that, and the measurement. The fader goes to where their highest point lets through what was limited, and no more;
where an envelope rules it, it stays, and the limiter's ceiling goes down by what would pass the target's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mixengine.jobs.render import at_target
from mixengine.jobs.render.approach import Approach
from mixengine.jobs.render.bounds import bounds
from mixengine.jobs.render.finish import Approached, approached
from mixengine.jobs.render.remarks import OVER_DB
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.spool import Spool
from mixengine.mixer.limiter import TruePeaks
from mixengine.mixer.nodes import master_strip
from mixengine.model import signal_path
from mixengine.model.delivery import Target
from mixengine.model.session import PAN_PRE_FX, VOLUME_PRE_FX, Session
from mixengine.model.settings import SettingError, parts
from mixengine.model.units import MAX_FADER_DB, amplitude, decibels
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

_TRIES = 4
_LOWEST = amplitude(-MAX_FADER_DB)
RULED = "the master's volume envelope rules its fader (automation mode), which stays"


@dataclass(frozen=True, slots=True)
class Limiting:
    """How a limiter brings a mix to its target.

    Attributes
    ----------
    threshold_db, ceiling_db, fader_db : float
        Of the limiter, and of the master fader behind it.
    gain_db : float
        What the mix gets, of limiter and fader together.
    tried : Approach
    true_peak_dbtp : float
    """

    threshold_db: float
    ceiling_db: float
    fader_db: float
    gain_db: float
    tried: Approach
    true_peak_dbtp: float


def acts(session: Session) -> bool:
    """Whether more than a fader stands behind the master's plug-ins."""
    strip = master_strip(session)
    return session.master_mono or strip.moves or strip.gain(0, 0).sides is not None


def limiting(
    session: Session,
    render: RenderSettings,
    target: Target,
    before: Approached,
    speech: tuple[np.ndarray, str] | None,
    progress: Progress,
) -> Limiting:
    """The limiter that brings the mix to the target in spite of what stands behind it.

    Parameters
    ----------
    session : Session
        Without a limiter of an earlier run.
    before : Approached
        The mix as it is.
    speech : tuple of ndarray and str, optional
        As for `mixengine.jobs.render.finish.finish`.

    Raises
    ------
    UserError
        The target cannot be reached sanely.
    """
    ruled = signal_path.is_master_ruled(session)
    if before.speech is not None:
        speech = (before.speech, before.dialogue_from)
    spool, _, _ = at_target.session_spool(_without_output(session), render, target, progress)
    with spool:
        fader_db, output = session.master_db, _Output(session, spool.rate, bounds(session, render).start_s)
        if not ruled:
            output = output.at_fader(0.0)
            fader_db = round(0.0 - decibels(max(output.highest(spool), _LOWEST)), 2)
            output = output.at_fader(fader_db)
        try:
            ceiling_db, goal, peak_dbtp = _reached(spool, target, output, speech, progress)
        except UserError as error:
            why = f"{RULED}; " if ruled else ""
            raise SettingError(f"{session.path}: {why}", *parts(error)) from None
    gain_db = goal.tried.gain_db
    whole_db = gain_db if ruled else gain_db + fader_db - session.master_db
    return Limiting(ceiling_db - gain_db, ceiling_db, fader_db, whole_db, goal.tried, peak_dbtp)


def _reached(
    spool: Spool, target: Target, output: _Output, speech: tuple[np.ndarray, str] | None, progress: Progress
) -> tuple[float, Approached, float]:
    """The limiter's ceiling, how the target is reached, and the true peak behind it all."""
    ceiling_db = target.ceiling_dbtp
    for _ in range(_TRIES):
        goal = approached(spool, replace(target, ceiling_dbtp=ceiling_db), None, progress, speech, output)
        peaks = TruePeaks(spool.rate, spool.channels)
        for _, block in goal.way.blocks(goal.tried.gain_db, goal.tried.limited):
            peaks.add(block)
        peak_dbtp = peaks.dbtp()
        if peak_dbtp - target.ceiling_dbtp <= OVER_DB:
            break
        ceiling_db = round(ceiling_db - (peak_dbtp - target.ceiling_dbtp), 2)
    return ceiling_db, goal, peak_dbtp


def _without_output(session: Session) -> Session:
    """The session whose mix is as it leaves the master's plug-ins."""
    kept = tuple(entry for entry in session.master_automation if entry.kind in (VOLUME_PRE_FX, PAN_PRE_FX))
    return replace(
        session, master_db=0.0, master_pan=0.0, master_pan_law=1.0, master_mono=False, master_automation=kept
    )


class _Output:
    """What stands behind the master's plug-ins, for blocks of a mix that begins at ``start_s``."""

    def __init__(self, session: Session, rate: int, start_s: float) -> None:
        self._session, self._rate, self._start_s = session, rate, start_s
        self._strip = master_strip(replace(session, sample_rate=rate))

    def __call__(self, at: int, block: np.ndarray) -> np.ndarray:
        """A block [shape=(frames, 2)] from frame ``at`` on."""
        block = self._strip.gain(at, len(block), self._start_s).apply(block)
        return np.repeat(block.mean(axis=1, keepdims=True), 2, axis=1) if self._session.master_mono else block

    def at_fader(self, fader_db: float) -> _Output:
        """The same with the master's fader elsewhere."""
        return _Output(replace(self._session, master_db=fader_db), self._rate, self._start_s)

    def highest(self, spool: Spool) -> float:
        """The largest amplitude that it gives either side."""
        return max(self._highest(spool), default=0.0)

    def _highest(self, spool: Spool) -> Iterator[float]:
        for at, block in spool.blocks():
            gain = self._strip.gain(at, len(block), self._start_s)
            level = np.asarray(gain.level)[..., None]
            yield float(np.max(level if gain.sides is None else level * gain.sides))

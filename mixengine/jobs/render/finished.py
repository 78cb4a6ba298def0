"""What a finished file measures, in numbers and over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mixengine.model.delivery import DIALOGUE, RMS
from mixengine.model.units import plain_db, signed_db


@dataclass(frozen=True, slots=True)
class Finished:
    """What a finished file measures, and what it took. Named as in the ``--json`` output.

    Attributes
    ----------
    target, measured_by : str
        The target's name, and what was brought to it: ``programme``, ``dialogue`` or ``rms``.
    dialogue_from : str
        Where the dialogue was looked for: the names of the tracks, or the mix.
    lufs, dialogue_lufs, rms_db : float, optional
    true_peak_dbtp, lra_lu : float
    gain_db, limited_db, limited_share, heavy_share : float
        The gain; the deepest limiting; share of the time with more than 0.1 dB and more than 3 dB of limiting.
    lufs_before, true_peak_before_dbtp, lra_before_lu : float
    """

    target: str
    measured_by: str
    level: float
    tolerance: float
    ceiling_dbtp: float
    lufs: float
    true_peak_dbtp: float
    lra_lu: float
    gain_db: float
    limited_db: float
    limited_share: float
    heavy_share: float
    lufs_before: float
    true_peak_before_dbtp: float
    lra_before_lu: float
    dialogue_lufs: float | None = None
    dialogue_share: float | None = None
    dialogue_from: str = ""
    rms_db: float | None = None
    noise_db: float | None = None

    def line(self) -> str:
        """One line for the terminal."""
        level = {DIALOGUE: self.dialogue_lufs, RMS: self.rms_db}.get(self.measured_by)
        first = f"{plain_db(self.lufs)} LUFS"
        if level is not None:
            first = f"{plain_db(level)} {'dB RMS' if self.measured_by == RMS else 'LKFS of the dialogue'} ({first})"
        how = f"{signed_db(self.gain_db)} dB"
        if self.limited_db:
            how += f", limited by up to {plain_db(self.limited_db)} dB in {100 * self.limited_share:.1f} % of the time"
        return f"{self.target}: {first}, {plain_db(self.true_peak_dbtp, 2)} dBTP, LRA {plain_db(self.lra_lu)} LU; {how}"


@dataclass(frozen=True, slots=True)
class Curves:
    """What happens to the mix over time, for the page.

    Attributes
    ----------
    before_lufs, after_lufs : ndarray
        Short-term loudness in steps of 100 ms, of very short files momentary; the first one after the gain alone.
    window_s : float
        Its window.
    limited_db : ndarray
        Deepest limiting in equal parts of the time.
    """

    before_lufs: np.ndarray
    after_lufs: np.ndarray
    window_s: float
    limited_db: np.ndarray

"""What the deliver job measured."""

from __future__ import annotations

from dataclasses import dataclass

from mixengine.model.details import Details


@dataclass(frozen=True, slots=True)
class DeliverDetails(Details):
    """What the deliver job measured, and what it expects.

    Attributes
    ----------
    target, measured_by : str
        The target's name, and what was brought to it: one of `mixengine.model.delivery.MEASURES`.
    level, ceiling_dbtp : float
    lufs_before, true_peak_before_dbtp, lra_before_lu : float
        Of the mix as it is, without a limiter of an earlier run.
    lufs, true_peak_dbtp, lra_lu : float
        Of the mix through the gain and mixengine's own limiter.
    gain_db, limited_db, limited_share, heavy_share : float
        As in ``render --target``.
    limits : bool
        Whether a limiter stands before the master fader then.
    fader_stays : bool
        Whether an envelope rules the master fader, so that it is not moved.
    start_s, end_s : float
        From where to where the mix was measured.
    """

    target: str = ""
    measured_by: str = ""
    level: float = 0.0
    ceiling_dbtp: float = 0.0
    lufs_before: float = 0.0
    true_peak_before_dbtp: float = 0.0
    lra_before_lu: float = 0.0
    lufs: float = 0.0
    true_peak_dbtp: float = 0.0
    lra_lu: float = 0.0
    gain_db: float = 0.0
    limited_db: float = 0.0
    limited_share: float = 0.0
    heavy_share: float = 0.0
    limits: bool = False
    fader_stays: bool = False
    start_s: float = 0.0
    end_s: float = 0.0

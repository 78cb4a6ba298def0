"""What is to be known of a finished file: heavy limiting, loudness range, noise, and what its encoder did."""

from __future__ import annotations

import math

from mixengine.jobs.render import files
from mixengine.jobs.render.finished import Finished
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer.limiter import HEAVY_DB
from mixengine.model.delivery import MEASURES, Target
from mixengine.model.units import plain_db

HEAVY_SHARE = 0.01
"""More than 3 dB of limiting in more than this share of the time is said."""
MAX_RANGE_CHANGE_LU = 3.0
OVER_DB = 0.01
"""How far a written file may lie above the ceiling before it is written anew, lower."""
_MAX_OFF = 0.1
"""LU or dB from the target that are said."""


def of(result: Finished, reached: float, target: Target, ceiling_dbtp: float, settings: RenderSettings) -> list[str]:
    """In words.

    Parameters
    ----------
    reached : float
        Level of the file by what was brought to the target.
    ceiling_dbtp : float
        To which it was limited, which may be lower than the target's.
    """
    notes = []
    if settings.gain_db is None and abs(reached - result.level) > _MAX_OFF:
        notes.append(
            f"the {settings.file_format} file is at {plain_db(reached, 2)} {MEASURES[result.measured_by]}, not at "
            f"{plain_db(result.level)}: more is not reached below the ceiling; use wav, or a lower target"
        )
    if result.heavy_share > HEAVY_SHARE:
        notes.append(
            f"more than {HEAVY_DB:g} dB of limiting in {100 * result.heavy_share:.1f} % of the time (up to "
            f"{plain_db(result.limited_db)} dB): level the speech (mixengine level), compress before, or take a lower "
            "target"
        )
    moved = result.lra_lu - result.lra_before_lu
    if abs(moved) > MAX_RANGE_CHANGE_LU:
        notes.append(f"the loudness range went from {plain_db(result.lra_before_lu)} to {plain_db(result.lra_lu)} LU")
    low, high = target.min_range_lu, target.max_range_lu
    if (low is not None and result.lra_lu < low) or (high is not None and result.lra_lu > high):
        notes.append(
            f"loudness range {plain_db(result.lra_lu)} LU; {target.title} recommends {plain_db(low or 0.0)} to "
            f"{plain_db(high if high is not None else math.inf)} LU"
        )
    if target.max_noise_db is not None and result.noise_db is not None and result.noise_db > target.max_noise_db:
        notes.append(
            f"the quietest half second is {plain_db(result.noise_db)} dB RMS; {target.title} asks for at most "
            f"{plain_db(target.max_noise_db)}: clean it first (mixengine enhance)"
        )
    if settings.file_format not in files.EXACT:
        over_db = result.true_peak_dbtp - target.ceiling_dbtp
        lower = f", limited to {plain_db(ceiling_dbtp)} dBTP before" if ceiling_dbtp < target.ceiling_dbtp else ""
        notes.append(f"levels and peaks are those of the {settings.file_format} file, decoded again{lower}")
        if over_db > OVER_DB:
            notes.append(
                f"its true peak is {plain_db(over_db, 2)} dB above the ceiling: this encoder adds peaks; use wav"
            )
    return notes

"""Why a target is not sane for a mix, and the nearest that is."""

from __future__ import annotations

import math

from mixengine.jobs.render.approach import MAX_DENSE_SHARE, Approach, Approacher
from mixengine.mixer.limiter import HEAVY_DB
from mixengine.model.delivery import MEASURES, MIN_LEVEL, PROGRAMME, Target
from mixengine.model.settings import SettingError, SettingName
from mixengine.model.units import plain_db


def refused(way: Approacher, target: Target, measure: str, level: float, tried: Approach) -> SettingError:
    """The error, for a target that ``tried`` does not reach, or reaches by too much limiting."""
    gain_db = way.sanest_gain_db(tried.gain_db, target.ceiling_dbtp)
    nearest = way.fixed(target, measure, level, gain_db, target.ceiling_dbtp).after.of(measure)
    limited = tried.limited
    why = (
        f"would take {plain_db(limited.deepest_db)} dB of limiting, more than {HEAVY_DB:g} dB in "
        f"{100 * limited.heavy_share:.0f} % of the time"
        if way.is_dense(limited)
        else f"is not reached below the ceiling: the loudest moments are {plain_db(limited.deepest_db)} dB above it"
    )
    shown = math.floor(10.0 * nearest) / 10.0
    is_option = measure == PROGRAMME and shown >= MIN_LEVEL  # a number as target is one of LUFS
    ceiling = f"{target.ceiling_dbtp:g}"
    options = (": ", SettingName("target"), f" {shown:g} ", SettingName("ceiling_dbtp"), f" {ceiling}")
    return SettingError(
        f"{plain_db(level)} {MEASURES[measure]} at {plain_db(target.ceiling_dbtp)} dBTP {why}; the nearest that leaves "
        f"the sound as it is (no more than 12 dB, and 6 dB in {100 * MAX_DENSE_SHARE:.0f} % of what sounds) is "
        f"{plain_db(shown)}",
        *(options if is_option else ()),
        "; or compress before (mixengine level, or a compressor on the master); nothing was written",
    )

"""Powers over time as text for the cache: steps in dB below the loudest, compressed."""

from __future__ import annotations

import base64
import zlib

import numpy as np

SILENT = -32768
"""Step of a power that is nothing, or further below the loudest than `RANGE_DB`."""
RANGE_DB = 150.0


def packed(powers: np.ndarray, step_db: float) -> tuple[float, str]:
    """The largest power, and all relative to it as text; with silence the text of no steps.

    Parameters
    ----------
    powers : ndarray [shape=(frames, bands)]
    step_db : float > 0
        Resolution; `RANGE_DB` must be less than 32767 steps.
    """
    peak = float(powers.max(initial=0.0))
    if not peak > 0.0:
        return 0.0, base64.b64encode(zlib.compress(b"")).decode()
    sounding = powers > peak * 10.0 ** (-RANGE_DB / 10.0)
    steps = np.full(powers.shape, SILENT, dtype="<i2")
    steps[sounding] = np.round(10.0 * np.log10(powers[sounding] / peak) / step_db)
    return peak, base64.b64encode(zlib.compress(steps.tobytes())).decode()


def steps_of(text: str, bands: int) -> np.ndarray:
    """The steps of a packed text [shape=(frames, bands), dtype=int16]."""
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="<i2").reshape(-1, bands)

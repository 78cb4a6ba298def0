"""Times as people read them."""

from __future__ import annotations


def clock(time_s: float) -> str:
    """A time as people read it: ``1:02:03.4``, ``2:03.4``."""
    tenths = round(time_s * 10.0)
    hours, minutes, seconds = tenths // 36000, tenths // 600 % 60, tenths % 600 / 10.0
    return f"{hours}:{minutes:02d}:{seconds:04.1f}" if hours else f"{minutes}:{seconds:04.1f}"


def axis_clock(time_s: float, end_s: float) -> str:
    """``1:05``, ``1:02:03``; tenths of a second in very short sessions."""
    if end_s < 10.0:
        return f"{time_s:.1f} s"
    seconds = round(time_s)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"

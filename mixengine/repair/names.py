"""Names of the repairs and what is usual, for settings. Standard library only."""

from __future__ import annotations

NAMES = ("drop_outs", "clicks", "hum", "plosives", "sibilance", "breaths")
"""In the order in which they are done: a gap would ring in a filter, and hum hides what is soft."""
NONE = "none"
"""In place of names: no repair, as where nothing is asked for."""
SIBILANCE_DB = -6.0
"""Of 42 voices that read aloud three sibilants in four are lower."""
BREATH_DB = -10.0


def chosen(names: tuple[str, ...]) -> tuple[str, ...]:
    """What a setting asks for, in order; ``none`` wins."""
    return () if NONE in names else tuple(name for name in NAMES if name in names)

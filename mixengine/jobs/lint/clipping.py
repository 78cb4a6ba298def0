"""Flat tops: runs of samples that stay at the largest value, as clipping leaves them.

Each channel has two rails, its largest and its smallest value. A run of samples within `FLAT` of a rail counts when the
signal enters and leaves it with a corner. The round top of a low note is as flat for a few samples, but a top of height
1 that stays within ε for three samples or more is at most 4ε lower one sample later (a parabola, twice as far from its
middle), which with ε = `FLAT` is below `CORNER`. Clipped hats and cymbals often stay for two samples only: those short
runs are counted separately, as some of them occur by chance.
"""

from __future__ import annotations

import numpy as np

RUN_SAMPLES = 3
"""Three full-scale samples in a row are an "over" on digital meters since the Sony PCM-1630."""
FLAT = 2e-4
"""Relative height of a flat top (−74 dB): allows for dither and 16-bit rounding."""
CORNER = 1e-3
"""Step into and out of a flat top, relative to its height (−60 dB)."""
CORNER_STEPS = 4.0 * 2.0**-15
"""… and at least this much, as a round top of 16-bit samples can be flat by quantisation."""
_MAX_PLACES = 1000


class Rail:
    """Flat tops at the largest value of a stream [values are made positive by the caller]."""

    def __init__(self) -> None:
        self.level = 0.0
        self.runs = 0
        self.short_runs = 0
        self.samples = 0
        self.places: list[int] = []

    def add(self, values: np.ndarray, at: int) -> None:
        """Process the next samples [shape=(samples,)], the first of which has number ``at``.

        A run across the border of two calls counts only where one part is long enough.
        """
        top = float(values.max(initial=0.0))
        if self.reaches(top):
            self._add(values, at, top)

    def reaches(self, top: float) -> bool:
        """Whether samples up to ``top`` can change anything: others need not be added."""
        return top > 0.0 and top >= self.level * (1.0 - FLAT)

    def _add(self, values: np.ndarray, at: int, top: float) -> None:
        if top > self.level * (1.0 + FLAT):
            self.runs, self.short_runs, self.samples, self.places = 0, 0, 0, []
        self.level = max(self.level, top)
        near = np.flatnonzero(values >= self.level * (1.0 - FLAT))
        breaks = np.flatnonzero(np.diff(near) > 1)
        first = near[np.concatenate([[0], breaks + 1])]
        last = near[np.concatenate([breaks, [len(near) - 1]])]
        inside = (last > first) & (first > 0) & (last < len(values) - 1)
        first, last = first[inside], last[inside]
        below = self.level - max(CORNER * self.level, CORNER_STEPS)
        corners = (values[first - 1] < below) & (values[last + 1] < below)
        long = last - first + 1 >= RUN_SAMPLES
        self.short_runs += int(np.count_nonzero(corners & ~long))
        first, last = first[corners & long], last[corners & long]
        self.runs += len(first)
        self.samples += int((last - first + 1).sum())
        self.places.extend((first[: _MAX_PLACES - len(self.places)] + at).tolist())

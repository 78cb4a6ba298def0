"""Pairs that may share a source, compared sample by sample where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment import lags
from mixengine.analysis.alignment.lags import Lags
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.apart import apart
from mixengine.jobs.lint.context import EXCERPT_RATE, SEGMENT_S, LintContext
from mixengine.jobs.lint.findings import names
from mixengine.jobs.lint.pairs import Pair, close_pairs, shared_segments

MIN_COHERENCE = 0.5
"""Coherence from which two recordings count as one source."""
MIN_COHERENCE_NAMED = 0.3
"""The same where their names say so: the two sides of a drum share less (a third to a half in the first 5 kHz)."""
MAX_COPY_RESIDUAL_DB = -40.0
"""Residual between copies of one recording: dither and lossy coding stay below, a second take never does."""
_FRAME = lags.frame_size(EXCERPT_RATE)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A pair with its correlation, the residual when one is subtracted from the other, and the time compared."""

    pair: Pair
    lags: Lags
    residual_db: float
    gain: float
    start_s: float
    end_s: float

    @property
    def is_copy(self) -> bool:
        """Whether both are the same recording."""
        return self.residual_db < MAX_COPY_RESIDUAL_DB

    @property
    def min_coherence(self) -> float:
        """Coherence from which the pair counts as one source."""
        return MIN_COHERENCE_NAMED if self.pair.named else MIN_COHERENCE

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names for a finding."""
        return names([self.pair.first, self.pair.second])


def comparisons(context: LintContext) -> list[Comparison]:
    """All pairs that may share a source where they stand; those that stand apart are left out."""
    return context.once("compared", lambda: list(_compare(context)))  # type: ignore[return-value]


def _compare(context: LintContext) -> Iterator[Comparison]:
    elsewhere = {frozenset((entry.first.id, entry.second.id)) for entry in apart(context)}
    pairs = close_pairs(context)
    for done, pair in enumerate(pairs):
        if frozenset((pair.first.id, pair.second.id)) in elsewhere:
            continue
        context.progress(done, len(pairs), f"comparing {pair.first.name} and {pair.second.name}")
        try:
            comparison = _compare_one(context, pair)
        except UnreadableAudio:
            continue  # reported as missing media
        if comparison is not None:
            yield comparison


def _compare_one(context: LintContext, pair: Pair) -> Comparison | None:
    segments = shared_segments(context, pair)
    if not segments:
        return None
    first = [context.segment(pair.first, at) for at in segments]
    second = [context.segment(pair.second, at) for at in segments]
    correlation = lags.correlate(framed(first), framed(second), EXCERPT_RATE)
    residual, gain = residual_db(np.concatenate(first), np.concatenate(second))
    return Comparison(pair, correlation, residual, gain, segments[0] * SEGMENT_S, (segments[-1] + 1) * SEGMENT_S)


def framed(parts: list[np.ndarray]) -> np.ndarray:
    """The frames of several segments [shape=(frames, samples)]."""
    return np.concatenate([lags.frames(part, _FRAME) for part in parts])


def residual_db(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Residual in dB of the second sound after the first, with the best gain, is subtracted; and that gain."""
    first, second = first.astype(np.float64), second.astype(np.float64)
    own, power = float(first @ first), float(second @ second)
    if not own > 0.0 or not power > 0.0:
        return 0.0, 0.0
    gain = float(first @ second) / own
    residual = second - gain * first
    return 10.0 * float(np.log10(max(float(residual @ residual) / power, 1e-12))), gain

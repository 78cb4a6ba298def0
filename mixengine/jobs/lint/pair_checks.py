"""Checks of pairs of recordings: polarity, time offset, bleed, duplicates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint import correlation
from mixengine.jobs.lint.context import SEGMENT_S, LintContext
from mixengine.jobs.lint.correlation import Lags
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding, names
from mixengine.jobs.lint.pairs import PAUSES_DB, Pair, bleed_pairs, close_pairs, shared_segments

MIN_COHERENCE = 0.5
"""Coherence from which two recordings count as one source."""
MIN_COHERENCE_NAMED = 0.3
"""The same where their names say so: the two sides of a drum share less (a third to a half in the first 5 kHz)."""
MAX_POLARITY_LAG_S = 0.002
"""Microphones of one source are at most 70 cm apart."""
MIN_SIGN_RATIO = 1.3
"""The strongest negative value must exceed the strongest positive one within `MAX_POLARITY_LAG_S` by this factor."""
OFFSET_RANGE_S = (0.0002, 0.02)
"""Delays of 7 cm to 7 m of air: shorter ones have no effect below 2.5 kHz, longer ones are intended echoes."""
MAX_COPY_RESIDUAL_DB = -40.0
"""Residual between copies of one recording: dither and lossy coding stay below, a second take never does."""
MIN_BLEED_COHERENCE = 0.35
"""Coherence of a quiet track with the source that leaked into it."""
MAX_BLEED_DELAY_S = 0.03
"""10 m of air."""
_MIN_QUIET_FRAMES = 8
"""Quiet frames of 0.37 s, overlapping by half, that are needed: the coherence of fewer unrelated frames may exceed
`MIN_BLEED_COHERENCE` by chance."""


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


def duplicates(context: LintContext) -> Iterator[Finding]:
    """The same recording on two tracks."""
    for comparison in _comparisons(context):
        if comparison.is_copy and comparison.gain > 0.0:
            yield Finding(
                "duplicates",
                WARNING,
                comparison.tracks,
                "both hold the same recording: together they are only louder",
                "remove one, or send one track where the other went",
            )


def polarity(context: LintContext) -> Iterator[Finding]:
    """Microphones of one source with opposite polarity."""
    for comparison in _comparisons(context):
        lag_s, value = comparison.lags.strongest(MAX_POLARITY_LAG_S)
        opposite = comparison.lags.largest(1.0, MAX_POLARITY_LAG_S)
        clear = -value > max(comparison.min_coherence, MIN_SIGN_RATIO * opposite)
        if not clear and not (comparison.is_copy and comparison.gain < 0.0):
            continue
        cancels = comparison.is_copy and comparison.gain < 0.0
        yield Finding(
            "polarity",
            ERROR if cancels else WARNING,
            comparison.tracks,
            "the same recording with opposite polarity: they cancel each other"
            if cancels
            else f"opposite polarity (correlation {value:.2f} at {1000.0 * abs(lag_s):.1f} ms)".replace("-", "−"),
            "switch the polarity (ø) of one of them and listen to the low end",
            comparison.start_s,
            comparison.end_s,
        )


def offset(context: LintContext) -> Iterator[Finding]:
    """Microphones of one source of which one is delayed."""
    for comparison in _comparisons(context):
        lag_s, value = comparison.lags.strongest(OFFSET_RANGE_S[1])
        if comparison.is_copy or abs(value) < comparison.min_coherence or abs(lag_s) < OFFSET_RANGE_S[0]:
            continue
        late, early = comparison.pair.first.name, comparison.pair.second.name
        if lag_s < 0.0:
            late, early = early, late
        yield Finding(
            "offset",
            HINT,
            comparison.tracks,
            f"{late} comes {1000.0 * abs(lag_s):.1f} ms after {early}, correlation {value:.2f}".replace("-", "−"),
            "move it earlier by that, if the delay is not the room you want",
            comparison.start_s,
            comparison.end_s,
        )


def bleed(context: LintContext) -> Iterator[Finding]:
    """A source that is audible, later and quieter, on the track of another."""
    close = {frozenset((f.pair.first.id, f.pair.second.id)) for f in _comparisons(context) if _is_one_source(f)}
    for pair in bleed_pairs(context):
        if frozenset((pair.first.id, pair.second.id)) in close:
            continue
        try:
            leak = _bleed(context, pair)
        except UnreadableAudio:
            continue  # reported as missing media
        if leak is None:
            continue
        delay_s, value, under_db, at = leak
        yield Finding(
            "bleed",
            HINT,
            (pair.second.name, pair.first.name),
            f"{pair.first.name} is heard on {pair.second.name}, {1000.0 * delay_s:.1f} ms later and {under_db:.0f} dB "
            f"below what plays there (confidence {100.0 * min(abs(value), 1.0):.0f} %)",
            f"gate {pair.second.name}, or cut the pauses; with loud bleed check the polarity of both",
            at * SEGMENT_S,
            (at + 1) * SEGMENT_S,
        )


def _is_one_source(comparison: Comparison) -> bool:
    return comparison.is_copy or abs(comparison.lags.strongest(OFFSET_RANGE_S[1])[1]) >= MIN_COHERENCE


def _bleed(context: LintContext, pair: Pair) -> tuple[float, float, float, int] | None:
    """Delay, coherence, distance to the second track's level, segment: of the `PAUSES_DB` the most coherent, if any."""
    leaks = [leak for pause_db in PAUSES_DB if (leak := _leak(context, pair, pause_db)) is not None]
    return max(leaks, key=lambda leak: abs(leak[1]), default=None)


def _leak(context: LintContext, pair: Pair, pause_db: float) -> tuple[float, float, float, int] | None:
    """`_bleed` over frames in which the second track is ``pause_db`` below its loudest."""
    segments = shared_segments(context, pair, pause_db=pause_db)
    if not segments:
        return None
    source = np.concatenate([correlation.frames(context.segment(pair.first, at)) for at in segments])
    target = np.concatenate([correlation.frames(context.segment(pair.second, at)) for at in segments])
    powers, own = np.square(target).mean(axis=1), np.square(source).mean(axis=1)
    if not powers.max() > 0.0:
        return None
    stats = context.results[pair.second.id].stats
    assert stats is not None
    playing = 10.0 ** (max(stats.levels_db) / 10.0)
    quiet = (powers > 0.0) & (powers < playing * 10.0 ** (-pause_db / 10.0)) & (own > own.max() * 1e-2)
    if quiet.sum() < _MIN_QUIET_FRAMES:
        return None
    lag_s, value = correlation.correlate(target[quiet], source[quiet]).strongest(MAX_BLEED_DELAY_S)
    if lag_s <= 0.0 or abs(value) < MIN_BLEED_COHERENCE:
        return None
    under_db = 10.0 * float(np.log10(playing / powers[quiet].mean()))
    return lag_s, value, under_db, segments[0]


def _comparisons(context: LintContext) -> list[Comparison]:
    return context.once("compared", lambda: list(_compare(context)))  # type: ignore[return-value]


def _compare(context: LintContext) -> Iterator[Comparison]:
    pairs = close_pairs(context)
    for done, pair in enumerate(pairs):
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
    lags = correlation.correlate(
        np.concatenate([correlation.frames(part) for part in first]),
        np.concatenate([correlation.frames(part) for part in second]),
    )
    residual_db, gain = correlation.residual_db(np.concatenate(first), np.concatenate(second))
    return Comparison(pair, lags, residual_db, gain, segments[0] * SEGMENT_S, (segments[-1] + 1) * SEGMENT_S)

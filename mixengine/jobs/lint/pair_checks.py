"""Checks of pairs of recordings: polarity, time offset, drift, bleed, duplicates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mixengine.analysis.alignment import lags
from mixengine.analysis.alignment.relation import BLEED, COPY, MUTUAL, coupling_db
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.apart import Apart, apart, drifts
from mixengine.jobs.lint.compared import MIN_COHERENCE, Comparison, comparisons, framed
from mixengine.jobs.lint.context import EXCERPT_RATE, SEGMENT_S, LintContext
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding, names
from mixengine.jobs.lint.pairs import PAUSES_DB, Pair, bleed_pairs, shared_segments
from mixengine.model.session import Track
from mixengine.model.units import plain_db

MAX_POLARITY_LAG_S = 0.002
"""Microphones of one source are at most 70 cm apart."""
MIN_SIGN_RATIO = 1.3
"""The strongest negative value must exceed the strongest positive one within `MAX_POLARITY_LAG_S` by this factor."""
OFFSET_RANGE_S = (0.0002, lags.MAX_LAG_S)
"""Delays of 7 cm to 10 m of air; shorter ones have no effect below 2.5 kHz, longer ones are found by fingerprints."""
MIN_BLEED_COHERENCE = 0.35
"""Coherence of a quiet track with the source that leaked into it."""
MIN_BLEED_DELAY_S, MAX_BLEED_DELAY_S = 0.5 / EXCERPT_RATE, 0.03
"""What comes at once is a sound that both tracks hold; 10 m of air."""
_MIN_QUIET_FRAMES = 8
"""Quiet frames of 0.37 s, overlapping by half, that are needed: the coherence of fewer unrelated frames may exceed
`MIN_BLEED_COHERENCE` by chance."""
_LEAKS = (BLEED, MUTUAL)


def duplicates(context: LintContext) -> Iterator[Finding]:
    """The same recording on two tracks."""
    for comparison in comparisons(context):
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
    for comparison in comparisons(context):
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
    """Recordings of one source of which one is delayed, begun at another time, or on a clock that drifts."""
    for comparison in comparisons(context):
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
    for entry in apart(context):
        yield _apart(entry)


def _apart(entry: Apart) -> Finding:
    common = entry.relation
    start_s, end_s = entry.place_s
    at_s = common.line.at(start_s)
    late, early = (entry.second, entry.first) if at_s >= 0.0 else (entry.first, entry.second)
    message = f"{late.name} comes {_duration(abs(at_s))} after {early.name}"
    if not common.straight:
        message += f" at first and {_duration(abs(common.line.at(end_s)))} at the end, by a clock that is not steady"
    elif drifts(common):
        drift = abs(common.line.drift)
        message += f" and drifts by {1e6 * drift:.0f} ppm ({_duration(3600 * drift)} an hour)"
    message += f": {_WHAT.get(common.kind, 'the same source')}"
    message += ", with opposite polarity" if common.inverted and common.kind not in _LEAKS else ""
    return Finding(
        "offset",
        WARNING if drifts(common) else HINT,
        names([entry.first, entry.second]),
        message,
        "if they were recorded together, mixengine sync brings them together",
        start_s,
        end_s,
    )


_WHAT = {COPY: "the same recording", BLEED: "the one is heard in the other", MUTUAL: "they hear each other"}


def _duration(seconds: float) -> str:
    return f"{1000.0 * seconds:.1f} ms" if seconds < 1.0 else f"{seconds:.3f} s"


def bleed(context: LintContext) -> Iterator[Finding]:
    """A source that is audible, later and quieter, on the track of another."""
    far = apart(context)
    one_source = {frozenset((f.pair.first.id, f.pair.second.id)) for f in comparisons(context) if _is_one_source(f)}
    one_source |= {frozenset((entry.first.id, entry.second.id)) for entry in far}
    for pair in bleed_pairs(context):
        if frozenset((pair.first.id, pair.second.id)) in one_source:
            continue
        try:
            leak = _bleed(context, pair)
        except UnreadableAudio:
            continue  # reported as missing media
        if leak is not None:
            delay_s, value, level_db, at = leak
            later = f"{1000.0 * delay_s:.1f} ms later"
            yield _leak_finding(pair.first, pair.second, later, level_db, value, (at * SEGMENT_S, (at + 1) * SEGMENT_S))
    for entry in far:
        common = entry.relation
        both = (
            (entry.first, entry.second, common.first_in_second_db),
            (entry.second, entry.first, common.second_in_first_db),
        )
        for source, target, coupled_db in both if common.kind in _LEAKS else ():
            if coupled_db is not None:
                place = "at another offset than the tracks stand"
                yield _leak_finding(source, target, place, coupled_db, common.coherence, entry.place_s)


def _leak_finding(
    source: Track, target: Track, later: str, level_db: float, coherence: float, place_s: tuple[float, float]
) -> Finding:
    below = f"{plain_db(-level_db, 0)} dB below" if level_db <= 0.0 else f"{plain_db(level_db, 0)} dB above"
    return Finding(
        "bleed",
        HINT,
        (target.name, source.name),
        f"{source.name} is heard on {target.name}, {later} and {below} its level on its own track "
        f"(confidence {100.0 * min(abs(coherence), 1.0):.0f} %)",
        f"gate {target.name}, or cut the pauses; with loud bleed check the polarity of both",
        *place_s,
    )


def _is_one_source(comparison: Comparison) -> bool:
    return comparison.is_copy or abs(comparison.lags.strongest(OFFSET_RANGE_S[1])[1]) >= MIN_COHERENCE


def _bleed(context: LintContext, pair: Pair) -> tuple[float, float, float, int] | None:
    """Delay, coherence, level relative to the source's own track, segment: of the `PAUSES_DB` the most coherent."""
    leaks = [leak for pause_db in PAUSES_DB if (leak := _leak(context, pair, pause_db)) is not None]
    return max(leaks, key=lambda leak: abs(leak[1]), default=None)


def _leak(context: LintContext, pair: Pair, pause_db: float) -> tuple[float, float, float, int] | None:
    """`_bleed` over frames in which the second track is ``pause_db`` below its loudest."""
    from scipy import fft

    segments = shared_segments(context, pair, pause_db=pause_db)
    if not segments:
        return None
    source = framed([context.segment(pair.first, at) for at in segments])
    target = framed([context.segment(pair.second, at) for at in segments])
    powers, own = np.square(target).mean(axis=1), np.square(source).mean(axis=1)
    if not powers.max() > 0.0:
        return None
    stats = context.results[pair.second.id].stats
    assert stats is not None
    playing = 10.0 ** (max(stats.levels_db) / 10.0)
    quiet = (powers > 0.0) & (powers < playing * 10.0 ** (-pause_db / 10.0)) & (own > own.max() * 1e-2)
    if quiet.sum() < _MIN_QUIET_FRAMES:
        return None
    taper = lags.window(source.shape[1])
    heard, leaked = (fft.rfft(rows[quiet] * taper, axis=1) for rows in (source, target))
    both = lags.Spectra(heard, leaked, source.shape[1], EXCERPT_RATE)
    lag_s, value = both.lags().strongest(MAX_BLEED_DELAY_S)
    level_db = coupling_db(both.first[:, both.low :], both.second[:, both.low :])
    if lag_s < MIN_BLEED_DELAY_S or abs(value) < MIN_BLEED_COHERENCE or level_db is None:
        return None
    return lag_s, value, level_db, segments[0]

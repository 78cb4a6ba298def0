"""What two recordings have to do with each other: polarity, time offset, bleed, the same audio twice."""

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

ALIKE = 0.5
"""Coherence from which two recordings share most of their sound."""
ALIKE_NAMED = 0.3
"""The same where their names say so: the two sides of a drum share less (a third to a half in the first 5 kHz)."""
POLARITY_S = 0.002
"""Microphones of one source stand within 70 cm."""
CLEAR_SIGN = 1.3
"""The strongest value must be so many times the strongest of the other sign within `POLARITY_S`."""
OFFSET_S = (0.0002, 0.02)
"""Delays between 7 cm and 7 m of air: less colours nothing below 2.5 kHz, more is heard as an echo and meant."""
SAME_DB = -40.0
"""What remains between copies of one recording: dither and lossy coding lie lower, a second take never does."""
BLEED = 0.35
"""Coherence of a quiet track with the source that leaked into it."""
BLEED_S = 0.03
"""10 m of air."""
_FEWEST_FRAMES = 8
"""Quiet frames of 0.37 s, overlapping by half, that make a bleed: random coherence of fewer is above `BLEED`."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A pair with its correlation, what is left when one is taken off the other, and where that was heard."""

    pair: Pair
    lags: Lags
    residual_db: float
    gain: float
    start_s: float
    end_s: float

    @property
    def copy(self) -> bool:
        """Whether both are the same recording."""
        return self.residual_db < SAME_DB

    @property
    def least(self) -> float:
        """Coherence from which the pair counts as one sound."""
        return ALIKE_NAMED if self.pair.named else ALIKE

    @property
    def tracks(self) -> tuple[str, ...]:
        """Names for a finding."""
        return names([self.pair.first, self.pair.second])


def duplicates(case: LintContext) -> Iterator[Finding]:
    """The same recording on two tracks."""
    for found in _compared(case):
        if found.copy and found.gain > 0.0:
            yield Finding(
                "duplicates",
                WARNING,
                found.tracks,
                "both hold the same recording: together they are only louder",
                "remove one, or send one track where the other went",
            )


def polarity(case: LintContext) -> Iterator[Finding]:
    """Microphones of one source that work against each other."""
    for found in _compared(case):
        lag_s, value = found.lags.strongest(POLARITY_S)
        clear = -value > found.least and -value > CLEAR_SIGN * found.lags.largest(1.0, POLARITY_S)
        if not clear and not (found.copy and found.gain < 0.0):
            continue
        cancels = found.copy and found.gain < 0.0
        yield Finding(
            "polarity",
            ERROR if cancels else WARNING,
            found.tracks,
            "the same recording with opposite polarity: they cancel each other"
            if cancels
            else f"opposite polarity (correlation {value:.2f} at {1000.0 * abs(lag_s):.1f} ms)".replace("-", "−"),
            "switch the polarity (ø) of one of them and listen to the low end",
            found.start_s,
            found.end_s,
        )


def offset(case: LintContext) -> Iterator[Finding]:
    """Microphones of one source of which one comes later."""
    for found in _compared(case):
        lag_s, value = found.lags.strongest(OFFSET_S[1])
        if found.copy or abs(value) < found.least or abs(lag_s) < OFFSET_S[0]:
            continue
        late, early = found.pair.first.name, found.pair.second.name
        if lag_s < 0.0:
            late, early = early, late
        yield Finding(
            "offset",
            HINT,
            found.tracks,
            f"{late} comes {1000.0 * abs(lag_s):.1f} ms after {early}, correlation {value:.2f}".replace("-", "−"),
            "move it earlier by that, if the delay is not the room you want",
            found.start_s,
            found.end_s,
        )


def bleed(case: LintContext) -> Iterator[Finding]:
    """A source that is heard, later and quieter, on the track of another."""
    close = {frozenset((f.pair.first.id, f.pair.second.id)) for f in _compared(case) if _one_sound(f)}
    for pair in bleed_pairs(case):
        if frozenset((pair.first.id, pair.second.id)) in close:
            continue
        try:
            found = _bleed(case, pair)
        except UnreadableAudio:
            continue  # reported as missing media
        if found is None:
            continue
        delay_s, value, under_db, at = found
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


def _one_sound(found: Compared) -> bool:
    return found.copy or abs(found.lags.strongest(OFFSET_S[1])[1]) >= ALIKE


def _bleed(case: LintContext, pair: Pair) -> tuple[float, float, float, int] | None:
    """Delay, coherence, level under the second track's own and where: the clearest of `PAUSES_DB`, if any is clear."""
    found = [leak for pause_db in PAUSES_DB if (leak := _leak(case, pair, pause_db)) is not None]
    return max(found, key=lambda leak: abs(leak[1]), default=None)


def _leak(case: LintContext, pair: Pair, pause_db: float) -> tuple[float, float, float, int] | None:
    """The same over frames in which the second track is ``pause_db`` below its loudest."""
    segments = shared_segments(case, pair, pause_db=pause_db)
    if not segments:
        return None
    source = np.concatenate([correlation.frames(case.segment(pair.first, at)) for at in segments])
    target = np.concatenate([correlation.frames(case.segment(pair.second, at)) for at in segments])
    powers, own = np.square(target).mean(axis=1), np.square(source).mean(axis=1)
    if not powers.max() > 0.0:
        return None
    heard = case.listened[pair.second.id].heard
    assert heard is not None
    playing = 10.0 ** (max(heard.levels_db) / 10.0)
    quiet = (powers > 0.0) & (powers < playing * 10.0 ** (-pause_db / 10.0)) & (own > own.max() * 1e-2)
    if quiet.sum() < _FEWEST_FRAMES:
        return None
    lag_s, value = correlation.correlate(target[quiet], source[quiet]).strongest(BLEED_S)
    if lag_s <= 0.0 or abs(value) < BLEED:
        return None
    under_db = 10.0 * float(np.log10(playing / powers[quiet].mean()))
    return lag_s, value, under_db, segments[0]


def _compared(case: LintContext) -> list[Compared]:
    return case.once("compared", lambda: list(_compare(case)))  # type: ignore[return-value]


def _compare(case: LintContext) -> Iterator[Compared]:
    pairs = close_pairs(case)
    for done, pair in enumerate(pairs):
        case.progress(done, len(pairs), f"comparing {pair.first.name} and {pair.second.name}")
        try:
            found = _compare_one(case, pair)
        except UnreadableAudio:
            continue  # reported as missing media
        if found is not None:
            yield found


def _compare_one(case: LintContext, pair: Pair) -> Compared | None:
    segments = shared_segments(case, pair)
    if not segments:
        return None
    first = [case.segment(pair.first, at) for at in segments]
    second = [case.segment(pair.second, at) for at in segments]
    lags = correlation.correlate(
        np.concatenate([correlation.frames(part) for part in first]),
        np.concatenate([correlation.frames(part) for part in second]),
    )
    left_db, gain = correlation.residual_db(np.concatenate(first), np.concatenate(second))
    return Compared(pair, lags, left_db, gain, segments[0] * SEGMENT_S, (segments[-1] + 1) * SEGMENT_S)

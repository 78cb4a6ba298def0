"""Pairs of recordings that do not stand together: begun at other times, late by a codec, or on clocks that drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.alignment import fingerprint
from mixengine.analysis.alignment.coarse import WINDOW_S, Fit, Print
from mixengine.analysis.alignment.fingerprint import FRAME_S
from mixengine.analysis.alignment.follow import follow
from mixengine.analysis.alignment.lags import MAX_LAG_S
from mixengine.analysis.alignment.lines import Line
from mixengine.analysis.alignment.relation import Relation, relation
from mixengine.analysis.alignment.shortlist import shortlist
from mixengine.analysis.alignment.stretches import Sound, compare
from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.context import EXCERPT_RATE, LintContext
from mixengine.model.session import Track

NEAR_S = 0.02
"""Up to here a pair is compared where it stands; microphones of one room are no further apart (7 m)."""
MIN_DRIFT = 3e-6
"""Below 3 ppm (1 ms in 6 minutes) a few stretches cannot tell a drift from the way of the sound."""
MIN_COHERENCE = 0.15
"""What a camera far away or a poor connection still has in common with the close microphone."""
MIN_SCORE = 12.0
"""Deviations; chance stays below 6."""
_MAX_PAIRS = 40
_STRETCHES = 8
_MAX_LOOKED_AT = 120
_ALIKE_SCORE = 20.0
"""Deviations by which fingerprints of one source stand out."""
_WANDERING_S = 0.0003
_ASIDE_S = WINDOW_S / 3.0


@dataclass(frozen=True, slots=True)
class Apart:
    """Two tracks and what they have in common; the relation's first is ``first``."""

    first: Track
    second: Track
    relation: Relation

    @property
    def place_s(self) -> tuple[float, float]:
        """A place in the first track where both are heard."""
        return self.relation.stretches[0].time_s, self.relation.stretches[-1].time_s


def apart(context: LintContext) -> list[Apart]:
    """Pairs that fit at another offset than they stand at, surest first."""
    return context.once("apart", lambda: list(_apart(context)))  # type: ignore[return-value]


def _apart(context: LintContext) -> Iterator[Apart]:
    tracks = {track.id: (track, stats) for track, stats in context.track_stats if stats.fingerprint}
    prints = {
        key: Print(round(stats.start_s / FRAME_S), fingerprint.unpacked(stats.fingerprint))
        for key, (_, stats) in tracks.items()
    }
    pairs = sorted(shortlist(prints).items(), key=lambda entry: (-max(fit.score for fit in entry[1]), entry[0]))
    sounds = {key: Sound(context.recording(track), prints[key]) for key, (track, _) in tracks.items()}
    followed_pairs = 0
    for done, ((one, other), fits) in enumerate(pairs[:_MAX_LOOKED_AT]):
        first, second = sounds[one], sounds[other]
        context.progress(done, len(pairs), f"comparing {tracks[one][0].name} and {tracks[other][0].name}")
        try:
            if followed_pairs >= _MAX_PAIRS or not (_stands_apart(fits) or _wanders(first, second, fits)):
                continue
            followed_pairs += 1
            followed = follow(first, second, count=_STRETCHES, rate=EXCERPT_RATE)
        except UnreadableAudio:
            continue  # reported as missing media
        if followed is None or followed.score < MIN_SCORE:
            continue
        common = relation(followed)
        if common.coherence >= MIN_COHERENCE and _is_off(common):
            yield Apart(tracks[one][0], tracks[other][0], common)


def _wanders(first: Sound, second: Sound, fits: list[Fit]) -> bool:
    """Whether the offset of a pair that stands nearly right is another at the end than at the beginning."""
    offsets_s = []
    begin, end = (pick(fits, key=lambda fit: fit.time_s) for pick in (min, max))
    for fit, time_s in ((begin, begin.time_s - _ASIDE_S), (end, end.time_s + _ASIDE_S)):
        if fit.score < _ALIKE_SCORE:
            return False
        inside_s = min(max(time_s, first.span_s[0] + 1.0), first.span_s[1] - 1.0)
        spectra = compare(first, second, inside_s, Line(fit.offset_s), EXCERPT_RATE)
        if spectra is None or (lags := spectra.lags()).score() < MIN_SCORE:
            return False
        offsets_s.append(fit.offset_s + lags.strongest(MAX_LAG_S)[0])
    return abs(offsets_s[1] - offsets_s[0]) > _WANDERING_S


def _stands_apart(fits: list[Fit]) -> bool:
    """Whether any window suggests that the pair fits elsewhere than where it stands."""
    return max(abs(fit.offset_s) for fit in fits) > 0.75 * NEAR_S


def _is_off(common: Relation) -> bool:
    times_s = np.array([stretch.time_s for stretch in common.stretches])
    offsets_s = np.abs([common.line.at(float(time_s)) for time_s in times_s])
    return bool(offsets_s.max() > NEAR_S) or drifts(common)


def drifts(common: Relation) -> bool:
    """Whether the offset changes over time by more than is measured by chance."""
    times_s = [stretch.time_s for stretch in common.stretches]
    changes_s = abs(common.line.drift) * (max(times_s) - min(times_s))
    return not common.straight or (abs(common.line.drift) > MIN_DRIFT and changes_s > 0.0005)

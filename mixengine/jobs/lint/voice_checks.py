"""Checks of voices: sharp sibilants, pops of plosives. Only tracks that are voices by their names are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from mixengine.analysis import plosives, sibilance
from mixengine.audio.reading import Read
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.fault_checks import repair_command, times
from mixengine.jobs.lint.findings import HINT, Finding
from mixengine.jobs.lint.track_stats import HOP_S, TrackStats
from mixengine.model import roles
from mixengine.model.session import Track

VOICES = frozenset({"voice", "lead_vocal", "backing_vocal"})
EXCERPT_S, EXCERPTS = 20.0, 3
"""The loudest minute of a voice is looked at."""
RATE = 32000
SHARP_DB = -3.0
"""Of people who read aloud one sibilant in seven is as sharp, above 4.5 kHz against the voice."""
SURE = 0.9
MIN_PER_MINUTE = 4.0

Find = Callable[[Read, int, int], list[Any]]


def sharp_sibilants(context: LintContext) -> Iterator[Finding]:
    """Voices with many sibilants that are sharper than most."""
    for track, seconds, faults in _voices(context, sibilance.find):
        sharp = [(at_s, each) for at_s, each in faults if each.level_db > SHARP_DB]
        if len(sharp) >= MIN_PER_MINUTE * seconds / 60.0 and len(sharp) > 1:
            top_db = max(each.level_db for _, each in sharp)
            yield Finding(
                "sibilance",
                HINT,
                (track.name,),
                f"{len(sharp)} sharp sibilants in {seconds:.0f} s, up to {top_db:+.0f} dB beside the voice "
                f"(at {times([at_s for at_s, _ in sharp])})",
                f"listen to it; {repair_command('sibilance')} brings them down",
                sharp[0][0],
                sharp[-1][0],
            )


def pops(context: LintContext) -> Iterator[Finding]:
    """Voices with pops of plosives."""
    for track, seconds, faults in _voices(context, plosives.find):
        if len(faults) >= MIN_PER_MINUTE * seconds / 60.0 and len(faults) > 1:
            yield Finding(
                "plosives",
                HINT,
                (track.name,),
                f"{len(faults)} pops below {plosives.TO_HZ:.0f} Hz in {seconds:.0f} s "
                f"(at {times([at_s for at_s, _ in faults])})",
                f"listen to it; {repair_command('plosives')} lowers them, a pop filter avoids them",
                faults[0][0],
                faults[-1][0],
            )


def _voices(context: LintContext, find: Find) -> Iterator[tuple[Track, float, list[tuple[float, Any]]]]:
    """Voices, how much of each was looked at, and what is sure in it with its session time."""
    for track, stats in context.track_stats:
        if roles.role_of_track(context.session, track) not in VOICES:
            continue
        rate = min(stats.rate, RATE)
        starts = _loudest(stats)
        faults = []
        for start_s in starts:
            samples = context.excerpt(track, start_s, start_s + EXCERPT_S, rate)[:, None]
            for each in find(lambda at, count, samples=samples: samples[at : at + count], rate, len(samples)):  # type: ignore[misc]
                if each.sure >= SURE:
                    faults.append((start_s + each.start_s, each))
        length_s = len(stats.levels_db) * HOP_S
        yield track, min(len(starts) * EXCERPT_S, length_s), faults


def _loudest(stats: TrackStats) -> list[float]:
    """Session times at which the loudest excerpts begin."""
    count = round(EXCERPT_S / HOP_S)
    powers = 10.0 ** (np.asarray(stats.levels_db) / 10.0)
    means = [float(powers[at : at + count].sum()) for at in range(0, max(len(powers), 1), count)]
    best = sorted(range(len(means)), key=lambda index: -means[index])[:EXCERPTS]
    return [stats.start_s + index * EXCERPT_S for index in sorted(best)]

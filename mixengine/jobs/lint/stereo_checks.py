"""Checks of the relation between left and right: mono compatibility, one-sided and dual-mono recordings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.context import LintContext, levels_db, session_hops
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding
from mixengine.jobs.lint.track_stats import HOP_S
from mixengine.mixer import mix, ways
from mixengine.model import signal_path
from mixengine.model.units import signed_db

MONO_DROP_DB = 3.0
"""Loss when left and right are summed to mono: uncorrelated channels lose exactly 3 dB …"""
ANTI_CORRELATION = -0.1
"""… so that only a correlation below this is a fault (EBU and ITU meters mark everything below 0 as doubtful)."""
SERIOUS_DROP_DB = 6.0
INVERTED_DROP_DB = 20.0
"""From this loss on one side is inverted: a correlation below −0.98 at equal levels."""
ONE_SIDED_DB = 40.0
"""Level difference of left and right: crosstalk of analogue devices such as tape is −40 dB or more."""
DUAL_MONO_DB = -60.0
"""Side over mid: left by dither and lossy coding when both channels are the same."""
MIX_S = 20.0
_PIECE_S = 2.0


def mono(context: LintContext) -> Iterator[Finding]:
    """Stereo recordings that lose level in mono."""
    for track, stats in context.track_stats:
        if stats.sides and min(stats.sides[:2]) > 0.0:
            yield from _mono(stats.sides, (track.name,))


def mono_mix(context: LintContext) -> Iterator[Finding]:
    """`mono` for the sum of all tracks with faders and pans, over its loudest seconds; effects are not applied."""
    gains_db = ways.gains_db(context.session, [track for track, _ in context.track_stats])
    sounding = [
        (track, stats)
        for track, stats in context.track_stats
        if not signal_path.is_muted(context.session, track) and not math.isinf(gains_db[track.id])
    ]
    if len(sounding) < 2:
        return
    playing, hops = [track for track, _ in sounding], session_hops(context)
    total = np.zeros(hops)
    for track, stats in sounding:
        total += 10.0 ** ((levels_db(stats, hops) + gains_db[track.id]) / 10.0)
    size = round(_PIECE_S / HOP_S)
    pieces = np.add.reduceat(total, np.arange(0, hops, size))
    loudest = sorted(np.argsort(-pieces, kind="stable")[: round(MIX_S / _PIECE_S)])
    sides = np.zeros(3)
    try:
        for piece in loudest:
            begin_s = float(piece) * _PIECE_S
            for block in mix.sum_blocks(
                context.session, playing, start_s=begin_s, end_s=begin_s + _PIECE_S, sends=True
            ):
                left, right = block.T.astype(np.float64)
                sides += [left @ left, right @ right, left @ right]
    except UnreadableAudio:
        return  # reported as missing media
    if min(sides[:2]) > 0.0:
        yield from _mono(tuple(sides), ())


def _mono(sides: tuple[float, ...], tracks: tuple[str, ...]) -> Iterator[Finding]:
    left, right, both = sides
    correlation = both / math.sqrt(left * right)
    power_ratio = max((left + right + 2.0 * both) / (2.0 * (left + right)), 1e-10)
    drop_db = -10.0 * math.log10(power_ratio)
    if drop_db <= MONO_DROP_DB or correlation > ANTI_CORRELATION:
        return
    severity = ERROR if drop_db > INVERTED_DROP_DB else WARNING if drop_db > SERIOUS_DROP_DB else HINT
    who = "the sum of all tracks" if not tracks else "it"
    loses = "cancels itself" if drop_db > INVERTED_DROP_DB else f"loses {drop_db:.1f} dB"
    name = "mono" if tracks else "mono_mix"
    advice = "narrow it" if severity == HINT else "switch the polarity of one side, or narrow it"
    if not tracks:
        advice = "look for tracks with one side inverted, and narrow the widest ones"
    yield Finding(name, severity, tracks, f"{who} {loses} in mono (correlation {signed_db(correlation, 2)})", advice)


def one_sided(context: LintContext) -> Iterator[Finding]:
    """Stereo recordings with sound on one side only."""
    for track, stats in context.track_stats:
        if not stats.sides or not max(stats.sides[:2]) > 0.0:
            continue
        left, right, _ = stats.sides
        if min(left, right) < max(left, right) * 10.0 ** (-ONE_SIDED_DB / 10.0):
            yield Finding(
                "one_sided",
                WARNING,
                (track.name,),
                f"a stereo recording with sound on the {'left' if left > right else 'right'} only",
                "set the item to that one channel (item properties: mono), then pan it",
            )


def dual_mono(context: LintContext) -> Iterator[Finding]:
    """Stereo recordings whose channels are the same."""
    for track, stats in context.track_stats:
        if not stats.sides or not min(stats.sides[:2]) > 0.0:
            continue
        left, right, both = stats.sides
        if left + right - 2.0 * both < (left + right + 2.0 * both) * 10.0 ** (DUAL_MONO_DB / 10.0):
            yield Finding(
                "dual_mono",
                HINT,
                (track.name,),
                "a stereo recording with the same on both sides",
                "a mono item does the same with half the data; if it should be stereo, export it again",
            )

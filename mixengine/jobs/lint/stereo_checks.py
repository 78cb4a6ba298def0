"""What two channels have to do with each other: mono compatibility, one-sided and dual-mono recordings."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mixengine.audio.files import UnreadableAudio
from mixengine.jobs.lint.context import LintContext, levels_db, session_hops
from mixengine.jobs.lint.findings import ERROR, HINT, WARNING, Finding
from mixengine.jobs.lint.track_stats import HOP_S
from mixengine.mixer import mix
from mixengine.model import signal_path
from mixengine.model.units import signed_db

MONO_DROP_DB = 3.0
"""Loss when both sides are summed to mono: two sides that have nothing in common lose exactly 3 dB …"""
ANTI_CORRELATION = -0.1
"""… so that only with a correlation under this it is more than wide (EBU and ITU meters call all below 0 doubtful)."""
SERIOUS_DROP_DB = 6.0
INVERTED_DROP_DB = 20.0
"""From here on one side is simply turned over: correlation under −0.98 at equal levels."""
ONE_SIDED_DB = 40.0
"""Level difference of the sides: cross-talk of analogue devices, as of tape, is −40 dB and more."""
DUAL_MONO_DB = -60.0
"""Side over mid: what remains of dither and lossy coding when both sides are the same."""
MIX_S = 20.0
_PIECE_S = 2.0


def mono(case: LintContext) -> Iterator[Finding]:
    """Stereo recordings that lose themselves in mono."""
    for track, heard in case.heard:
        if heard.sides and min(heard.sides[:2]) > 0.0:
            yield from _mono(heard.sides, (track.name,))


def mono_mix(case: LintContext) -> Iterator[Finding]:
    """The same of the sum of all tracks with faders and pans, over its loudest seconds; effects are not heard."""
    gains_db = {track.id: signal_path.path_gain_db(case.session, track, {}) for track, _ in case.heard}
    sounding = [
        (track, heard)
        for track, heard in case.heard
        if not signal_path.is_muted(case.session, track) and not math.isinf(gains_db[track.id])
    ]
    if len(sounding) < 2:
        return
    playing, hops = [track for track, _ in sounding], session_hops(case)
    total = np.zeros(hops)
    for track, heard in sounding:
        total += 10.0 ** ((levels_db(heard, hops) + gains_db[track.id]) / 10.0)
    size = round(_PIECE_S / HOP_S)
    pieces = np.add.reduceat(total, np.arange(0, hops, size))
    loudest = sorted(np.argsort(-pieces, kind="stable")[: round(MIX_S / _PIECE_S)])
    sides = np.zeros(3)
    try:
        for piece in loudest:
            begin_s = float(piece) * _PIECE_S
            for block in mix.sum_blocks(case.session, playing, start_s=begin_s, end_s=begin_s + _PIECE_S):
                left, right = block.T.astype(np.float64)
                sides += [left @ left, right @ right, left @ right]
    except UnreadableAudio:
        return  # reported as missing media
    if min(sides[:2]) > 0.0:
        yield from _mono(tuple(sides), ())


def _mono(sides: tuple[float, ...], tracks: tuple[str, ...]) -> Iterator[Finding]:
    left, right, both = sides
    correlation = both / math.sqrt(left * right)
    kept = max((left + right + 2.0 * both) / (2.0 * (left + right)), 1e-10)
    drop_db = -10.0 * math.log10(kept)
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


def one_sided(case: LintContext) -> Iterator[Finding]:
    """Stereo recordings with sound on one side only."""
    for track, heard in case.heard:
        if not heard.sides or not max(heard.sides[:2]) > 0.0:
            continue
        left, right, _ = heard.sides
        if min(left, right) < max(left, right) * 10.0 ** (-ONE_SIDED_DB / 10.0):
            yield Finding(
                "one_sided",
                WARNING,
                (track.name,),
                f"a stereo recording with sound on the {'left' if left > right else 'right'} only",
                "set the item to that one channel (item properties: mono), then pan it",
            )


def dual_mono(case: LintContext) -> Iterator[Finding]:
    """Stereo recordings whose sides are the same."""
    for track, heard in case.heard:
        if not heard.sides or not min(heard.sides[:2]) > 0.0:
            continue
        left, right, both = heard.sides
        if left + right - 2.0 * both < (left + right + 2.0 * both) * 10.0 ** (DUAL_MONO_DB / 10.0):
            yield Finding(
                "dual_mono",
                HINT,
                (track.name,),
                "a stereo recording with the same on both sides",
                "a mono item does the same with half the data; if it should be stereo, export it again",
            )

"""Cuts that are only there while they are needed: the points that a band's gain follows.

A cut goes down before a voice that lacks something begins, and comes back after it ends, with the attack, the hold and
the release of the duck. A pause that is too short to come back in stays cut: the return would be heard as pumping.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from mixengine.analysis.masking import TrackPowers
from mixengine.analysis.spectra import FRAME_S
from mixengine.jobs.unmask.voices import Voice, playing_frames
from mixengine.model.duck_style import DuckStyle
from mixengine.model.session import EnvelopePoint, EqBand
from mixengine.model.units import amplitude

_STYLE = DuckStyle()
_MIN_RETURN_S = 0.5
"""A cut that comes back for less than this stays down."""
_LINEAR, _SLOW = 0, 2
TIME_DIGITS, VALUE_DIGITS = 3, 6
"""No more than REAPER writes into a project, so that a second run finds the same points."""
Span = tuple[float, float]
"""Start and end in seconds."""


def following(
    bands: Mapping[str, tuple[EqBand, ...]], tracks: Sequence[TrackPowers], voices: Sequence[Voice]
) -> dict[str, tuple[EqBand, ...]]:
    """Bands whose cuts follow the voices that they are for; boosts stand still, a silent voice needs no return.

    Parameters
    ----------
    bands : dict of str to tuple of EqBand
        Track id → its bands, from `cuts.choose_cuts`.
    tracks : sequence of TrackPowers
        All tracks that sound.
    voices : sequence of Voice
        All voices; only those that lack something count.
    """
    short = [voice for voice in voices if voice.needs_room]
    activity = {voice.ids[0]: playing_frames(tracks, voice) for voice in short}
    moving = {}
    for track_id, own in bands.items():
        frames = [activity[voice.ids[0]] for voice in short if track_id in voice.target.maskers]
        spans = bridged(np.unique(np.concatenate(frames))) if frames else []
        moving[track_id] = tuple(
            replace(band, points=points(spans, band.gain_db)) if band.gain_db < 0.0 and spans else band for band in own
        )
    return moving


def bridged(frames: np.ndarray) -> list[Span]:
    """The spans of rising frame numbers, joined where a pause is too short to come back in."""
    min_pause_s = _STYLE.lookahead_s + _STYLE.attack_s + _STYLE.hold_s + _STYLE.release_s + _MIN_RETURN_S
    edges = np.flatnonzero(np.diff(frames) * FRAME_S - FRAME_S > min_pause_s)
    firsts = frames[[0, *(edges + 1)]] if len(frames) else ()
    lasts = frames[[*edges, len(frames) - 1]] if len(frames) else ()
    return [(float(first) * FRAME_S, float(last + 1) * FRAME_S) for first, last in zip(firsts, lasts, strict=True)]


def points(spans: Sequence[Span], gain_db: float) -> tuple[EnvelopePoint, ...]:
    """Four points a span, in amplitudes: at 0 dB, at ``gain_db``, still there, at 0 dB; none before 0 s."""
    deep = round(amplitude(gain_db), VALUE_DIGITS)
    result: list[EnvelopePoint] = []
    for start_s, end_s in spans:
        down_s, up_s = start_s - _STYLE.lookahead_s, end_s + _STYLE.hold_s
        if down_s - _STYLE.attack_s < 0.0:  # no time for a way down: the envelope begins there
            result.append(EnvelopePoint(0.0, deep, _LINEAR))
        else:
            result += [_point(down_s - _STYLE.attack_s, 1.0, _SLOW), _point(down_s, deep, _LINEAR)]
        result += [_point(up_s, deep, _SLOW), _point(up_s + _STYLE.release_s, 1.0, _LINEAR)]
    return tuple(result)


def _point(time_s: float, value: float, shape: int) -> EnvelopePoint:
    return EnvelopePoint(round(time_s, TIME_DIGITS), value, shape)

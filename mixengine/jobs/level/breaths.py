"""Breaths between the phrases of a voice, lowered by points in its envelope."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mixengine.analysis import breaths
from mixengine.analysis.breaths import Breath
from mixengine.audio import timeline
from mixengine.audio.curves import automation_values
from mixengine.model.session import VOLUME_PRE_FX, Automation, EnvelopePoint, Session, Track
from mixengine.model.units import amplitude

MIN_SURE = 0.9
RAMP_S = 0.05
_MIN_CUT_DB = 1.0


def find(session: Session, track: Track) -> list[Breath]:
    """All breaths of a voice, in session time."""
    rate = timeline.analysis_rate(track, session)
    channels = timeline.channel_count(track)

    def read(start: int, count: int) -> np.ndarray:
        parts = timeline.blocks(track, rate, start_s=start / rate, end_s=(start + count) / rate, channels=channels)
        sound = np.concatenate([np.zeros((0, channels), np.float32), *parts])[:count]
        return np.pad(sound, ((0, count - len(sound)), (0, 0)))

    return breaths.find(read, rate, math.ceil(timeline.span(track)[1] * rate))


def sure(found: Sequence[Breath], breaths_db: float) -> list[tuple[Breath, float]]:
    """Those that are sure, each with how far it goes down: never below the room."""
    cuts = [(breath, min(-breaths_db, breath.over_floor_db)) for breath in found if breath.sure >= MIN_SURE]
    return [(breath, cut_db) for breath, cut_db in cuts if cut_db >= _MIN_CUT_DB]


def lowered(points: tuple[EnvelopePoint, ...], cuts: Sequence[tuple[Breath, float]]) -> tuple[EnvelopePoint, ...]:
    """A ride with the breaths in it lowered: four points for each, on what is ridden there.

    Parameters
    ----------
    points : tuple of EnvelopePoint
        Straight lines between them; none: a gain of 1.
    cuts : sequence of (Breath, float)
        In order, with dB > 0.
    """
    points = points or (EnvelopePoint(0.0, 1.0),)
    spans = [(breath.start_s - RAMP_S, breath.start_s, breath.end_s, breath.end_s + RAMP_S) for breath, _ in cuts]
    added: list[EnvelopePoint] = []
    kept = list(points)
    earlier_s = 0.0
    for (from_s, start_s, end_s, to_s), (_, cut_db) in zip(spans, cuts, strict=True):
        if from_s <= earlier_s:  # it touches the one before, or the start of all
            continue
        at_s = np.array([from_s, start_s, end_s, to_s])
        values = automation_values(at_s, Automation(VOLUME_PRE_FX, points)) * [1, *[amplitude(-cut_db)] * 2, 1]
        added += [EnvelopePoint(float(time_s), float(value)) for time_s, value in zip(at_s, values, strict=True)]
        inside = [point for point in kept if start_s < point.time_s < end_s]
        kept = [point for point in kept if not from_s <= point.time_s <= to_s]
        added += [replace(point, value=point.value * amplitude(-cut_db)) for point in inside]
        earlier_s = to_s
    return tuple(sorted([*kept, *added], key=lambda point: point.time_s))

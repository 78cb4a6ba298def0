"""Breaths between the phrases of a voice, lowered by points in its envelope."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mixengine.analysis import breaths
from mixengine.analysis.breaths import Breath
from mixengine.analysis.certainty import MIN_SURE
from mixengine.audio import timeline
from mixengine.audio.curves import automation_values
from mixengine.model.session import VOLUME_PRE_FX, Automation, EnvelopePoint, Session, Track
from mixengine.model.units import amplitude

RAMP_S = 0.05


def find(session: Session, track: Track) -> list[Breath]:
    """All breaths of a voice, in session time."""
    rate = timeline.analysis_rate(track, session)
    channels = timeline.channel_count(track)

    def read(start: int, count: int) -> np.ndarray:
        parts = timeline.blocks(track, rate, start_s=start / rate, end_s=(start + count) / rate, channels=channels)
        sound = np.concatenate([np.zeros((0, channels), np.float32), *parts])[:count]
        return np.pad(sound, ((0, count - len(sound)), (0, 0)))

    return breaths.find(read, rate, math.ceil(timeline.span(track)[1] * rate))


def sure(candidates: Sequence[Breath], breaths_db: float) -> list[tuple[Breath, float]]:
    """Those that are sure, each with how far it goes down: never below the room."""
    cuts = [(breath, breaths.cut_db(breath, breaths_db)) for breath in candidates if breath.sure >= MIN_SURE]
    return [(breath, cut_db) for breath, cut_db in cuts if cut_db]


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
    added: dict[float, float] = {}
    kept = list(points)
    for number, (breath, cut_db) in enumerate(cuts):
        # ramps are shorter at the start of all, and where the breath beside is near
        before_s = 0.5 * (cuts[number - 1][0].end_s + breath.start_s) if number else 0.0
        after_s = 0.5 * (breath.end_s + cuts[number + 1][0].start_s) if number + 1 < len(cuts) else math.inf
        from_s, to_s = max(breath.start_s - RAMP_S, before_s), min(breath.end_s + RAMP_S, after_s)
        inside = [point.time_s for point in kept if breath.start_s < point.time_s < breath.end_s]
        times_s = np.array([from_s, breath.start_s, *inside, breath.end_s, to_s])
        low = amplitude(-cut_db)
        values = automation_values(times_s, Automation(VOLUME_PRE_FX, points))
        # at 0 the breath itself comes last
        for time_s, value in zip(times_s, values * [1.0, *[low] * (len(times_s) - 2), 1.0], strict=True):
            added[float(time_s)] = float(value)
        kept = [point for point in kept if not from_s <= point.time_s <= to_s]
    kept += [EnvelopePoint(time_s, value) for time_s, value in added.items()]
    return tuple(sorted(kept, key=lambda point: point.time_s))

"""The tracks of a duck on one time axis: measured each for itself, summed as they are heard together."""

from __future__ import annotations

import numpy as np

from mixengine.audio import timeline
from mixengine.jobs.duck import depth, track_kinds, track_loudness
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.duck.track_kinds import SPEECH
from mixengine.jobs.duck.track_loudness import TrackLoudness
from mixengine.jobs.envelopes.folders import folder_gain
from mixengine.mixer import ways
from mixengine.model import signal_path
from mixengine.model.session import Session, Track
from mixengine.model.units import amplitude
from mixengine.system.parallel import map_parallel
from mixengine.system.progress import Progress


def measure_tracks(
    session: Session,
    used: list[Track],
    sorted_parts: track_kinds.TrackKinds,
    settings: DuckSettings,
    progress: Progress,
) -> dict[str, TrackLoudness | str]:
    """Everything measured in one pass per track; several at a time when there is much to do."""
    jobs = []
    for track in used:
        part = sorted_parts.of.get(track.id)
        listen = part in (SPEECH, None)
        jobs.append(
            (
                signal_path.with_lead_envelopes(session, track),
                session,
                track_loudness.MeasureOptions(settings.detector if listen else None, part is None),
            )
        )
    seconds = sum(end - start for start, end in map(timeline.span, used))
    results: dict[str, TrackLoudness | str] = {}
    progress(0, len(used), "listening")
    for track, result in zip(used, map_parallel(track_loudness.measure, jobs, seconds), strict=True):
        results[track.id] = result
        progress(len(results), len(used), f"heard {track.name}")
    return results


class Mix:
    """The measured tracks on one time axis, as they are heard through faders and folders."""

    def __init__(
        self, session: Session, tracks: dict[str, TrackLoudness], sorted_parts: track_kinds.TrackKinds
    ) -> None:
        self.session, self.parts = session, sorted_parts
        self.loudness = {key: tracks[key] for key in tracks if key in sorted_parts.of}
        self.hops = max((h.first_hop + len(h.powers) for h in self.loudness.values()), default=0)
        self._gains_db = ways.gains_db(session, [session.track(key) for key in self.loudness])

    def tracks(self, part: str) -> list[Track]:
        """The measured tracks of a part, in mixer order."""
        return [track for track in self.parts.tracks(self.session, part) if track.id in self.loudness]

    def names(self, part: str) -> list[str]:
        """Their names."""
        return [track.name for track in self.tracks(part)]

    def powers(self, tracks: list[Track], *, plain: bool = False, move_db: float = 0.0) -> np.ndarray:
        """Sum of the tracks' powers, with their faders (and those ``move_db`` higher)."""
        total = np.zeros(self.hops)
        times_s = (np.arange(self.hops) + 0.5) * depth.HOP_S
        for track in tracks:
            fader = amplitude(self._gains_db[track.id] + move_db)
            gain = folder_gain(self.session, track, times_s) * fader
            total += self.loudness[track.id].over(self.hops, plain=plain) * np.square(gain)
        return total

    def activity(self, part: str, among: set[str] | None = None) -> list[tuple[float, float]]:
        """When any of a part's tracks (only those in ``among`` if given) speaks."""
        spans = [
            span
            for track in self.tracks(part)
            if among is None or track.id in among
            for span in self.loudness[track.id].activity
        ]
        return depth.merged(spans, 0.0)

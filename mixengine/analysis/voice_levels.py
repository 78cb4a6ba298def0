"""The level of a microphone over time in five octaves of speech, fine enough to see words begin and end.

Frames are aligned to session time, so that the microphones of one room can be compared frame by frame.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.packing import SILENT, packed, steps_of
from mixengine.analysis.tracks import Measure, measure_tracks
from mixengine.audio import timeline
from mixengine.audio.bands import BandMeter
from mixengine.audio.files import UnreadableAudio
from mixengine.model.session import Session, Track
from mixengine.system.progress import Progress, no_progress

VERSION = 1
"""Increment when the measurement changes: cached levels of other versions are ignored."""
FRAME_S = 0.025
CENTRES_HZ = np.array([250.0, 500.0, 1000.0, 2000.0, 4000.0])
BANDS = len(CENTRES_HZ)
_STEP_DB = 0.05


@dataclass(frozen=True, slots=True)
class VoiceLevels:
    """Octave powers of one track before its fader; plain data for the cache and for other processes.

    Attributes
    ----------
    first : int
        Index of the first frame; frame n begins at n · `FRAME_S` of session time.
    peak : float
        Largest power (mean square, mean over channels).
    levels : str
        Powers relative to ``peak`` in steps of 0.05 dB, compressed.
    """

    first: int
    peak: float
    levels: str

    def powers(self) -> np.ndarray:
        """Mean squares [shape=(frames, bands)]."""
        steps = steps_of(self.levels, BANDS)
        return np.where(steps == SILENT, 0.0, self.peak * 10.0 ** (steps.astype(float) * (_STEP_DB / 10.0)))


def measure(track: Track, session: Session) -> VoiceLevels | str:
    """Measure a track; a reason in words when it cannot be read."""
    rate, channels = timeline.analysis_rate(track, session), timeline.channel_count(track)
    start_s, end_s = timeline.span(track)
    first = math.floor(start_s / FRAME_S + 1e-9)
    meters = [BandMeter(rate) for _ in range(channels)]
    try:
        for block in timeline.blocks(track, rate, start_s=first * FRAME_S, channels=channels):
            for channel, meter in enumerate(meters):
                meter.add(block[:, channel])
    except UnreadableAudio as error:
        return f"cannot be read: {error}"
    measured = [meter.finish() for meter in meters]
    nearest = np.argmin(np.abs(np.log2(np.maximum(measured[0].frequencies_hz, 1.0)[:, None] / CENTRES_HZ)), axis=1)
    distance = np.abs(np.log2(np.maximum(measured[0].frequencies_hz, 1.0) / CENTRES_HZ[nearest]))
    octaves = ((nearest[:, None] == np.arange(BANDS)) & (distance <= 0.5)[:, None]).astype(np.float32)
    powers = np.mean([bands.powers @ octaves for bands in measured], axis=0)
    # the meter's frames come at a hop that depends on the rate; they are read at the middle of ours
    times_s = (np.arange(math.ceil((end_s - first * FRAME_S) / FRAME_S)) + 0.5) * FRAME_S
    framed = np.stack([np.interp(times_s, measured[0].times_s, row) for row in powers.T], axis=1)
    return VoiceLevels(first, *packed(framed, _STEP_DB))


def levels(
    session: Session, tracks: list[Track], *, use_cache: bool, progress: Progress = no_progress
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Powers of the tracks on one time axis, and why others could not be measured.

    Returns
    -------
    powers : dict of str to ndarray [shape=(frames, bands)]
        From the session's start; all of one length.
    skipped : dict of str to str
    """
    way = Measure(measure, VoiceLevels, ("voice levels", VERSION))
    results = measure_tracks(session, tracks, way, use_cache=use_cache, progress=progress)
    skipped = {key: why for key, why in results.items() if isinstance(why, str)}
    usable = {key: value for key, value in results.items() if isinstance(value, VoiceLevels)}
    own = {key: value.powers() for key, value in usable.items()}
    frames = max((usable[key].first + len(rows) for key, rows in own.items()), default=0)
    powers = {key: np.zeros((frames, BANDS)) for key in usable}
    for key, rows in own.items():
        powers[key][usable[key].first : usable[key].first + len(rows)] = rows
    return powers, skipped

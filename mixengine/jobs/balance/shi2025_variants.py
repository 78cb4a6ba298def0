"""Audio output of [Shi 2025]: per method a folder of gained tracks and a stereo bounce of their sum.

Tracks are written as 32-bit float WAV at the rate they were analysed at, from the session's start; a track without
an audio event is passed through unchanged. Bounces are clipped to ±1, as in [Shi 2025].
"""

from __future__ import annotations

import numpy as np
import soundfile

from mixengine.audio import timeline
from mixengine.audio.writing import track_files, write_block
from mixengine.jobs.balance.details import BalanceDetails
from mixengine.jobs.balance.methods import METHODS, SHI2025_METHODS, shi2025_gain_db
from mixengine.mixer import mix
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session, Track
from mixengine.model.units import amplitude
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``<method>/…`` and ``<method>_mix.wav`` under ``side``; returns output name → path inside the staging."""
    assert isinstance(plan.details, BalanceDetails)
    readings = plan.details.readings
    tracks = [track for track in session.tracks if track.id in readings]
    names = track_files(session, tracks)
    outputs: dict[str, str] = {}
    for done, method in enumerate(SHI2025_METHODS):
        progress(done, len(SHI2025_METHODS), f"writing {method}")
        gains_db = {track.id: shi2025_gain_db(readings[track.id], METHODS[method]) for track in tracks}
        for track in tracks:
            _write_track(session, track, gains_db[track.id], staging, f"{side}{method}/{names[track.id]}")
        bounce = f"{side}{method}_mix.wav"
        _write_bounce(session, tracks, gains_db, staging, bounce)
        outputs |= {method: f"{side}{method}", f"{method}_mix": bounce}
    progress(len(SHI2025_METHODS), len(SHI2025_METHODS), "variants written")
    return outputs


def _write_track(session: Session, track: Track, gain_db: float, staging: Staging, name: str) -> None:
    rate, channels = timeline.analysis_rate(track, session), timeline.channel_count(track)
    gain = np.float32(amplitude(gain_db))
    with soundfile.SoundFile(staging.path(name), "w", rate, channels, "FLOAT", format="WAV") as file:
        for block in timeline.blocks(track, rate, channels=channels):
            write_block(file, block * gain)


def _write_bounce(
    session: Session, tracks: list[Track], gains_db: dict[str, float], staging: Staging, name: str
) -> None:
    # [Shi 2025] has no faders: only the gain of each track is applied, no folder's fader
    faders_db = {track.id: 0.0 for track in session.tracks} | gains_db
    with soundfile.SoundFile(staging.path(name), "w", session.sample_rate, 2, "FLOAT", format="WAV") as file:
        for block in mix.sum_blocks(session, tracks, faders_db=faders_db):
            write_block(file, np.clip(block, -1.0, 1.0))

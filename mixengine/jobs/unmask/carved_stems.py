"""Audio of ``unmask --mode three-band --render``: tracks through [SpectralDucker]'s filters, not the fitted ReaEQ."""

from __future__ import annotations

import soundfile

from mixengine.audio import timeline
from mixengine.audio.writing import track_files, write_block
from mixengine.jobs.unmask.details import UnmaskDetails
from mixengine.jobs.unmask.three_band import MUSIC_MID_DB, SPEECH_MID_DB, ThreeBand
from mixengine.mixer import mix
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``mix.wav``, and with mode ``three-band`` the carved tracks (32-bit float) into ``carved/``."""
    details = plan.details
    assert isinstance(details, UnmaskDetails)
    outputs = mix.write(session, plan, staging, side, progress)
    if details.mode != "three-band":
        return outputs
    first = set(details.priority)
    changed = [session.track(row.id) for row in details.tracks if row.bands]
    names = track_files(session, changed)
    for done, track in enumerate(changed):
        progress(done, len(changed), f"carving {track.name}")
        rate, channels = timeline.analysis_rate(track, session), timeline.channel_count(track)
        carve = ThreeBand(rate, SPEECH_MID_DB if track.name in first else MUSIC_MID_DB)
        with soundfile.SoundFile(
            staging.path(f"{side}carved/{names[track.id]}"), "w", rate, channels, "FLOAT", format="WAV"
        ) as file:
            for block in timeline.blocks(track, rate, channels=channels):
                write_block(file, carve(block))
    progress(len(changed), len(changed), "carved")
    return outputs | {"carved": f"{side}carved"}

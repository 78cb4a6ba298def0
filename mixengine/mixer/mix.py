"""The mix of a session with a plan applied, as a file: faders, envelopes and mixengine's own equalisers.

Other effects, sends and MIDI are not in it. Where the sum would pass the ceiling, the whole file is turned down.
"""

from __future__ import annotations

from pathlib import Path

import soundfile

from mixengine.audio.peaks import PeakMeter
from mixengine.audio.reaeq import ReaEqFilter
from mixengine.audio.writing import write_block
from mixengine.mixer import mixdown
from mixengine.model import apply, signal_path
from mixengine.model.plan import OWN_LABEL, MixPlan
from mixengine.model.session import Session, Track
from mixengine.model.units import amplitude
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

CEILING_DBTP = -1.0
NAME = "mix.wav"


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``mix.wav`` (24 bit, the session's rate) of the session after the plan."""
    progress(0, 1, "rendering the mix")
    name = f"{side}{NAME}"
    to_file(apply.applied(session, plan.changes), staging.path(name))
    progress(1, 1, "mix rendered")
    return {"mix": name}


def heard_tracks(session: Session) -> list[Track]:
    """The tracks that sound: with audio, not muted, and soloed when any is."""
    tracks = [t for t in session.tracks if t.audio_clips and not signal_path.is_muted(session, t)]
    soloed = [t for t in tracks if t.solo or any(folder.solo for folder in session.ancestors(t))]
    return soloed or tracks


def own_effects(session: Session) -> dict[str, mixdown.Effect]:
    """Track id → its mixengine equalisers as one filter, fresh for one rendering."""
    found: dict[str, mixdown.Effect] = {}
    for track in session.tracks:
        bands = tuple(
            band
            for effect in track.effects
            if effect.label.startswith(OWN_LABEL) and not effect.bypassed
            for band in effect.bands
        )
        if bands:
            found[track.id] = ReaEqFilter(bands, session.sample_rate)
    return found


def to_file(session: Session, path: Path) -> None:
    """Render the session as it is to a 24-bit stereo WAV below `CEILING_DBTP`."""
    tracks = heard_tracks(session)
    meter = PeakMeter(session.sample_rate, 2)
    for block in mixdown.blocks(session, tracks, {}, effects=own_effects(session)):
        meter.add(block)
    gain = amplitude(min(CEILING_DBTP - meter.true_peak_dbtp, 0.0))
    with soundfile.SoundFile(path, "w", session.sample_rate, 2, "PCM_24", format="WAV") as file:
        for block in mixdown.blocks(session, tracks, {}, effects=own_effects(session)):
            write_block(file, block * gain)

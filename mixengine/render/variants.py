"""The paper's deliverables: per method a folder of gained tracks and a stereo bounce of their sum.

Tracks are written as 32-bit float WAV at the rate they were analysed at, from the session's start; a track without
an audio event is passed through unchanged. Bounces are clipped to ±1, as the paper does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath

import numpy as np
import soundfile

from mixengine.audio import mixdown, timeline
from mixengine.balance.methods import METHODS, PAPER_METHODS, paper_gain_db
from mixengine.balance.reading import Reading
from mixengine.hosts.staging import Staging
from mixengine.plan import MixPlan
from mixengine.session import Session, Track
from mixengine.units import amplitude

Progress = Callable[[int, int, str], None]


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``<method>/…`` and ``<method>_mix.wav`` under ``side``; returns output name → path inside the staging."""
    readings = {track: Reading(**values) for track, values in plan.details["readings"].items()}
    tracks = [track for track in session.tracks if track.id in readings]
    names = file_names(session, tracks)
    outputs: dict[str, str] = {}
    for done, method in enumerate(PAPER_METHODS):
        progress(done, len(PAPER_METHODS), f"writing {method}")
        gains_db = {track.id: paper_gain_db(readings[track.id], METHODS[method]) for track in tracks}
        for track in tracks:
            _write_track(session, track, gains_db[track.id], staging, f"{side}{method}/{names[track.id]}")
        bounce = f"{side}{method}_mix.wav"
        _write_bounce(session, tracks, gains_db, staging, bounce)
        outputs |= {method: f"{side}{method}", f"{method}_mix": bounce}
    progress(len(PAPER_METHODS), len(PAPER_METHODS), "variants written")
    return outputs


def file_names(session: Session, tracks: list[Track]) -> dict[str, str]:
    """Track id → ``group/name.wav``; two tracks that would meet keep their old suffix or a number."""
    names: dict[str, str] = {}
    for track in tracks:
        folders = [folder.name for folder in session.ancestors(track)][::-1]
        stem = PurePath(track.file or "").stem if len(track.audio_clips) == 1 else track.name
        base = "/".join(safe_name(part) for part in (*folders, stem or track.name))
        candidate, count = base, 1
        while candidate.casefold() in {name[:-4].casefold() for name in names.values()}:
            count += 1
            candidate = f"{base} ({count})"
        names[track.id] = f"{candidate}.wav"
    return names


def safe_name(name: str) -> str:
    """A track name as a file name on every system."""
    kept = "".join(char if char.isprintable() and char not in '<>:"/\\|?*' else "_" for char in name).strip(" .")
    return kept[:120] or "_"


def _write_track(session: Session, track: Track, gain_db: float, staging: Staging, name: str) -> None:
    rate, channels = timeline.analysis_rate(track, session), timeline.channel_count(track)
    gain = np.float32(amplitude(gain_db))
    with soundfile.SoundFile(staging.path(name), "w", rate, channels, "FLOAT", format="WAV") as file:
        for block in timeline.blocks(track, rate, channels=channels):
            write_block(file, block * gain)


def _write_bounce(
    session: Session, tracks: list[Track], gains_db: dict[str, float], staging: Staging, name: str
) -> None:
    # the paper knows no faders: each track sounds with its gain alone, whatever its folders do
    faders_db = {track.id: 0.0 for track in session.tracks} | gains_db
    with soundfile.SoundFile(staging.path(name), "w", session.sample_rate, 2, "FLOAT", format="WAV") as file:
        for block in mixdown.blocks(session, tracks, faders_db):
            write_block(file, np.clip(block, -1.0, 1.0))


def write_block(file: soundfile.SoundFile, block: np.ndarray) -> None:
    """Write a block; a full disk is an `OSError` like any other."""
    try:
        file.write(block)
    except RuntimeError as error:  # libsndfile reports a full disk as its own error
        raise OSError(28, f"No space left on device ({error})") from None

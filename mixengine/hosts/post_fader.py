"""Sound from before a fader out of sound from behind it: the known fader, pan and envelopes are divided out.

For versions of REAPER whose stems always end after the fader. What was turned down by more than can be turned up again
is silent, or for one side a copy of the other; `warning` says so.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio.pan import placement, sides
from mixengine.audio.strip import Gain, output_strip
from mixengine.audio.writing import write_block
from mixengine.model.session import MUTE, PAN, VOLUME, VOLUME_TRIM, Session, Track

_MIN_LEVEL = 1e-3
"""-60 dB: below, nothing is turned up again."""
_MIN_SIDE = 1e-2
_FRAMES = 65536


def undone(path: Path, target: Path, track: Track, session: Session, start_s: float) -> None:
    """Take the fader, pan and envelopes of a track out of ``path``, which begins at ``start_s``, into ``target``.

    Both files are stereo, at the session's rate.
    """
    strip = output_strip(track, session)
    with (
        soundfile.SoundFile(path) as source,
        soundfile.SoundFile(target, "w", source.samplerate, 2, "FLOAT", format="WAV") as file,
    ):
        at = 0
        while len(block := source.read(_FRAMES, dtype="float32", always_2d=True)):
            write_block(file, _without(block, strip.gain(at, len(block), start_s)))
            at += len(block)


def without_items(track: Track) -> Track:
    """The track without its envelopes that hold automation items: these stay in its sound."""
    return replace(track, automation=tuple(entry for entry in track.automation if not entry.items))


def warning(track: Track, session: Session) -> str:
    """What cannot be turned up again on a track, in words; empty: nothing."""
    placed = sides(track.pan, placement(track, session))
    moving = [entry for entry in track.automation if entry.active and entry.points]
    drawn = [entry for entry in moving if entry.kind in (VOLUME, VOLUME_TRIM)]
    if any(entry.kind == MUTE and any(point.value < 0.5 for point in entry.points) for entry in moving) or any(
        point.value < _MIN_LEVEL for entry in drawn for point in entry.points
    ):
        return "where its envelopes silence it nothing was heard"
    if any(entry.kind == PAN for entry in moving) or (placed is not None and _weakest(placed) < _MIN_SIDE):
        return "its pan was taken back as far as that can be"
    return ""


def _weakest(placed: np.ndarray) -> float:
    """The gain of what a pan turns down most."""
    return float(np.linalg.svd(placed, compute_uv=False).min() if placed.ndim > 1 else placed.min())


def _without(block: np.ndarray, gain: Gain) -> np.ndarray:
    level = np.broadcast_to(np.asarray(gain.level, dtype=float), len(block))
    turned = np.where(level >= _MIN_LEVEL, 1.0 / np.maximum(level, _MIN_LEVEL), 0.0)[:, None]
    if gain.sides is None:
        return (block * turned).astype(np.float32)
    if gain.crosses:
        inverse = np.linalg.pinv(gain.sides, rcond=_MIN_SIDE)
        return (np.einsum("...ij,...j->...i", inverse, block.astype(float)) * turned).astype(np.float32)
    both = np.broadcast_to(gain.sides, block.shape)
    out = block / np.maximum(both, _MIN_SIDE)
    lost = both < _MIN_SIDE
    out = np.where(lost, out[:, ::-1], out)
    return (out * turned).astype(np.float32)

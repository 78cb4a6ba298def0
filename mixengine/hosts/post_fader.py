"""Sound from before a fader out of sound from behind it: the known fader, pan and envelopes are divided out.

For versions of REAPER whose stems always end after the fader. What was turned down by more than can be turned up again
is silent, or for one side a copy of the other; `warning` says so.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

from mixengine.audio.pan import placement, sides
from mixengine.audio.strip import Gain, Strip, output_strip
from mixengine.audio.writing import write_block
from mixengine.model.session import MUTE, PAN, Session, Track

_MIN_FADER = 1e-6
"""-120 dB: what a fader turns down further is not turned up again; the files are floats."""
_MIN_DRAWN = 1e-3
"""-60 dB: what envelopes turn down further is not turned up again: between points they are known less well."""
_MIN_SIDE = 1e-2
_FRAMES = 65536


def undone(path: Path, target: Path, track: Track, session: Session, start_s: float) -> None:
    """Take the fader, pan and envelopes of a track out of ``path``, which begins at ``start_s``, into ``target``.

    Both files are stereo, at the session's rate.
    """
    strip = output_strip(track, session)
    min_level = _min_level(strip)
    with (
        soundfile.SoundFile(path) as source,
        soundfile.SoundFile(target, "w", source.samplerate, 2, "FLOAT", format="WAV") as file,
    ):
        at = 0
        while len(block := source.read(_FRAMES, dtype="float32", always_2d=True)):
            write_block(file, _without(block, strip.gain(at, len(block), start_s), min_level))
            at += len(block)


def without_items(track: Track) -> Track:
    """The track without its envelopes that hold automation items: these stay in its sound."""
    return replace(track, automation=tuple(entry for entry in track.automation if not entry.items))


def warning(track: Track, session: Session) -> str:
    """What cannot be turned up again on a track, in words; empty: nothing."""
    placed = sides(track.pan, placement(track, session))
    moving = [entry for entry in track.automation if entry.active and entry.points]
    strip = output_strip(track, session)
    if strip.level < _MIN_FADER:
        return "its fader is down so far that nothing was heard"
    lowest = strip.level * math.prod(min(point.value for point in entry.points) for entry in strip.volumes)
    if lowest < _min_level(strip) or any(
        entry.kind == MUTE and any(point.value < 0.5 for point in entry.points) for entry in moving
    ):
        return "where its envelopes silence it nothing was heard"
    if any(entry.kind == PAN for entry in moving) or (placed is not None and _weakest(placed) < _MIN_SIDE):
        return "its pan was taken back as far as that can be"
    return ""


def _weakest(placed: np.ndarray) -> float:
    """The gain of what a pan turns down most."""
    return float(np.linalg.svd(placed, compute_uv=False).min() if placed.ndim > 1 else placed.min())


def _min_level(strip: Strip) -> float:
    """Where a strip's level is below, nothing is turned up again."""
    return max(min(strip.level, 1.0) * _MIN_DRAWN, _MIN_FADER) if strip.volumes else _MIN_FADER


def _without(block: np.ndarray, gain: Gain, min_level: float) -> np.ndarray:
    level = np.broadcast_to(np.asarray(gain.level, dtype=float), len(block))
    turned = np.where(level >= min_level, 1.0 / np.maximum(level, min_level), 0.0)[:, None]
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

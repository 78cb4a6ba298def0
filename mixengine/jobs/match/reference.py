"""The reference song: read, checked, brought to 44.1 kHz stereo and to the level at which mixes are compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.audio.loudness import LoudnessMeter
from mixengine.jobs.match.features import RATE
from mixengine.model.settings import SettingError, SettingName
from mixengine.system.errors import UserError

LEVEL_LUFS = -16.0
"""Integrated loudness at which references are compared, as published."""
SHORTEST_S = 1.5
LONGEST_S = 1800.0
_FLAT_RUN = 3
_FLAT_SHARE = 0.005
"""More samples than this share standing in a row at the very top: clipped beyond use."""
_CHUNK = 1 << 18


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference that can be used.

    Attributes
    ----------
    path : str
    audio : ndarray of float32 [shape=(frames, 2)]
        At 44.1 kHz, at its own level.
    loudness_lufs : float
        Integrated.
    notes : tuple of str
    """

    path: str
    audio: np.ndarray
    loudness_lufs: float
    notes: tuple[str, ...] = ()

    @property
    def levelled(self) -> np.ndarray:
        """The audio at `LEVEL_LUFS` [shape=(2, frames)]."""
        gain = 10.0 ** ((LEVEL_LUFS - self.loudness_lufs) / 20.0)
        return np.ascontiguousarray((self.audio * np.float32(gain)).T)


def read(path: str, *, start_s: float = 0.0) -> Reference:
    """Read a reference from ``start_s`` on.

    Raises
    ------
    UserError
        It cannot be read, is shorter than `SHORTEST_S` there or longer than `LONGEST_S`, silent, or clipped.
    """
    if not path:
        raise SettingError(SettingName("reference"), " is empty; give an audio file whose mix shall be matched")
    audio, rate = _whole(path, start_s)
    seconds = len(audio) / rate
    if seconds < SHORTEST_S:
        where = f" after {start_s:g} s" if start_s else ""
        raise UserError(f"{path}: {seconds:.2f} s{where} is too short for a reference; give at least {SHORTEST_S:g} s")
    notes = []
    if audio.shape[1] == 1:
        notes.append(f"{Path(path).name}: the reference is mono: the mix is matched to no width at all")
    elif audio.shape[1] > 2:
        notes.append(f"{Path(path).name}: the first two of {audio.shape[1]} channels are the reference")
    audio = np.repeat(audio, 2, axis=1) if audio.shape[1] == 1 else audio[:, :2]
    share = flat_share(audio)
    if share > _FLAT_SHARE:
        raise UserError(
            f"{path}: is clipped: {100 * share:.1f} % of its samples stand flat at the top; give a version that is not"
        )
    if rate != RATE:
        audio = soxr.resample(audio, rate, RATE, quality="HQ")
    loudness_lufs = integrated_lufs(audio)
    if not math.isfinite(loudness_lufs):
        raise UserError(f"{path}: is silent; give a reference that can be heard")
    return Reference(path, np.ascontiguousarray(audio, dtype=np.float32), loudness_lufs, tuple(notes))


def _whole(path: str, start_s: float) -> tuple[np.ndarray, int]:
    try:
        file = AudioFile(path)
        try:
            if file.frames / file.rate > LONGEST_S:
                raise UserError(f"{path}: is longer than {LONGEST_S / 60:.0f} minutes; give one song")
            start = min(round(start_s * file.rate), file.frames)
            return file.read(start, file.frames - start), file.rate
        finally:
            file.close()
    except UnreadableAudio as error:
        raise SettingError(SettingName("reference"), f" {error}") from None


def integrated_lufs(audio: np.ndarray) -> float:
    """Loudness of audio [shape=(frames, channels)] at 44.1 kHz."""
    meter = LoudnessMeter(RATE, audio.shape[1])
    for at in range(0, len(audio), _CHUNK):
        meter.add(audio[at : at + _CHUNK])
    return meter.integrated()


def flat_share(audio: np.ndarray) -> float:
    """Share of samples in runs of at least three at a channel's largest amplitude [shape=(frames, channels)]."""
    worst = 0.0
    for channel in audio.T:
        peak = float(np.abs(channel).max(initial=0.0))
        if peak <= 0.0:
            continue
        # the same side of zero: a run from +peak to -peak is a square wave's edge and no plateau
        top = np.concatenate([[0], np.where(np.abs(channel) >= 0.9995 * peak, np.sign(channel), 0).astype(int), [0]])
        edges = np.flatnonzero(np.diff(top))
        lengths, values = np.diff(edges), top[edges[:-1] + 1]
        worst = max(worst, float(lengths[(values != 0) & (lengths >= _FLAT_RUN)].sum()) / len(channel))
    return worst

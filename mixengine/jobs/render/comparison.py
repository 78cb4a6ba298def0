"""A finished mix and a reference beside each other: loudness range, width, spectrum, and passages to compare by ear."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.audio.loudness import LoudnessMeter
from mixengine.mixer.limiter import TruePeaks
from mixengine.model.settings import SettingError, SettingName
from mixengine.model.units import amplitude
from mixengine.report.html import excerpts
from mixengine.report.html.excerpt import Excerpt
from mixengine.report.html.mix_stats import Spectrum
from mixengine.system.errors import UserError

PASSAGES = 3
"""Parts of equal length, of each of which the loudest passage is played."""
PASSAGE_S = 10.0
_BLOCK_FRAMES = 65536


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two.

    Attributes
    ----------
    path : Path
    lufs, range_lu, true_peak_dbtp : float
        As it plays: a single channel from both loudspeakers.
    width_db : float
        Power of the sides relative to that of the middle; ``-inf`` for mono.
    spectrum_hz, spectrum_db : ndarray
        Long-term power in sixths of an octave.
    starts_s : list of float
        Where the passages begin.
    """

    path: Path
    lufs: float
    range_lu: float
    true_peak_dbtp: float
    width_db: float
    spectrum_hz: np.ndarray
    spectrum_db: np.ndarray
    starts_s: list[float]


@dataclass(frozen=True, slots=True)
class Pair:
    """A passage of both, equally loud."""

    lufs: float
    mix_start_s: float
    reference_start_s: float
    mix: Excerpt
    reference: Excerpt


def measure(path: Path) -> Side:
    """Measure a recording.

    Raises
    ------
    UserError
        It cannot be read, or is silent.
    """
    try:
        file = AudioFile(str(path))
    except UnreadableAudio as error:
        raise SettingError(SettingName("reference"), f": {error}") from None
    try:
        loudness = LoudnessMeter(file.rate, file.channels, dual_mono=True)
        peaks, spectrum = TruePeaks(file.rate, file.channels), Spectrum(file.rate)
        sides = middle = 0.0
        for at in range(0, file.frames, _BLOCK_FRAMES):
            block = file.read(at, min(_BLOCK_FRAMES, file.frames - at))
            loudness.add(block)
            peaks.add(block)
            pair = _stereo(block)
            spectrum.add(pair)
            sides += float(np.square(pair[:, 0] - pair[:, 1]).sum())
            middle += float(np.square(pair[:, 0] + pair[:, 1]).sum())
    except UnreadableAudio as error:
        raise SettingError(SettingName("reference"), f": {error}") from None
    finally:
        file.close()
    if not math.isfinite(loudness.integrated()):
        raise UserError(f"{path}: is silent and cannot be compared")
    frequencies_hz, powers_db = spectrum.finish()
    return Side(
        path,
        loudness.integrated(),
        loudness.loudness_range(),
        peaks.dbtp(),
        10.0 * math.log10(sides / middle) if sides > 1e-12 * middle > 0.0 else -math.inf,
        frequencies_hz,
        powers_db,
        _starts(loudness.powers(), file.frames / file.rate),
    )


def _stereo(block: np.ndarray) -> np.ndarray:
    """The first two channels [shape=(frames, 2)]; mono on both."""
    return block[:, :2] if block.shape[1] > 1 else np.repeat(block, 2, axis=1)


def _starts(powers: np.ndarray, length_s: float) -> list[float]:
    """The loudest passage of each part of the recording."""
    hops = round(PASSAGE_S * 10)
    if len(powers) <= 2 * hops:
        return [0.0]
    running = np.concatenate([[0.0], np.cumsum(powers)])
    sums = running[hops:] - running[:-hops]
    parts = np.array_split(np.arange(len(sums)), PASSAGES)
    return [min(float(part[np.argmax(sums[part])]) * 0.1, max(length_s - PASSAGE_S, 0.0)) for part in parts]


def pairs(mix: Side, reference: Side) -> list[Pair]:
    """A passage of each part of both, equally loud."""
    passages = []
    for mix_s, reference_s in zip(mix.starts_s, reference.starts_s, strict=False):
        sounds = [_passage(side.path, start_s) for side, start_s in ((mix, mix_s), (reference, reference_s))]
        levels = [excerpts.matched_db([sound], rate) for sound, rate in sounds]
        if levels[0] is None or levels[1] is None:
            continue
        own = [level[0] - level[1][0] for level in levels if level is not None]  # loudness before any gain
        lufs = min(level[0] for level in levels if level is not None)
        played = [
            Excerpt(lufs - loudness, excerpts.address(sound * amplitude(lufs - loudness), rate))
            for (sound, rate), loudness in zip(sounds, own, strict=True)
        ]
        passages.append(Pair(lufs, mix_s, reference_s, *played))
    return passages


def _passage(path: Path, start_s: float) -> tuple[np.ndarray, int]:
    file = AudioFile(str(path))
    try:
        at = round(start_s * file.rate)
        return _stereo(file.read(at, min(round(PASSAGE_S * file.rate), file.frames - at))), file.rate
    finally:
        file.close()

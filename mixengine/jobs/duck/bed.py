"""Level music to the speech before anything is ducked: by loudness, by RMS as in [SpectralDucker], or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixengine.audio.loudness import to_lufs
from mixengine.jobs.duck.track_loudness import playing_lufs

_MIN_MOVE_DB = 0.5


@dataclass(frozen=True, slots=True)
class Levels:
    """Speech and music as heard, on one time axis [shape=(hops,)]: K-weighted powers, plain squares, and when somebody
    speaks.
    """

    active: np.ndarray
    speech: np.ndarray
    music: np.ndarray
    speech_squares: np.ndarray
    music_squares: np.ndarray


def _by_loudness(levels: Levels) -> float:
    """Music that is louder than the speech is lowered to it; softer music stays, as that may be intended."""
    total = levels.active.sum()
    speech_lufs = float(to_lufs(levels.active @ levels.speech / total)) if total else -math.inf
    move_db = speech_lufs - playing_lufs(levels.music)
    return move_db if math.isfinite(move_db) and move_db < -_MIN_MOVE_DB else 0.0


def _by_rms(levels: Levels) -> float:
    """[SpectralDucker]: the RMS of the whole music is matched to the RMS of the whole speech, up or down."""
    speech, music = levels.speech_squares.sum(), levels.music_squares.sum()
    return 10.0 * math.log10(speech / music) if speech > 0 and music > 0 else 0.0


def _not_at_all(levels: Levels) -> float:
    return 0.0


BEDS: dict[str, Callable[[Levels], float]] = {"loudness": _by_loudness, "rms": _by_rms, "keep": _not_at_all}
"""Way of levelling → how far the music's faders move, in dB."""

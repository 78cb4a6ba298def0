"""The pitches of a track, by every estimator that the balance methods use."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mixengine.audio import pitch, robust_pitch, timeline
from mixengine.model.session import Track

_WINDOW_S = 2.0
_MAX_WINDOWS = 18
_DIGITAL_SILENCE = 1e-15
_EXACT_CHUNK_S = 120.0


class Pitches:
    """Pitch estimates of a track.

    Those that are not asked for are ``None``. At most 36 s are searched, in windows spread evenly over everything but
    digital silence: the means of [Shi 2025] are over all frames, so that bleed and pauses count as much as the parts
    that play. Silent frames enter PESTO's mean with its known output for silence. ``exact`` searches every frame, in
    chunks weighted by their length.

    Parameters
    ----------
    track : Track
    rate : int > 0
    start_s, end_s : float
        Where its audio begins and ends.
    powers : ndarray [shape=(windows,)]
        K-weighted power of 400 ms windows, every 100 ms.
    shi2025, exact, pesto, robust : bool
        As in `mixengine.jobs.balance.measure.MeasureOptions`.
    """

    def __init__(
        self,
        track: Track,
        rate: int,
        start_s: float,
        end_s: float,
        powers: np.ndarray,
        *,
        shi2025: bool,
        exact: bool,
        pesto: bool,
        robust: bool,
    ) -> None:
        wanted = shi2025 or pesto or robust
        sounding = _sounding(powers) if wanted else np.zeros(0, dtype=bool)
        silent_share = 0.0 if exact or not sounding.any() else float(1.0 - sounding.mean())
        weighted_values: dict[str, list[tuple[float, float]]] = {"pyin": [], "pesto": [], "robust": []}
        for mono in _pitch_audio(track, rate, start_s, end_s, sounding, exact):
            estimates = {
                "pyin": pitch.pyin_hz(mono, rate) if shi2025 else None,
                "pesto": pitch.pesto_hz(mono, rate, exact=exact) if pesto else None,
                "robust": robust_pitch.f0_hz(mono, rate) if robust else None,
            }
            for name, value in estimates.items():
                if value is not None:
                    weighted_values[name].append((value, len(mono) * (1.0 - silent_share)))
            if estimates["pesto"] is not None and silent_share:
                weighted_values["pesto"].append((pitch.pesto_silence_hz(), len(mono) * silent_share))
        self.pyin_hz, self.pesto_hz, self.robust_f0_hz = map(_weighted_mean, weighted_values.values())
        means = [value for value in (self.pyin_hz, self.pesto_hz) if value is not None]
        self.f0_hz = max(means, default=None)


def _weighted_mean(values: list[tuple[float, float]]) -> float | None:
    total = sum(weight for _, weight in values)
    return sum(value * weight for value, weight in values) / total if total else None


def _sounding(powers: np.ndarray) -> np.ndarray:
    """For each window of 2 s whether it holds anything but digital silence."""
    hops = int(_WINDOW_S * 10)
    return np.array([powers[at : at + hops].max() > _DIGITAL_SILENCE for at in range(0, len(powers), hops)], dtype=bool)


def _pitch_audio(
    track: Track, rate: int, start_s: float, end_s: float, sounding: np.ndarray, exact: bool
) -> Iterator[np.ndarray]:
    """The audio to search: all of it in chunks for ``exact``, else up to 36 s in one piece."""
    if not sounding.any():
        return
    if exact:
        for index in range(max(math.ceil((end_s - start_s) / _EXACT_CHUNK_S), 1)):
            at = start_s + index * _EXACT_CHUNK_S
            yield _mono_between(track, rate, at, min(at + _EXACT_CHUNK_S, end_s))
        return
    candidates = np.flatnonzero(sounding)
    chosen = np.unique(np.linspace(0, len(candidates) - 1, _MAX_WINDOWS).round().astype(int))
    starts = [start_s + index * _WINDOW_S for index in candidates[chosen]]
    yield np.concatenate([_mono_between(track, rate, at, min(at + _WINDOW_S, end_s)) for at in starts])


def _mono_between(track: Track, rate: int, start_s: float, end_s: float) -> np.ndarray:
    stream = timeline.blocks(track, rate, start_s=start_s, end_s=end_s)
    return np.concatenate([np.zeros(0, np.float32), *(timeline.mono(block)[:, 0] for block in stream)])

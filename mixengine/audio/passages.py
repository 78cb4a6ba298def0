"""Which passages of a recording are speech, song, music or noise, from the sound alone.

Every second is described over the 4 s around it (`mixengine.audio.segments`), a linear model gives the
log-probability of each kind, and dynamic programming (Viterbi) cuts the recording into passages: a change of kind must
pay for itself, so that one odd word is no passage of its own. Speech and noise have a head start: speech in loud noise
is often taken for song, and must be cleaned as ever; what a song taken for speech suffers is limited
(`mixengine.separation_models.keeping`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mixengine.audio import segments
from mixengine.audio.speech_features import HOP_S, Features, FeatureStream, relative_db

KINDS = ("speech", "song", "music", "noise")
STEP_S = segments.STEP_S

_STEP = round(STEP_S / HOP_S)
_SEGMENT = 2 * _STEP
_MIN_SOUND_S = 0.5
_SMOOTHED = 3
_TRUST = 0.35
"""Neighbouring seconds share most of their sound: their log-probabilities count by this much."""
_CHANGE_COST = 3.0
_HEAD_START = np.array([0.9, 0.0, 0.0, 0.3])
_REACH_STEPS = 10
_QUIET, _LOUD = 5.0, 95.0
_GAP_DB = -85.0
_LEVEL_FRAMES = 5

# From tools/train_passages.py; rows in the order of `KINDS`, columns in that of `segments.FEATURES`.
# fmt: off
_MEANS = np.array([0.373, 0.245, 5.574, 2.346, 1.732, 0.68, 0.38, 0.09, 0.22, 2.911, 0.473, 0.258, 0.095])
_SPREADS = np.array([0.147, 0.235, 4.238, 1.418, 1.613, 0.253, 0.134, 0.058, 0.274, 0.963, 0.31, 0.125, 0.177])
_WEIGHTS = np.array([
    [0.253, 0.075, -0.172, 0.755, -0.607, -0.871, -0.631, 1.044, 0.464, -0.643, 0.439, -0.602, -0.984],
    [0.127, 0.188, 0.548, -0.289, -0.468, 0.159, 0.052, 0.222, -0.256, 0.288, -0.149, 0.022, 0.354],
    [-0.428, -0.243, 0.081, -0.299, 1.089, 0.387, 0.71, -0.113, -0.382, 0.078, -0.23, 1.057, 0.91],
    [0.048, -0.021, -0.456, -0.167, -0.014, 0.325, -0.131, -1.153, 0.173, 0.277, -0.061, -0.477, -0.28],
])
_BIASES = np.array([-0.398, 0.764, 0.261, -0.628])
# fmt: on


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is heard in each second of a recording.

    Attributes
    ----------
    kinds : ndarray of int [shape=(seconds,)]
        Index into `KINDS`; −1 throughout where there is too little sound to judge.
    sure : ndarray [shape=(seconds,), range 0 to 1]
        Probability of that kind over its passage.
    range_db, range_without_gaps_db : ndarray [shape=(seconds,)]
        From the quiet to the loud moments of the 10 s before and after (5th to 95th percentile); the second one leaves
        digital silence out.
    """

    kinds: np.ndarray
    sure: np.ndarray
    range_db: np.ndarray
    range_without_gaps_db: np.ndarray


class PassageMeter:
    """Judges a mono stream, independently of level and sample rate.

    Parameters
    ----------
    rate : int > 0
    """

    def __init__(self, rate: int) -> None:
        self._stream = FeatureStream(rate)
        self.add = self._stream.add

    def finish(self) -> Judgement:
        """Close the stream and judge it."""
        return judge(self._stream.finish())


def judge(features: Features) -> Judgement:
    """Judge a recording by its features."""
    seconds = max(-(-len(features.powers) // _STEP), 1)
    ranges = (_range_db(features.powers, seconds, lowest_db) for lowest_db in (-np.inf, _GAP_DB))
    rows, centres = describe(features)
    if not len(rows):
        return Judgement(np.full(seconds, -1), np.zeros(seconds), *ranges)
    log_odds = log_probabilities(rows) + _HEAD_START
    path = _cheapest(log_odds)
    odds = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    share = (odds / odds.sum(axis=1, keepdims=True))[np.arange(len(path)), path]
    runs = np.cumsum(np.concatenate([[0], np.diff(path) != 0]))
    sure = (np.bincount(runs, share) / np.bincount(runs))[runs]
    middles = np.arange(seconds) * _STEP + _STEP // 2
    nearest = _nearest(middles, centres)
    return Judgement(path[nearest], sure[nearest], *ranges)


def describe(features: Features) -> tuple[np.ndarray, np.ndarray]:
    """Features of the 4 s around each second with sound [shape=(steps, features)], and the middle frame of each."""
    starts = segments.starts(features)
    if starts is None:
        sounding = relative_db(features.powers.sum(axis=1)[:, None])[:, 0] > -50.0
        if sounding.sum() * HOP_S < _MIN_SOUND_S:
            return np.zeros((0, len(segments.FEATURES))), np.zeros(0)
        # a short sound is judged as if it came again and again
        features = Features(
            *(_repeated(each, sounding) for each in (features.powers, features.voicing, features.periods))
        )
        starts = np.array([0])
    rows = segments.describe(features, starts)
    smooth: np.ndarray = ndimage.uniform_filter1d(rows, _SMOOTHED, axis=0, mode="nearest")
    return smooth, starts + _SEGMENT // 2


def _repeated(values: np.ndarray, sounding: np.ndarray) -> np.ndarray:
    at = np.flatnonzero(sounding)
    inside = values[at[0] : at[-1] + 1]
    return inside[np.arange(_SEGMENT) % len(inside)]


def log_probabilities(rows: np.ndarray) -> np.ndarray:
    """Logarithm of the probability of each kind [shape=(steps, kinds)] by the linear model."""
    standard = np.clip((rows - _MEANS) / _SPREADS, -3.0, 3.0)
    logits = standard @ _WEIGHTS.T + _BIASES
    logits -= logits.max(axis=1, keepdims=True)
    normal: np.ndarray = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return normal


def _cheapest(log_odds: np.ndarray) -> np.ndarray:
    """The kinds of all steps with the largest sum of log-probabilities less the cost of changes [shape=(steps,)]."""
    scores = log_odds[0] * _TRUST
    back = []
    for row in log_odds[1:] * _TRUST:
        changed = scores.max() - _CHANGE_COST
        back.append(np.where(scores >= changed, np.arange(len(scores)), scores.argmax()))
        scores = np.maximum(scores, changed) + row
    path = [int(scores.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return np.array(path[::-1])


def _nearest(middles: np.ndarray, centres: np.ndarray) -> np.ndarray:
    if len(centres) == 1:
        return np.zeros(len(middles), dtype=int)
    after = np.clip(np.searchsorted(centres, middles), 1, len(centres) - 1)
    return np.where(middles - centres[after - 1] <= centres[after] - middles, after - 1, after)


def _range_db(powers: np.ndarray, seconds: int, lowest_db: float) -> np.ndarray:
    """From quiet to loud around each second, over levels of 50 ms above ``lowest_db`` below the loudest."""
    level_db = relative_db(powers.sum(axis=1)[:, None])[::_LEVEL_FRAMES, 0]
    per_step = _STEP // _LEVEL_FRAMES
    ranges_db = np.zeros(seconds)
    for step in range(seconds):
        near = level_db[max(step - _REACH_STEPS, 0) * per_step : (step + _REACH_STEPS + 1) * per_step]
        near = near[near > lowest_db]
        if len(near):
            quiet_db, loud_db = np.percentile(near, [_QUIET, _LOUD])
            ranges_db[step] = loud_db - quiet_db
    return ranges_db

"""The cells (critical bands of 0.2 s) of a voice that lacks something: what is clear, and what each dB would win."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mixengine.analysis.clearness import SOFT_DB, lowered, smooth_clear
from mixengine.analysis.masking import TINY, spread, spread_back
from mixengine.jobs.unmask.voices import Voice

_MAX_FRAMES = 600
Gains = Mapping[str, np.ndarray]
"""Track id → power gain in each critical band [shape=(bands,)]; 1 for tracks that are not named."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A voice in at most a few hundred frames.

    Attributes
    ----------
    id : str
        Of its loudest track, under which its own gain stands.
    powers : ndarray [shape=(frames, bands)]
        Its own mean squares.
    weights : ndarray [shape=(frames, bands)]
        What each cell counts; the sum is 1.
    maskers : dict of str to ndarray [shape=(frames, bands)]
        Powers of each track that may cover it.
    goal : float
        The share that must be clear, 0 … 1.
    """

    id: str
    powers: np.ndarray
    weights: np.ndarray
    maskers: Mapping[str, np.ndarray]
    goal: float

    def excitations(self, gains: Gains) -> tuple[np.ndarray, np.ndarray]:
        """Excitation of the voice itself and of everything that covers it [shape=(frames, bands)]."""
        own = np.maximum(spread(_through(self.powers, gains.get(self.id))), TINY)
        others = np.zeros_like(own)
        for name in sorted(self.maskers):
            others += _through(self.maskers[name], gains.get(name))
        return own, np.maximum(spread(others), TINY)

    def share(self, own: np.ndarray, others: np.ndarray) -> float:
        """Weighted share that stands clear, 0 … 1."""
        return float((self.weights * _clear(own, others)).sum())

    def won_per_db(self, gains: Gains, own: np.ndarray, others: np.ndarray) -> dict[str, np.ndarray]:
        """Growth of the share per dB that a masker is lowered, or the voice is raised, in a band [shape=(bands,)]."""
        clear = _clear(own, others)
        slope = self.weights * clear * (1.0 - clear) / SOFT_DB
        per_masker, per_voice = spread_back(slope / others), spread_back(slope / own)
        won = {name: _growth(powers, gains.get(name), per_masker) for name, powers in self.maskers.items()}
        return won | {self.id: _growth(self.powers, gains.get(self.id), per_voice)}


def cells_of(voice: Voice) -> Cells:
    """The cells of a voice, with the share to reach: what a fader on everything else would leave clear."""
    target = voice.target
    count = len(target.weights)
    chosen = np.unique(np.linspace(0, count - 1, min(count, _MAX_FRAMES)).round().astype(int))
    weights = target.weights[chosen]
    plain = Cells(
        voice.ids[0],
        target.powers[chosen],
        weights / max(float(weights.sum(dtype=np.float64)), float(TINY)),
        {name: powers[chosen] for name, powers in target.maskers.items()},
        0.0,
    )
    own, others = plain.excitations({})
    goal = plain.share(own, lowered(others, voice.reading.short_db))
    return Cells(plain.id, plain.powers, plain.weights, plain.maskers, goal)


def _through(powers: np.ndarray, gain: np.ndarray | None) -> np.ndarray:
    return powers if gain is None else powers * gain


def _clear(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    return smooth_clear(10.0 * np.log10(others / own))


def _growth(powers: np.ndarray, gain: np.ndarray | None, slope: np.ndarray) -> np.ndarray:
    total = (powers * slope).sum(axis=0, dtype=np.float64)
    return total if gain is None else total * gain

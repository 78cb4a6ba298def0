"""Which tracks stand where a person may want them, and which are off.

A track that somebody has set lies from the rule by a person's taste, one that is off lies further. How many of a
session are off is not known: a fader may have been forgotten, or all levels may be what a machine made of them. So each
of these cases is weighed by how well it explains the distances of all tracks at once, and every track goes as far as it
is likely to be off: the two-groups model of Efron (2008), its parts averaged over as in Mitchell and Beauchamp (1988).
Where all are off this is the rule of James and Stein (1961), 1 − σ²/V of the way at a variance V.
"""

from __future__ import annotations

import numpy as np

_SHARES_OFF = ((0.05, 1.0), (0.15, 1.0), (1.0, 6.0))
"""Shares of tracks that may be off, each with how often that is expected: a fader or two, or all of them."""
_OFF_DB = (7.0, 10.0, 15.0)
"""Standard deviations of how far what is off may have been moved."""
_TASTE_SPREAD = 0.2
_TASTE_STEPS = np.linspace(-2.0, 2.0, 9)
"""Songs differ in how near people stay to the rule: factors on the taste, in standard deviations of their logarithm."""
_TINY = 1e-300


def ways(distances_db: np.ndarray, taste_db: float, weights: np.ndarray) -> np.ndarray:
    """How far each track is to go from its present level to that of the rule.

    Parameters
    ----------
    distances_db : ndarray [shape=(tracks,)]
        From the present level of each track to that of the rule, in dB.
    taste_db : float > 0
        Standard deviation of what people set around the rule.
    weights : ndarray [shape=(tracks,)]
        How much a track counts as evidence, 0 … 1: microphones of one instrument together count as one.

    Returns
    -------
    ndarray [shape=(tracks,)]
        Shares of the way, 0 … 1.
    """
    squares = np.square(distances_db)[:, None, None, None]
    shares, expected = (np.array(column) for column in zip(*_SHARES_OFF, strict=True))
    share, off_db, taste = np.meshgrid(shares, _OFF_DB, taste_db * np.exp(_TASTE_SPREAD * _TASTE_STEPS), indexing="ij")
    prior = expected[:, None, None] * np.exp(-0.5 * np.square(_TASTE_STEPS))
    set_likelihood = (1.0 - share) * _normal(squares, np.square(taste))
    off_likelihood = share * _normal(squares, np.square(taste) + np.square(off_db))
    track_likelihood = set_likelihood + off_likelihood + _TINY
    evidence = np.tensordot(weights, np.log(track_likelihood), 1)
    case = prior * np.exp(evidence - evidence.max())
    shrunk = np.square(off_db) / (np.square(taste) + np.square(off_db))
    expected_way = off_likelihood / track_likelihood * shrunk
    result: np.ndarray = (expected_way * (case / case.sum())).sum(axis=(1, 2, 3))
    return result


def _normal(squares: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Density of a normal distribution, but for a constant factor."""
    density: np.ndarray = np.exp(-0.5 * squares / variance) / np.sqrt(variance)
    return density

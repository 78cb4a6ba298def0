"""Which track covers which, at which frequencies, before and after the cuts: plain values for a plan's details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mixengine.analysis.masking import Target
from mixengine.jobs.unmask.details import MapRow, Shares

MIN_SHARE = 0.005
"""Share of a target that a track must cover alone to be on the map."""
_MIN_WEIGHT = 5e-4
"""A band with less than this share of a target's weight is left empty."""


def masking_map(targets: Sequence[Target], gains: Mapping[str, np.ndarray]) -> list[MapRow]:
    """One row per target.

    Parameters
    ----------
    targets : sequence of Target
        The tracks that must be heard.
    gains : dict of str to ndarray [shape=(bands,)]
        Track id → power gain of all its cuts, from `bands.gains_of`.

    Returns
    -------
    list of MapRow
        ``id`` of the target; ``by``: id of each track that covers it → the share it covers alone, before and after
        the cuts, 0 … 1; ``bands``: ``before`` and ``after``, for each critical band the share of the target that the
        others cover together, ``None`` where the target has no weight.
    """
    states = {"before": {}, "after": gains}
    return [
        MapRow(target.id, _covering(target, states), {name: _shares(target, state) for name, state in states.items()})
        for target in targets
    ]


def _covering(target: Target, states: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, tuple[float, float]]:
    pairs = {
        name: (
            round(target.covered_by(name, states["before"]), 3),
            round(target.through(states["after"]).covered_by(name, states["after"]), 3),
        )
        for name in sorted(target.maskers)
    }
    return {name: pair for name, pair in pairs.items() if max(pair) >= MIN_SHARE}


def _shares(target: Target, gains: Mapping[str, np.ndarray]) -> Shares:
    weights = target.weights.sum(axis=0)
    covered = target.through(gains).covered_weights(target.together(gains))
    return tuple(
        round(float(part / whole), 3) if whole >= _MIN_WEIGHT else None
        for part, whole in zip(covered, weights, strict=True)
    )

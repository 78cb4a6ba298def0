"""Places around the edge of a rounding stay together."""

from __future__ import annotations

from mixengine.model import near


def test_runs_are_parted_by_gaps_and_not_by_edges() -> None:
    for step in range(200):
        edge = 0.0005 * step
        places = [edge + 1e-9, edge - 1e-9, edge + 0.0021, edge]
        first, second = near.runs(places, lambda place: place, 0.001)
        assert first == sorted(first) == [edge - 1e-9, edge, edge + 1e-9] and second == [edge + 0.0021]


def test_nothing_has_no_runs() -> None:
    assert near.runs([], lambda place: place, 1.0) == []

"""From frames to regions of talk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixengine.audio.speech import Activity, Shaping


def activity_of(text: str) -> Activity:
    mask = np.array([letter == "x" for letter in text])
    return Activity(0.1, mask.astype(float), mask)


@pytest.mark.parametrize(
    "text, shaping, expected",
    [
        ("..xx..xx..", Shaping(0, 0), [(0.2, 0.4), (0.6, 0.8)]),
        ("..xx..xx..", Shaping(0.2, 0), [(0.2, 0.8)]),
        ("..xx..xx..", Shaping(0.19, 0), [(0.2, 0.4), (0.6, 0.8)]),
        ("x....xx...", Shaping(0, 0.15), [(0.5, 0.7)]),
        ("x.x.x.....", Shaping(0.1, 0.5), [(0.0, 0.5)]),
        ("..xx..xx..", Shaping(0, 0, 0.1, 0.0), [(0.1, 0.4), (0.5, 0.8)]),
        ("..xx..xx..", Shaping(0, 0, 0.1, 0.1), [(0.1, 0.9)]),
        ("xx......xx", Shaping(0, 0, 0.5, 0.05), [(0.0, 0.25), (0.3, 1.0)]),
        ("xxxxxxxxxx", Shaping(), [(0.0, 1.0)]),
        ("..........", Shaping(), []),
        ("", Shaping(), []),
    ],
)
def test_shaping(text, shaping, expected):
    assert activity_of(text).regions(shaping) == [pytest.approx(pair) for pair in expected]


@settings(max_examples=60, deadline=None)
@given(st.text("x.", max_size=60), *[st.floats(0.0, 1.0)] * 4)
def test_regions_are_apart_in_order_and_inside(text, bridge_s, least_s, before_s, after_s):
    activity = activity_of(text)
    regions = activity.regions(Shaping(bridge_s, least_s, before_s, after_s))
    edges = [edge for region in regions for edge in region]
    assert edges == sorted(edges) and len(set(edges)) == len(edges)
    assert all(0.0 <= edge <= len(text) * activity.hop_s for edge in edges)
    more = activity.regions(Shaping(bridge_s + 0.1, least_s, before_s + 0.1, after_s))
    assert sum(b - a for a, b in more) >= sum(b - a for a, b in regions) - 1e-9

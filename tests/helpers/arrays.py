"""Comparing arrays: `pytest.approx` looks at each element in Python, a second for some hundred thousand."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_near(actual: Any, expected: Any, *, abs: float) -> None:
    """What ``assert actual == pytest.approx(expected, abs=abs)`` does: same shape, no NaN, each element so near."""
    assert np.shape(actual) == np.shape(expected)
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=abs, equal_nan=False)

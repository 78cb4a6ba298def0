"""Compiled functions are kept on disk, and work where nothing can be kept."""

from __future__ import annotations

import numba
from numba.core import caching

from mixengine.audio.jit import njit


def double(x: float) -> float:
    return 2.0 * x


def test_a_function_is_kept_on_disk():
    assert isinstance(njit()(double)._cache, caching.FunctionCache)
    assert njit(fastmath=True)(double)(1.5) == 3.0


def test_an_installation_that_cannot_be_written_to_compiles_in_every_run(monkeypatch):
    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])
    function = njit()(double)
    assert not isinstance(function._cache, caching.FunctionCache)
    assert function(1.5) == 3.0
    assert numba.extending.is_jitted(function)

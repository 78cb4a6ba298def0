"""Compiled functions are kept on disk, and work where nothing can be kept."""

from __future__ import annotations

import gc
import importlib

import numba
from numba.core import caching

from mixengine.audio.jit import njit
from tests.helpers import kernels
from tests.helpers.paths import ROOT


def double(x: float) -> float:
    return 2.0 * x


def test_a_function_is_kept_on_disk():
    assert isinstance(njit()(double).dispatcher._cache, caching.FunctionCache)
    assert njit(fastmath=True)(double)(1.5) == 3.0


def test_an_installation_that_cannot_be_written_to_compiles_in_every_run(monkeypatch):
    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])
    function = njit()(double)
    assert not isinstance(function.dispatcher._cache, caching.FunctionCache)
    assert function(1.5) == 3.0
    assert numba.extending.is_jitted(function.dispatcher)


def test_every_function_is_compiled_before_the_workers_start():
    """Workers that compile the same function at the same time would write the same file."""
    kernels.call_all()
    assert gc.isenabled()  # this process goes on
    for path in kernels.sources():
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        functions = {name: value for name, value in vars(module).items() if numba.extending.is_jitted(value)}
        # functions that others call have no types of their own when those come from the disk
        inner = {name for value in functions.values() for name in value.py_func.__code__.co_names}
        assert functions and all(value.signatures or name in inner for name, value in functions.items()), path

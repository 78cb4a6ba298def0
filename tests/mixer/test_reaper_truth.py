"""REAPER's own renders, where they are there: the mixer comes within -90 dB of nearly all of them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.paths import ROOT, SHARED

MANIFEST = SHARED / "data" / "truth" / "manifest.json"
BAR_DB, SHARE = -90.0, 0.95


@pytest.fixture(scope="module")
def benchmark():
    """The benchmark's functions: the test measures as it does."""
    spec = importlib.util.spec_from_file_location("reaper_truth", ROOT / "benchmarks" / "reaper_truth.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(not MANIFEST.is_file(), reason="REAPER's renders are not there")
def test_the_mixer_reproduces_what_reaper_rendered(benchmark):
    residuals_db = {entry["id"]: value for entry, value in benchmark.measured(MANIFEST)}
    missed = {name: value for name, value in residuals_db.items() if value > BAR_DB}
    assert len(missed) <= (1.0 - SHARE) * len(residuals_db), missed


def test_the_residual_is_that_of_known_sounds(benchmark):
    sound = np.random.default_rng(0).normal(0.0, 0.1, (1000, 2))
    assert benchmark.residual_db(sound, sound) == -200.0
    assert benchmark.residual_db(sound, 0.9 * sound) == pytest.approx(-20.0)
    assert benchmark.residual_db(sound, sound[:-1]) > -40.0
    assert benchmark.residual_db(sound, sound[1:], (0, 1)) == -200.0
    assert benchmark.residual_db(sound[1:], sound, (0, -1)) == -200.0


def test_without_the_renders_there_is_nothing_to_measure(benchmark, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["reaper_truth.py", str(Path("nowhere") / "manifest.json")])
    benchmark.main()
    assert "nothing to measure" in capsys.readouterr().out

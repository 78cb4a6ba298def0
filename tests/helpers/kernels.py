"""The functions that numba compiles, kept on disk for all workers of a test run.

numba's files can be read by many processes, but not safely while another one writes them: so they are written before
the workers call any, once for each state of the sources, while the workers still import their tests.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tests.helpers.paths import ROOT

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mixengine-tests" / "numba"


def sources() -> list[Path]:
    """The modules that have such functions."""
    return [path for path in sorted((ROOT / "mixengine").rglob("*.py")) if "import njit" in path.read_text("utf-8")]


class Compiler:
    """A process that fills `FOLDER`, unless that was done for these sources."""

    def __init__(self) -> None:
        state = [(str(path), path.stat().st_mtime_ns) for path in sources()]
        versions = (sys.version, metadata.version("numba"), metadata.version("numpy"))
        self._done = FOLDER / f"compiled-{hashlib.sha256(repr((state, versions)).encode()).hexdigest()[:16]}"
        self._process: subprocess.Popen[bytes] | None = None
        if not self._done.exists():
            # that process ends soon; a tenth of its time went into looking for garbage
            work = "import gc; gc.disable(); from tests.helpers import kernels; kernels.call_all()"
            command = [sys.executable, "-c", work]
            self._process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "NUMBA_CACHE_DIR": str(FOLDER)})

    def wait(self) -> None:
        """Until all of it is there."""
        if self._process is not None:
            code = self._process.wait()
            if code:
                raise subprocess.CalledProcessError(code, self._process.args)
            self._process = None
            self._done.touch()

    def stop(self) -> None:
        """Where the run ends before it is needed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def call_all() -> None:
    """Call every function with the types that the product passes."""
    import numpy as np

    from mixengine.analysis.impulses import ImpulseMeter
    from mixengine.audio import bands, k_weighting, peaks, pyin, reacomp, resampler
    from mixengine.jobs.envelopes.cheapest_way import cheapest_way
    from mixengine.jobs.lint.hops import Hops
    from mixengine.jobs.match.console import envelope
    from mixengine.jobs.render.quantise import Quantiser, packed
    from mixengine.mixer import limiter
    from mixengine.model.session import CompressorSettings
    from mixengine.repair import interpolation

    sound = np.sin(np.arange(4000) / 10.0)
    pyin.f0_hz(sound, 8000, fmin_hz=65.0, fmax_hz=500.0)
    for kind in (np.float32, np.float64):
        packed(Quantiser(16, "any")(np.zeros((8, 2), kind)))
        for channels in (1, 2):
            meter = k_weighting.HopPowers(k_weighting.k_weighting(8000), np.ones(channels), 800)
            meter.add(np.zeros((channels, 1000), kind))
    peaks.PeakMeter(8000, 1).add(sound[:, None])
    true_peaks = limiter.TruePeaks(8000, 1, -20.0)
    true_peaks.add(sound[:, None])
    limiter.apply(sound[:, None], 0, limiter.limit(true_peaks.cells(), 8000, -3.0), 8000)
    band_meter = bands.BandMeter(8000)
    band_meter.add(sound)
    band_meter.finish()
    reacomp.ReaCompGain(CompressorSettings(-30.0, 4.0, 3.0, 100.0, 0.0), 8000)(sound[:, None])
    resampler.Resampler(lambda _, frames: np.zeros((frames, 1), np.float32), 1, 0, 1.5).read(100)
    clicks = ImpulseMeter(8000)
    clicks.add(sound + (np.arange(4000) == 2000))
    clicks.finish()
    Hops(100, 2).add(np.zeros((2, 400), np.float32))
    rows, values = np.ones((4, 10)), np.ones(4)
    envelope._forwards(rows, values, values, rows)
    envelope._backwards(rows, values, values, rows, rows, rows, values, values)
    interpolation.continued(sound, interpolation.burg(sound, 8), 4)
    cheapest_way(np.ones((2, 1, 1, 9)), np.ones((2, 1)), np.zeros(2), np.zeros((1, 2, 2)), 1.0, 1.0, 1.0)

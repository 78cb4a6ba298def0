"""The functions that numba compiles, kept on disk for all workers of a test run.

numba's files can be read by many processes, but not safely while another one writes them: so they are written before
the workers start, once for each state of the source.
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
_SOURCES = [ROOT / "mixengine" / "audio" / "pyin.py", ROOT / "mixengine" / "jobs" / "render" / "quantise.py"]


def compile_once() -> None:
    """Fill ``FOLDER``, unless that was done for these sources."""
    state = [(str(path), path.stat().st_mtime_ns) for path in _SOURCES]
    versions = (sys.version, metadata.version("numba"), metadata.version("numpy"))
    done = FOLDER / f"compiled-{hashlib.sha256(repr((state, versions)).encode()).hexdigest()[:16]}"
    if not done.exists():
        command = [sys.executable, "-c", "from tests.helpers import kernels; kernels.call_all()"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "NUMBA_CACHE_DIR": str(FOLDER)}, check=True)
        done.touch()


def call_all() -> None:
    """Call every function with the types that the product passes."""
    import numpy as np

    from mixengine.audio import pyin
    from mixengine.jobs.render.quantise import Quantiser

    pyin.f0_hz(np.sin(np.arange(4000) / 10.0), 8000, fmin_hz=65.0, fmax_hz=500.0)
    for kind in (np.float32, np.float64):
        Quantiser(16, "any")(np.zeros((8, 2), kind))

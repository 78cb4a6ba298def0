"""Compile what the tests import while pip installs: pip works on one processor, and each worker would do it again.

    python3 .ci/compile_installed.py SITE_PACKAGES

Runs until it is ended. A package is compiled once its ``INSTALLER`` is there, which pip writes when all other files are
whole. What is not compiled in time is compiled when it is imported.
"""

from __future__ import annotations

import csv
import py_compile
import sys
import time
from pathlib import Path

WANTED = "numpy scipy llvmlite numba torch pytest hypothesis rich typer matplotlib coverage".split()
"""Most of what these hold is imported by nearly all tests."""
UNUSED = {"tests", "testing", "_inductor", "_dynamo", "_export", "_vendor", "distributed", "onnx", "f2py", "cuda"}
"""Parts of them of which little is."""
_PAUSE_S = 0.5


def main(site_packages: Path) -> None:
    """Compile one package after the other as they come."""
    done: set[Path] = set()
    while True:
        folders = {path.parent for name in WANTED for path in site_packages.glob(f"{name}-*.dist-info/INSTALLER")}
        for folder in sorted(folders - done):
            for name, *_ in csv.reader((folder / "RECORD").read_text("utf-8").splitlines()):
                if name.endswith(".py") and not UNUSED & set(Path(name).parts[1:-1]):
                    py_compile.compile(str(site_packages / name), quiet=2)
        done |= folders
        time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

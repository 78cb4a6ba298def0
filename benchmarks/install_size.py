"""What an installation of mixengine weighs: a fresh virtual environment, README's command, MB for each package.

    python benchmarks/install_size.py [EXTRA ...]

MB are millions of bytes of the files that a package lists, without and with the bytecode that Python makes of them when
they are first imported (here: of all of them). "alone" is what would go with a package that mixengine names itself:
it and whatever nothing else needs. pip and setuptools, which the environment itself holds, do not count.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OWN = "mixengine"
_LISTING = r"""
import importlib.util, json, re, sys
from importlib.metadata import distributions
from pathlib import Path
from pip._vendor.packaging.requirements import Requirement

def key(name):
    return re.sub(r"[-_.]+", "-", name).lower()

extras, packages = sys.argv[1:], {}
for one in distributions():
    name = key(one.metadata["Name"])
    if name in ("pip", "setuptools"):
        continue
    wanted = [{"extra": extra} for extra in ["", *(extras if name == "mixengine" else ())]]
    needs = [Requirement(text) for text in one.requires or ()]
    needs = sorted({key(r.name) for r in needs if not r.marker or any(map(r.marker.evaluate, wanted))})
    paths = {Path(str(path.locate())).resolve() for path in one.files or ()}
    paths = {path for path in paths if path.suffix != ".pyc" and path.is_file()}
    made = [Path(importlib.util.cache_from_source(str(path))) for path in paths if path.suffix == ".py"]
    packages[name] = {
        "bytes": sum(path.stat().st_size for path in paths),
        "bytecode": sum(path.stat().st_size for path in made if path.is_file()),
        "needs": needs,
    }
print(json.dumps(packages))
"""


def installed(folder: Path, extras: list[str]) -> dict[str, dict[str, Any]]:
    """Install into a new environment in ``folder`` and list its packages: bytes, bytecode, what they need."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(next(path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()))
    what = f".[{','.join(extras)}]" if extras else "."
    command = [python, "-m", "pip", "install", "-q", "--no-compile", "-c", "constraints.txt", what]
    print("+", " ".join(["pip", *command[3:]]), flush=True)
    subprocess.run(command, check=True, cwd=ROOT)
    subprocess.run([python, "-m", "compileall", "-qq", str(folder)], check=False, cwd=folder)  # some test files do not
    listing = subprocess.run([python, "-c", _LISTING, *extras], check=True, cwd=folder, capture_output=True, text=True)
    packages: dict[str, dict[str, Any]] = json.loads(listing.stdout)
    return packages


def reached(packages: dict[str, dict[str, Any]], without: str = "") -> set[str]:
    """The packages that mixengine needs, or would need if one were not there."""
    seen: set[str] = set()
    left = [OWN]
    while left:
        name = left.pop()
        if name != without and name in packages and name not in seen:
            seen.add(name)
            left.extend(packages[name]["needs"])
    return seen


def main(extras: list[str]) -> None:
    """Print the table, the heaviest first."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = installed(Path(scratch), extras)
    everything = reached(packages)
    print(f"{'package':24}{'MB':>8}{'with bytecode':>15}{'alone':>8}")
    for name, entry in sorted(packages.items(), key=lambda item: -item[1]["bytes"]):
        alone = ""
        if name in packages[OWN]["needs"]:
            gone = sum(packages[each]["bytes"] for each in everything - reached(packages, name))
            alone = f"{gone / 1e6:8.1f}"
        print(f"{name:24}{entry['bytes'] / 1e6:8.1f}{(entry['bytes'] + entry['bytecode']) / 1e6:15.1f}{alone}")
    plain = sum(entry["bytes"] for entry in packages.values())
    bytecode = sum(entry["bytecode"] for entry in packages.values())
    print(f"{'in all':24}{plain / 1e6:8.1f}{(plain + bytecode) / 1e6:15.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""What an installation of mixengine weighs, package by package, from what is installed here.

    python tools/install_size.py [EXTRA ...]

The packages that ``pip install mixengine`` (with the extras named) brings, and the bytes of the files that each of them
lists, compiled Python left out. Optional parts of other packages count only where mixengine asks for them.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement


def needed(name: str, extras: frozenset[str] = frozenset()) -> set[str]:
    """The packages that a package needs on this computer, by their names, itself included."""
    found: set[str] = set()
    left = [(name, extras)]
    seen = set()
    while left:
        package, chosen = left.pop()
        key = package.lower().replace("_", "-")
        if (key, chosen) in seen:
            continue
        seen.add((key, chosen))
        found.add(key)
        try:
            texts = distribution(package).requires or []
        except PackageNotFoundError:
            print(f"not installed here: {package}", file=sys.stderr)
            continue
        for requirement in map(Requirement, texts):
            wanted = [{"extra": ""}, *({"extra": extra} for extra in chosen)]
            if requirement.marker is None or any(requirement.marker.evaluate(extra) for extra in wanted):
                left.append((requirement.name, frozenset(requirement.extras)))
    return found


def weight_bytes(name: str) -> int:
    """The files of a package."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return 0
    paths = [Path(str(path.locate())) for path in files if path.suffix != ".pyc"]
    return sum(path.stat().st_size for path in paths if path.is_file())


def main(words: list[str]) -> None:
    """Print one line for each package, the heaviest first."""
    weights = {name: weight_bytes(name) for name in needed("mixengine", frozenset(words))}
    for name, count in sorted(weights.items(), key=lambda entry: -entry[1]):
        print(f"{count / 1e6:8.1f} MB  {name}")
    print(f"{sum(weights.values()) / 1e6:8.1f} MB  in all")


if __name__ == "__main__":
    main(sys.argv[1:])

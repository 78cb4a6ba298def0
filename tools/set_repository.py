"""Set the repository's address in every file that names it, or check that all of them name the same one.

    python tools/set_repository.py https://github.com/NAME/mixengine
    python tools/set_repository.py --check

The address itself is ``Repository`` of ``[project.urls]`` in ``pyproject.toml``. ``--check`` writes nothing and exits
with 1 when a file names another repository called mixengine, or none at all.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from make_reapack_index import ROOT, repository

FILES = (
    "pyproject.toml",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    ".github/ISSUE_TEMPLATE/config.yml",
    "reaper_scripts/lua/mixengine set up.lua",
    "reaper_scripts/index.xml",
)
_ADDRESS = re.compile(r"""https?://[^\s"'<>()\[\]/]+/[^\s"'<>()\[\]/]+/mixengine(?![\w-])""")


def problems(root: Path, address: str) -> list[str]:
    """One line for each file that does not name the address, or names another."""
    lines = []
    for name in FILES:
        named = set(_ADDRESS.findall((root / name).read_text(encoding="utf-8")))
        if address not in named:
            lines.append(f"{name}: does not name {address}")
        lines += [f"{name}: names {other} instead of {address}" for other in sorted(named - {address})]
    return lines


def replace(root: Path, old: str, new: str) -> None:
    """Write the new address over the old one, byte for byte elsewhere."""
    for name in FILES:
        path = root / name
        path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))


def main(words: list[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Set or check the repository's address.")
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument("address", nargs="?", help="https://HOST/OWNER/mixengine")
    task.add_argument("--check", action="store_true", help="write nothing; exit 1 when files disagree")
    options = parser.parse_args(words)
    if options.check:
        lines = problems(ROOT, repository())
        print("\n".join(lines), file=sys.stderr, end="\n" if lines else "")
        return 1 if lines else 0
    address = options.address.rstrip("/")
    if not _ADDRESS.fullmatch(address):
        parser.error(f"'{options.address}' is not an address like https://github.com/NAME/mixengine")
    replace(ROOT, repository(), address)
    return 0


if __name__ == "__main__":
    sys.exit(main())

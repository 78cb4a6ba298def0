"""Write the actions in Lua, one file per button, from the actions in Python.

    python tools/make_lua_actions.py [--check]

Each ``reaper_scripts/mixengine_NAME.py`` that REAPER's action list shows gets its ``lua/mixengine_NAME.lua``, which
names what it starts. ``--check`` writes nothing and exits with 1 when a file is stale, missing or left over.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from mixengine.reaper.setup import actions

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "reaper_scripts"
_STARTED = re.compile(r'^mixengine_boot\.run\("(\w+)"', re.MULTILINE)
_TEXT = """-- @noindex
dofile(debug.getinfo(1, "S").source:match("^@(.*[/\\\\])") .. "front.lua").run("{name}")
"""


def wanted(folder: Path = FOLDER) -> dict[str, str]:
    """File name → content."""
    texts = {}
    for action in actions.shipped_actions(folder):
        started = _STARTED.search((folder / action.path).read_text(encoding="utf-8"))
        if started is None:
            raise SystemExit(f"{action.name}: does not say what it starts")
        texts[action.lua_name] = _TEXT.format(name=started[1])
    return texts


def stale(folder: Path = FOLDER) -> list[str]:
    """The files that are not as they should be."""
    texts = wanted(folder)
    present = {path.name: path for path in (folder / "lua").glob(f"{actions.PREFIX}*.lua")}
    wrong = [name for name, text in texts.items() if name not in present or present[name].read_text() != text]
    return [*wrong, *(name for name in present if name not in texts)]


def main(words: list[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Write the actions in Lua.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when one is stale")
    options = parser.parse_args(words)
    names = stale()
    if options.check:
        print("\n".join(f"{name}: is stale; run python tools/make_lua_actions.py" for name in names), file=sys.stderr)
        return 1 if names else 0
    texts = wanted()
    for name in names:
        path = FOLDER / "lua" / name
        if name in texts:
            path.write_text(texts[name], encoding="utf-8", newline="\n")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())

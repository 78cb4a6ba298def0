# @noindex
"""Started by the actions in Lua: finds the installation, then does the work that the script asks for."""

import json
import os
import sys


def start(folder):
    """Do the action whose script made this folder."""
    errors = open(os.path.join(folder, "errors.txt"), "w", encoding="utf-8", errors="replace", buffering=1)  # noqa: SIM115 - until the end
    sys.stdout = sys.stderr = errors  # a program without a window has neither
    record = os.path.join(os.path.dirname(os.path.dirname(folder)), "mixengine_install.json")
    with open(record, encoding="utf-8") as file:
        paths = json.load(file)["paths"]
    sys.path[:0] = [path for path in paths if path not in sys.path]
    from pathlib import Path

    from mixengine.reaper import lua_front

    return lua_front.run(Path(folder))


if __name__ == "__main__":
    sys.exit(start(os.path.abspath(sys.argv[1])))

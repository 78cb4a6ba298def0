# @noindex
"""Start of every mixengine action: find the installation, then hand over.

``mixengine reaper install`` leaves ``mixengine_install.json`` beside this file: the Python that does the work, and the
folders in which mixengine's light modules and reapy are found.
"""

import json
import os
import sys

_HELP = "mixengine is not set up for this REAPER: run 'mixengine reaper install' in a terminal, then restart REAPER."


def run(name, main):
    """Run the action of that name; ``main`` is the script's own module."""
    from reaper_python import RPR_GetResourcePath, RPR_ShowMessageBox

    folder = os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine")
    try:
        with open(os.path.join(folder, "mixengine_install.json"), encoding="utf-8") as file:
            found = json.load(file)
        for path in reversed(found["paths"]):
            if path not in sys.path:
                sys.path.insert(0, path)
        from mixengine.reaper import actions
    except (OSError, ValueError, TypeError, KeyError, ImportError) as error:
        RPR_ShowMessageBox(f"{_HELP}\n\n({type(error).__name__}: {error})", "mixengine", 0)
        return
    actions.run(name, main, found["interpreter"])

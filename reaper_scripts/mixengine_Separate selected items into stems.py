# @description mixengine: Separate selected items into stems
# @version 0.1.0
# @author mixengine
# @about
#   Takes the selected items apart: speech and music, or vocals, drums, bass and the rest. Each part goes
#   to a new track below the item's own, at its place to the sample; the originals are muted.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("separate", sys.modules["__main__"])

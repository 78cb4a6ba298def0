# @description mixengine: Unmask (EQ) selected tracks
# @version 0.1.0
# @author mixengine
# @about
#   Cuts a few EQ bands (ReaEQ) in what covers the voice or the lead, only where that helps.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("unmask", sys.modules["__main__"])

# @description mixengine: Match mix to reference
# @version 0.1.0
# @author mixengine
# @about
#   Asks for a reference song and sets faders, pans, ReaEQ and ReaComp of folders and tracks, and the
#   master, so that the mix comes near it; every move with a reason, in one undo step.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("match", sys.modules["__main__"])

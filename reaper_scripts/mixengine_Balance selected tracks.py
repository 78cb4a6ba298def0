# @description mixengine: Balance selected tracks
# @version 0.1.0
# @author mixengine
# @about
#   Levels the selected tracks by loudness, role and pitch range; with none selected, all of them.
#   One undo step; every move is a fader with a reason.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("balance", sys.modules["__main__"])

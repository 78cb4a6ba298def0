# @description mixengine: Duck music under speech
# @version 0.1.0
# @author mixengine
# @about
#   Finds who speaks and who plays, and lowers music and ambience under speech with a few
#   envelope points: as little as keeps the speech the chosen number of LU above.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("duck", sys.modules["__main__"])

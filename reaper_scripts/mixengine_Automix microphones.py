# @description mixengine: Automix microphones
# @version 0.1.0
# @author mixengine
# @about
#   Several microphones in one room: opens that of whoever speaks and lowers the others, with a few
#   envelope points. Whoever speaks is never cut; remote guests are left alone.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("automix", sys.modules["__main__"])

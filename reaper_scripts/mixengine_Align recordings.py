# @description mixengine: Align recordings
# @version 0.1.0
# @author mixengine
# @about
#   Recordings that begin apart, are late or drift are moved to the one that most others fit, with
#   their play rate where a clock ran too fast or too slowly. What has nothing in common is left.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("sync", sys.modules["__main__"])

# @description mixengine: Level voices
# @version 0.1.0
# @author mixengine
# @about
#   Rides the voices: phrases that are too soft or too loud come to one level, with at most 12 points a
#   minute of the pre-FX volume envelope. Pauses and breaths are not raised.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("level", sys.modules["__main__"])

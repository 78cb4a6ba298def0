# @description mixengine: Deliver at a loudness
# @version 0.1.0
# @author mixengine
# @about
#   Brings the project to a platform's loudness below its true-peak ceiling: the master fader, and a
#   ReaLimit on the master where peaks ask for it. One undo step.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("deliver", sys.modules["__main__"])

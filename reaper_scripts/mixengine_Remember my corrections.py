# @description mixengine: Remember my corrections
# @version 0.1.0
# @author mixengine
# @about
#   Compares the faders with where mixengine put them, and keeps what you corrected as a preset of your own.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("remember", sys.modules["__main__"])

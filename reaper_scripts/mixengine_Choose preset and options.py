# @description mixengine: Choose preset and options
# @version 0.1.0
# @author mixengine
# @about
#   Presets, methods and targets of the other actions; whether they ask before they apply.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("options", sys.modules["__main__"])

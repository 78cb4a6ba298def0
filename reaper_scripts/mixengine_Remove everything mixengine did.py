# @description mixengine: Remove everything mixengine did
# @version 0.1.0
# @author mixengine
# @about
#   Takes back all changes of mixengine in this project, also days later; what you moved since stays.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("remove", sys.modules["__main__"])

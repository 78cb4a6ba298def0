# @description mixengine: Isolate dialogue in selected items
# @version 0.1.0
# @author mixengine
# @about
#   Takes noise, and with other models music, away from the selected items. The speech alone becomes
#   a new take of each item, at its place to the sample; the original stays as the take beside it.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("isolate", sys.modules["__main__"])

# @description mixengine: Bypass (A/B) plug-ins of mixengine
# @version 0.1.0
# @author mixengine
# @about
#   Switches every equaliser and compressor that mixengine made off, and at the next click on again.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("bypass", sys.modules["__main__"])

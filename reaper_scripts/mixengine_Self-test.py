# @description mixengine: Self-test
# @version 0.1.0
# @author mixengine
# @about
#   Tries every function of REAPER that mixengine depends on in a scratch tab; copy the list into a bug report.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("selftest", sys.modules["__main__"])

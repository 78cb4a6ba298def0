# @description mixengine: Show last report
# @version 0.1.0
# @author mixengine
# @about
#   Opens the page of the last report: what would change and why, before and after, delivery targets.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("last_report", sys.modules["__main__"])

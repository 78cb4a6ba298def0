# @description mixengine: Balance folder groups
# @version 0.1.0
# @author mixengine
# @about
#   Balances inside each folder first, then the folders against each other.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("balance_groups", sys.modules["__main__"])

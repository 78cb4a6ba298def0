# @description mixengine: Render stems (null-checked)
# @version 0.1.0
# @author mixengine
# @about
#   Renders the selected tracks offline to stems that add up to the mix, adds them as tracks and mutes the originals.
#   What mixengine cannot render (plug-ins of others, MIDI) is named first.
#   Needs the Python package mixengine, and once: mixengine reaper install
import os
import sys

from reaper_python import RPR_GetResourcePath

sys.path.insert(0, os.path.join(RPR_GetResourcePath(), "Scripts", "mixengine"))
import mixengine_boot

mixengine_boot.run("render", sys.modules["__main__"])

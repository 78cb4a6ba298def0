"""``python -m reaper_sim [PROJECT.RPP …]``: a simulated REAPER for reapy outside."""

import sys

from reaper_sim import host

host.main(sys.argv[1:], sys.modules["__main__"].__dict__)

"""Registry of the repairs."""

from __future__ import annotations

from mixengine.repair.breaths import Breaths
from mixengine.repair.clicks import Clicks
from mixengine.repair.drop_outs import DropOuts
from mixengine.repair.hum import Hum
from mixengine.repair.plosives import Plosives
from mixengine.repair.repair import Repair
from mixengine.repair.sibilance import Sibilance

REPAIRS: dict[str, type[Repair]] = {
    repair.name: repair for repair in (DropOuts, Clicks, Hum, Plosives, Sibilance, Breaths)
}
"""Name → repair, in the order of `mixengine.repair.names.NAMES`."""

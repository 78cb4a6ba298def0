"""A simulated REAPER that the real, unmodified reapy talks to.

`SimReaper` is one REAPER: projects loaded from real ``.RPP`` files (and saved byte for byte the same apart from what
was changed through the API), undo, ext state, dialogs with scripted answers, the ``defer`` loop. ``sim.inside()`` makes
this process look like REAPER's Python; `sim_process` starts a REAPER in another process, to be reached from outside,
at ports of its own.
It refuses what REAPER refuses, and in strict mode also what REAPER lets pass silently.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reaper_sim.process import sim_process
    from reaper_sim.sim import SimReaper

__all__ = ["SimReaper", "sim_process"]


def __getattr__(name: str) -> object:
    """Clients in processes of their own only need the ports: they do not load a whole REAPER."""
    if name == "SimReaper":
        from reaper_sim.sim import SimReaper

        return SimReaper
    if name == "sim_process":
        from reaper_sim.process import sim_process

        return sim_process
    raise AttributeError(name)

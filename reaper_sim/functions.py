"""All ReaScript functions of the simulation: importing their modules registers them."""

from reaper_sim import (
    api_envelopes,
    api_eq,
    api_fx,
    api_fxconfig,
    api_items,
    api_markers,
    api_params,
    api_project,
    api_render,
    api_sends,
    api_takes,
    api_tracklist,
    api_tracks,
)
from reaper_sim.api_ui import COMMANDS

MODULES = (api_envelopes, api_eq, api_fx, api_fxconfig, api_items, api_markers, api_params, api_project, api_sends)
MODULES += (api_render, api_takes, api_tracklist, api_tracks)

__all__ = ["COMMANDS", "MODULES"]

"""Lets a running REAPER measure its own mix: a dry-run render of the master, and its loudness figures.

The figures are those of ``RENDER_STATS``: its words name an action that is run before. Which versions have that action
is seen from its name in REAPER's list. Whether the action goes by the project's bounds and normalisation is not known;
both are set for it and put back whatever happens. So is REAPER's preference that the render window closes when it is
done, where a version lets scripts set it. No undo block is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mixengine.hosts.reaper.stem_renderer import WINDOW, RenderSettings, attempt, why_not

CLOSED, RECORDING, DONE, MISSING, STOPPED = "closed", "recording", "done", "missing", "stopped"
"""Result: the project is not open any more; REAPER records; there are figures; this version has no such action; the
dry run was cancelled, broke off, or gave no loudness."""
ACTION = 42440
"""Action: calculate loudness of master mix via dry run render."""
STATS = "RENDER_STATS"
_CLOSES = 1
"""Bit of `WINDOW`: the render window closes by itself."""
_FIGURE = re.compile(r"(?:^|;)([A-Z]+):(-?(?:inf|[0-9.]+))(?=;|$)")


@dataclass(frozen=True, slots=True)
class Measured:
    """REAPER's figures of its mix; ``state`` is one of the results above. Without a figure: ``None``."""

    state: str
    lufs: float | None = None
    true_peak_dbtp: float | None = None
    lra_lu: float | None = None


def measure(api: Any, request: dict[str, Any]) -> Measured:
    """Let REAPER measure the mix of a project.

    Parameters
    ----------
    api : module
        REAPER's functions, without their ``RPR_`` prefix.
    request : dict
        ``project`` (pointer), ``start_s`` and ``end_s``.
    """
    project = request["project"]
    if not api.kbd_getTextFromCmd(ACTION, api.SectionFromUniqueID(0)):
        return Measured(MISSING)
    front = api.EnumProjects(-1, "", 4096)[0]
    if state := why_not(api, project):
        return Measured(state)
    settings, window = RenderSettings(api, project), closing(api)
    try:
        if window is not None:
            api.set_config_var_string(WINDOW, window[1], 0)
        if front != project:
            api.SelectProjectInstance(project)  # the action measures the tab in front
        for name, value in values(request):
            settings.set(name, value)
        return figures(str(api.GetSetProjectInfo_String(project, STATS, str(ACTION), False)[3]))
    finally:
        settings.put_back()
        if window is not None:
            attempt(api.set_config_var_string, WINDOW, window[0], 0)
        if front != project:
            attempt(api.SelectProjectInstance, front)


def closing(api: Any) -> tuple[str, str] | None:
    """The preference of the render window as it stands, and with the window closing by itself.

    ``None`` where it does so anyway, or where no script can set it (before REAPER 7.74).
    """
    if not api.APIExists("set_config_var_string"):
        return None
    is_known, _, now, _ = api.get_config_var_string(WINDOW, "", 64)
    if not is_known or not now.isdigit() or int(now) & _CLOSES:
        return None
    return now, str(int(now) | _CLOSES)


def values(request: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The render settings that are set for it."""
    yield "RENDER_BOUNDSFLAG", 0.0  # first: the two positions count for custom bounds only
    yield "RENDER_STARTPOS", float(request["start_s"])
    yield "RENDER_ENDPOS", float(request["end_s"])
    yield "RENDER_SETTINGS", 0.0
    yield "RENDER_CHANNELS", 2.0
    yield "RENDER_NORMALIZE", 0.0


def figures(text: str) -> Measured:
    """What REAPER says: ``NAME:value`` between semicolons, the file among them."""
    said = {name: float(value) for name, value in _FIGURE.findall(text)}
    if "LUFSI" not in said:
        return Measured(STOPPED)
    return Measured(DONE, said["LUFSI"], said.get("TRUEPEAK"), said.get("LRA"))

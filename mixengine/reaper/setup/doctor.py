"""``mixengine reaper doctor``: runs the checks and collects their findings."""

from __future__ import annotations

from pathlib import Path

from mixengine.reaper.setup import libraries
from mixengine.reaper.setup.checks import CHECKS, Finding, Situation
from mixengine.reaper.setup.places import System, resource_folder
from mixengine.system.errors import UserError


def examine(
    given: Path | None = None,
    *,
    system: System | None = None,
    build: libraries.Build | None = None,
    scripts: Path | None = None,
) -> list[Finding]:
    """Run every check; without a resource folder the only finding says so.

    Parameters
    ----------
    given : Path, optional
        Resource folder that the user named.
    system, build, scripts : optional
        Default: this computer, this Python, the actions of this version.

    Returns
    -------
    list[Finding]
        In reading order.
    """
    system = system or System()
    try:
        resource = resource_folder(given, system)
    except UserError as error:
        return [
            Finding("resource folder", "fail", str(error), "start REAPER once, or name the folder with --resource-path")
        ]
    situation = Situation(resource, system, build or libraries.Build(), scripts)
    return [Finding("resource folder", "ok", str(resource)), *(_run(name, situation) for name in CHECKS)]


def _run(name: str, situation: Situation) -> Finding:
    try:
        state, text, *advice = CHECKS[name](situation)
    except UserError as error:
        return Finding(name, "fail", str(error))
    except OSError as error:
        return Finding(name, "fail", f"{error.filename}: {error.strerror}", "check the permissions of that file")
    return Finding(name, state, text, advice[0] if advice else "")

"""REAPER's functions, inside REAPER and from outside.

Inside, reapy's ``reascript_api`` calls REAPER directly. Outside, each call travels over reapy's network API, one in
each tick of REAPER, which is why `mixengine.hosts.reaper.sides` sends whole functions.
"""

from __future__ import annotations

import warnings
from typing import Any

from mixengine.system.errors import UserError

MISSING = (
    "REAPER does not answer: it must be running, with reapy's server active (see docs/reaper.md), or use the action "
    "buttons inside REAPER, which need no network"
)


def connect() -> Any:
    """The functions of REAPER's API, without their ``RPR_`` prefix.

    Raises
    ------
    UserError
        reapy is missing, or REAPER does not answer.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import reapy
            from reapy import reascript_api
        except ImportError as error:
            raise UserError(f"reapy cannot be imported ({error}): pip install python-reapy") from None
        except Exception as error:  # reapy raises what its server or urllib raise
            raise UserError(f"{MISSING} ({type(error).__name__}: {error})") from None
    if not reapy.is_inside_reaper() and not hasattr(reascript_api, "EnumProjects"):
        raise UserError(MISSING)
    return reascript_api

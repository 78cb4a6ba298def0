"""REAPER's functions, inside REAPER and from outside.

Inside, reapy's ``reascript_api`` calls REAPER directly. Outside, each call travels over reapy's network API; `held`
keeps the connection, which makes thousands of calls a second of thirty.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

from mixengine.system.errors import UserError

TEXT_SIZE = 4194303
"""Largest text that REAPER's Python can take from a call; longer ones come cut off."""
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


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Many calls in a row: from outside the connection is held and REAPER waits, inside nothing changes."""
    import reapy

    with reapy.inside_reaper():
        yield


def is_null(pointer: str) -> bool:
    """Whether a pointer string is REAPER's NULL."""
    return int(pointer.rpartition("0x")[2] or "0", 16) == 0

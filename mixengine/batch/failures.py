"""The error of one item in one line; the other items are still done."""

from __future__ import annotations

import traceback
from pathlib import Path

from mixengine.system.errors import UserError


def in_words(error: Exception, source: str, *, out_of_memory: str) -> str:
    """One line about an error; an interrupt wrapped in it is raised again.

    Parameters
    ----------
    source : str
        The item.
    out_of_memory : str
        What to do when memory was short.
    """
    if isinstance(error, UserError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = f"{source}: out of memory; {out_of_memory}"
    elif isinstance(error, OSError):
        text = f"{error.filename or source}: {error.strerror or error}"
    else:
        if isinstance(error.__cause__ or error.__context__, KeyboardInterrupt):
            raise error
        where = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}: {error} ({Path(where.filename).name}:{where.lineno})"
        text = f"{source}: internal error, please report it: {what}"
    return " ".join(text.split())

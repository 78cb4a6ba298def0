"""Other processes: whether one is alive, and how many there may be. Standard library only."""

from __future__ import annotations

import os

PROCESSORS = "MIXENGINE_PROCESSORS"
"""Environment variable: how many processors to use; a batch gives one to each of its workers."""


def processors() -> int:
    """How many processors this process may use."""
    most, given = os.cpu_count() or 1, os.environ.get(PROCESSORS, "")
    return min(max(int(given), 1), most) if given.isdecimal() else most


def lives(process: int) -> bool:
    """Whether a process of this number runs."""
    if os.name == "nt":
        import ctypes

        query, still_active = 0x1000, 259
        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
        handle = kernel.OpenProcess(query, False, process)
        if not handle:
            return False
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == still_active
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

"""Other processes: whether one is alive, and how many there may be. Standard library only."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

PROCESSORS = "MIXENGINE_PROCESSORS"
"""Environment variable: how many processors to use; a batch gives one to each of its workers."""


def processors() -> int:
    """How many processors this process may use."""
    available, limit = os.cpu_count() or 1, os.environ.get(PROCESSORS, "")
    return min(max(int(limit), 1), available) if limit.isdecimal() else available


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


def end(process: int) -> None:
    """End a process and those that it started, at once. On POSIX it must lead a group of its own."""
    if os.name == "nt":
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        command = ["taskkill", "/F", "/T", "/PID", str(process)]
        subprocess.run(command, capture_output=True, check=False, creationflags=no_window)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)

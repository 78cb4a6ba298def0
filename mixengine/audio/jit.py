"""Functions compiled by numba, kept on disk so that only the first run on a machine waits for the compiler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def njit(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function to machine code that releases the GIL.

    The code is kept beside the module, or in the user's cache folder where the installation cannot be written to.
    Where neither can be written to, numba refuses to keep it; it is then compiled in every run.

    Parameters
    ----------
    **options
        Passed on to ``numba.njit``.
    """

    def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:
            return numba.njit(nogil=True, **options)(function)

    return compiled

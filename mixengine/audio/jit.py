"""Functions compiled by numba, kept on disk so that only the first run on a machine waits for the compiler.

numba itself is imported by the first call: that takes longer than many a command, whose tracks were measured before.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Compiled:
    """A function that becomes numba's when it is called first, and with it all others of its module.

    From then on numba's functions stand in the module under their names, as a compiled function can only call those.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self._function, self._options = function, options

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        return self.dispatcher(*arguments)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """The function of numba; nothing is compiled before it is called."""
        import numba

        # nobody calls it from C, and compiling a way in for C takes as long as many a function itself
        options = {"nogil": True, "no_cfunc_wrapper": True, **self._options}
        try:
            compiled = numba.njit(cache=True, **options)(self._function)
        except RuntimeError:
            compiled = numba.njit(**options)(self._function)
        self.__dict__["dispatcher"] = compiled
        module = self._function.__globals__
        for name, value in list(module.items()):
            if isinstance(value, Compiled):
                module[name] = value.dispatcher
        return compiled


def njit(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function to machine code that releases the GIL, when it is called first.

    The code is kept beside the module, or in the user's cache folder where the installation cannot be written to.
    Where neither can be written to, numba refuses to keep it; it is then compiled in every run.

    Parameters
    ----------
    **options
        Passed on to ``numba.njit``.
    """
    return lambda function: Compiled(function, options)

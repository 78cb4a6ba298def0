"""The one exception that means "the user can fix this".

The command line shows it as a single line and exits with code 1; inside REAPER it becomes a message box. Anything
else that escapes is a bug (exit code 3).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """What is wrong, where, and what to do, in one line."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for the closest of ``choices``, or an empty string."""
    match = difflib.get_close_matches(word.lower(), list(choices), n=1, cutoff=0.5)
    return f" (did you mean '{match[0]}'?)" if match else ""


def unknown(what: str, word: str, choices: Iterable[str]) -> UserError:
    """Build the error for a name that is not in a registry: says which names exist and the nearest one."""
    names = list(choices)
    return UserError(f"{what} '{word}' is unknown{nearest(word, names)}; choose from: {', '.join(names)}")

"""Our lines in ``reaper-kb.ini``, REAPER's list of actions and shortcuts.

A line is ``SCR 4 0 RS<40 hex digits> "Custom: <file name>" <path>``: the flags (4, more when the user chose what
happens when the script is started twice), the section (0 = main), the command id (toolbars and shortcuts name it with a
``_`` before it), and the path relative to ``<resource>/Scripts`` with ``/`` on every system, in quotes when it holds a
space. So the user's name never gets into this file.

Our ids begin with the same digits, so that our lines are recognised without a record of them. They are inserted at the
top, so that no other line has to be changed, not even by a missing line break at the end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from mixengine.reaper.setup.ini import BOM, insert, line_ending, lines_of, remove

_OURS = b"mixengine".hex()
_LINE = re.compile(
    rb"""SCR [ \t]+ (?P<flags>\d+) [ \t]+ (?P<section>\d+) [ \t]+ (?P<id>\S+) [ \t]+
    "[^"\r\n]*" [ \t]+ (?P<path>[^\r\n]*)""",
    re.VERBOSE,
)


def command_id(file_name: str) -> str:
    """The id of an action: made from its file's name alone, so that toolbars and shortcuts survive a move; the same in
    both languages, so that they survive a change of front too.
    """
    name = f"{file_name.removesuffix('.lua').removesuffix('.py')}.py"
    return "RS" + (_OURS + hashlib.sha1(name.encode()).hexdigest())[:40]


def registered(data: bytes) -> dict[str, str]:
    """Our actions in the file: command id to path relative to ``<resource>/Scripts``."""
    matches = (_ours(line) for line in lines_of(data.removeprefix(BOM)))
    return {match["id"].decode(): _unquoted(match["path"]) for match in matches if match}


def register(data: bytes, actions: Mapping[str, str], default_ending: bytes = b"\n") -> bytes:
    """Add, update and remove our lines.

    Parameters
    ----------
    data : bytes
        The file.
    actions : Mapping[str, str]
        File name to path relative to ``<resource>/Scripts``. Lines of ours that are not among them are removed.
    default_ending : bytes
        For an empty file.

    Returns
    -------
    bytes
        The new file; unchanged when it is up to date.
    """
    ending = line_ending(data, default_ending)
    by_id = {command_id(name): (name, path) for name, path in actions.items()}
    lines = lines_of(data.removeprefix(BOM))
    seen: set[str] = set()
    for index in reversed(range(len(lines))):
        match = _ours(lines[index])
        if not match:
            continue
        identity = match["id"].decode()
        if identity not in by_id or identity in seen:
            remove(lines, index)
            continue
        seen.add(identity)
        if _unquoted(match["path"]) != by_id[identity][1]:
            # the flags are the user's answer to "script already running"
            lines[index] = _line(*by_id[identity], flags=match["flags"]) + lines[index][match.end() :]
    missing = [_line(*by_id[identity]) for identity in by_id if identity not in seen]
    for text in reversed(missing):
        insert(lines, 0, text, ending)
    return data[: len(data) - len(data.removeprefix(BOM))] + b"".join(lines)


def _line(name: str, path: str, flags: bytes = b"4") -> bytes:
    shown = path.rpartition("/")[2]
    head = f'SCR {flags.decode()} 0 {command_id(name)} "Custom: {shown}" '
    return (head + (f'"{path}"' if " " in path else path)).encode()


def _ours(line: bytes) -> re.Match[bytes] | None:
    match = _LINE.match(line)
    # other sections (MIDI editor, …) are entries that the user added
    return match if match and match["section"] == b"0" and match["id"].startswith(f"RS{_OURS}".encode()) else None


def _unquoted(path: bytes) -> str:
    text = path.strip().decode("utf-8", "surrogateescape")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`" else text

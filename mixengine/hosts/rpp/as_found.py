"""Project files as people have them: several versions in one backup, a merge that was not finished, old line ends."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path

from mixengine.hosts.rpp.words import Line
from mixengine.system.errors import UserError

_VERSION = re.compile(rb"^[ \t]*<REAPER_PROJECT(?=[ \t\r\n])", re.M)
_MARKS = (rb"^[ \t]*" + sign * 7 + rb"(?:[ \t][^\r\n]*)?\r?$" for sign in (b"<", b">"))
_CONFLICT, _CONFLICT_END = (re.compile(mark, re.M) for mark in _MARKS)
_BACKUP = ".rpp-bak"
_SAVED = 3
"""Word of the opening line: seconds since 1970 when the project was saved."""


def check_text(data: bytes, path: Path) -> None:
    """Refuse what cannot be read as one project.

    Raises
    ------
    UserError
        Lines end with CR alone, or git left a merge conflict.
    """
    lone = data.count(b"\r") - data.count(b"\r\n")
    if lone > data.count(b"\n") + 1:  # a file may have been cut off between the two of one line's end
        raise UserError(
            f"{path}: its {lone} lines end with CR alone, as old Macintosh programs wrote them, and are not read as "
            "lines; convert the line ends to CRLF or LF in a text editor, or save the project in REAPER again"
        )
    conflict = _CONFLICT.search(data)
    if conflict is not None:
        end = _CONFLICT_END.search(data, conflict.end())
        lines = [data.count(b"\n", 0, mark.start()) + 1 for mark in (conflict, end) if mark]
        where = f"lines {lines[0]} to {lines[1]}" if end else f"line {lines[0]}"
        raise UserError(
            f"{path}: {where}: a git merge was not finished here: two versions of these lines stand in the file; keep "
            "one of them (git checkout --ours or --theirs, or edit it), and try again"
        )


def newest(data: bytes, path: Path) -> tuple[bytes, str]:
    """The newest version in a backup, and a note where there are several; anything else as it is.

    REAPER can keep all earlier versions in one ``.rpp-bak``, one project behind the other.
    """
    starts = [match.start() for match in _VERSION.finditer(data)] if path.suffix.lower() == _BACKUP else []
    if len(starts) < 2:
        return data, ""
    versions = [data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)]
    times_s = [Line(text.partition(b"\n")[0], 0).number(_SAVED) for text in versions]
    # the later one in the file where no time is stated
    chosen = max(range(len(versions)), key=lambda index: (times_s[index], index))
    when = ""
    if times_s[chosen] > 0.0:
        when = f", saved {datetime.fromtimestamp(times_s[chosen], timezone.utc):%Y-%m-%d %H:%M} UTC"
    note = f"{len(versions)} versions of the project are in this backup: the newest is read (number {chosen + 1}{when})"
    return versions[chosen], note

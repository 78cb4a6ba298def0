"""Asking a script that runs in REAPER, through a folder. Standard library only.

REAPER's Lua can start a program and read files; it can neither wait for a program nor read what it prints without
standing still. So the script makes a folder, writes ``start`` into it and starts this side, which asks in ``ask-1``,
``ask-2``, … and gets its answers in ``answer-1``, ``answer-2``, …, each a `mixengine.system.wire` message. ``beat``
says that this side lives, and ``start`` that the script does: it takes that file away when it ends, which works on a
full disk too. What can be said when this side cannot write any more lies ready in ``reserve``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

from mixengine.system import wire
from mixengine.system.processes import lives

START, BEAT, RESERVE, FAIL = "start", "beat", "reserve", "fail"
_BEAT_EVERY_S = 0.25
_QUICK_S, _QUICK_STEP_S, _SLOW_STEP_S = 0.1, 0.0005, 0.005
_READ_S = 5.0
"""How long the script may take to read that nothing can be written any more."""
_LOOK_EVERY_S = 0.25
"""How often it is looked whether the script is still there."""
_FULL = "mixengine cannot write to this disk any more (it may be full): free some space and try again.\n\n{}"


class ScriptEnded(BaseException):
    """The script in REAPER is gone: there is nobody to tell. No handler of errors must swallow it."""


class ScriptError(Exception):
    """What the script was asked for failed in REAPER."""


class Talk:
    """This side of the folder.

    Parameters
    ----------
    folder : Path
        With ``start``, which the script wrote.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start: dict[str, Any] = wire.decode((folder / START).read_bytes())
        self._number = 0
        self._parent = os.getppid()
        self._is_parent_sure = False
        self._looked_s = 0.0
        self._is_full = False
        (folder / RESERVE).write_bytes(wire.encode({"do": FAIL, "text": _FULL.format(folder)}))
        (folder / BEAT).write_bytes(b"00000000")
        self._ended = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def ask(self, do: str, **fields: Any) -> Any:
        """Ask the script for something, and wait for its answer.

        Raises
        ------
        ScriptError
            It failed in REAPER.
        ScriptEnded
            There is no script any more, or nothing can be written for it to read.
        """
        self._number += 1
        answer = self.folder / f"answer-{self._number}"
        self._put(self.folder / f"ask-{self._number}", wire.encode({"do": do, **fields}))
        began_s = time.monotonic()
        while True:
            with contextlib.suppress(OSError, wire.NotWhole):
                reply = wire.decode(answer.read_bytes())
                break
            self.check()
            time.sleep(_QUICK_STEP_S if time.monotonic() - began_s < _QUICK_S else _SLOW_STEP_S)
        self._is_parent_sure = self._is_parent_sure or lives(self._parent)
        with contextlib.suppress(OSError):
            answer.unlink()
        if not reply["ok"]:
            raise ScriptError(reply["why"])
        return reply.get("value")

    def check(self) -> None:
        """`ScriptEnded` when the script or REAPER is gone; looks at most a few times in a second."""
        now_s = time.monotonic()
        if now_s - self._looked_s < _LOOK_EVERY_S:
            return
        self._looked_s = now_s
        # the process that started this one is REAPER, or a shell of its that is gone before the first answer
        if not (self.folder / START).exists() or (self._is_parent_sure and not lives(self._parent)):
            raise ScriptEnded

    def end(self) -> None:
        """Let the script end, and remove the folder."""
        with contextlib.suppress(ScriptEnded, ScriptError):
            self.ask("end")
        self._ended.set()
        until_s = time.monotonic() + (_READ_S if self._is_full else 0.0)
        while (self.folder / START).exists() and time.monotonic() < until_s and lives(self._parent):
            time.sleep(_SLOW_STEP_S)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _put(self, path: Path, data: bytes) -> None:
        partial = path.with_suffix(".part")
        try:
            partial.write_bytes(data)
            partial.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                (self.folder / RESERVE).replace(path)
                self._is_full = True
            raise ScriptEnded from None

    def _beat(self) -> None:
        count = 0
        while not self._ended.wait(_BEAT_EVERY_S):
            count += 1
            with contextlib.suppress(OSError), (self.folder / BEAT).open("r+b") as file:
                file.write(b"%08d" % (count % 10**8))  # over the old one, which takes no space

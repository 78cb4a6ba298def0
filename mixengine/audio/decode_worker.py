"""The helper process in which files are decoded: one JSON object per line in, and out.

In: ``source``, ``target``, ``container``. Out: ``progress`` at least once a second of work, then ``decoded`` or
``error``. It ends when its input does, so that none outlives the program.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, TextIO

_PROGRESS_EVERY_S = 0.5


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answer every request."""
    for line in requests:
        request = json.loads(line)
        last = [time.monotonic()]

        def show(last: list[float] = last) -> None:
            if (now := time.monotonic()) - last[0] > _PROGRESS_EVERY_S:
                last[0] = now
                _say(replies, {"progress": now})

        _say(replies, _answer(request, show))


def _answer(request: dict[str, str], show: Any) -> dict[str, Any]:
    try:
        from mixengine.audio.decode import NotDecoded, decode
    except ImportError as error:
        return {"error": f"PyAV, which decodes it, does not load ({error}); install it again: pip install av"}
    try:
        decoded = decode(request["source"], request["target"], request["container"], show)
    except NotDecoded as error:
        return {"error": str(error)}
    except OSError as error:
        return {"error": f"{error.strerror or error}"}
    except Exception as error:  # a decoder's own mistake is the file's problem, whatever it raises
        return {"error": f"cannot be decoded ({type(error).__name__}: {error})".replace("\n", " ")}
    return {"decoded": decoded.to_dict()}


def _say(replies: TextIO, words: dict[str, Any]) -> None:
    replies.write(json.dumps(words) + "\n")
    replies.flush()


def main() -> None:
    """Serve on standard input and output; what libraries print goes nowhere."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    requests = open(sys.stdin.fileno(), encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
    serve(requests, replies)


if __name__ == "__main__":
    main()

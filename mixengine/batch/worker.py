"""The process that does a batch's items, one after the other: a task as a line of JSON in, its entry as a line out.

It ends with its input. What the work prints goes to stderr. Stopped in the middle of an item, it leaves nothing behind.
"""

from __future__ import annotations

import _thread
import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import replace
from typing import Any

from mixengine import __version__
from mixengine.batch import chain, failures
from mixengine.batch.journal import DONE, FAILED, Entry
from mixengine.batch.steps import Task
from mixengine.model import codec


def work(task: Task) -> Entry:
    """Do a task; whatever is wrong with the item is in the entry."""
    started = time.monotonic()
    entry = Entry(task.item, task.key, task.jobs, FAILED, version=__version__)
    try:
        result = chain.run(task)
        entry = replace(entry, status=DONE, outputs=result.outputs, notes=tuple(result.notes), levels=result.levels)
    except Exception as error:  # whatever is wrong with one item, the others are still done
        entry = replace(entry, error=failures.in_words(error, task.source, out_of_memory="use fewer --workers"))
    return replace(entry, seconds=round(time.monotonic() - started, 3))


def main() -> None:
    """Serve until the input ends."""
    faulthandler.enable()
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_read, args=(tasks,), daemon=True).start()
    try:
        while (line := tasks.get()) is not None:
            entry = work(codec.decode(Task, json.loads(line)))
            answers.write(json.dumps(codec.encode(entry), allow_nan=False) + "\n")
            answers.flush()
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(1)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _read(tasks: queue.Queue[Any]) -> None:
    """Tasks as they arrive; the current work is stopped when the parent process ends."""
    for line in sys.stdin.buffer:
        tasks.put(line)
    tasks.put(None)
    _thread.interrupt_main(signal.SIGTERM)


if __name__ == "__main__":
    main()

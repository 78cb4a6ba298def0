"""Do a batch's tasks in processes on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from mixengine.batch import worker_process
from mixengine.batch.steps import Task
from mixengine.model import codec


def spread(tasks: list[Task], workers: int) -> Iterator[dict[str, Any]]:
    """Encoded entries as they are finished; stopping the iteration stops the workers."""
    pool = ThreadPoolExecutor(min(workers, len(tasks)), thread_name_prefix="batch")
    try:
        for future in as_completed([pool.submit(worker_process.do, codec.encode(task)) for task in tasks]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        worker_process.stop(tasks[0].batch)
        pool.shutdown()

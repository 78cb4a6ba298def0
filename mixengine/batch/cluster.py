"""Do a batch's tasks on a Dask cluster that runs already; its machines see the same files under the same paths."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import mixengine
from mixengine.batch import worker_process
from mixengine.batch.journal import FAILED, Entry
from mixengine.batch.steps import Task
from mixengine.model import codec
from mixengine.system import extras
from mixengine.system.errors import UserError

_SCHEME = "dask://"
_CONNECT_S = 10.0


def spread(tasks: list[Task], address: str, root: str) -> Iterator[dict[str, Any]]:
    """Encoded entries as they are finished. A lost worker's items go to another one.

    Parameters
    ----------
    address : str
        ``dask://HOST:PORT`` of the scheduler, or its scheduler file.
    root : str
        What every machine must see.

    Raises
    ------
    UserError
        Dask is missing, the scheduler does not answer, or the workers cannot do these tasks.
    """
    client = _client(address)
    batch = tasks[0].batch
    from distributed import as_completed

    try:
        _look(client, address, root)
        waiting = {
            client.submit(worker_process.do, codec.encode(task), key=f"mixengine-{batch}-{task.key}", pure=False): task
            for task in tasks
        }
        for future in as_completed(list(waiting)):
            yield _entry(client, future, waiting.pop(future), address)
    finally:
        if client.status == "running":
            client.run(worker_process.stop, batch, on_error="return")
        client.close()


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UserError(f"--cluster needs Dask: {extras.install_line('cluster')}") from None
    for logger in ("distributed", "distributed.client"):  # errors of Dask become one line
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    if address.startswith(_SCHEME):
        where: dict[str, Any] = {"address": f"tcp://{address.removeprefix(_SCHEME)}"}
    elif os.path.isfile(address):
        where = {"scheduler_file": address}
    else:
        raise UserError(f"--cluster {address}: give dask://HOST:PORT, or a scheduler file that exists")
    try:
        return Client(**where, timeout=_CONNECT_S)
    except (OSError, ValueError, TimeoutError):
        raise UserError(
            f"--cluster {address}: no Dask scheduler answers there; start one with: dask scheduler"
        ) from None


def _look(client: Any, address: str, root: str) -> None:
    """Refuse a cluster whose workers have another mixengine or do not see the files."""
    try:
        client.wait_for_workers(1, timeout=_CONNECT_S)
    except TimeoutError:
        raise UserError(f"--cluster {address}: the cluster has no workers; start one with: dask worker") from None
    versions = client.run(worker_process.version, on_error="return")
    for worker, version in versions.items():
        if version != mixengine.__version__:
            raise UserError(
                f"--cluster {address}: worker {worker} has not mixengine {mixengine.__version__} ({version}); "
                "install the same everywhere"
            )
    for worker, there in client.run(os.path.exists, root).items():
        if not there:
            raise UserError(f"--cluster {address}: worker {worker} does not see {root}; a shared folder is needed")


def _entry(client: Any, future: Any, task: Task, address: str) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = future.result()
        return entry
    except Exception as error:
        if client.status != "running" or isinstance(error, CancelledError):
            raise UserError(
                f"--cluster {address}: the scheduler is gone; what is finished is kept: the same command goes on"
            ) from None
        words = " ".join(str(error).split())
        failed: dict[str, Any] = codec.encode(
            Entry(
                task.item,
                task.key,
                task.jobs,
                FAILED,
                f"{task.source}: lost with its Dask worker: {type(error).__name__}: {words}",
                version=mixengine.__version__,
            )
        )
        return failed

"""Map a function over pieces of audio, in worker processes when that is faster."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mixengine.system.processes import processors

MIN_PARALLEL_S = 600.0


def map_parallel(work: Callable[..., Any], jobs: list[tuple], seconds: float) -> Iterator[Any] | Iterable[Any]:
    """Results of ``work(*job)`` in order; in worker processes from 600 ``seconds`` of audio on.

    Starting a worker costs about a second: short sessions are measured in this process.
    """
    workers = min(processors(), len(jobs))
    if workers < 2 or seconds < MIN_PARALLEL_S:
        return (work(*job) for job in jobs)
    import joblib

    # loky restarts a worker whose memory has grown, which the user need not know
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator", backend="loky", pre_dispatch="2*n_jobs")
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        return parallel(joblib.delayed(work)(*job) for job in jobs)

"""Do the same work on many pieces of audio, in several processes when that pays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mixengine.system.processes import processors

_WORTH_WORKERS_S = 600.0


def spread(work: Callable[..., Any], jobs: list[tuple], seconds: float) -> Iterator[Any] | Iterable[Any]:
    """Results of ``work(*job)`` in order; in worker processes when ``seconds`` of audio are worth starting them.

    Starting a worker costs about a second: short sessions are measured in this process.
    """
    workers = min(processors(), len(jobs))
    if workers < 2 or seconds < _WORTH_WORKERS_S:
        return (work(*job) for job in jobs)
    import joblib

    # loky renews a worker that has grown; that is no concern of the user's
    warnings.filterwarnings("ignore", message="A worker stopped while some jobs")
    parallel = joblib.Parallel(n_jobs=workers, return_as="generator", backend="loky", pre_dispatch="2*n_jobs")
    with joblib.parallel_config("loky", inner_max_num_threads=1):
        return parallel(joblib.delayed(work)(*job) for job in jobs)

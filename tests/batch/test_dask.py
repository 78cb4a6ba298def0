"""A batch on a Dask cluster; stopping a batch stops its workers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mixengine.batch import items, steps, worker_process
from mixengine.batch import run as batch
from mixengine.system.errors import UserError
from tests.helpers.batches import LIGHT_WORKER, QUICK, go, names, statuses

# --- Dask ----------------------------------------------------------------------------------------------------------


def test_dask_cluster_of_two(root: Path, in_this_process: None) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        (root / "bad.RPP").write_text("nonsense")
        done = go(root, cluster=address)
        assert statuses(done) == {name: "failed" if name == "bad.RPP" else "done" for name in names(root)}
        there = (root / "a" / "first-balanced.RPP").read_bytes()
        assert go(root, cluster=address).fresh == 0
    assert go(root).fresh == 0
    (root / "a" / "first-balanced.RPP").unlink()
    assert go(root).fresh == 1 and (root / "a" / "first-balanced.RPP").read_bytes() == there


def test_dask_that_is_not_there(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="give dask://HOST:PORT"):
        go(root, cluster="nowhere.json")
    with pytest.raises(UserError, match="give one of them"):
        batch.Options(workers=2, cluster="dask://x:1")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match=re.escape('pip install "mixengine[cluster]"')):
        go(root, cluster="dask://127.0.0.1:1")


def test_dask_that_does_not_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("mixengine.batch.cluster._CONNECT_S", 0.5)
    with pytest.raises(UserError, match="no Dask scheduler answers"):
        go(root, cluster="dask://127.0.0.1:9")


def test_stopping_a_batch_stops_its_workers(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = worker_process.WorkerProcess._start
    monkeypatch.setattr(worker_process.WorkerProcess, "_start", lambda hand: started.append(start(hand)) or started[-1])
    monkeypatch.setattr(worker_process, "COMMAND", (sys.executable, "-c", LIGHT_WORKER))
    wanted = steps.parse("balance", sets=QUICK)
    stream = batch.local.spread(batch._tasks(items.find(root)[0], wanted, batch.Options(), root), 2)
    entry = next(stream)
    assert entry["status"] == "done"
    stream.close()
    assert started and not any(process.poll() is None for process in started)

"""Work in processes of its own: the same results in the same order as in this one."""

from __future__ import annotations

import os

import pytest

from mixengine import hosts
from mixengine.app import workflow
from mixengine.jobs import registry
from mixengine.model import codec
from mixengine.system import parallel, processes


@pytest.fixture
def in_processes(monkeypatch):
    monkeypatch.setattr(parallel, "MIN_PARALLEL_S", 0.0)
    monkeypatch.setattr(parallel, "processors", lambda: 2)


def test_results_come_in_order(in_processes):
    jobs = [(number, 7) for number in range(50)]
    assert list(parallel.map_parallel(divmod, jobs, 1.0)) == [divmod(*job) for job in jobs]
    assert os.getpid() not in parallel.map_parallel(os.getpid, [()] * 4, 1.0)


@pytest.mark.parametrize(("seconds", "jobs", "count"), [(599.0, 2, 2), (1e6, 1, 2), (1e6, 2, 1)])
def test_what_is_not_worth_a_process_is_done_here(monkeypatch, seconds, jobs, count):
    monkeypatch.setattr(parallel, "MIN_PARALLEL_S", 600.0)
    monkeypatch.setenv(processes.PROCESSORS, str(count))
    assert set(parallel.map_parallel(os.getpid, [()] * jobs, seconds)) == {os.getpid()}


def test_a_session_measured_in_processes_gets_the_same_plan(read_only_stems, in_processes, monkeypatch):
    settings = registry.settings("balance", {"method": "active", "cache": False})
    plans = []
    for min_s in (0.0, 600.0):
        monkeypatch.setattr(parallel, "MIN_PARALLEL_S", min_s)
        plans.append(workflow.run_job("balance", hosts.open_files(read_only_stems), settings, dry_run=True).plan)
    assert codec.encode(plans[0]) == codec.encode(plans[1])
    assert plans[0].changes

"""Fixtures shared by all tests: a small session, a cache of their own, the program."""

from __future__ import annotations

import gc
import math
import os

# Several workers share the processors: libraries that start a thread for each would wait for each other.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(_name, "1")

import signal
import subprocess
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixengine.report.html import theme
from mixengine.system import parallel
from tests.helpers import command_line, kernels
from tests.helpers.sounds import noise, tone, write

os.environ["NUMBA_CACHE_DIR"] = str(kernels.FOLDER)


LONG = ("tests/training/", "tests/batch/test_dask.py", "tests/reaper/test_remote.py")
_COMPILER = pytest.StashKey[kernels.Compiler]()


def pytest_configure(config: pytest.Config) -> None:
    """Compile for the workers, beside their start."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        config.stash[_COMPILER] = kernels.Compiler()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Five thousand tests stay to the end: garbage is not looked for while they come, nor among them later.

    It took a third of a worker's start.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first: at the end one worker would wait for the other's. Files stay together."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    """No worker gets a test before all is compiled."""
    node.config.stash[_COMPILER].wait()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Nothing is left behind by a run that ends early."""
    if _COMPILER in config.stash:
        config.stash[_COMPILER].stop()


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Measurements of the tests stay among themselves."""
    place = tmp_path_factory.mktemp("cache")
    before = os.environ.get("MIXENGINE_CACHE")
    os.environ["MIXENGINE_CACHE"] = str(place)
    yield place
    if before is None:
        del os.environ["MIXENGINE_CACHE"]
    else:
        os.environ["MIXENGINE_CACHE"] = before


@pytest.fixture(scope="session", autouse=True)
def sketched() -> Iterator[None]:
    """Figures of pages are made, but neither placed nor printed: that takes two thirds of a small ``balance``.

    Tests of pages undo it; so does what runs in a process of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theme, "printed", lambda figure: '<svg viewBox="0 0 1 1"></svg>')
        yield


@pytest.fixture(scope="session", autouse=True)
def in_one_process() -> Iterator[None]:
    """Long sessions are measured here: the tests' workers use all processors, and each further one starts for seconds.

    ``tests/system/test_parallel.py`` undoes it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parallel, "MIN_PARALLEL_S", math.inf)
        yield


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Programs that tests start and interrupt would inherit it when the tests run with interrupts ignored (nohup)."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def stems(tmp_path: Path) -> Path:
    """A small session: two groups and a stereo track, all at other levels, one silent."""
    return _stems(tmp_path / "my song")


@pytest.fixture(scope="session")
def read_only_stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same for tests that only read it: the cache of measurements knows its tracks after the first test."""
    return _stems(tmp_path_factory.mktemp("read only") / "my song")


def _stems(root: Path) -> Path:
    write(root / "drums" / "kick.wav", tone(55.0, 2.0, level=0.25))
    write(root / "drums" / "hats.wav", noise(2.0, level=0.05))
    write(root / "strings" / "cello.wav", tone(131.0, 2.0, level=0.08))
    write(root / "lead vox.wav", tone(330.0, 2.0, level=0.2))
    write(root / "pad.wav", noise(2.0, level=0.05, channels=2))
    write(root / "empty take.wav", np.zeros((44100, 1), np.float32))
    return root


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line as a user does, in this process; stdout and stderr apart."""
    return command_line.run


@pytest.fixture(scope="session")
def run_process() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own."""
    return command_line.run_process

"""Start a simulated REAPER in another process and talk to it from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from reaper_sim.inside import fresh_reapy
from reaper_sim.ports import Ports, free_ports, redirected

_ROOT = Path(__file__).resolve().parents[1]


class SimProcess:
    """A running simulated REAPER."""

    def __init__(self, process: subprocess.Popen[str], ports: Ports) -> None:
        self.process, self.ports = process, ports

    def ask(self, *words: str) -> Any:
        """A request past the API: ``calls``, ``clear``, ``saved``, ``undo``, ``seen``, ``answer``."""
        path = "/".join(urllib.parse.quote(word, safe="") for word in words)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.ports.web}/sim/{path}", timeout=30) as reply:
            text = reply.read().decode()
        return json.loads(text) if text[:1] in '{["n' and text else text

    @property
    def counts(self) -> dict[str, int]:
        """API calls by name."""
        return self.ask("calls")

    def saved(self) -> bytes:
        """The current project as REAPER would save it."""
        return self.ask("saved").encode("latin-1")

    def answer(self, *, boxes: list[int] | None = None, inputs: list[list[str] | None] | None = None) -> None:
        """Answers for coming dialogs."""
        self.ask("answer", json.dumps({"boxes": boxes or [], "inputs": inputs or []}))

    @contextmanager
    def reapy(self, *fresh: str) -> Iterator[ModuleType]:
        """A reapy of this process that is connected from outside; modules ``fresh`` are imported anew with it."""
        with redirected(self.ports), fresh_reapy(*fresh) as reapy:
            yield reapy

    def python(self, code: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run a client in a process of its own."""
        return run_client(code, self.ports, **options)


def run_client(code: str, ports: Ports, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, whose reapy talks to these ports."""
    environment = {**_environment(), **options.pop("env", {})}
    options = {"capture_output": True, "encoding": "utf-8", "timeout": 300, **options}
    start = f"from reaper_sim.ports import Ports, redirect\nredirect({ports})\n"
    return subprocess.run([sys.executable, "-c", start + code], env=environment, check=False, **options)


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key.lower() not in ("http_proxy", "all_proxy")}
    path = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, path)), "PYTHONIOENCODING": "utf-8", "no_proxy": "*"}


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True


@contextmanager
def sim_process(*projects: str | Path, timeout_s: float = 60.0) -> Iterator[SimProcess]:
    """A simulated REAPER with these projects in another process; gone, with all its children, at the end.

    It listens at ports of its own; `SimProcess.reapy` and `SimProcess.python` know them.
    """
    ports = free_ports()
    listening = ["--web-port", str(ports.web), "--server-port", str(ports.server)]
    own_group: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        own_group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "reaper_sim", *listening, *map(str, projects)],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=_environment(),
        **own_group,
    )
    no_proxy = {key: os.environ.get(key) for key in ("no_proxy", "http_proxy")}
    os.environ["no_proxy"] = "*"
    os.environ.pop("http_proxy", None)
    try:
        _wait(process, ports, timeout_s)
        yield SimProcess(process, ports)
    finally:
        for key, value in no_proxy.items():
            os.environ.pop(key, None)
            if value is not None:
                os.environ[key] = value
        _end(process)


def _wait(process: subprocess.Popen[str], ports: Ports, timeout_s: float) -> None:
    end = time.monotonic() + timeout_s
    while not _answers(ports.web):
        if process.poll() is not None:
            raise RuntimeError(f"the simulated REAPER ended with {process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError("the simulated REAPER does not come up")
        time.sleep(0.02)


def _end(process: subprocess.Popen[str]) -> None:
    if os.name == "nt":
        process.kill()
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()

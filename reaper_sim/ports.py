"""The TCP ports between reapy's client and its server.

reapy's ports are constants, so that one REAPER runs on a machine. Simulated ones get ports of their own: several run
side by side, and beside a real one.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, NamedTuple


class Ports(NamedTuple):
    """Where REAPER's web interface and reapy's server listen."""

    web: int = 2307
    server: int = 2306


def free_ports() -> Ports:
    """Two ports that nobody listens at."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in Ports._fields]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return Ports(*(probe.getsockname()[1] for probe in probes))


class _Redirection(MetaPathFinder, Loader):
    """Sets the constants as soon as ``reapy.config`` is loaded, which is before reapy connects."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if fullname != "reapy.config":
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        vars(module).update(WEB_INTERFACE_PORT=self.ports.web, REAPY_SERVER_PORT=self.ports.server)


def redirect(ports: Ports) -> _Redirection:
    """Let reapy, when it is imported next, talk to these ports."""
    redirection = _Redirection(ports)
    sys.meta_path.insert(0, redirection)
    return redirection


@contextmanager
def redirected(ports: Ports) -> Iterator[None]:
    """Let a reapy that is imported in here talk to these ports."""
    redirection = redirect(ports)
    try:
        yield
    finally:
        sys.meta_path.remove(redirection)

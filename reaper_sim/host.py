"""A simulated REAPER as a process of its own: web interface, action list, main loop.

reapy's client asks the web interface for the port of reapy's server, starts the server's script if need be and then
talks to it. The script runs on the main loop's thread, as everything does in REAPER.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import queue
import sys
import threading
import time
import traceback
import urllib.parse
from collections.abc import Callable
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from reaper_sim.ports import Ports, redirect
from reaper_sim.sim import SimReaper

ACTION = "_RSsim"


class Host:
    """Runs a `SimReaper` until somebody asks for ``/sim/quit``."""

    def __init__(self, sim: SimReaper, web_port: int) -> None:
        self.sim, self.web_port = sim, web_port
        self._jobs: queue.Queue[tuple[Callable[[], Any], Future[Any]]] = queue.Queue()
        self._stop = threading.Event()
        self.failures: list[str] = []
        sim.ext_state.set("reapy", "activate_reapy_server", f'"{ACTION}"', persist=False)
        sim.named_commands[ACTION] = 53000
        sim.commands[53000] = lambda _sim, _project: self._start_reapy_server()

    def _start_reapy_server(self) -> None:
        package = importlib.util.find_spec("reapy")
        assert package is not None and package.origin is not None
        script = Path(package.origin).with_name("reascripts") / "activate_reapy_server.py"
        self.sim.run_script(script)

    def on_main_thread(self, job: Callable[[], Any]) -> Any:
        """Run something in the main loop and wait for its result."""
        future: Future[Any] = Future()
        self._jobs.put((job, future))
        return future.result(timeout=30)

    def answer(self, path: str) -> str:
        """What the web interface replies."""
        words = [urllib.parse.unquote(word) for word in path.strip("/").split("/")]
        if words[0] == "sim":
            return self._answer_test(words[1:])
        if words[1:3] == ["GET", "EXTSTATE"]:
            value = self.on_main_thread(lambda: self.sim.ext_state.get(words[3], words[4]) or "")
            return f"EXTSTATE\t{words[3]}\t{words[4]}\t{value}\n"
        if words[1:3] == ["SET", "EXTSTATE"]:
            self.on_main_thread(lambda: self.sim.ext_state.set(words[3], words[4], words[5], persist=False))
            return ""
        number = int(words[1]) if words[1].isdigit() else self.sim.named_commands.get(words[1], 0)
        if number:
            self.on_main_thread(lambda: self.sim.commands[number](self.sim, self.sim.current))
        return ""

    def _answer_test(self, words: list[str]) -> str:
        if words[0] == "quit":
            self._stop.set()
            return "bye\n"
        if words[0] == "calls":
            return json.dumps(self.on_main_thread(lambda: dict(self.sim.calls.counts)))
        if words[0] == "clear":
            self.on_main_thread(self.sim.calls.clear)
            return ""
        if words[0] == "saved":
            return json.dumps(self.on_main_thread(lambda: self.sim.saved().decode("latin-1")))
        if words[0] == "undo":
            return json.dumps(self.on_main_thread(self.sim.do_undo))
        if words[0] == "answer":
            answers = json.loads(words[1])
            self.sim.box_answers.extend(answers.get("boxes", []))
            self.sim.input_answers.extend(answers.get("inputs", []))
            return ""
        if words[0] == "seen":
            seen: dict[str, Any] = {"console": self.sim.console, "boxes": self.sim.boxes, "inputs": self.sim.inputs}
            seen["failures"] = self.failures
            seen["undo"] = [(step.name, step.flags) for step in self.sim.current.undo.steps]
            return json.dumps(seen)
        raise ValueError(f"no test request {words}")

    def run(self, rate_hz: float = 30.0) -> None:
        """The main loop: jobs of the web interface, then the deferred code, about 30 times a second."""
        server = ThreadingHTTPServer(("127.0.0.1", self.web_port), _handler(self))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print("simulated REAPER is up", flush=True)
        while not self._stop.is_set():
            started = time.monotonic()
            while not self._jobs.empty():
                job, future = self._jobs.get()
                try:
                    future.set_result(job())
                except Exception as error:  # handed to whoever waits
                    future.set_exception(error)
            try:
                self.sim.tick()
            except Exception:  # REAPER shows the error and drops the script
                self.failures.append(traceback.format_exc())
            time.sleep(max(0.0, 1.0 / rate_hz - (time.monotonic() - started)))
        self.sim.end_script()
        server.shutdown()


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                body, status = host.answer(self.path).encode(), 200
            except Exception as error:  # shown to the client
                body, status = f"{type(error).__name__}: {error}".encode(), 500
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def main(arguments: list[str], scope: dict[str, Any]) -> None:
    """Start a REAPER with the projects named; ``scope`` is the dictionary of ``__main__``."""
    parser = argparse.ArgumentParser(prog="python -m reaper_sim", description="A simulated REAPER for reapy.")
    parser.add_argument("projects", nargs="*", metavar="PROJECT.RPP", help="opened in a tab each; the last is in front")
    parser.add_argument("--web-port", type=int, default=Ports().web, help="of the web interface (default: %(default)s)")
    parser.add_argument(
        "--server-port", type=int, default=Ports().server, help="of reapy's server (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    redirect(Ports(options.web_port, options.server_port))
    sim = SimReaper(*options.projects)
    scope.update(
        obj=object(), RPR_defer=sim.deferred_later, RPR_atexit=sim.at_exit_later, RPR_runloop=sim.deferred_later
    )
    sys.modules["reaper_python"] = sim.reaper_python
    Host(sim, options.web_port).run()

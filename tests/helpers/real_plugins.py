"""VST3 plug-ins of our own for tests (``tests/plugins``), built once, and what pedalboard alone makes of them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mixengine.hosts.rpp import vst3_state
from mixengine.mixer.plugins import juce_state
from tests.helpers.rpp_builders import guid

_SOURCES = Path(__file__).parent.parent / "plugins"
_DPF = Path("/usr/share/dpf/distrho/DistrhoPluginMain.cpp")
_BUILD_S = 240
_ALONE = "tests.helpers.pedalboard_alone"


@dataclass(frozen=True)
class RealPlugin:
    """One of them: its name, number and identifier as REAPER writes them, and its channels."""

    name: str
    class_id: str
    inputs: int = 2
    number: int = 1779592383

    @property
    def file(self) -> str:
        return f"{self.name}.vst3"

    def lines(
        self, state: bytes = b"", *, bypassed: bool = False, after: tuple[str, ...] = (), **pins: int
    ) -> list[str]:
        """A plug-in in a chain as REAPER saves it, with a state as pedalboard gives it; none: an empty one."""
        component, controller = juce_state.parts(state) if state else (b"", b"")
        kind = "VST3i" if self.inputs == 0 else "VST3"
        title = f"{kind}: {self.name} (Mixengine Tests)"
        return [
            f"BYPASS {int(bypassed)} 0 0",
            f'<VST "{title}" "{self.file}" 0 "" {self.number}{{{self.class_id}}} ""',
            *vst3_state.lines(self.number, component, controller, **{"inputs": self.inputs, **pins}),
            ">",
            "FLOATPOS 0 0 0 0",
            f"FXID {guid(950)}",
            *after,
            "WAK 0 0",
        ]


GAIN = RealPlugin("Test Gain", "2046504473616C636961475400000000")
SYNTH = RealPlugin("Test Synth", "2046504473616C636E79535400000000", inputs=0)
TROUBLE = RealPlugin("Test Trouble", "2046504473616C636F72545400000000")
LATENCY = 137
"""Of `GAIN`, in frames."""


def missing() -> str:
    """Why they cannot be built here, in words; empty: they can."""
    if sys.platform != "linux":
        return "the test plug-ins are built on Linux only"
    if shutil.which("g++") is None or not _DPF.is_file():
        return "no compiler or no dpf-source (apt-get install g++ dpf-source)"
    return ""


needs_real_plugins = pytest.mark.skipif(bool(missing()), reason=missing())


@functools.cache
def folder() -> Path:
    """Where they are, built by the first process that asks; kept until their sources change."""
    import fcntl

    digest = hashlib.sha256()
    for source in sorted(_SOURCES.rglob("*")):
        if source.is_file():
            digest.update(source.read_bytes())
    place = Path(tempfile.gettempdir()) / f"mixengine-test-plugins-{os.getuid()}-{digest.hexdigest()[:16]}"
    place.mkdir(exist_ok=True)
    with open(place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["bash", str(_SOURCES / "build.sh"), str(place)]
        subprocess.run(command, check=True, timeout=_BUILD_S, capture_output=True)
    return place


def alone(*jobs: dict[str, Any]) -> list[dict[str, Any]]:
    """What pedalboard alone makes of plug-ins, in a process of its own; see `tests.helpers.pedalboard_alone`."""
    with tempfile.TemporaryDirectory() as scratch:
        ready = []
        for number, job in enumerate(jobs):
            name = f"{scratch}/{number}.npy"
            np.save(name, job.pop("sound", np.zeros((2, 0), dtype=np.float32)))
            ready.append({**job, "path": str(folder() / job["plugin"].file), "plugin": "", "sound": name})
        request = json.dumps({"jobs": ready})
        env = {**os.environ, "PYTHONPATH": str(_SOURCES.parent.parent)}
        done = subprocess.run(
            [sys.executable, "-m", _ALONE],
            input=request,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            check=True,
            timeout=60,
        )
        answers = json.loads(done.stdout.splitlines()[-1])
        return [
            {"state": bytes.fromhex(answer["state"]), "values": answer["values"], "sound": np.load(job["sound"])}
            for answer, job in zip(answers, ready, strict=True)
        ]

"""What is loaded when: one new process goes through it step by step, as each would take seconds to start."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from tests.helpers.paths import ROOT

HEAVY = ("numpy", "mixengine.model.plan", "mixengine.model.session", "numba", "torch", "torchaudio", "scipy.fft")
STEPS = {
    "registry": "from mixengine.jobs import registry; registry.every()",
    "balance": "import mixengine.app.workflow, mixengine.jobs.balance.job, mixengine.report.html.page",
    "plans": "[job.load_plan() for job in registry.every()]",
    "match": "import mixengine.jobs.match.diffmst.predict, mixengine.training.controller.job",
    "silero": "import numpy as np; from mixengine.audio.speech import DETECTORS; m = DETECTORS['silero'].start(16000); "
    "m.add(np.ones(16000)); m.finish()",
}
HAS_SILERO = all(importlib.util.find_spec(name) for name in ("silero_vad", "onnxruntime"))


@pytest.fixture(scope="module")
def loaded() -> dict[str, set[str]]:
    """The heavy modules that are there after each step."""
    steps = [name for name in STEPS if HAS_SILERO or name != "silero"]
    code = f"import json, sys\nheavy = {HEAVY}\ndone = {{}}\n" + "".join(
        f"{STEPS[name]}\ndone[{name!r}] = [each for each in heavy if each in sys.modules]\n" for name in steps
    )
    done = subprocess.run(
        [sys.executable, "-c", code + "print(json.dumps(done))"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name: set(modules) for name, modules in json.loads(done.stdout).items()}


def test_the_registry_is_light(loaded: dict[str, set[str]]) -> None:
    """``mixengine --help`` loads it."""
    assert not loaded["registry"]


def test_where_all_tracks_were_measured_before_nothing_is_compiled(loaded: dict[str, set[str]]) -> None:
    assert "numpy" in loaded["plans"] and not loaded["plans"] & {"numba", "torch"}


def test_a_balance_of_known_tracks_transforms_nothing(loaded: dict[str, set[str]]) -> None:
    assert "numpy" in loaded["balance"] and "scipy.fft" not in loaded["balance"]


def test_what_needs_torch_loads_it_when_called(loaded: dict[str, set[str]]) -> None:
    assert "torch" not in loaded["match"]


@pytest.mark.skipif(not HAS_SILERO, reason="the extra neural is not installed")
def test_silero_does_not_bring_torch(loaded: dict[str, set[str]]) -> None:
    assert not loaded["silero"] & {"torch", "torchaudio"}

"""Output where the encoding lacks our signs: plain ones instead, and no failure."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from mixengine.cli import encodings
from mixengine.model.units import signed_db
from tests.helpers.sounds import noise, write


@pytest.mark.parametrize(("encoding", "shown"), [
    ("cp1252", "-12.7 dB -> Vöx … “a” ±2 \\u65e5"),
    ("ascii", '-12.7 dB -> V\\xf6x ... "a" +/-2 \\u65e5'),
    ("utf-8", "−12.7 dB → Vöx … “a” ±2 日"),
])  # fmt: skip
def test_signs_are_replaced_by_those_that_there_are(monkeypatch, encoding, shown):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    encodings.prepare()
    stream.write(f"{signed_db(-12.7)} dB → Vöx … “a” ±2 日")
    stream.flush()
    assert stream.buffer.getvalue().decode(encoding) == shown


def test_a_command_redirected_there(tmp_path):
    """A process of its own, which takes seconds: the encoding of its streams is chosen at its start."""
    encoding = "cp1252"
    write(tmp_path / "stems" / "vox.wav", noise(1.0))
    write(tmp_path / "stems" / "drums.wav", noise(1.0, level=0.01, seed=2))
    command = [sys.executable, "-m", "mixengine", "balance", str(tmp_path / "stems"), "--dry-run", "--no-report"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "MIXENGINE_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode(encoding)
    assert "->" in text and "Traceback" not in done.stderr.decode(encoding)
    assert "\\u2212" not in text and "\\u2192" not in text

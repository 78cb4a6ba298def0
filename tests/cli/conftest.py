"""Fixtures: a project that balance made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def project(stems: Path, run) -> Path:
    """A project made from the stems, with faders at odd places, CRLF and a line that mixengine does not know."""
    assert run("balance", stems, "-o", stems.parent / "song.RPP").returncode == 0
    path = stems.parent / "song.RPP"
    shutil.rmtree(stems.parent / "song")
    text = path.read_bytes()
    head, tail = text.split(b"  <EXTSTATE", 1)
    path.write_bytes(head.replace(b"  RIPPLE 0\r\n", b'  RIPPLE 0\r\n  FUTURE "x" 1 2  \r\n', 1) + b">\r\n")
    assert tail
    return path

"""Fixtures: a project that balance made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def project_text(read_only_stems: Path, tmp_path_factory: pytest.TempPathFactory, run) -> bytes:
    """What balance makes of the stems, with CRLF and a line that mixengine does not know."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copytree(read_only_stems, folder / "my song")
    assert run("balance", folder / "my song", "-o", folder / "song.RPP").returncode == 0
    head, tail = (folder / "song.RPP").read_bytes().split(b"  <EXTSTATE", 1)
    assert tail and str(folder).encode() not in head
    return head.replace(b"  RIPPLE 0\r\n", b'  RIPPLE 0\r\n  FUTURE "x" 1 2  \r\n', 1) + b">\r\n"


@pytest.fixture
def project(stems: Path, project_text: bytes) -> Path:
    """A project made from the stems, with faders at odd places."""
    path = stems.parent / "song.RPP"
    path.write_bytes(project_text)
    return path

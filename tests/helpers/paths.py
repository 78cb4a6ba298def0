"""Where things are: the repository, and the shared material beside it, when it is there."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
REAL_AUDIO = SHARED / "data" / "audio"
REAL_PROJECTS = SHARED / "data" / "rpp"

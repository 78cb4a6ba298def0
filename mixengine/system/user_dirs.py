"""Where a user's own files of mixengine live on each system. Standard library only."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def config_folder() -> Path:
    """Settings and presets that the user wrote."""
    return _folder("APPDATA", "AppData/Roaming", "Library/Application Support", "XDG_CONFIG_HOME", ".config")


def cache_folder() -> Path:
    """Measurements that can be repeated; ``MIXENGINE_CACHE`` names another folder."""
    if named := os.environ.get("MIXENGINE_CACHE"):
        return Path(named)
    return _folder("LOCALAPPDATA", "AppData/Local", "Library/Caches", "XDG_CACHE_HOME", ".cache")


def _folder(windows_variable: str, windows: str, mac: str, unix_variable: str, unix: str) -> Path:
    home = Path.home()
    if os.name == "nt":
        base = Path(os.environ.get(windows_variable) or home / windows)
    elif sys.platform == "darwin":
        base = home / mac
    else:
        base = Path(os.environ.get(unix_variable) or home / unix)
    return base / "mixengine"

"""An empty module in torchaudio's place, used only when the real one cannot load.

PESTO, Open-Unmix and Asteroid import torchaudio at their top for reading, resampling and training, which mixengine does
itself. torchaudio's binary often does not match the installed torch and then fails to load; only in that case an empty
stand-in takes its name, so that the rest of those libraries can be imported.
"""

from __future__ import annotations

import importlib.machinery
import sys
import types


def ensure() -> None:
    """Import torchaudio, or put the stand-in in its place."""
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError):
        stand_in = types.ModuleType("torchaudio")
        stand_in.__spec__ = importlib.machinery.ModuleSpec("torchaudio", None)
        sys.modules["torchaudio"] = stand_in

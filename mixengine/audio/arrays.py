"""One formula for numpy arrays and torch tensors: which library an array belongs to.

Torch is never imported here: whoever passes a tensor has it already.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def namespace(x: Any) -> Any:
    """The module whose functions work on ``x``: torch for tensors, numpy for everything else."""
    torch = sys.modules.get("torch")
    return torch if torch is not None and isinstance(x, torch.Tensor) else np

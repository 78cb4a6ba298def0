"""Plans that an earlier command wrote."""

from __future__ import annotations

from pathlib import Path

from mixengine.model import plan as mixplan
from mixengine.model.plan import MixPlan
from mixengine.system.errors import UserError


def load(path: Path) -> MixPlan:
    """Read a plan; `UserError` when the file cannot be read or holds none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return mixplan.from_json(text, where=str(path))

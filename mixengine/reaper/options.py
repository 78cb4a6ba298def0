"""What the user chose in the dialog, kept by REAPER for all projects."""

from __future__ import annotations

import json
from typing import Any

from mixengine.model.settings import BalanceSettings, DuckSettings, ToneSettings
from mixengine.system.errors import UserError

_SECTION, _KEY = "mixengine", "options"
_SEPARATOR = "|"
DEFAULTS: dict[str, Any] = {
    "preset": BalanceSettings().preset,
    "method": BalanceSettings().method,
    "duck_preset": DuckSettings().preset,
    "target_lu": "",
    "detector": DuckSettings().detector,
    "max_cut_db": f"{ToneSettings().max_cut_db:g}",
    "always_apply": False,
    "separate": "speech-music",
    "time_selection": False,
}
_CAPTIONS = {
    "preset": "Balance: preset",
    "method": "Balance: method",
    "duck_preset": "Duck: preset",
    "target_lu": "Duck: LU above music (empty: preset)",
    "detector": "Duck: detector",
    "max_cut_db": "Unmask: deepest cut dB",
    "always_apply": "Apply without asking (yes/no)",
    "separate": "Separate: scenario",
    "time_selection": "Balance/Unmask: hear time selection only",
}
_NUMBERS = {"target_lu": (-20.0, 60.0, True), "max_cut_db": (0.5, 24.0, False)}
"""Fields that hold a number: least, most, may be empty."""


def load(api: Any) -> dict[str, Any]:
    """The options, defaults where nothing was chosen."""
    try:
        kept = json.loads(api.GetExtState(_SECTION, _KEY) or "{}")
    except ValueError:
        kept = {}
    if not isinstance(kept, dict):
        kept = {}
    return DEFAULTS | {key: value for key, value in kept.items() if key in DEFAULTS}


def ask(api: Any) -> None:
    """Show the dialog and keep what was entered; `UserError` for a field that makes no sense."""
    now = load(api)
    values = [("yes" if now[key] else "no") if isinstance(now[key], bool) else str(now[key]) for key in DEFAULTS]
    captions = [_CAPTIONS[key] for key in DEFAULTS]
    found = api.GetUserInputs(
        "mixengine: preset and options",
        len(captions),
        ",".join([*captions, "extrawidth=120", f"separator={_SEPARATOR}"]),
        _SEPARATOR.join(values),
        1024,
    )
    if not found[0]:
        return
    entered = dict(zip(DEFAULTS, found[4].split(_SEPARATOR), strict=False))
    chosen: dict[str, Any] = {key: _checked(key, text.strip()) for key, text in entered.items()}
    keep(api, **chosen)


def keep(api: Any, **chosen: Any) -> None:
    """Keep some options, the others stay."""
    api.SetExtState(_SECTION, _KEY, json.dumps(load(api) | chosen), True)


def _checked(key: str, text: str) -> Any:
    if isinstance(DEFAULTS[key], bool):
        if text.lower() not in ("yes", "no", "y", "n", "1", "0"):
            raise UserError(f"{_CAPTIONS[key]}: '{text}' must be yes or no; nothing was changed")
        return text.lower() in ("yes", "y", "1")
    if key in _NUMBERS:
        low, high, may_be_empty = _NUMBERS[key]
        if not text and may_be_empty:
            return ""
        try:
            inside = low <= float(text) <= high
        except ValueError:
            inside = False
        if not inside:
            raise UserError(f"{_CAPTIONS[key]}: '{text}' is outside [{low:g}, {high:g}]; nothing was changed")
    return text

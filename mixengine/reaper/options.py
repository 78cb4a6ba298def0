"""What the user chose in the dialog, kept by REAPER for all projects.

The dialog asks for the settings that jobs mark for it (`mixengine.model.settings.Dialog`), and for three of its own.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from mixengine.jobs import registry
from mixengine.jobs.job import Job
from mixengine.model.settings import Dialog, Option
from mixengine.model.settings import options as settings_of
from mixengine.model.words import comma_separated
from mixengine.system.errors import UserError

_SECTION, _KEY = "mixengine", "options"
_SEPARATOR = "|"
_TITLE = "mixengine: preset and options"
_MAX_LINES = 16
"""Of `GetUserInputs`."""
ALWAYS_APPLY, TIME_SELECTION, LISTEN = "always_apply", "time_selection", "listen"
LISTEN_MODES = ("as needed", "always", "items")
"""Which tracks are heard through REAPER, see `mixengine.app.listening`, which REAPER's Python does not load."""


@dataclass(frozen=True, slots=True)
class DialogField:
    """A line of the dialog: the key under which it is kept, its caption, its default, whose setting it is, and the
    ``words`` among which the user chooses.
    """

    key: str
    caption: str
    default: Any
    job: str = ""
    option: Option | None = None
    words: tuple[str, ...] = ()

    def checked(self, text: str) -> Any:
        """The value that was entered; `UserError` for what makes no sense."""
        if isinstance(self.default, bool):
            if text.lower() not in ("yes", "no", "y", "n", "1", "0"):
                raise UserError(f"{self.caption}: '{text}' must be yes or no; nothing was changed")
            return text.lower() in ("yes", "y", "1")
        if self.words and text.lower() not in self.words:
            words = f"{', '.join(self.words[:-1])} or {self.words[-1]}"
            raise UserError(f"{self.caption}: '{text}' must be {words}; nothing was changed")
        if self.words:
            return text.lower()
        if self.option is not None and self.option.many:
            self._check_words(self.option, text)
        elif self.option is not None and self.option.kind in (int, float):
            self._check_number(self.option, text)
        return text

    def _check_words(self, option: Option, text: str) -> None:
        for word in comma_separated(text):
            if word not in option.about.choices:
                words = ", ".join(option.about.choices)
                raise UserError(f"{self.caption}: '{word}' is none of {words}; nothing was changed")

    def _check_number(self, option: Option, text: str) -> None:
        if not text and option.optional:
            return
        low, high = option.about.min, option.about.max
        try:
            number = option.kind(text)
        except ValueError:
            number = None
        if number is None or not (low is None or number >= low) or not (high is None or number <= high):
            problem = (
                f"'{text}' is outside [{low:g}, {high:g}]" if None not in (low, high) else f"'{text}' is no number"
            )
            raise UserError(f"{self.caption}: {problem}; nothing was changed")


def fields() -> list[DialogField]:
    """The lines of the dialog in order."""
    lines = [
        (dialog.place, _line(job, option, dialog))
        for job in registry.every()
        for option in settings_of(job.settings)
        if (dialog := option.about.dialog) is not None
    ]
    restricted = "/".join(job.button for job in registry.every() if job.time_selection)
    own = [
        (70, DialogField(ALWAYS_APPLY, "Apply without asking (yes/no)", False)),
        (90, DialogField(TIME_SELECTION, f"{restricted}: hear time selection only", False)),
        (
            95,
            DialogField(LISTEN, "Listen through REAPER (as needed/always/items)", LISTEN_MODES[0], words=LISTEN_MODES),
        ),
    ]
    return [line for _, line in sorted([*lines, *own], key=lambda entry: entry[0])]


def _line(job: Job, option: Option, dialog: Dialog) -> DialogField:
    caption = f"{dialog.button or job.button}: {dialog.caption}"
    return DialogField(dialog.key, caption, _displayed_default(option, dialog), job.name, option)


def _displayed_default(option: Option, dialog: Dialog) -> Any:
    """A default as the dialog shows it: what is not given is empty."""
    default = option.default if dialog.default is None else dialog.default
    if default is None or default == ():
        return ""
    return f"{default:g}" if isinstance(default, (int, float)) and not isinstance(default, bool) else default


PANEL = DialogField("panel", "Pick tracks in a panel (yes/no)", False)
"""Asked only where REAPER has what draws the panel (ReaImGui, and the actions in Lua)."""


def load(api: Any) -> dict[str, Any]:
    """The options, defaults where nothing was chosen."""
    try:
        kept = json.loads(api.GetExtState(_SECTION, _KEY) or "{}")
    except ValueError:
        kept = {}
    if not isinstance(kept, dict):
        kept = {}
    defaults = {line.key: line.default for line in (*fields(), PANEL)}
    return defaults | {key: value for key, value in kept.items() if key in defaults}


def settings(api: Any, job: str) -> dict[str, Any]:
    """A job's settings from the dialog, without what was left empty."""
    now = load(api)
    chosen = {line.option: now[line.key] for line in fields() if line.job == job and line.option is not None}
    return {
        option.name: _value(option, value) if isinstance(value, str) else value
        for option, value in chosen.items()
        if value != ""
    }


def _value(option: Option, text: str) -> Any:
    return comma_separated(text) if option.many else option.kind(text)


def listen(api: Any) -> str:
    """Which tracks are heard through REAPER."""
    chosen = load(api)[LISTEN]
    return chosen if chosen in LISTEN_MODES else LISTEN_MODES[0]


def ask(api: Any, *, has_panel: bool = False) -> None:
    """Show the dialog, in pages where it has more lines than REAPER's, and keep what was entered.

    `UserError` for a field that makes no sense; nothing is kept where a page is cancelled.
    """
    lines = [*fields(), *([PANEL] if has_panel else [])]
    pages = math.ceil(len(lines) / _MAX_LINES)
    size = math.ceil(len(lines) / pages)
    entered: dict[str, Any] = {}
    for page in range(pages):
        title = f"{_TITLE} ({page + 1} of {pages})" if pages > 1 else _TITLE
        answers = _answers(api, title, lines[page * size : (page + 1) * size])
        if not answers:
            return
        entered |= answers
    keep(api, **entered)


def _answers(api: Any, title: str, lines: list[DialogField]) -> dict[str, Any]:
    """What was entered into one page, by key; nothing where it was cancelled."""
    now = load(api)
    answer = api.GetUserInputs(
        title,
        len(lines),
        ",".join([*(line.caption for line in lines), "extrawidth=120", f"separator={_SEPARATOR}"]),
        _SEPARATOR.join(as_text(now[line.key]) for line in lines),
        1024,
    )
    if not answer[0]:
        return {}
    entered = zip(lines, answer[4].split(_SEPARATOR), strict=False)
    return {line.key: line.checked(text.strip()) for line, text in entered}


def as_text(value: Any) -> str:
    """A value as it stands in a field."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def keep(api: Any, **chosen: Any) -> None:
    """Keep some options, the others stay."""
    api.SetExtState(_SECTION, _KEY, json.dumps(load(api) | chosen), True)

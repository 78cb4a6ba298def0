"""The toolbar file that a user can import: one button per action."""

from __future__ import annotations

from collections.abc import Collection

from mixengine.reaper.setup.actions import ICON_NAMES, PREFIX, Action

# high, so that an import by name does not replace a toolbar that is in use
_SECTION = "Floating toolbar 16"
_PLAIN_BUTTON = "text"


def menu_file(actions: Collection[Action], icons: Collection[str]) -> bytes:
    """The toolbar in the format of REAPER's export.

    Parameters
    ----------
    actions : Collection[Action]
        One button each, in the order of work: balance first, self-test last.
    icons : Collection[str]
        File names of the available icons; a button without one shows its name.

    Returns
    -------
    bytes
        Content of a ``.ReaperMenu`` file.
    """
    ordered = sorted(actions, key=_place)
    button_icons = [action.icon if action.icon in icons else _PLAIN_BUTTON for action in ordered]
    lines = [
        f"[{_SECTION}]",
        *(f"icon_{index}={icon}" for index, icon in enumerate(button_icons)),
        *(f"item_{index}=_{action.command_id} {_words(action)}" for index, action in enumerate(ordered)),
        "title=mixengine",
        "",
    ]
    return "\n".join(lines).encode()


_ORDER = (
    *"balance groups duck automix level align unmask isolate separate match deliver bypass render".split(),
    *"report options remember remove selftest".split(),
)
assert set(_ORDER) == set(ICON_NAMES)


def _place(action: Action) -> tuple[int, str]:
    name = action.icon.removeprefix(f"toolbar_{PREFIX}").removesuffix(".png")
    return (_ORDER.index(name) if name in _ORDER else len(_ORDER), action.name)


def _words(action: Action) -> str:
    return "mixengine: " + action.name.removeprefix(PREFIX).removesuffix(".py")

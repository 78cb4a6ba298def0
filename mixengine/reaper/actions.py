"""The action buttons by name: what each does. Runs inside REAPER."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.rpp import history
from mixengine.model import plan as mixplan
from mixengine.reaper import options
from mixengine.reaper.job_action import ItemAction, JobAction
from mixengine.reaper.ui import AGREED, OK_CANCEL, PAGE, SECTION, Desk, busy, guarded, show_page
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError


def balance(desk: Desk) -> None:
    """Balance the selected tracks."""
    chosen = options.load(desk.api)
    settings = {"preset": chosen["preset"], "method": chosen["method"]}
    JobAction(desk, "balance", settings, time_selection=chosen["time_selection"]).start()


def balance_groups(desk: Desk) -> None:
    """Balance inside folders first, then folders against each other."""
    chosen = options.load(desk.api)
    settings = {"preset": chosen["preset"], "method": chosen["method"], "group": "folder"}
    JobAction(desk, "balance", settings, time_selection=chosen["time_selection"]).start()


def duck(desk: Desk) -> None:
    """Duck music under speech."""
    chosen = options.load(desk.api)
    settings: dict[str, Any] = {"preset": chosen["duck_preset"], "detector": chosen["detector"]}
    if chosen["target_lu"]:
        settings["target_lu"] = float(chosen["target_lu"])
    JobAction(desk, "duck", settings).start()


def unmask(desk: Desk) -> None:
    """Make room by EQ."""
    chosen = options.load(desk.api)
    settings = {"max_cut_db": float(chosen["max_cut_db"])}
    JobAction(desk, "tone", settings, time_selection=chosen["time_selection"]).start()


def render(desk: Desk) -> None:
    """Stems of the selected tracks as new tracks, the originals muted."""
    JobAction(desk, "render", {}).start()


def isolate(desk: Desk) -> None:
    """The speech of the selected items alone, as new takes."""
    ItemAction(desk, "separate", {"scenario": "noise", "take": True}).start()


def separate(desk: Desk) -> None:
    """The selected items in parts, on new tracks below their own."""
    ItemAction(desk, "separate", {"scenario": options.load(desk.api)["separate"]}).start()


def match(desk: Desk) -> None:
    """Match the mix of the whole project to a reference that the user picks."""
    if busy(desk):
        return
    chosen = desk.api.GetUserFileNameForRead("", "mixengine: reference to match", "wav")
    if chosen[0]:
        JobAction(desk, "style", {"reference": str(chosen[1])}, whole=True).start()


def bypass(desk: Desk) -> None:
    """Hear the project without mixengine's plug-ins, and with them again; faders stay."""
    from mixengine.hosts.reaper import chains

    state = chains.bypass_ours(desk.api)
    if state is None:
        desk.say("There is no equaliser or compressor of mixengine in this project.")


def choose_options(desk: Desk) -> None:
    """The dialog."""
    options.ask(desk.api)


def remove(desk: Desk) -> None:
    """Take back everything that mixengine did to this project, also days later."""
    if busy(desk):
        return
    taken = snapshot.take(desk.api)
    before = history.plan_in(taken.parsed().root)
    if before is None:
        desk.say("mixengine has changed nothing in this project, or it was removed already.")
        return
    count = len(before.changes)
    question = f"Take back {count} change{'s' * (count != 1)} of mixengine? What you moved since stays."
    if desk.say(question, OK_CANCEL) != AGREED:
        return
    done = write.write(
        desk.api,
        taken,
        mixplan.revert(before),
        history.ext_state(before, None),
        title="mixengine: remove everything",
    )
    if done.skipped:
        desk.say("Left as it is:\n" + "\n".join(done.skipped[:12]))


def remember(desk: Desk) -> None:
    """Learn from how the faders were corrected: kept as the preset ``learned``."""
    from mixengine.app import learn
    from mixengine.model.presets import user_folder

    project = snapshot.take(desk.api).parsed()
    base = learn.base_preset(project, None)
    lessons = learn.learn(project, base)
    text = "\n".join(lesson.in_words() for lesson in lessons)
    if (
        desk.say(f"{text}\n\nRemember this as preset '{learn.NAME}' and balance by it from now on?", OK_CANCEL)
        != AGREED
    ):
        return
    folder = user_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{learn.NAME}.toml", learn.as_toml(base, lessons))
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from None
    options.keep(desk.api, preset=learn.NAME)


def last_report(desk: Desk) -> None:
    """Show the last report again."""
    page = Path(desk.api.GetExtState(SECTION, PAGE) or "-")
    if not page.is_file():
        desk.say("There is no report yet: when an action asks whether to apply, choose No to look at one first.")
        return
    show_page(desk, page)


def self_test(desk: Desk) -> None:
    """Try every function of REAPER that mixengine depends on."""
    from mixengine.reaper import selftest

    desk.api.ShowConsoleMsg(selftest.run(desk.api))


ACTIONS: dict[str, Callable[[Desk], None]] = {
    "balance": balance,
    "balance_groups": balance_groups,
    "duck": duck,
    "unmask": unmask,
    "isolate": isolate,
    "separate": separate,
    "render": render,
    "match": match,
    "bypass": bypass,
    "last_report": last_report,
    "options": choose_options,
    "remember": remember,
    "remove": remove,
    "selftest": self_test,
}
"""Name in the action script → what it does."""


def run(name: str, main: Any, interpreter: str) -> None:
    """Entry point of the action scripts; every failure ends in one message box."""
    from mixengine.hosts.reaper.api import connect

    desk = Desk(connect(), main, interpreter)
    guarded(desk, lambda: ACTIONS[name](desk))

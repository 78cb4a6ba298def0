"""The action buttons by name: what each does. Runs inside REAPER."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.rpp import history
from mixengine.jobs import registry
from mixengine.model import plan as mixplan
from mixengine.reaper import options
from mixengine.reaper.job_action import ItemAction, JobAction
from mixengine.reaper.ui import AGREED, OK_CANCEL, PAGE, SECTION, Desk, busy, guarded, show_page
from mixengine.system.errors import UserError


def balance(desk: Desk) -> None:
    """Balance the selected tracks."""
    start(desk, "balance")


def balance_groups(desk: Desk) -> None:
    """Balance inside folders first, then folders against each other."""
    start(desk, "balance", group="folder")


def unmask(desk: Desk) -> None:
    """Make room by EQ."""
    start(desk, "unmask")


def isolate(desk: Desk) -> None:
    """The speech of the selected items alone, as new takes."""
    start(desk, "separate", ItemAction, scenario="noise", take=True)


def separate(desk: Desk) -> None:
    """The selected items in parts, on new tracks below their own."""
    start(desk, "separate", ItemAction)


def start(desk: Desk, job: str, kind: type[JobAction] = JobAction, **fixed: Any) -> None:
    """Do a job as the dialog says; ``fixed`` settings are the button's own."""
    chosen = options.settings(desk.api, job) | fixed
    restricted = registry.job(job).time_selection and options.load(desk.api)[options.TIME_SELECTION]
    kind(desk, job, chosen, time_selection=restricted).start()


def match(desk: Desk) -> None:
    """Match the mix of the whole project to a reference that the user picks."""
    if busy(desk):
        return
    chosen = desk.api.GetUserFileNameForRead("", "mixengine: reference to match", "wav")
    if chosen[0]:
        JobAction(desk, "match", {"reference": str(chosen[1])}, whole=True).start()


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
        part = folder / f"{learn.NAME}.part"
        part.write_text(learn.as_toml(base, lessons), encoding="utf-8")
        part.replace(folder / f"{learn.NAME}.toml")
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
    "unmask": unmask,
    "isolate": isolate,
    "separate": separate,
    "match": match,
    "bypass": bypass,
    "last_report": last_report,
    "options": choose_options,
    "remember": remember,
    "remove": remove,
    "selftest": self_test,
}
"""Name in the action script → what it does; other names are those of jobs, which are done as the dialog says."""


def run(name: str, main: Any, interpreter: str) -> None:
    """Entry point of the action scripts; every failure ends in one message box."""
    from mixengine.hosts.reaper.api import connect

    desk = Desk(connect(), main, interpreter)
    action = ACTIONS.get(name) or (lambda desk: start(desk, name))
    guarded(desk, lambda: action(desk))

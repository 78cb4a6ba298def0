"""The action buttons by name: what each does. Runs inside REAPER's Python, or beside REAPER for a script in Lua."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mixengine.hosts.reaper import snapshot, write
from mixengine.hosts.rpp import history
from mixengine.jobs import registry
from mixengine.model.taking_back import taken_back
from mixengine.reaper import options
from mixengine.reaper.deliver_action import DeliverAction
from mixengine.reaper.job_action import ItemAction, JobAction
from mixengine.reaper.ui import AGREED, OK_CANCEL, PAGE, SECTION, ReaperUI, busy, guarded, recording, show_page
from mixengine.system import own_files
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError
from mixengine.system.staging import keep_copy

_TARGET = "deliver_target"


def balance(ui: ReaperUI) -> None:
    """Balance the selected tracks."""
    start(ui, "balance")


def balance_groups(ui: ReaperUI) -> None:
    """Balance inside folders first, then folders against each other."""
    start(ui, "balance", group="folder")


def unmask(ui: ReaperUI) -> None:
    """Make room by EQ."""
    start(ui, "unmask")


def isolate(ui: ReaperUI) -> None:
    """The speech of the selected items alone, as new takes."""
    start(ui, "separate", ItemAction, scenario="noise", take=True)


def separate(ui: ReaperUI) -> None:
    """The selected items in parts, on new tracks below their own."""
    start(ui, "separate", ItemAction, repair=())  # which is for new takes


def start(ui: ReaperUI, job: str, kind: type[JobAction] = JobAction, **fixed: Any) -> None:
    """Do a job as the dialog says; ``fixed`` settings are the button's own."""
    chosen = options.settings(ui.api, job) | fixed
    restricted = registry.job(job).time_selection and options.load(ui.api)[options.TIME_SELECTION]
    kind(ui, job, chosen, time_selection=restricted).start()


def match(ui: ReaperUI) -> None:
    """Match the mix of the whole project to a reference that the user picks."""
    if busy(ui):
        return
    chosen = ui.api.GetUserFileNameForRead("", "mixengine: reference to match", "wav")
    if chosen[0]:
        JobAction(ui, "match", {"reference": str(chosen[1])}, whole=True).start()


def deliver(ui: ReaperUI) -> None:
    """Bring the whole project to a platform's loudness, which the user names."""
    if busy(ui):
        return
    kept = str(ui.api.GetExtState(SECTION, _TARGET)) or "podcast"
    captions = "Target (podcast/spotify/netflix/… or LUFS),Highest true peak in dBTP,extrawidth=120"
    answer = ui.api.GetUserInputs("mixengine: deliver", 2, captions, f"{kept},", 1024)
    if not answer[0]:
        return
    target, _, ceiling = (word.strip() for word in str(answer[4]).partition(","))
    chosen: dict[str, Any] = {"target": target or kept}
    if ceiling:
        try:
            chosen["ceiling_dbtp"] = float(ceiling)
        except ValueError:
            raise UserError(f"Highest true peak: '{ceiling}' is no number; nothing was changed") from None
    ui.api.SetExtState(SECTION, _TARGET, chosen["target"], True)
    DeliverAction(ui, "deliver", chosen, whole=True).start()


def bypass(ui: ReaperUI) -> None:
    """Bypass mixengine's plug-ins, or enable them again; faders stay."""
    from mixengine.hosts.reaper import bypass as plugins

    state = plugins.bypass_ours(ui.api, ui.side)
    if state is None:
        ui.say("There is no equaliser or compressor of mixengine in this project.")


def choose_options(ui: ReaperUI) -> None:
    """The dialog."""
    options.ask(ui.api, has_panel=ui.has_panel)


def remove(ui: ReaperUI) -> None:
    """Take back everything that mixengine did to this project, also days later."""
    if busy(ui):
        return
    state = snapshot.from_reading(ui.side.read(None))
    project = state.parsed()
    before = history.earlier_plan(project)
    if before is None:
        ui.say("mixengine has changed nothing in this project, or it was removed already.")
        return
    count = len(before.changes)
    question = f"Take back {count} change{'s' * (count != 1)} of mixengine? What you moved since stays; "
    question += "a fader goes back and keeps your move."
    if ui.say(question, OK_CANCEL) != AGREED:
        return
    reverse, kept = taken_back(before, project.session(), before)
    done = write.write_over(
        ui.side,
        state,
        reverse,
        history.after_undo(before),
        title="mixengine: remove everything",
    )
    said = ["Kept:", *kept[:12]] if kept else []
    if done.skipped:
        said += ["Left as it is:", *done.skipped[:12]]
    if said:
        ui.say("\n".join(said))


def remember(ui: ReaperUI) -> None:
    """Learn from how the faders were corrected: kept as the preset ``learned``."""
    from mixengine.app import learn
    from mixengine.model.presets import user_folder

    project = snapshot.from_reading(ui.side.read(None)).parsed()
    base = learn.base_preset(project, None)
    lessons = learn.learn(project, base)
    if not lessons:
        ui.say(f"There is nothing new to remember: {learn.nothing_new(base)}.")
        return
    text = "\n".join(lesson.in_words() for lesson in lessons)
    if ui.say(f"{text}\n\nRemember this as preset '{learn.NAME}' and balance by it from now on?", OK_CANCEL) != AGREED:
        return
    folder = user_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{learn.NAME}.toml"
        kept = None if own_files.is_own(path) else keep_copy(path)
        write_atomically(path, learn.as_toml(project, base, lessons))
        own_files.remember([path])
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror or error}") from None
    options.keep(ui.api, preset=learn.NAME)
    if kept is not None:
        ui.say(f"The preset '{learn.NAME}' that stood there was written or changed by hand; it is kept:\n{kept}")


def last_report(ui: ReaperUI) -> None:
    """Show the last report again."""
    page = Path(ui.api.GetExtState(SECTION, PAGE) or "-")
    if not page.is_file():
        ui.say("There is no report yet: when an action asks whether to apply, choose No to look at one first.")
        return
    show_page(ui, page)


def self_test(ui: ReaperUI) -> None:
    """Try every function of REAPER that mixengine depends on."""
    from mixengine.reaper import selftest

    if recording(ui):
        return
    ui.api.ShowConsoleMsg(selftest.run(ui.api, ui.side))


ACTIONS: dict[str, Callable[[ReaperUI], None]] = {
    "balance": balance,
    "balance_groups": balance_groups,
    "unmask": unmask,
    "isolate": isolate,
    "separate": separate,
    "match": match,
    "deliver": deliver,
    "bypass": bypass,
    "last_report": last_report,
    "options": choose_options,
    "remember": remember,
    "remove": remove,
    "selftest": self_test,
}
"""Name in the action script → what it does; other names are those of jobs, which are done as the dialog says."""


def run(name: str, main: Any, interpreter: str) -> None:
    """Entry point of the action scripts inside REAPER's Python."""
    from mixengine.hosts.reaper.api import connect

    do(name, ReaperUI(connect(), main, interpreter))


def do(name: str, ui: ReaperUI) -> None:
    """Do an action; every failure ends in one message box."""
    action = ACTIONS.get(name) or (lambda ui: start(ui, name))
    guarded(ui, lambda: action(ui))

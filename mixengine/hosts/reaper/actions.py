"""The action buttons: what each does, from the selection to the undo step. Runs inside REAPER.

Every road has the same stations: look at the selection, take a snapshot, start the backend, look at it now and then
without holding REAPER up, ask, write. Native message boxes only, which screen readers read.
"""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mixengine import beside, remembered
from mixengine import plan as mixplan
from mixengine.errors import UserError
from mixengine.hosts.reaper import options, runner, snapshot, write

TITLE = "mixengine"
_OK, _OK_CANCEL, _YES_NO_CANCEL, _YES_NO = 0, 1, 3, 4
_YES, _NO, _AGREED = 6, 7, 1
_SECTION, _BUSY, _PAGE = "mixengine", "running", "last_report"
_NAME = "mixengine_action"
_MOST_NOTES = 6


@dataclass
class Desk:
    """What an action works with: REAPER's functions, the script's ``__main__`` and the recorded interpreter."""

    api: Any
    main: Any
    interpreter: str

    def say(self, text: str, kind: int = _OK) -> int:
        """A message box; returns REAPER's number of the button."""
        return int(self.api.ShowMessageBox(text, TITLE, kind))

    def later(self, code: str) -> None:
        """Let REAPER run a piece of code at its next tick."""
        self.main.RPR_defer(code)


def busy(desk: Desk) -> bool:
    """Whether another action is at work; offers to stop it."""
    folder = desk.api.GetExtState(_SECTION, _BUSY)
    if not folder or not runner.at_work(folder):
        return False
    if desk.say("mixengine is still at work. Stop it?", _YES_NO) == _YES:
        runner.ask_to_stop(folder)
    return True


class JobAction:
    """A job on the selected tracks, or on the ``whole`` project, in the backend."""

    def __init__(self, desk: Desk, job: str, settings: dict[str, Any], *, whole: bool = False) -> None:
        self.desk, self.job, self.settings, self.whole = desk, job, settings, whole
        self.taken: snapshot.Snapshot
        self.plan: mixplan.MixPlan
        self.text = ""
        self.made: list[Path] = []
        self.running: runner.Running

    def start(self) -> None:
        """Ask what must be asked, start the backend, and come back later."""
        api = self.desk.api
        if busy(self.desk):
            return
        self.taken = snapshot.take(api)
        chosen = self._chosen()
        if chosen is None:
            return
        self.running = runner.start(self.desk.interpreter, self.job, self.settings | chosen, self.taken)
        api.SetExtState(_SECTION, _BUSY, str(self.running.folder), False)
        setattr(self.desk.main, _NAME, self)
        self.desk.later(f"{_NAME}.poll()")

    def _chosen(self) -> dict[str, Any] | None:
        """What the selection says, as settings; ``None`` when there is nothing to do."""
        api = self.desk.api
        count = int(api.CountTracks(self.taken.project))
        if not count:
            self.desk.say("The project has no tracks.")
            return None
        if self.whole:
            return {}
        selected = int(api.CountSelectedTracks(self.taken.project))
        everything = f"all {count} tracks" if count > 1 else "the only track"
        if not selected and self.desk.say(f"No track is selected. Work on {everything}?", _YES_NO) != _YES:
            return None
        return {"selected_only": bool(selected)}

    def poll(self) -> None:
        """One look at the backend."""
        try:
            guarded(self.desk, self._poll)
        finally:
            if self.running.ended:
                self.desk.api.Help_Set("", False)
                self.desk.api.DeleteExtState(_SECTION, _BUSY, False)

    def _poll(self) -> None:
        result = self.running.result()
        if result is None:
            share, what = self.running.status()
            self.desk.api.Help_Set(f"mixengine: {round(100 * share)} % {what}", False)
            self.desk.later(f"{_NAME}.poll()")
            return
        if result["ok"] and "report" in result:
            show_page(self.desk, self.running.folder / result["report"])
            self._ask_to_apply()
        elif result["ok"]:
            self._finish(result)
        else:
            beside.discard(self.made)
            if not result.get("cancelled"):
                self.desk.say(f"{result['error']}\n\nThe project was not changed.")

    def _finish(self, result: dict[str, Any]) -> None:
        self.plan = mixplan.from_json((self.running.folder / result["plan"]).read_text(encoding="utf-8"))
        self.made = [Path(path) for path in result["audio"]]
        notes = _notes(result["notes"])
        if not self.plan.changes:
            self.desk.say(f"Nothing to change.\n\n{notes}".strip())
            return
        self.text = "\n".join(result["summary"]) + (f"\n\n{notes}" if notes else "")
        if options.load(self.desk.api)["always_apply"]:
            self._apply()
        else:
            self._ask_to_apply()

    def _ask_to_apply(self) -> None:
        """Apply, look at a report first, or leave it."""
        answer = self.desk.say(f"{self.text}\n\nYes: apply.  No: look at a report first.", _YES_NO_CANCEL)
        if answer == _YES:
            self._apply()
        elif answer == _NO:
            self.running = runner.report(self.desk.interpreter, self.running)
            self.desk.api.SetExtState(_SECTION, _BUSY, str(self.running.folder), False)
            self.desk.later(f"{_NAME}.poll()")
        else:
            beside.discard(self.made)

    def _apply(self) -> None:
        kept = remembered.ext_state(remembered.plan_in(self.taken.parsed().root), self.plan)
        try:
            done = write.write(self.desk.api, self.taken, self.plan, kept)
        except Exception:
            beside.discard(self.made)
            raise
        if done.skipped:
            self.desk.say("Left as it is:\n" + "\n".join(done.skipped[:12]))


def _notes(notes: list[str]) -> str:
    """As many notes as a box can hold."""
    left = len(notes) - _MOST_NOTES
    more = [f"… and {left} more notes"] if left > 0 else []
    return "\n".join([*(f"note: {note}" for note in notes[:_MOST_NOTES]), *more])


class ItemAction(JobAction):
    """A job on the selected items; the snapshot says which."""

    def _chosen(self) -> dict[str, Any] | None:
        if int(self.desk.api.CountSelectedMediaItems(self.taken.project)):
            return {}
        self.desk.say("No item is selected: select the items to work on.")
        return None


def balance(desk: Desk) -> None:
    """Balance the selected tracks."""
    chosen = options.load(desk.api)
    JobAction(desk, "balance", {"preset": chosen["preset"], "method": chosen["method"]}).start()


def balance_groups(desk: Desk) -> None:
    """Balance inside folders first, then folders against each other."""
    chosen = options.load(desk.api)
    settings = {"preset": chosen["preset"], "method": chosen["method"], "group": "folder"}
    JobAction(desk, "balance", settings).start()


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
    JobAction(desk, "tone", {"max_cut_db": float(chosen["max_cut_db"])}).start()


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
    before = remembered.plan_in(taken.parsed().root)
    if before is None:
        desk.say("mixengine has changed nothing in this project, or it was removed already.")
        return
    question = f"Take back {len(before.changes)} changes of mixengine? What you moved since stays."
    if desk.say(question, _OK_CANCEL) != _AGREED:
        return
    done = write.write(
        desk.api,
        taken,
        mixplan.revert(before),
        remembered.ext_state(before, None),
        title="mixengine: remove everything",
    )
    if done.skipped:
        desk.say("Left as it is:\n" + "\n".join(done.skipped[:12]))


def remember(desk: Desk) -> None:
    """Learn from how the faders were corrected: kept as the preset ``learned``."""
    from mixengine import learn
    from mixengine.preset import user_folder

    project = snapshot.take(desk.api).parsed()
    base = learn.base_preset(project, None)
    lessons = learn.learn(project, base)
    text = "\n".join(lesson.in_words() for lesson in lessons)
    if (
        desk.say(f"{text}\n\nRemember this as preset '{learn.NAME}' and balance by it from now on?", _OK_CANCEL)
        != _AGREED
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


def show_page(desk: Desk, page: Path) -> None:
    """Open a page in the user's browser, and remember it as the last one."""
    desk.api.SetExtState(_SECTION, _PAGE, str(page), True)
    if not webbrowser.open(page.as_uri()):
        desk.say(f"No browser could be opened. The report is here:\n{page}")


def last_report(desk: Desk) -> None:
    """Show the last report again."""
    page = Path(desk.api.GetExtState(_SECTION, _PAGE) or "-")
    if not page.is_file():
        desk.say("There is no report yet: when an action asks whether to apply, choose No to look at one first.")
        return
    show_page(desk, page)


def self_test(desk: Desk) -> None:
    """Try every function of REAPER that mixengine depends on."""
    from mixengine.hosts.reaper import selftest

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


def guarded(desk: Desk, work: Callable[[], None]) -> None:
    """Do something; what goes wrong is one message box, and the project stays as it was."""
    try:
        work()
    except UserError as error:
        desk.say(str(error))
    except Exception as error:
        trace = sys.exc_info()[2]
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        line = trace.tb_lineno if trace else 0
        desk.say(f"internal error, please report it: {type(error).__name__}: {error} (line {line})")

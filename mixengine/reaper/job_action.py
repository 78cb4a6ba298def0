"""What every button that starts a job does, from the selection to the undo step.

Read the selection, take a snapshot, start the backend, poll it without blocking REAPER, ask the user, write. Where the
backend asks for it, REAPER renders tracks first, and the backend starts again with the files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixengine.hosts import plan_audio
from mixengine.hosts.reaper import snapshot as snapshots
from mixengine.hosts.reaper import write
from mixengine.hosts.reaper.operations import Operations
from mixengine.hosts.reaper.stem_request import Edited, StemRequest, rendered
from mixengine.hosts.rpp import history
from mixengine.model import codec
from mixengine.model import plan as mixplan
from mixengine.model.choice import Choice
from mixengine.model.words import fitting, name_list
from mixengine.reaper import options, runner
from mixengine.reaper.picking import APPLY, FAILED, OPEN, REPORT, Picking
from mixengine.reaper.ui import BUSY, NO, SECTION, YES, YES_NO, YES_NO_CANCEL, ReaperUI, busy, guarded, show_page

_NAME = "mixengine_action"
_MAX_NOTES, _MAX_CHARACTERS = 6, 450
_MAX_TRIES = 3
"""The user can edit the project while the backend finds out what has to be rendered."""


class JobAction:
    """A job on the selected tracks, or on the ``whole`` project, in the backend.

    With ``time_selection`` only that is measured, if there is one.
    """

    def __init__(
        self, ui: ReaperUI, job: str, settings: dict[str, Any], *, whole: bool = False, time_selection: bool = False
    ) -> None:
        self.ui, self.job, self.settings, self.whole = ui, job, settings, whole
        self.time_selection = time_selection
        self.tries = 0
        self.snapshot: snapshots.Snapshot
        self.plan: mixplan.MixPlan
        self.operations: Operations | None = None
        self.text = ""
        self.picking: Picking | None = None
        self.audio_files: list[Path] = []
        self.running: runner.Running

    def start(self) -> None:
        """Ask the user if need be, start the backend, and poll it later."""
        if busy(self.ui):
            return
        self.snapshot = snapshots.from_reading(self.ui.side.read(None))
        selection = self._selection()
        if selection is None:
            return
        self.settings = self.settings | selection
        self._start_backend()

    def _start_backend(self) -> None:
        self.running = runner.start(
            self.ui.interpreter,
            self.job,
            self.settings,
            self.snapshot,
            time_selection=self.time_selection,
            listen=options.listen(self.ui.api),
        )
        self._wait()

    def _wait(self) -> None:
        """Look for the backend's answer later."""
        self.ui.api.SetExtState(SECTION, BUSY, str(self.running.folder), False)
        setattr(self.ui.main, _NAME, self)
        self.ui.later(f"{_NAME}.poll()")

    def _selection(self) -> dict[str, Any] | None:
        """The selection as settings; ``None`` when there is nothing to do."""
        api = self.ui.api
        count = int(api.CountTracks(self.snapshot.project))
        if not count:
            self.ui.say("The project has no tracks.")
            return None
        if self.whole:
            return {}
        selected = int(api.CountSelectedTracks(self.snapshot.project))
        everything = f"all {count} tracks" if count > 1 else "the only track"
        if not selected and self.ui.say(f"No track is selected. Work on {everything}?", YES_NO) != YES:
            return None
        return {"selected_only": bool(selected)}

    def poll(self) -> None:
        """Poll the backend once."""
        try:
            guarded(self.ui, self._poll)
        finally:
            if self.running.ended:
                self.ui.api.Help_Set("", False)
                self.ui.api.DeleteExtState(SECTION, BUSY, False)

    def _poll(self) -> None:
        result = self.running.result()
        if result is None:
            share, what = self.running.status()
            self.ui.api.Help_Set(f"mixengine: {round(100 * share)} % {what}", False)
            self.ui.later(f"{_NAME}.poll()")
            return
        if result["ok"] and "render" in result:
            self._render(result["render"])
        elif result["ok"] and "report" in result:
            show_page(self.ui, self.running.folder / result["report"])
            self._ask_to_apply()
        elif result["ok"]:
            self._finish(result)
        else:
            plan_audio.discard(self.audio_files)
            if not result.get("cancelled"):
                self.ui.say(f"{result['error']}\n\nThe project was not changed.")

    def _render(self, encoded: dict[str, Any]) -> None:
        """Let REAPER render what the backend cannot hear, and start it again on that."""
        request = codec.decode(StemRequest, encoded)
        count = len({track for one in request.passes for track in one.tracks})
        self.ui.api.Help_Set(f"mixengine: REAPER renders {count} track{'s' * (count != 1)}", False)
        try:
            folder = str(runner.stems_folder(self.running))
            answer, self.snapshot = rendered(self.ui.side, self.snapshot, request, folder)
            self.running = runner.go_on(self.ui.interpreter, self.running, answer.to_json())
        except Edited:
            runner.discard_stems(self.running)
            self.tries += 1
            if self.tries == _MAX_TRIES:
                raise
            self.snapshot = snapshots.from_reading(self.ui.side.read(self.snapshot.project))
            self._start_backend()
        except Exception:
            runner.discard_stems(self.running)
            raise
        else:
            self._wait()

    def _finish(self, result: dict[str, Any]) -> None:
        self.plan = mixplan.from_json((self.running.folder / result["plan"]).read_text(encoding="utf-8"))
        self.operations = Operations.from_json(result["operations"])
        self.audio_files = [Path(path) for path in result["audio"]]
        notes = _notes(result["notes"])
        if not self.plan.changes:
            self.ui.say(f"{result['nothing'] or 'Nothing to change.'}\n\n{notes}".strip())
            return
        if result.get("choice") and options.load(self.ui.api)[options.PANEL.key] and self.ui.has_panel:
            self.picking = Picking(self.ui, codec.decode(Choice, result["choice"]))
        self.text = "\n".join(result["summary"]) + (f"\n\n{notes}" if notes else "")
        if options.load(self.ui.api)["always_apply"]:
            self._apply()
        else:
            self._ask_to_apply()

    def _ask_to_apply(self) -> None:
        """Ask the user: apply, show a report first, or cancel."""
        if self.picking is not None:
            self.picking.open(f"mixengine: {self.job}", self.text)
            setattr(self.ui.main, _NAME, self)
            self.ui.later(f"{_NAME}.watch()")
            return
        self._ask_in_a_box()

    def watch(self) -> None:
        """Look once whether the user has answered in the panel."""
        guarded(self.ui, self._watch)

    def _watch(self) -> None:
        assert self.picking is not None
        answer = self.picking.answer()
        if answer == OPEN:
            self.ui.later(f"{_NAME}.watch()")
        elif answer == FAILED:  # another ReaImGui than the script knows
            self.picking = None
            self._ask_in_a_box()
        elif answer == APPLY and self.picking.left_out:
            self.plan, self.operations = self.picking.only(self.plan), None
            self._apply(f"mixengine: {self.job} without {name_list(self.picking.left_out)}")
        else:
            self._answered({APPLY: YES, REPORT: NO}.get(answer))

    def _ask_in_a_box(self) -> None:
        answer = self.ui.say(f"{self.text}\n\nYes: apply.  No: look at a report first.", YES_NO_CANCEL)
        self._answered(answer)

    def _answered(self, answer: int | None) -> None:
        if answer == YES:
            self._apply()
        elif answer == NO:
            self.running = runner.report(self.ui.interpreter, self.running)
            self._wait()
        else:
            plan_audio.discard(self.audio_files)

    def _apply(self, title: str | None = None) -> bool:
        """Write the plan as one undo step; whether all of it is done."""
        if not self.plan.changes:
            self.ui.say("Nothing was ticked: the project was not changed.")
            return False
        kept = history.after(history.earlier_plan(self.snapshot.parsed()))
        try:
            done = write.write_over(
                self.ui.side, self.snapshot, self.plan, kept, title=title, operations=self.operations
            )
        except Exception:
            plan_audio.discard(self.audio_files)
            raise
        if done.skipped:
            self.ui.say("Left as it is:\n" + "\n".join(done.skipped[:12]))
        return not done.skipped


def _notes(notes: list[str]) -> str:
    """As many notes as a box can hold."""
    shown = fitting(notes, _MAX_NOTES, _MAX_CHARACTERS)
    left = len(notes) - len(shown)
    more = [f"… and {left} more notes"] if left > 0 else []
    return "\n".join([*(f"note: {note}" for note in shown), *more])


class ItemAction(JobAction):
    """A job on the selected items; the snapshot says which."""

    def _selection(self) -> dict[str, Any] | None:
        if int(self.ui.api.CountSelectedMediaItems(self.snapshot.project)):
            return {}
        self.ui.say("No item is selected: select the items to work on.")
        return None

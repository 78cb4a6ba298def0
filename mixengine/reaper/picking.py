"""The panel in which the user picks the tracks of a plan that are carried out: its words and what follows."""

from __future__ import annotations

from mixengine.model.choice import Choice, only
from mixengine.model.plan import MixPlan
from mixengine.reaper.ui import ReaperUI

OPEN, APPLY, REPORT, FAILED = "open", "apply", "report", "failed"
"""What a panel answers; whatever else it says means that nothing is to be done."""
_BUTTONS = ((APPLY, "Apply what is ticked"), (REPORT, "Look at a report first"), ("cancel", "Cancel"))


class Picking:
    """A table on the screen, and what is ticked in it; at first everything."""

    def __init__(self, ui: ReaperUI, table: Choice) -> None:
        assert ui.panel is not None
        self._panel, self._table = ui.panel, table
        self._ticked = [True] * len(table.rows)

    def open(self, title: str, text: str) -> None:
        """Show it, or show it again as it was left."""
        self._panel.open(
            title=title,
            text=text,
            headings=self._table.headings,
            rows=self._table.rows,
            ticked=self._ticked,
            all="All",
            none="None",
            buttons=_BUTTONS,
        )

    def answer(self) -> str:
        """What the user said; `OPEN` as long as nothing."""
        answer, self._ticked = self._panel.look()
        return answer

    @property
    def _chosen(self) -> set[str]:
        return {track for track, is_ticked in zip(self._table.tracks, self._ticked, strict=True) if is_ticked}

    @property
    def left_out(self) -> list[str]:
        """Names of the tracks that are not ticked."""
        return self._table.left_out(self._chosen)

    def only(self, plan: MixPlan) -> MixPlan:
        """The plan of the ticked tracks."""
        return only(plan, self._chosen, self.left_out)

"""The button *Deliver at a loudness*: what was written is checked by REAPER's own figures, after a dry-run render."""

from __future__ import annotations

from mixengine.hosts.reaper import mix_check
from mixengine.reaper.job_action import JobAction


class DeliverAction(JobAction):
    """Deliver the whole project, and let REAPER measure what came of it."""

    def _apply(self, title: str | None = None) -> bool:
        is_whole = super()._apply(title)
        if is_whole:
            self.ui.api.Help_Set("mixengine: REAPER measures the mix", False)
            self.ui.say(mix_check.checked(self.ui.side, self.snapshot.project, self.plan))
        return is_whole

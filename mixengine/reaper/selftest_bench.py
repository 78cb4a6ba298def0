"""The scratch project of the self-test, and what its checks say."""

from __future__ import annotations

from typing import Any

from mixengine.hosts.reaper import difference, snapshot, stem_renderer, write
from mixengine.hosts.reaper.sides import Side
from mixengine.hosts.rpp import apply as rpp_apply
from mixengine.model import plan as mixplan
from mixengine.system.errors import UserError

_NEW_TABS = (41929, 40859)
"""REAPER's actions that open a project tab: without the user's project template; with it, if the first does nothing."""


class Bench:
    """The scratch project and its one track; what a template put there stays."""

    def __init__(self, api: Any, side: Side) -> None:
        self.api, self.side = api, side
        self.project = _new_tab(api)
        api.SelectProjectInstance(self.project)
        self.others = list(self.take().tracks)
        api.InsertTrackAtIndex(0, False)
        self.track = api.GetTrack(self.project, 0)

    @property
    def guid(self) -> str:
        """REAPER's id of the track."""
        return self.api.GetSetMediaTrackInfo_String(self.track, "GUID", "", False)[3]

    def take(self) -> snapshot.Snapshot:
        """A snapshot of the scratch project."""
        return snapshot.from_reading(self.side.read(self.project))

    def apply(self, change: mixplan.Change) -> list[str]:
        """Write one change the way the actions do."""
        current = self.take()
        plan = mixplan.MixPlan("self-test", "self-test", "", changes=(change,))
        return write.write_over(self.side, current, plan, {}).skipped

    def load(self, change: mixplan.Change) -> list[str]:
        """Give the track the state that a project file would hold after a change."""
        current = self.take().parsed()
        result = rpp_apply.apply(current, mixplan.MixPlan("self-test", "self-test", "", changes=(change,)))
        lines = difference.lines_of(result.project.tracks[self.guid])
        expect(bool(self.api.SetTrackStateChunk(self.track, "\n".join(lines) + "\n", False)), True)
        return result.skipped


def _new_tab(api: Any) -> str:
    """Pointer of a project in a tab that was not there before: nothing is tried in one of the user's."""
    before = list(stem_renderer.open_projects(api))
    for action in _NEW_TABS:
        api.Main_OnCommandEx(action, 0, 0)
        pointer = str(api.EnumProjects(-1, "", 4096)[0])
        if pointer not in before:
            return pointer
    raise UserError("REAPER opened no new project tab: nothing was tried")


def expect(value: Any, expected: Any) -> None:
    """Fail where it is another."""
    if value != expected:
        raise AssertionError(f"expected {expected!r}, found {value!r}")


def near(value: float, expected: float) -> None:
    """Fail where it is further off than rounding."""
    if not abs(value - expected) < 1e-6:
        raise AssertionError(f"expected {expected}, found {value}")

"""A REAPER project file as a host: read once, changed in memory, written beside itself or in its place."""

from __future__ import annotations

from pathlib import Path

from mixengine.hosts.host import Destination
from mixengine.hosts.on_disk import OnDisk
from mixengine.hosts.rpp import history, media
from mixengine.hosts.rpp.project import Project
from mixengine.model import compose
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session

ENDINGS = (".rpp", ".rpp-bak")
"""Project files, and the backups that REAPER keeps of them."""


class ProjectFile(OnDisk):
    """A project that was saved."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._project: Project | None = None
        self._session: Session | None = None

    @property
    def project(self) -> Project:
        """The project as it stood when it was read, or last looked at by `refresh`."""
        if self._project is None:
            self._project = Project.load(self.path)
        return self._project

    @property
    def session(self) -> Session:
        """The session as it was first read: what a plan was made for."""
        if self._session is None:
            self._session = self.project.session(hosted=self.hosts_plugins)
        return self._session

    @property
    def earlier_plan(self) -> MixPlan | None:
        """What the project remembers of earlier runs."""
        return history.earlier_plan(self.project)

    def check_writable(self) -> None:
        """Refuse a project that was cut off."""
        self.project.check_writable()

    def refresh(self) -> None:
        """Read the project again if it was saved meanwhile, so that those edits are kept."""
        if self.path.is_file() and self.path.read_bytes() != self.project.source:
            self._project = Project.load(self.path)

    def project_at(self, target: Path) -> Project:
        """The project with the paths of its media as they must be at ``target``."""
        moved = media.rebase(self.project, target.parent)
        return self.project if moved == self.project.document.data else Project(moved, self.path)

    def plan_to_keep(self, plan: MixPlan, place: Destination) -> MixPlan:
        """In place, what was applied before and now together, so that revert goes back to the start."""
        if place.folder / place.project != self.path.resolve():
            return plan
        return compose.merge(self.earlier_plan, plan)

    def _in_place(self, place: Destination) -> Destination:
        real = self.path.resolve()  # a link stays a link: what it names is rewritten
        return Destination(real.parent, real.name, place.side)

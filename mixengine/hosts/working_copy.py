"""A project that several jobs change one after the other, written once at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mixengine.hosts.host import Destination, Host, Results, Written
from mixengine.hosts.on_disk import OnDisk
from mixengine.hosts.rpp import apply, history
from mixengine.hosts.rpp.project import Project
from mixengine.model import compose, plan_file
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.staging import Staging


class WorkingCopy(Host):
    """The project of an item of a batch, in memory, between two jobs. Only its audio is written before `save`.

    Attributes
    ----------
    whole : MixPlan or None
        All plans so far as one.
    kept : list of str
        What stood in the place of files and was kept.
    """

    def __init__(self, original: OnDisk, place: Destination) -> None:
        self.path = place.folder / place.project
        self.place = place
        self.plugins = original.plugins
        self.whole: MixPlan | None = None
        self.kept: list[str] = []
        self._original = original
        self._project: Project | None = None
        self._session = original.session
        self._earlier_plan = original.earlier_plan

    @property
    def session(self) -> Session:
        """The session with all plans applied so far."""
        return self._session

    @property
    def earlier_plan(self) -> MixPlan | None:
        """What the project remembers, the plans of this batch included."""
        return self._earlier_plan

    @property
    def project(self) -> Project:
        """The project at its new place."""
        if self._project is None:
            self.kept += self._original.write_media(self.place.folder)
            self._project = self._original.project_at(self.path)
        return self._project

    def destination(self, *_: object, **__: object) -> Destination:
        """The path that it was opened for."""
        return self.place

    def check_writable(self) -> None:
        """As the original project."""
        self._original.check_writable()

    def write(self, plan: MixPlan, place: Destination, results: Results) -> Written:
        """Apply a plan in memory. Audio that it plays is written at once, because the next job reads it."""
        if results.audio is not None:
            with Staging(place.folder) as stage:
                results.audio(stage)
                stage.commit()
            self.kept += stage.notes
        result = apply.apply(self.project, plan, ext_state=results.memory)
        self._project = result.project.at(self.path)
        self._session = self._project.session(hosted=self.hosts_plugins)
        self._earlier_plan = history.earlier_plan(self._project)
        original = self._original.session
        plan = replace(result.plan, session=original.name, source=original.path)
        self.whole = compose.merge(self.whole, plan)
        return Written(plan, skipped=result.skipped)

    def save(self, files: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        """Write the project, if anything changed it, and text files (output name → file name and text) beside it.

        Returns
        -------
        dict of str to str
            Output name → path.
        """
        outputs = {}
        with Staging(self.place.folder) as stage:
            if self.whole is not None:
                outputs["project"] = str(self.path)
                plan_file.keep_other(stage, self.place.side + plan_file.NAME, self.whole)
            for key, (name, text) in files.items():
                stage.path(self.place.side + name).write_text(text, encoding="utf-8", errors="surrogateescape")
                outputs[key] = str(self.place.folder / (self.place.side + name))
            if self.whole is not None:
                stage.path(self.place.project).write_bytes(self.project.document.data)
            stage.commit()
        self.kept += stage.notes
        return outputs

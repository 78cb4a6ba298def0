"""Hosts that write a project file: everything that belongs to it is staged first and appears at once."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

from mixengine.hosts.host import Destination, Host, Results, Written
from mixengine.hosts.rpp import apply
from mixengine.hosts.rpp.extstate import Memory
from mixengine.hosts.rpp.project import Project
from mixengine.model import plan_file
from mixengine.model.plan import MixPlan
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging


class OnDisk(Host):
    """A project file or a folder of audio."""

    @abstractmethod
    def project_at(self, target: Path) -> Project:
        """The project as it would stand at ``target``, still unchanged."""

    def stage_media(self, stage: Staging) -> None:
        """Write the audio that a project of this host plays and that stands nowhere yet."""

    def write_media(self, folder: Path) -> list[str]:
        """As `stage_media`, at once and into a folder, for a project that is written later; returns what was kept."""
        return []

    def rendered(self, plan: MixPlan, target: Path, *, memory: Memory | None = None) -> apply.Result:
        """The text of the project for ``target`` with a plan applied."""
        return apply.apply(self.project_at(target), plan, ext_state=memory)

    def write(self, plan: MixPlan, place: Destination, results: Results) -> Written:
        """Write the project, the audio that it plays, and the files beside it."""
        written = Written(plan)
        target = place.folder / place.project
        with Staging(place.folder) as stage:
            if results.project:
                self.stage_media(stage)
                if results.audio is not None:
                    results.audio(stage)
                result = self.rendered(plan, target, memory=results.memory)
                if results.must_fit and plan.changes and not result.applied:
                    raise UserError(f"{results.must_fit}: {result.skipped[0]}")
                if results.must_change and not result.is_changed:
                    raise UserError(results.must_change)
                written.skipped = result.skipped
                stage.path(place.project).write_bytes(result.data)
                written.outputs["project"] = str(target)
                plan = result.plan
            names = results.files(stage, place.side, plan)
            plan_file.keep_other(stage, place.side + plan_file.NAME, plan)
            stage.commit()
        written.kept = stage.notes
        written.outputs |= {key: str(place.folder / name) for key, name in names.items()}
        return written

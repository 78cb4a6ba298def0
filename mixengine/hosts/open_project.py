"""Projects that are open in REAPER as hosts: through a connection, or as a snapshot in a folder."""

from __future__ import annotations

import json
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mixengine.hosts import plan_audio, stems
from mixengine.hosts.host import Destination, Host, Results, Written
from mixengine.hosts.project_file import ENDINGS
from mixengine.hosts.reaper import difference, remote
from mixengine.hosts.reaper.operations import Operations
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.hosts.reaper.stem_request import StemAnswer, StemRequest
from mixengine.hosts.rpp import history, mixer
from mixengine.hosts.rpp.project import Project
from mixengine.hosts.rpp.syntax import Document
from mixengine.hosts.stems import Stem, Wanted
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.atomic import write_atomically
from mixengine.system.errors import UserError

_PLAN = "plan.json"
STEMS, STEMS_FOLDER = "stems.json", "stems"
"""In a job's folder: what REAPER answered to `RenderFirst`, and the folder into which it rendered."""


class RenderFirst(Exception):
    """REAPER's side has to render tracks before the job can be done; nothing was decided yet."""

    def __init__(self, request: StemRequest) -> None:
        super().__init__(request)
        self.request = request


class OpenProject(Host):
    """A project that is open in REAPER, known by a text that was taken of it."""

    is_live = True
    renders = True

    def __init__(self) -> None:
        self._project: Project | None = None
        self._session: Session | None = None

    @abstractmethod
    def _read(self) -> Project:
        """The text as a project."""

    @property
    def project(self) -> Project:
        """The project at the moment when its text was taken."""
        if self._project is None:
            self._project = self._read()
        return self._project

    @property
    def path(self) -> Path:  # type: ignore[override]
        """Where the project is saved, or would record."""
        return self.project.path

    @property
    def session(self) -> Session:
        """The session at the moment when its text was taken, with the pan law that the saved project states."""
        if self._session is None:
            self._session = replace(self.project.session(), **_saved_pan_law(self.path))
        return self._session

    def stems(self, wanted: Wanted) -> Mapping[str, Sequence[Stem]]:
        """Tracks as REAPER renders them; what was rendered before and did not change is not rendered again."""
        order = stems.order(self.project, self.session, wanted)
        if not order.request.passes and order.request.mix_span_s is None:
            return stems.take(order, StemAnswer(), self.session)
        with self._rendered(order.request) as answer:
            return stems.take(order, answer, self.session)

    @abstractmethod
    def _rendered(self, request: StemRequest) -> AbstractContextManager[StemAnswer]:
        """What REAPER renders; its files are gone at the end."""

    @property
    def earlier_plan(self) -> MixPlan | None:
        """What the project remembers of earlier runs."""
        return history.earlier_plan(self.project)

    def destination(
        self,
        out: str | None,
        suffix: str,
        *,
        in_place: bool = False,
        with_files: bool = False,
        with_plan: bool = True,
    ) -> Destination:
        """Nowhere: refuses to write anything but the open project."""
        if out is not None or in_place or with_files:
            raise UserError(
                "reaper: what is changed is the open project: no -o, --in-place, --render, --variants or --report here"
            )
        return Destination(Path(), "", "")


class RunningReaper(OpenProject):
    """The project in front of a REAPER that runs; what is written there is one undo step."""

    def __init__(self) -> None:
        super().__init__()
        self._snapshot: Snapshot | None = None

    def _read(self) -> Project:
        self._snapshot = remote.take()
        return self._snapshot.parsed()

    @contextmanager
    def _rendered(self, request: StemRequest) -> Iterator[StemAnswer]:
        assert self.project and self._snapshot is not None
        with tempfile.TemporaryDirectory(prefix="mixengine-", ignore_cleanup_errors=True) as folder:
            stems.check_space(request, Path(folder))
            answer, self._snapshot = remote.render(self._snapshot, request, folder)
            yield answer

    def write(self, plan: MixPlan, place: Destination, results: Results) -> Written:
        """Write the audio that a plan plays beside the project, and make the changes in REAPER."""
        if not plan.changes:
            return Written(plan)
        assert self.project and self._snapshot is not None
        plan, new_files = plan_audio.write_beside(self.path, plan, results.audio)
        try:
            skipped = remote.write(self._snapshot, plan, results.memory or {})
        except Exception:
            plan_audio.discard(new_files)
            raise
        return Written(plan, {"reaper": plan.source}, skipped, new_files)

    def checked(self, plan: MixPlan) -> list[str]:
        """REAPER's own loudness figures, after a dry-run render."""
        assert self._snapshot is not None
        return [remote.checked(self._snapshot, plan)]


class JobFolder(OpenProject):
    """The folder through which REAPER's side and the backend talk; the plan is left in it as `plan.json`.

    Parameters
    ----------
    folder : Path
        Holds ``snapshot.RPP``, the project as text.
    path : Path
        The project's own path, from which its media are looked for.

    Attributes
    ----------
    operations : Operations
        What REAPER's side has to do for the plan that was written.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        super().__init__()
        self.operations = Operations()
        self._folder = folder
        self._path = path

    def _read(self) -> Project:
        return Project((self._folder / "snapshot.RPP").read_bytes(), self._path)

    @contextmanager
    def _rendered(self, request: StemRequest) -> Iterator[StemAnswer]:
        answer = self._folder / STEMS
        if not answer.is_file():
            stems.check_space(request, self._folder)
            raise RenderFirst(request)
        try:
            yield StemAnswer.from_json(json.loads(answer.read_text(encoding="utf-8")))
        finally:
            shutil.rmtree(self._folder / STEMS_FOLDER, ignore_errors=True)

    def write(self, plan: MixPlan, place: Destination, results: Results) -> Written:
        """Write the audio that a plan plays beside the project, and the plan into the folder."""
        plan, new_files = plan_audio.write_beside(self.path, plan, results.audio)
        write_atomically(self._folder / _PLAN, plan.to_json())
        self.operations = difference.of_plan(self.project, plan, results.memory or {})
        return Written(plan, {"plan": _PLAN}, audio=new_files)


def _saved_pan_law(path: Path) -> dict[str, Any]:
    """Pan law, taper and mode as the saved project states them, which REAPER's API does not give.

    They stand before the first track, so that no more of the file is parsed.
    """
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return {}
    root = Document(path.read_bytes().partition(b"<TRACK")[0]).root
    if root is None:
        return {}
    values = mixer.of_session(root)
    return {key: values[key] for key in ("pan_law", "pan_taper", "pan_mode")}

"""Where sessions come from and plans go to: project files, folders, later the running REAPER.

`open_session` reads what a path names; `render` gives the project text with a plan applied. Hosts write no files
themselves: `mixengine.app.workflow` does, atomically.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mixengine.hosts.rpp import apply, media, project
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.errors import UserError


def is_project(path: Path) -> bool:
    """Whether a path names a project file (also a backup of one)."""
    return path.suffix.lower() in (".rpp", ".rpp-bak")


def open_session(path: Path) -> Session:
    """Read the session that ``path`` names.

    Raises
    ------
    UserError
        There is nothing, or it is neither a project nor a folder with audio.
    """
    if not path.exists():
        raise UserError(f"{path}: not found; give a REAPER project (.RPP) or a folder of audio files")
    if path.is_dir():
        from mixengine.hosts import folder

        return folder.read(path)
    if not is_project(path):
        raise UserError(f"{path}: neither a REAPER project (.RPP) nor a folder of audio files")
    return project.Project.load(path).session()


def render(session: Session, plan: MixPlan, target: Path, *, ext_state: Mapping[str, str | None]) -> apply.Result:
    """The project text for ``target``: the session's own project (or a new one for a folder) with ``plan`` applied.

    ``ext_state`` is remembered in the project: values by key, ``None`` forgets one.
    """
    source = Path(session.path)
    if source.is_dir():
        from mixengine.hosts import folder

        return folder.write_project(session, plan, target, ext_state=ext_state)
    moved = media.rebase(project.Project.load(source), target.parent)
    # files of the plan are relative to where the project will be
    return apply.apply(project.Project(moved, source), plan, ext_state=ext_state)

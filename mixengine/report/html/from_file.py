"""The report of a plan that was saved earlier."""

from __future__ import annotations

from pathlib import Path

from mixengine import hosts
from mixengine.model import plan_file
from mixengine.report.html.page import NAME, page
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

_PAGES = (".html", ".htm")


def make(plan_path: Path, source: Path | None, out: str | None, progress: Progress) -> Path:
    """Write the report of a plan; returns where it stands.

    Parameters
    ----------
    source : Path, optional
        The session; default: where the plan says that it was read.
    out : str, optional
        A page to write, or a folder; default: ``report.html`` beside the plan.

    Raises
    ------
    UserError
        The plan or the session cannot be read, or there is no place for the report.
    """
    plan = plan_file.load(plan_path)
    if source is None and not Path(plan.source).exists():
        raise UserError(
            f"{plan_path}: its session is not at {plan.source} any more; say where: mixengine report PLAN.json SESSION"
        )
    session = hosts.open_session(source or Path(plan.source))
    target = Path(out).absolute() if out is not None else plan_path.absolute().parent / NAME
    if target.suffix.lower() not in _PAGES:
        target = target / NAME
    made = page(session, plan, progress).encode("utf-8")
    with Staging(target.parent) as stage:
        stage.path(target.name).write_bytes(made)
        stage.commit()
    return target

"""The page about a plan: the report's toolkit with the view of the plan's job.

The toolkit brings numpy and more: it is imported when a page is written, so that the buttons' backend starts at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mixengine import hosts
from mixengine.jobs import registry
from mixengine.model import plan_file
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.report.view import View
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress
from mixengine.system.staging import Staging

_PAGES = (".html", ".htm")


def view_of(plan: MixPlan) -> View:
    """The view of a plan's job; a plan of a job that is not known here is shown in general terms."""
    name = plan.job.removeprefix("revert ")
    view: View = registry.job(name).load_view() if registry.is_job(name) else View()
    return view


def page(session: Session, plan: MixPlan, progress: Progress, **options: Any) -> str:
    """The report as text, see `mixengine.report.html.page.page`."""
    from mixengine.report.html import page as pages

    return pages.page(session, registry.typed(plan), view_of(plan), progress, **options)


def write(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """Write ``report.html``, see `mixengine.report.html.page.write`."""
    from mixengine.report.html import page as pages

    return pages.write(session, registry.typed(plan), view_of(plan), staging, side, progress)


def write_quick(session: Session, plan: MixPlan, staging: Staging, side: str, progress: Progress) -> dict[str, str]:
    """As `write`, but a long mix is not measured, and only audio that was rendered already is played."""
    from mixengine.report.html import page as pages

    return pages.write(session, registry.typed(plan), view_of(plan), staging, side, progress, quick=True)


def of_saved(plan_path: Path, source: Path | None, out: str | None, progress: Progress) -> tuple[Path, list[str]]:
    """Write the report of a plan that was saved earlier; returns where it stands, and what stood there and was kept.

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
    from mixengine.report.html.page import NAME

    plan = plan_file.load(plan_path)
    if source is None and not Path(plan.source).exists():
        raise UserError(
            f"{plan_path}: its session is not at {plan.source} any more; say where: mixengine report PLAN.json SESSION"
        )
    session = hosts.open_session(source or Path(plan.source))
    target = Path(out).absolute() if out is not None else plan_path.absolute().parent / NAME
    if target.suffix.lower() not in _PAGES:
        target = target / NAME
    text = page(session, plan, progress)
    with Staging(target.parent) as stage:
        stage.path(target.name).write_bytes(text.encode("utf-8"))
        stage.commit()
    return target, stage.notes

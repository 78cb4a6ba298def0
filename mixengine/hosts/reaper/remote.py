"""Talk to the running REAPER from outside.

Reading and writing each travel as one request and run inside REAPER, whose Python need not have mixengine.
"""

from __future__ import annotations

from mixengine.hosts.reaper import mix_check
from mixengine.hosts.reaper import snapshot as snapshots
from mixengine.hosts.reaper import write as writing
from mixengine.hosts.reaper.sides import Outside
from mixengine.hosts.reaper.snapshot import Snapshot
from mixengine.hosts.reaper.stem_request import StemAnswer, StemRequest, rendered
from mixengine.hosts.rpp.extstate import Memory
from mixengine.model.plan import MixPlan


def take() -> Snapshot:
    """A snapshot of the project in front."""
    return snapshots.from_reading(Outside().read(None))


def write(snapshot: Snapshot, plan: MixPlan, ext_state: Memory) -> list[str]:
    """Apply a plan to the project of a snapshot; returns what was skipped."""
    return writing.write_over(Outside(), snapshot, plan, ext_state).skipped


def checked(snapshot: Snapshot, plan: MixPlan) -> str:
    """What REAPER measures after a plan, beside what that promises, in words."""
    return mix_check.checked(Outside(), snapshot.project, plan)


def render(snapshot: Snapshot, request: StemRequest, folder: str) -> tuple[StemAnswer, Snapshot]:
    """Let REAPER render stems into a folder of this machine; `UserError` where it does not.

    Returns
    -------
    StemAnswer
    Snapshot
        The same, with REAPER's count of changes after the render.
    """
    return rendered(Outside(), snapshot, request, folder)

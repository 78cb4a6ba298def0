"""What a session comes from and a plan goes to. A command opens its host once.

`ProjectFile` and `Folder` write a new project beside what they read; `RunningReaper` changes the project that is open;
`JobFolder` holds an open project as text and writes the plan for REAPER's side to carry out; `WorkingCopy` holds a
project in memory between the jobs of a batch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mixengine.hosts.places import Destination, destination, named
from mixengine.model.inputs import InputFile
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system.errors import UserError
from mixengine.system.staging import Staging

if TYPE_CHECKING:
    from mixengine.hosts.rpp.extstate import Memory
    from mixengine.hosts.stems import Stem, Wanted


HOSTED, MODELS, OFF = "host", "models", "off"
PLUGINS = (HOSTED, MODELS, OFF)
"""What is heard of plug-ins without REAPER: the user's own VST3 plug-ins are loaded too, those of REAPER whose laws are
known are played, none."""


@dataclass(frozen=True, slots=True)
class Results:
    """What is written of a plan besides the changes themselves.

    Attributes
    ----------
    audio : callable, optional
        Stages the files that the plan plays, below the folder of the project.
    files : callable
        Stages what stands beside the project, below the folder name that it gets, for the plan as far as it was carried
        out; returns output name → path.
    memory : mapping or callable, optional
        What the project remembers (`mixengine.hosts.rpp.history.after`); ``None`` leaves that as it is.
    project : bool
        Write the project; without it only ``files``.
    must_fit : str
        What to say, and to write nothing, when no change of the plan fits; empty: write all the same.
    must_change : str
        What to say, and to write nothing, when the project stays as it is; empty: write all the same.
    """

    audio: Callable[[Staging], None] | None = None
    files: Callable[[Staging, str, MixPlan], dict[str, str]] = lambda _stage, _side, _plan: {}
    memory: Memory | None = None
    project: bool = True
    must_fit: str = ""
    must_change: str = ""


@dataclass
class Written:
    """What a host wrote: the plan as it was carried out, output name → path, what was skipped and why, the audio
    files that were not there before, and what stood in the place of files and was kept.
    """

    plan: MixPlan
    outputs: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    audio: list[Path] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """What is to be said of it."""
        return [*self.skipped, *self.kept]


class Host(ABC):
    """Where a session comes from and a plan goes to; read on first use.

    Attributes
    ----------
    path : Path
        What was opened.
    is_live : bool
        What is changed is the project that is open in REAPER; nothing is written beside it.
    renders : bool
        `stems` are there: something behind the host plays what its tracks hold besides audio.
    plugins : str
        What is heard of plug-ins: one of `PLUGINS`; set before the session is read.
    """

    path: Path
    is_live: ClassVar[bool] = False
    renders: ClassVar[bool] = False
    plugins: str = MODELS

    @property
    @abstractmethod
    def session(self) -> Session:
        """The session as it was read."""

    @property
    @abstractmethod
    def earlier_plan(self) -> MixPlan | None:
        """What the project remembers of earlier runs, if anything."""

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """Every file of a folder: used, joined, or left out with a reason; empty for projects, which name theirs."""
        return ()

    @abstractmethod
    def write(self, plan: MixPlan, place: Destination, results: Results) -> Written:
        """Carry out a plan: everything appears at once, or nothing."""

    def checked(self, plan: MixPlan) -> list[str]:
        """What the program in which the project is open measures after a plan that promises a loudness, in words."""
        return []

    def destination(
        self,
        out: str | None,
        suffix: str,
        *,
        in_place: bool = False,
        with_files: bool = False,
        with_plan: bool = True,
    ) -> Destination:
        """Where results go, see `destination`; ``with_files``: others than the project and its plan, too;
        ``with_plan``: not the project alone.

        Raises
        ------
        UserError
            They cannot go there.
        """
        place = (destination if with_plan else named)(self.path, out, suffix)
        return self._in_place(place) if in_place else place

    def check_writable(self) -> None:  # noqa: B027 - most hosts always can
        """`UserError` for a project that cannot be written again as it should be."""

    @property
    def hosts_plugins(self) -> bool:
        """Whether sessions hold what the user's VST3 plug-ins need to be played. Where REAPER plays them, it does."""
        return self.plugins == HOSTED and not self.renders

    def stems(self, wanted: Wanted) -> Mapping[str, Sequence[Stem]]:
        """Tracks as the program renders them that the session is open in, by track id; see `renders`.

        Raises
        ------
        UserError
            They cannot be rendered now.
        """
        raise UserError(f"{self.path}: nothing here can render plug-ins and instruments")

    def refresh(self) -> None:  # noqa: B027 - most hosts' projects change through the host only
        """Before writing: read again what was changed since it was read."""

    def plan_to_keep(self, plan: MixPlan, place: Destination) -> MixPlan:
        """The plan that takes everything back when the project is written to ``place``."""
        return plan

    def _in_place(self, place: Destination) -> Destination:
        raise UserError(f"{self.path}: --in-place is for project files; a folder's audio is never changed")

"""mixengine from Python: decide, look, apply.

>>> import mixengine as mx
>>> decision = mx.balance("song.RPP", preset="rock")      # doctest: +SKIP
>>> decision.apply("out.RPP")                             # doctest: +SKIP
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mixengine import hosts
from mixengine.app import workflow
from mixengine.app.pages import view_of
from mixengine.hosts import Host
from mixengine.hosts.host import HOSTED, MODELS, PLUGINS
from mixengine.jobs import registry
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.system import extras
from mixengine.system.errors import unknown

if TYPE_CHECKING:
    from mixengine.jobs.render.export import Rendered

_WIDTH = 140


@dataclass(frozen=True, repr=False)
class Decision:
    """What a job wants to change in a session; nothing is changed until `apply`.

    Attributes
    ----------
    session : Session
        As it was read.
    plan : MixPlan
        Every change with its reason; ``plan.details`` holds what was measured.
    """

    session: Session
    plan: MixPlan
    _host: Host

    def apply(self, out: str | os.PathLike[str] | None = None, *, in_place: bool = False) -> dict[str, str]:
        """Write the project with the changes made, as the command line does.

        Parameters
        ----------
        out : path, optional
            Project file or folder to write; default: beside the session under a new name.
        in_place : bool
            Write into the project itself; a dated copy is kept.

        Returns
        -------
        dict of str to str
            What was written: ``project``, ``plan``, …

        Raises
        ------
        UserError
            The place cannot be written, or the session changed its form meanwhile.
        """
        place = os.fspath(out) if out is not None else None
        return workflow.write(self._host, self.plan, out=place, in_place=in_place).outputs

    def to_dict(self) -> dict[str, Any]:
        """The same as the command line's ``--json``."""
        return workflow.Outcome(self.plan, notes=list(self.plan.notes)).to_dict()

    def __repr__(self) -> str:
        return self._drawn().export_text()

    def _repr_html_(self) -> str:
        """For notebooks."""
        return self._drawn().export_html(inline_styles=True, code_format="<pre>{code}</pre>")

    def _drawn(self) -> Any:
        from rich.console import Console

        console = Console(record=True, width=_WIDTH, file=io.StringIO(), highlight=False)
        for entry in view_of(self.plan).show(self.plan):
            console.print(entry)
        for note in self.plan.notes:
            console.print(f"note: {note}", markup=False)
        return console


def balance(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Decide the faders of a session.

    Parameters
    ----------
    session : path
        Project file or folder of audio files.
    **settings
        Fields of `mixengine.jobs.balance.settings.BalanceSettings`.

    Raises
    ------
    UserError
        The session or a setting is not usable; the message says what to do.
    """
    return _decide("balance", session, settings)


def duck(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Decide the ducking of a session; settings are fields of `mixengine.jobs.duck.settings.DuckSettings`."""
    return _decide("duck", session, settings)


def automix(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Share the gain between microphones; settings are fields of `mixengine.jobs.automix.settings.AutomixSettings`."""
    return _decide("automix", session, settings)


def level(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Bring voices to one level; settings are fields of `mixengine.jobs.level.settings.LevelSettings`."""
    return _decide("level", session, settings)


def sync(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Align recordings; settings are fields of `mixengine.jobs.sync.settings.SyncSettings`."""
    return _decide("sync", session, settings)


def deliver(session: str | os.PathLike[str], target: str, **settings: Any) -> Decision:
    """Bring a project to a loudness; settings are fields of `mixengine.jobs.deliver.settings.DeliverSettings`."""
    return _decide("deliver", session, {"target": target, **settings})


def unmask(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Decide the equalisers of a session; settings are fields of `mixengine.jobs.unmask.settings.UnmaskSettings`."""
    return _decide("unmask", session, settings)


def separate(session: str | os.PathLike[str], **settings: Any) -> Decision:
    """Decide parts of items as new tracks or takes.

    Settings are fields of `mixengine.jobs.separate.settings.SeparateSettings`.
    """
    return _decide("separate", session, settings)


def match(session: str | os.PathLike[str], reference: str | os.PathLike[str], **settings: Any) -> Decision:
    """Match a mix to a reference; settings are further fields of `mixengine.jobs.match.settings.MatchSettings`."""
    return _decide("match", session, {"reference": os.fspath(reference), **settings})


tone, style = unmask, match
"""Their names in earlier versions."""


def render(session: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, **settings: Any) -> Rendered:
    """Render a session to files: mix and stems that line up and add up.

    Parameters
    ----------
    session : path
        Project file or folder of audio files.
    out : path, optional
        Folder for the files, or with ``mix=True`` alone a file; default: ``NAME-render`` beside the session.
    **settings
        Fields of `mixengine.jobs.render.settings.RenderSettings`.

    Raises
    ------
    UserError
        Nothing sounds, a setting is not usable, or the place cannot be written.
    """
    from mixengine.app import render_files

    place = os.fspath(out) if out is not None else None
    plugins = _plugins(settings)
    return render_files.render(session, registry.settings("render", settings), out=place, plugins=plugins)


def _plugins(settings: dict[str, Any]) -> str:
    """Take ``plugins`` out of what the caller gave: what is heard of plug-ins of a project file."""
    plugins = settings.pop("plugins", MODELS)
    if plugins not in PLUGINS:
        raise unknown("plugins", str(plugins), PLUGINS)
    if plugins == HOSTED:
        extras.require("plugins", f"plugins='{plugins}'")
    return plugins


def _decide(job: str, session: str | os.PathLike[str], settings: dict[str, Any]) -> Decision:
    host = hosts.open_host(session)
    host.plugins = _plugins(settings)
    plan = workflow.decide(job, host, registry.settings(job, settings))
    return Decision(host.session, plan, host)

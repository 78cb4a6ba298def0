"""What a job says about itself: one `Job` in the package of each, from which everything else follows.

Light: what brings numpy is named as ``module:name`` and imported when it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

WHOLE, STRETCHES = "whole", "stretches"
"""How much a job must hear of tracks that are rendered for it."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Files that a job can write besides the project and the plan.

    Attributes
    ----------
    write : str
        ``module:function``, an `mixengine.app.workflow.Extra`.
    help : str
        The option's help. Where a setting of the job has the extra's name, that is the option: it shapes the plan too.
    always : bool
        There is no option: it is written whenever files are written.
    """

    write: str
    help: str = ""
    always: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that the rest of the program needs to know of a job.

    Attributes
    ----------
    name : str
        The command, the name in plans and in batches.
    title : str
        One line: the command's help.
    settings : type
        The job's settings, see `mixengine.model.settings`.
    suffix : str
        Results of ``song`` are called ``song-<suffix>``.
    plan : str
        ``module:function``: ``plan(session, settings, progress) -> MixPlan``, a pure function.
    check : str
        ``module:function`` ``(settings)`` that refuses, without a session, what no session can be done with; ``plan``
        refuses it too.
    details : str
        ``module:class``: what it measured, a `mixengine.model.details.Details`.
    view : str
        ``module:name`` of its `mixengine.report.view.View`: table, ``--json``, page.
    audio : str
        ``module:function`` ``(session, plan, staging, progress) -> notes`` that writes the files which new clips and
        takes of the plan play, below the folder of the project.
    extras : mapping of str to Extra
        Option → what it writes.
    aliases : tuple of str
        Names of earlier versions: old commands, plans and batches go on working.
    old_suffixes : tuple of str
        What results were called in earlier versions.
    hears_envelopes : bool
        It wants the session with all envelopes that an earlier run of mixengine drew; the others decide as if those
        that hold for moments were not there.
    draws_envelopes : bool
        A new run replaces the envelopes of an earlier one.
    draws_level : bool
        They are part of a track's level, and all other jobs hear them; else they hold for moments, and a job that does
        not want envelopes decides as if they were not there.
    marker : str
        Markers that begin so belong to those envelopes.
    changes_only : str
        The setting that names the only tracks that it changes; empty: there is none.
    reads_only : bool
        It changes nothing in the project.
    remembered : bool
        What it does is kept in the project, to be taken back or replaced by a later run.
    finishes : bool
        In a batch it works on the finished files and comes last.
    albums : bool
        The command also takes a folder of songs, each of which is done for itself.
    page_by_default : bool
        The command always writes its page, however long the mix takes to listen to.
    own_command : bool
        Its command does more than running the job, and is written in `mixengine.cli`.
    listens : str
        How much it must hear of tracks whose sound is not in their items, where something can render them: `WHOLE`,
        `STRETCHES` (of long projects the loudest and typical ones), or empty: it works on items.
    hears_effects : bool
        It hears ReaEQ and ReaComp by itself, through the mixer; the others measure before all effects.
    hears_buses : bool
        It asks what the buses that a track feeds make of its loudness.
    promises_loudness : bool
        What it sets in an open project is checked by that program's own loudness figures; its details hold ``lufs``,
        ``ceiling_dbtp``, ``limits``, ``start_s`` and ``end_s``.
    checks_mix : bool
        It compares what it renders with the mix as the program renders it that the session is open in.
    own_effects : str
        ``module:name`` of the label of the plug-ins that it writes, which an earlier run's are heard without.
    button : str
        How the options dialog in REAPER calls it.
    time_selection : bool
        It may be restricted to the time selection in REAPER.
    """

    name: str
    title: str
    settings: type
    suffix: str
    plan: str
    details: str
    view: str
    check: str = ""
    audio: str = ""
    extras: Mapping[str, Extra] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    old_suffixes: tuple[str, ...] = ()
    hears_envelopes: bool = False
    draws_envelopes: bool = False
    draws_level: bool = False
    marker: str = ""
    changes_only: str = ""
    reads_only: bool = False
    remembered: bool = True
    finishes: bool = False
    albums: bool = False
    page_by_default: bool = False
    own_command: bool = False
    listens: str = ""
    hears_effects: bool = False
    hears_buses: bool = False
    promises_loudness: bool = False
    checks_mix: bool = False
    own_effects: str = ""
    button: str = ""
    time_selection: bool = False

    def requested(self, settings: Mapping[str, Any]) -> list[Callable[..., Any]]:
        """The extras that a setting of their name asks for."""
        return [resolve(extra.write) for name, extra in self.extras.items() if settings.get(name)]

    @property
    def own_label(self) -> str:
        """The label of the plug-ins that it writes; empty: it writes none."""
        return resolve(self.own_effects) if self.own_effects else ""

    def load_plan(self) -> Callable[..., Any]:
        """Import the plan function."""
        return resolve(self.plan)

    def load_view(self) -> Any:
        """Import the view, a `mixengine.report.view.View`."""
        return resolve(self.view)


def resolve(path: str) -> Any:
    """Import what ``module:name`` stands for."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)

"""The tracks of a plan that are carried out, where the user picks them. Standard library only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from mixengine.model.changes import Change, MasterTrim, track_of
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER
from mixengine.model.words import name_list


@dataclass(frozen=True, slots=True)
class Cells:
    """What a job shows of its tracks beside their names: headings, and a text for each by track id."""

    headings: tuple[str, ...]
    of_track: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A table to pick tracks from.

    Attributes
    ----------
    headings : tuple of str
        The first one is that of the name.
    tracks : tuple of str
        Ids of the tracks that change, in the order of the project, the master last.
    rows : tuple of tuple of str
        The texts of each.
    """

    headings: tuple[str, ...]
    tracks: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def left_out(self, chosen: Collection[str]) -> list[str]:
        """Names of the tracks that were not chosen."""
        return [row[0] for track, row in zip(self.tracks, self.rows, strict=True) if track not in chosen]


def owner(change: Change) -> str | None:
    """The track with which a change stands or falls; ``None`` where it belongs to none that is there already."""
    return MASTER if isinstance(change, MasterTrim) else track_of(change)


def choice(plan: MixPlan, names: Mapping[str, str], cells: Cells | None = None) -> Choice | None:
    """The table of a plan; ``None`` where its changes do not belong to single tracks that are there.

    Parameters
    ----------
    plan : MixPlan
    names : mapping
        Track id → name, in the order of the project; `MASTER` may be missing.
    cells : Cells, optional
        What is shown of each track; default: the reasons of its changes.
    """
    names = {**names, MASTER: names.get(MASTER, "master")}
    reasons: dict[str, dict[str, None]] = {}
    for change in plan.changes:
        track = owner(change)
        if track is None or track not in names:
            return None
        reasons.setdefault(track, {}).update({reason: None} if (reason := getattr(change, "reason", "")) else {})
    tracks = tuple(track for track in names if track in reasons)
    cells = cells or Cells(("why",), {})
    blank = ("",) * (len(cells.headings) - 1)
    rows = tuple((names[track], *cells.of_track.get(track, (*blank, "; ".join(reasons[track])))) for track in tracks)
    return Choice(("track", *cells.headings), tracks, rows) if tracks else None


def only(plan: MixPlan, chosen: Collection[str], left_out: Collection[str] = ()) -> MixPlan:
    """The plan with the changes of some tracks alone; a note names those that were ``left_out``."""
    note = (f"left out as you chose: {name_list(list(left_out))}",) if left_out else ()
    changes = tuple(change for change in plan.changes if owner(change) in chosen)
    return replace(plan, changes=changes, notes=(*plan.notes, *note))

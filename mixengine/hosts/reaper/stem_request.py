"""What REAPER is asked to render, as plain data, and its answer. `mixengine.hosts.reaper.stem_renderer` does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mixengine.hosts.reaper import stem_renderer
from mixengine.hosts.reaper.sides import Side
from mixengine.hosts.reaper.snapshot import PROJECT_CLOSED, RECORDING, Snapshot
from mixengine.model import codec
from mixengine.model.session import MASTER
from mixengine.system.errors import UserError

STOPPED = (
    "REAPER's render was stopped or broke off (its disk may be full): mixengine cannot hear these tracks without it; "
    "try again, or choose 'Listen: items' in the options"
)
EDITED = "the project is being edited all the time: nothing was changed"


class Edited(UserError):
    """The project was edited between its snapshot and the render."""


@dataclass(frozen=True)
class Pass:
    """One render: these tracks (ids) between two times; ``behind_fader``: stems that end there, whatever the request
    says.
    """

    start_s: float
    end_s: float
    tracks: tuple[str, ...]
    behind_fader: bool = False


@dataclass(frozen=True)
class StemRequest:
    """What REAPER renders.

    Attributes
    ----------
    sample_rate : int
    passes : tuple of Pass
    solos : tuple of str
        Tracks whose solo is lifted meanwhile.
    bypassed : str
        Plug-ins of this label are bypassed meanwhile on the tracks ``with_own``.
    with_own : tuple of str
    pre_fader : bool
        Ask for stems that end before the fader.
    mix_span_s : (float, float), optional
        The mix between these times too, without the master's effects; its file goes by `MASTER`.
    """

    sample_rate: int
    passes: tuple[Pass, ...]
    solos: tuple[str, ...] = ()
    bypassed: str = ""
    with_own: tuple[str, ...] = ()
    pre_fader: bool = True
    mix_span_s: tuple[float, float] | None = None

    def encoded(self, snapshot: Snapshot, folder: str) -> dict[str, Any]:
        """As `stem_renderer.render` takes it: the tracks as the snapshot knows them, files into ``folder``."""
        numbers = {track: number for number, track in enumerate(snapshot.tracks, start=1)}
        needed = {track for one in self.passes for track in one.tracks} | {*self.solos}
        return {
            **codec.encode(self),
            "project": snapshot.project,
            "changes": snapshot.changes,
            "folder": folder,
            "master": MASTER,
            "tracks": {track: [snapshot.tracks[track], numbers[track]] for track in sorted(needed)},
        }


@dataclass(frozen=True)
class StemAnswer:
    """What REAPER rendered: (track id, start and end in s) → file, and whether the files end before the fader."""

    files: Mapping[tuple[str, float, float], str] = field(default_factory=dict)
    pre_fader: bool = True

    def to_json(self) -> dict[str, Any]:
        """As plain values for `json.dumps`."""
        return {"files": [[*key, path] for key, path in self.files.items()], "pre_fader": self.pre_fader}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StemAnswer:
        """The reverse of `to_json`; also reads what `stem_renderer.render` answers."""
        return cls({tuple(key): path for *key, path in data["files"]}, bool(data["pre_fader"]))


def rendered(side: Side, snapshot: Snapshot, request: StemRequest, folder: str) -> tuple[StemAnswer, Snapshot]:
    """Let REAPER render what is asked for.

    Returns
    -------
    StemAnswer
    Snapshot
        The same, with REAPER's count of changes after the render: what was set for it and put back is no edit.

    Raises
    ------
    Edited
        The project was edited since the snapshot; nothing was rendered.
    UserError
        It was closed, or REAPER records or did not render.
    """
    answer = side.render(request.encoded(snapshot, folder))
    if answer["state"] == stem_renderer.EDITED:
        raise Edited(EDITED)
    reasons = {
        stem_renderer.CLOSED: PROJECT_CLOSED,
        stem_renderer.RECORDING: RECORDING,
        stem_renderer.STOPPED: STOPPED,
        stem_renderer.REFUSED: f"{answer['why']}: nothing was rendered and nothing was changed",
    }
    if answer["state"] in reasons:
        raise UserError(reasons[answer["state"]])
    return StemAnswer.from_json(answer), replace(snapshot, changes=answer["changes"])

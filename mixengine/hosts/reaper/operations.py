"""What must change in a running REAPER, as plain operations that travel as JSON.

Operations describe calls of REAPER's API and contain nothing about mixing; tracks are named by their id, the master by
`MASTER`. `mixengine.hosts.reaper.difference` works them out without REAPER, `mixengine.hosts.reaper.executor` carries
them out.
``refused`` and ``missing`` are the messages for when REAPER does not do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from mixengine.model import codec


@dataclass(frozen=True)
class Operation:
    """One thing to do; ``do`` is its word in JSON."""

    do: ClassVar[str] = ""


@dataclass(frozen=True)
class InsertTrack(Operation):
    """A new, empty track at an index; from then on ``track`` names it."""

    do: ClassVar[str] = "insert_track"
    track: str
    index: int


@dataclass(frozen=True)
class DeleteTrack(Operation):
    """Delete a track."""

    do: ClassVar[str] = "delete_track"
    track: str


@dataclass(frozen=True)
class SetTrackValue(Operation):
    """Set a value of a track by REAPER's name for it, ``D_VOL`` for example.

    With ``whole`` only where REAPER has refused nothing before: a fader that belongs to a plug-in before it.
    """

    do: ClassVar[str] = "set_track_value"
    track: str
    name: str
    value: float
    whole: bool = False


@dataclass(frozen=True)
class SetTrackState(Operation):
    """Give a track a whole new state; its plug-ins are loaded anew."""

    do: ClassVar[str] = "set_track_state"
    track: str
    state: str
    refused: str


@dataclass(frozen=True)
class RunAction(Operation):
    """Run an action of REAPER on some tracks, as if they were selected."""

    do: ClassVar[str] = "run_action"
    command: int
    tracks: tuple[str, ...]


@dataclass(frozen=True)
class SetEnvelopeState(Operation):
    """Give an envelope a whole new state; where it is missing, action ``command`` (if not 0) makes it."""

    do: ClassVar[str] = "set_envelope_state"
    track: str
    envelope: str
    command: int
    state: str
    missing: str
    refused: str


@dataclass(frozen=True)
class DeleteFx(Operation):
    """Delete the plug-in of a label; ``index`` is where it should stand."""

    do: ClassVar[str] = "delete_fx"
    track: str
    index: int
    plugin: str
    label: str
    refused: str


@dataclass(frozen=True)
class Parameter:
    """A parameter of a plug-in by its number in the API."""

    number: int
    value: float


@dataclass(frozen=True)
class SetFx(Operation):
    """Set the plug-in of a label: by ``parameters`` when its first one is called so, else by its whole ``state``."""

    do: ClassVar[str] = "set_fx"
    track: str
    index: int
    plugin: str
    label: str
    state: str
    refused: str
    parameters: tuple[Parameter, ...] = ()
    first_parameter: str = ""


@dataclass(frozen=True)
class Place:
    """Where a new plug-in goes."""

    track: str
    index: int
    refused: str


@dataclass(frozen=True)
class AddFx(Operation):
    """New plug-ins: loaded in a track of their own from ``state``, then moved to their places, the last one first."""

    do: ClassVar[str] = "add_fx"
    state: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class SetFxEnvelope(Operation):
    """Give the envelope of a plug-in's parameter these points (``PT`` lines), and make it where there is none.

    ``value`` is what the parameter must stand at before the envelope is made: where it does not, this REAPER counts
    that parameter in another way, and points would mean something else.
    """

    do: ClassVar[str] = "set_fx_envelope"
    track: str
    index: int
    plugin: str
    label: str
    parameter: int
    value: float
    points: tuple[str, ...]
    refused: str


@dataclass(frozen=True)
class DeleteItem(Operation):
    """Delete an item; ``index`` is where it should stand on its track."""

    do: ClassVar[str] = "delete_item"
    track: str
    index: int
    item: str
    refused: str


@dataclass(frozen=True)
class SetItemState(Operation):
    """Give an item a whole new state."""

    do: ClassVar[str] = "set_item_state"
    track: str
    index: int
    item: str
    state: str
    refused: str


@dataclass(frozen=True)
class AddItem(Operation):
    """A new item."""

    do: ClassVar[str] = "add_item"
    track: str
    state: str
    refused: str


@dataclass(frozen=True)
class DeleteMarker(Operation):
    """Delete a marker or a region by its number."""

    do: ClassVar[str] = "delete_marker"
    number: int
    is_region: bool


@dataclass(frozen=True)
class AddMarker(Operation):
    """A new marker or region."""

    do: ClassVar[str] = "add_marker"
    number: int
    start_s: float
    end_s: float
    name: str
    is_region: bool


@dataclass(frozen=True)
class SetExtState(Operation):
    """Set a line of what the project remembers; an empty value deletes it."""

    do: ClassVar[str] = "set_ext_state"
    section: str
    key: str
    value: str


KINDS: dict[str, type[Operation]] = {kind.do: kind for kind in Operation.__subclasses__()}
"""Word in JSON → kind of operation."""


@dataclass(frozen=True)
class Operations:
    """Everything that a plan needs in REAPER.

    Attributes
    ----------
    steps : tuple of Operation
        What to do, in this order.
    skipped : tuple of str
        Changes of the plan that do not fit the project, and why.
    tracks : int
        How many tracks are touched.
    """

    steps: tuple[Operation, ...] = ()
    skipped: tuple[str, ...] = ()
    tracks: int = 0

    def encoded(self) -> list[dict[str, Any]]:
        """The steps as `mixengine.hosts.reaper.executor` takes them."""
        return [{"do": step.do, **codec.encode(step)} for step in self.steps]

    def to_json(self) -> dict[str, Any]:
        """The operations as plain values for `json.dumps`."""
        return {"steps": self.encoded(), "skipped": list(self.skipped), "tracks": self.tracks}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Operations:
        """The reverse of `to_json`; ``ValueError`` for anything else."""
        try:
            steps = tuple(_decoded(step) for step in data["steps"])
            return cls(steps, tuple(data["skipped"]), int(data["tracks"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a list of operations ({error!r})") from None


def _decoded(step: dict[str, Any]) -> Operation:
    kind = KINDS[step["do"]]
    return codec.decode(kind, {name: value for name, value in step.items() if name != "do"})

"""MixPlan: what a job wants to change, before anything is changed.

Every change carries the value before, the value after and a reason a mix engineer can read. A plan is data: JSON in and
out, schema-versioned, and `revert` of a plan is another plan. Standard library only.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from mixengine.model import codec
from mixengine.model.details import Details, Stored
from mixengine.model.session import CompressorSettings, EnvelopePoint, EqBand, Fade
from mixengine.system.errors import UserError

SCHEMA = 1
OWN_LABEL = "mixengine"
"""Labels of plug-ins of ours begin so."""
OWN_MARKER = "mixengine: "
"""Markers of ours begin so."""
MAX_DB = 200.0
"""Levels above this are a damaged plan."""
_LEVELS = {"fader.before", "fader.after", "master_trim.before", "master_trim.after", "new_track.fader_db"}


@dataclass(frozen=True, slots=True)
class Change:
    """Base of all changes."""

    kind: ClassVar[str] = ""

    def reverted(self) -> Change:
        """The change that undoes this one."""
        return replace(self, before=self.after, after=self.before)  # type: ignore[attr-defined,call-arg]


@dataclass(frozen=True, slots=True)
class Fader(Change):
    """Set a track's fader to an absolute level."""

    kind: ClassVar[str] = "fader"
    track: str
    before: float
    after: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pan(Change):
    """Set a track's pan, -1 (left) … 1 (right)."""

    kind: ClassVar[str] = "pan"
    track: str
    before: float
    after: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MasterTrim(Change):
    """Set the master fader, in dB."""

    kind: ClassVar[str] = "master_trim"
    before: float
    after: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Envelope(Change):
    """Replace the points of one track envelope inside ``start_s`` … ``end_s``; points outside survive.

    Values are in the envelope's own unit (linear amplitude for volume). ``created`` tells that the track had no such
    envelope, so that the reverse takes it away again.
    """

    kind: ClassVar[str] = "envelope"
    track: str
    envelope: str
    start_s: float
    end_s: float
    before: tuple[EnvelopePoint, ...]
    after: tuple[EnvelopePoint, ...]
    created: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Equalizer(Change):
    """Set the bands of mixengine's own ReaEQ called ``label`` on a track (or on `session.MASTER`); ``None`` means there
    is none.
    """

    kind: ClassVar[str] = "equalizer"
    track: str
    label: str
    before: tuple[EqBand, ...] | None
    after: tuple[EqBand, ...] | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Compressor(Change):
    """Set mixengine's own ReaComp called ``label`` on a track (or on `session.MASTER`); ``None`` means there is none.

    On one track our equalisers stand before our compressors.
    """

    kind: ClassVar[str] = "compressor"
    track: str
    label: str
    before: CompressorSettings | None
    after: CompressorSettings | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MuteClip(Change):
    """Mute or unmute one clip."""

    kind: ClassVar[str] = "mute_clip"
    track: str
    clip: str
    before: bool
    after: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MuteTrack(Change):
    """Mute or unmute a whole track."""

    kind: ClassVar[str] = "mute_track"
    track: str
    before: bool
    after: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Addition(Change):
    """Something that was not there; ``remove`` turns the addition around."""

    def reverted(self) -> Change:
        """Take away what this adds, or the other way round."""
        return replace(self, remove=not self.remove)  # type: ignore[attr-defined,call-arg]


@dataclass(frozen=True, slots=True)
class NewTrack(Addition):
    """Add a track: as last child of ``parent`` (which becomes a folder if it is none), or last of all."""

    kind: ClassVar[str] = "new_track"
    track: str
    name: str
    parent: str | None = None
    fader_db: float = 0.0
    channels: int = 2
    remove: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewClip(Addition):
    """Add a clip that plays ``file`` from ``offset_s``; a relative path starts at the project's folder."""

    kind: ClassVar[str] = "new_clip"
    track: str
    clip: str
    file: str
    position_s: float
    length_s: float
    offset_s: float = 0.0
    name: str = ""
    fade_in: Fade = Fade()  # noqa: RUF009 - frozen
    fade_out: Fade = Fade()  # noqa: RUF009 - frozen
    remove: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewTake(Addition):
    """Add a take to a clip and make it the active one; the take that played before stays beside it.

    ``file`` (a relative path starts at the project's folder) plays at its own speed, ``offset_s`` being its second at
    the clip's start. It holds the sound of the clip's source before the clip's gain, pan and fades: those of the take
    that played before are kept.
    """

    kind: ClassVar[str] = "new_take"
    track: str
    clip: str
    take: str
    file: str
    name: str = ""
    offset_s: float = 0.0
    remove: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Marker(Addition):
    """Add a marker, or a region when ``end_s`` is set."""

    kind: ClassVar[str] = "marker"
    name: str
    time_s: float
    end_s: float | None = None
    remove: bool = False
    reason: str = ""


def track_of(change: Change) -> str | None:
    """Id of the track on which a change sets something; ``None`` for the project's settings and for a new track."""
    return None if isinstance(change, NewTrack) else getattr(change, "track", None)


CHANGES: dict[str, type[Change]] = {
    kind.kind: kind
    for kind in (
        Fader,
        Pan,
        MasterTrim,
        Envelope,
        Equalizer,
        Compressor,
        MuteClip,
        MuteTrack,
        NewTrack,
        NewClip,
        NewTake,
        Marker,
    )
}


@dataclass(frozen=True, slots=True)
class MixPlan:
    """Ordered changes to one session, and what was measured to decide them.

    Attributes
    ----------
    job : str
        Which job made it (``balance``); ``revert balance`` for its reverse.
    session, source : str
        Name of the session and path of the project or folder it was read from.
    settings : dict
        The job's settings as given.
    changes : tuple of Change
        In the order in which they are applied.
    details : Details
        What the job measured, a dataclass of its own; `Stored` in a plan that was read from a file.
    notes : tuple of str
        One line each about what was skipped or assumed.
    """

    job: str
    session: str
    source: str
    settings: dict[str, Any] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    details: Details = field(default_factory=Stored)
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The plan as JSON text, readable and the same for the same plan."""
        data = {
            "mixengine_plan": SCHEMA,
            "job": self.job,
            "session": self.session,
            "source": self.source,
            "settings": codec.encode(self.settings),
            "changes": [{"change": change.kind, **codec.encode(change)} for change in self.changes],
            "details": self.details.encoded(),
            "notes": list(self.notes),
        }
        return json.dumps(data, indent=1, allow_nan=False)


def from_json(text: str, *, where: str = "plan") -> MixPlan:
    """Read a plan; ``where`` (a file name) starts the message of the `UserError` raised for anything wrong."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not a mixengine plan (not JSON: {error})") from None
    if not isinstance(data, dict) or "mixengine_plan" not in data:
        raise UserError(f"{where}: not a mixengine plan; use the plan.json that a mixengine command wrote")
    if data["mixengine_plan"] != SCHEMA:
        raise UserError(
            f"{where}: plan version {data['mixengine_plan']}, this mixengine reads version {SCHEMA}; "
            "make the plan again with this version"
        )
    fields = {key: value for key, value in data.items() if key not in ("mixengine_plan", "changes", "details")}
    try:
        plan = codec.decode(MixPlan, fields)
        changes, details = data.get("changes", []), data.get("details", {})
        if not isinstance(details, dict):
            raise ValueError(f"details: expected an object, found {details!r:.80}")
        if not isinstance(changes, list):
            raise ValueError(f"changes: expected a list, found {changes!r:.80}")
        return replace(plan, changes=tuple(_change(entry) for entry in changes), details=Stored(details))
    except ValueError as error:
        raise UserError(f"{where}: damaged plan: {error}") from None


def _change(entry: Any) -> Change:
    if not isinstance(entry, dict) or str(entry.get("change")) not in CHANGES:
        raise ValueError(f"unknown change {entry!r:.80}")
    change = codec.decode(CHANGES[str(entry["change"])], {k: v for k, v in entry.items() if k != "change"})
    _check_numbers(change, change.kind)
    return change


def _check_numbers(value: Any, where: str) -> None:
    """Refuse numbers that no project can hold: infinite ones, except levels of -inf dB, and levels above `MAX_DB`."""
    if dataclasses.is_dataclass(value):
        for entry in dataclasses.fields(value):
            _check_numbers(getattr(value, entry.name), f"{where}.{entry.name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_numbers(item, f"{where}[{index}]")
    elif isinstance(value, float):
        is_level = where in _LEVELS or where.endswith(".gain_db")
        if not (is_level and value <= MAX_DB) and not (not is_level and math.isfinite(value)):
            raise ValueError(f"{where}: {value} is no number for a project")


def revert(plan: MixPlan) -> MixPlan:
    """The plan that undoes ``plan``: every change turned around, last one first."""
    job = plan.job.removeprefix("revert ") if plan.job.startswith("revert ") else f"revert {plan.job}"
    return replace(plan, job=job, changes=tuple(change.reverted() for change in reversed(plan.changes)))

"""The kinds of change that a plan can hold: each with the value before, the value after and a reason.

Standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from mixengine.model.session import CompressorSettings, EnvelopePoint, EqBand, Fade, LimiterSettings


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

    Values are in the envelope's own unit (linear amplitude for volume). ``created`` says that the track had no such
    envelope, so that the reverse removes it. ``drawn_by`` is the job that draws it: a new run of that job replaces it,
    and no other does. Plans of earlier versions do not say it: there only ducks drew.
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
    drawn_by: str = "duck"


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

    On one track mixengine's equalisers come before its compressors.
    """

    kind: ClassVar[str] = "compressor"
    track: str
    label: str
    before: CompressorSettings | None
    after: CompressorSettings | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Limiter(Change):
    """Set mixengine's own ReaLimit called ``label`` on a track (or on `session.MASTER`); ``None`` means there is none.

    It comes last in its chain. ``place_before`` and ``place_after`` are where it stands in the chain, counted from 0,
    where that matters: they differ where it moves.
    """

    kind: ClassVar[str] = "limiter"
    track: str
    label: str
    before: LimiterSettings | None
    after: LimiterSettings | None
    reason: str = ""
    place_before: int | None = None
    place_after: int | None = None

    def reverted(self) -> Change:
        """The change that undoes this one."""
        before, after = self.place_after, self.place_before
        return replace(self, before=self.after, after=self.before, place_before=before, place_after=after)


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
class Polarity(Change):
    """Switch the polarity of a whole track; ``True`` is inverted."""

    kind: ClassVar[str] = "polarity"
    track: str
    before: bool
    after: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands, and how fast its active take plays: pitch and time together."""

    position_s: float
    length_s: float
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class MoveClip(Change):
    """Put a clip at another place. What hangs on its take counts in the take's own time and goes with it.

    Where the play rate changes, pitch is not preserved: a clock that ran too slowly is set right.
    """

    kind: ClassVar[str] = "move_clip"
    track: str
    clip: str
    before: Place
    after: Place
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Addition(Change):
    """Something that was not there; with ``remove``, its removal."""

    def reverted(self) -> Change:
        """The change that removes what this adds, or adds it again."""
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
    mute: bool = False
    solo: bool = False


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
class SplitClip(Addition):
    """Cut a clip at a time of the session: what follows becomes the clip ``part``; ``remove`` joins them again."""

    kind: ClassVar[str] = "split_clip"
    track: str
    clip: str
    part: str
    at_s: float
    remove: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewTake(Addition):
    """Add a take to a clip and make it the active one; the take that played before stays beside it.

    ``file`` (a relative path starts at the project's folder) plays at ``rate``, ``offset_s`` being its second at the
    clip's start. It holds the sound of the clip's source before anything that hangs on the take: gain, pan, envelopes,
    take effects, colour and markers of the take that played before are kept, and its pitch and time stretch where
    ``rate`` is that take's.
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
    rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Marker(Addition):
    """Add a marker, or a region when ``end_s`` is set. ``tracks`` are the ids of those of which it speaks, if any."""

    kind: ClassVar[str] = "marker"
    name: str
    time_s: float
    end_s: float | None = None
    remove: bool = False
    reason: str = ""
    tracks: tuple[str, ...] = ()


def track_of(change: Change) -> str | None:
    """Id of the track on which a change sets something; ``None`` for the project's settings and for a new track."""
    return None if isinstance(change, NewTrack) else getattr(change, "track", None)


CHANGES: dict[str, type[Change]] = {
    kind.kind: kind
    for kind in (
        *(Fader, Pan, MasterTrim, Envelope, Equalizer, Compressor, Limiter, MuteClip, MuteTrack, Polarity, MoveClip),
        *(NewTrack, NewClip, SplitClip, NewTake, Marker),
    )
}

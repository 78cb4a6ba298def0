"""An envelope that a job drew, as ``--json`` shows it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mixengine.model.plan import Envelope
from mixengine.model.session import EnvelopePoint, Session
from mixengine.model.units import decibels


@dataclass(frozen=True, slots=True)
class DrawnEnvelope:
    """Points of a volume envelope.

    Attributes
    ----------
    track : str
        Name of the track.
    kind : str
        Which of its envelopes.
    scaling : str
        How REAPER interpolates: ``amplitude``, or ``fader`` along the fader's travel.
    points : tuple
        As (time in s, gain in dB, shape), for a bent segment (time in s, gain in dB, shape, tension).
    id : str
        The track's id: names may be given twice.
    """

    track: str = ""
    kind: str = ""
    scaling: str = ""
    points: tuple[Any, ...] = ()
    id: str = ""


def shown(session: Session, change: Envelope, points: tuple[EnvelopePoint, ...] | None = None) -> DrawnEnvelope:
    """The points that will stand in the stretch of a change, or others of the same envelope."""
    track = session.track(change.track)
    scaled = any(entry.kind == change.envelope and entry.fader_scaling for entry in track.automation)
    rows = tuple(
        (point.time_s, decibels(point.value), point.shape, *([point.tension] if point.tension else []))
        for point in (change.after if points is None else points)
    )
    return DrawnEnvelope(track.name, change.envelope, "fader" if scaled else "amplitude", rows, track.id)


def entries(envelopes: tuple[DrawnEnvelope, ...]) -> list[dict[str, Any]]:
    """For ``--json``: what scripts were promised; ids are in the plan."""
    return [{name: value for name, value in asdict(drawn).items() if name != "id"} for drawn in envelopes]

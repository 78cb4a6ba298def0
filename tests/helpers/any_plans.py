"""Any session and any plan that fits it, for hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st

from mixengine.model import plan as mixplan
from mixengine.model.apply import applied
from mixengine.model.plan import Change, MixPlan
from mixengine.model.session import (
    MASTER,
    VOLUME_KINDS,
    Automation,
    Clip,
    CompressorSettings,
    Effect,
    EnvelopePoint,
    EqBand,
    LimiterSettings,
    Session,
    Source,
    Track,
)

QUICK = settings(deadline=None, max_examples=80)


LEVEL = st.floats(-60.0, 12.0)


BANDS = st.lists(st.builds(EqBand, st.just("band"), st.floats(20.0, 2e4), LEVEL), max_size=2).map(tuple)


KINDS = ("fader", "pan", "master", "envelope", "eq", "compressor", "limiter", "mute", "track", "clip", "take", "marker")


LIMIT = st.builds(LimiterSettings, LEVEL, st.floats(-24.0, 0.0))


COMPRESSION = st.builds(CompressorSettings, LEVEL, *[st.floats(1.0, 20.0)] * 4)


def points(start_s: float, end_s: float) -> st.SearchStrategy[tuple[EnvelopePoint, ...]]:
    """Points at times of their own, in order."""
    return st.lists(
        st.builds(EnvelopePoint, st.floats(start_s, end_s), st.floats(0.0, 2.0), st.integers(0, 4)),
        max_size=4,
        unique_by=lambda point: point.time_s,
    ).map(lambda found: tuple(sorted(found, key=lambda point: point.time_s)))


def tracks(number: int) -> st.SearchStrategy[Track]:
    drawn = st.lists(
        st.builds(Automation, st.sampled_from(VOLUME_KINDS), points(0.0, 60.0).filter(bool)),
        max_size=3,
        unique_by=lambda entry: entry.kind,
    )
    clips = (Clip(f"c{number}", Source("a.wav"), 0.0, 60.0),)
    return st.builds(
        Track, st.just(f"t{number}"), st.just(f"T{number}"), fader_db=LEVEL, pan=st.floats(-1, 1), clips=st.just(clips),
        automation=drawn.map(tuple),
    )  # fmt: skip


SESSION = st.tuples(tracks(0), tracks(1), tracks(2)).map(lambda found: Session("s", "s.RPP", 48000, found))


def bare(session: Session) -> Session:
    """The session without what is a matter of order only."""
    by_kind = [tuple(sorted(track.automation, key=lambda entry: entry.kind)) for track in session.tracks]
    listed = tuple(replace(track, automation=result) for track, result in zip(session.tracks, by_kind, strict=True))
    return replace(session, tracks=listed, markers=tuple(sorted(session.markers, key=repr)))


def envelope_change(draw: Callable, track: Track, kind: str | None = None) -> Change:
    kind = kind or draw(st.sampled_from(VOLUME_KINDS))
    a, b = draw(st.floats(0.0, 60.0)), draw(st.floats(0.0, 60.0))
    old = next((entry for entry in track.automation if entry.kind == kind), None)
    start_s, end_s = min(a, b), max(a, b)
    inside = tuple(p for p in old.points if start_s <= p.time_s <= end_s) if old else ()
    after = draw(points(start_s, end_s).filter(bool))
    return mixplan.Envelope(track.id, kind, start_s, end_s, inside, after, created=old is None)


def compression(chain: tuple[Effect, ...]) -> CompressorSettings | None:
    return next((effect.compressor for effect in chain if effect.compressor is not None), None)


def change(draw: Callable, session: Session, count: int) -> Change:
    """A change that starts from what stands in the session."""
    track = draw(st.sampled_from(session.tracks))
    what = draw(st.sampled_from(KINDS))
    if what == "fader":
        return mixplan.Fader(track.id, track.fader_db, draw(LEVEL))
    if what == "pan":
        return mixplan.Pan(track.id, track.pan, draw(st.floats(-1, 1)))
    if what == "master":
        return mixplan.MasterTrim(session.master_db, draw(LEVEL))
    if what == "envelope":
        return envelope_change(draw, track)
    if what == "eq":
        old = next(
            (e.bands for e in track.effects if e.label == "mixengine" and e.compressor is e.limiter is None), None
        )
        return mixplan.Equalizer(track.id, "mixengine", old, draw(BANDS))
    if what == "compressor":
        where = draw(st.sampled_from([track.id, MASTER]))
        return mixplan.Compressor(where, "mixengine", compression(session.effects(where)), draw(COMPRESSION))
    if what == "limiter":
        old_limit = next((e.limiter for e in session.master_effects if e.limiter is not None), None)
        return mixplan.Limiter(MASTER, "mixengine", old_limit, draw(LIMIT))
    if what == "mute" and track.clips:
        return mixplan.MuteClip(track.id, track.clips[0].id, track.clips[0].mute, draw(st.booleans()))
    if what == "mute track":
        return mixplan.MuteTrack(track.id, track.mute, draw(st.booleans()))
    if what == "track":
        return mixplan.NewTrack(
            f"new{count}", "new", fader_db=draw(LEVEL), mute=draw(st.booleans()), solo=draw(st.booleans())
        )
    if what == "clip":
        return mixplan.NewClip(track.id, f"clip{count}", "b.wav", 1.0, 2.0)
    if what == "take" and track.clips:
        return mixplan.NewTake(track.id, track.clips[0].id, f"take{count}", "c.wav", offset_s=draw(st.floats(0, 9)))
    return mixplan.Marker(f"m{count}", draw(st.floats(0, 60)))


def knob(of: Change) -> tuple:
    """What a change sets."""
    return (type(of), *(getattr(of, key, None) for key in ("track", "envelope", "label", "clip", "name")))


def continued(draw: Callable, now: Session, numbers: Iterable[int]) -> tuple[Change, ...]:
    """Changes one after the other from a session on, each of another knob."""
    changes: dict[tuple, Change] = {}
    for number in numbers:
        new = change(draw, now, number)
        if changes.setdefault(knob(new), new) is new:
            now = applied(now, [new])
    return tuple(changes.values())


@st.composite
def planned(draw, most: int = 6) -> tuple[Session, MixPlan]:
    """A session and a plan that fits it."""
    session = draw(SESSION)
    changes = continued(draw, session, range(draw(st.integers(0, most))))
    return session, MixPlan("test", "s", "s.RPP", changes=changes)

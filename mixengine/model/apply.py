"""A plan applied to a session in memory: what the project would be, without a project. Standard library only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import PurePath
from typing import Any

from mixengine.model import plan as mixplan
from mixengine.model.session import MASTER, Automation, Clip, Effect, Fade, Marker, Session, Source, Track

EQUALIZER_NAME = "VST: ReaEQ (Cockos)"
COMPRESSOR_NAME = "VST: ReaComp (Cockos)"
LIMITER_NAME = "VST: ReaLimit (Cockos)"


def applied(session: Session, changes: Iterable[mixplan.Change]) -> Session:
    """The session after the changes. A change of something that is not there changes nothing."""
    for change in changes:
        session = _APPLIERS[type(change)](session, change)
    return session


def reverted(session: Session, changes: Iterable[mixplan.Change]) -> Session:
    """The session before the changes."""
    return applied(session, [change.reverted() for change in reversed(list(changes))])


def _with_track(session: Session, track_id: str, edit: Callable[[Track], Track]) -> Session:
    return replace(session, tracks=tuple(edit(track) if track.id == track_id else track for track in session.tracks))


def _fader(session: Session, change: mixplan.Fader) -> Session:
    return _with_track(session, change.track, lambda track: replace(track, fader_db=change.after))


def _pan(session: Session, change: mixplan.Pan) -> Session:
    return _with_track(session, change.track, lambda track: replace(track, pan=change.after))


def _master(session: Session, change: mixplan.MasterTrim) -> Session:
    return replace(session, master_db=change.after)


def _envelope(session: Session, change: mixplan.Envelope) -> Session:
    def edit(track: Track) -> Track:
        old = next((entry for entry in track.automation if entry.kind == change.envelope), None)
        kept = [p for p in old.points if not change.start_s <= p.time_s <= change.end_s] if old else []
        others = tuple(entry for entry in track.automation if entry is not old)
        points = tuple(sorted([*kept, *change.after], key=lambda point: point.time_s))
        if not points and change.created:
            return replace(track, automation=others)
        new = replace(old, points=points) if old else Automation(change.envelope, points)
        return replace(track, automation=(*others, new))

    return _with_track(session, change.track, edit)


def _with_effects(session: Session, track_id: str, edit: Callable[[tuple[Effect, ...]], tuple[Effect, ...]]) -> Session:
    if track_id == MASTER:
        return replace(session, master_effects=edit(session.master_effects))
    return _with_track(session, track_id, lambda track: replace(track, effects=edit(track.effects)))


def _equalizer(session: Session, change: mixplan.Equalizer) -> Session:
    effect = None if change.after is None else Effect(EQUALIZER_NAME, change.label, bands=change.after)
    return _with_effects(session, change.track, lambda chain: _with_effect(chain, change, effect))


def _compressor(session: Session, change: mixplan.Compressor) -> Session:
    effect = None if change.after is None else Effect(COMPRESSOR_NAME, change.label, compressor=change.after)
    return _with_effects(session, change.track, lambda chain: _with_effect(chain, change, effect))


def _limiter(session: Session, change: mixplan.Limiter) -> Session:
    def edit(chain: tuple[Effect, ...]) -> tuple[Effect, ...]:
        place = next((i for i, e in enumerate(chain) if e.limiter is not None and e.label == change.label), len(chain))
        others = (*chain[:place], *chain[place + 1 :])
        if change.after is None:
            return others
        effect = chain[place] if place < len(chain) else Effect(LIMITER_NAME, change.label)
        place = place if change.place_after is None else max(change.place_after, 0)
        return (*others[:place], replace(effect, limiter=change.after), *others[place:])

    return _with_effects(session, change.track, edit)


def _with_effect(
    chain: tuple[Effect, ...], change: mixplan.Equalizer | mixplan.Compressor, effect: Effect | None
) -> tuple[Effect, ...]:
    """A chain with the effect that a change sets, or without it (``None``).

    Own equalisers come before own compressors, and these before an own limiter.
    """
    compresses = isinstance(change, mixplan.Compressor)
    alike = [
        i for i, entry in enumerate(chain) if entry.limiter is None and (entry.compressor is not None) == compresses
    ]
    place = next((i for i in alike if chain[i].label == change.label), None)
    if place is not None:
        kept = () if effect is None else (replace(chain[place], bands=effect.bands, compressor=effect.compressor),)
        return (*chain[:place], *kept, *chain[place + 1 :])
    if effect is None:
        return chain
    own = [(i, e) for i, e in enumerate(chain) if e.label.startswith(mixplan.OWN_LABEL)]
    behind = [i for i, e in own if e.limiter or (e.compressor and not compresses)]
    place = behind[0] if behind else len(chain)
    return (*chain[:place], effect, *chain[place:])


def _mute_clip(session: Session, change: mixplan.MuteClip) -> Session:
    def edit(track: Track) -> Track:
        clips = tuple(replace(c, mute=change.after) if c.id == change.clip else c for c in track.clips)
        return replace(track, clips=clips)

    return _with_track(session, change.track, edit)


def _mute_track(session: Session, change: mixplan.MuteTrack) -> Session:
    return _with_track(session, change.track, lambda track: replace(track, mute=change.after))


def _polarity(session: Session, change: mixplan.Polarity) -> Session:
    return _with_track(session, change.track, lambda track: replace(track, inverted=change.after))


def _move_clip(session: Session, change: mixplan.MoveClip) -> Session:
    place = change.after

    def moved(clip: Clip) -> Clip:
        return replace(clip, position_s=place.position_s, length_s=place.length_s, rate=place.rate)

    def edit(track: Track) -> Track:
        return replace(track, clips=tuple(moved(c) if c.id == change.clip else c for c in track.clips))

    return _with_track(session, change.track, edit)


def _split_clip(session: Session, change: mixplan.SplitClip) -> Session:
    def edit(track: Track) -> Track:
        clips = {clip.id: clip for clip in track.clips}
        clip, part = clips.get(change.clip), clips.get(change.part)
        if clip is None or (part is None) == change.remove:
            return track
        if part is not None:
            whole = replace(clip, length_s=clip.length_s + part.length_s, fade_out=part.fade_out)
            return replace(track, clips=tuple(whole if c is clip else c for c in track.clips if c is not part))
        if not clip.position_s < change.at_s < clip.end_s:
            return track
        cut = split(clip, change.at_s, change.part)
        return replace(track, clips=tuple(each for c in track.clips for each in (cut if c is clip else (c,))))

    return _with_track(session, change.track, edit)


def split(clip: Clip, at_s: float, part: str) -> tuple[Clip, Clip]:
    """A clip cut at a time inside it; the second is called ``part``."""
    before_s = at_s - clip.position_s
    take_s = before_s * clip.rate
    later = tuple(entry.later(-take_s) for entry in clip.automation)
    return replace(clip, length_s=before_s, fade_out=Fade()), replace(
        clip,
        id=part,
        position_s=at_s,
        length_s=clip.length_s - before_s,
        offset_s=clip.offset_s + take_s,
        fade_in=Fade(),
        automation=later,
        behind=None,
        take="",
    )


def added_track(change: mixplan.NewTrack) -> Track:
    """The track that a change adds."""
    return Track(
        change.track,
        change.name,
        change.parent,
        channels=change.channels,
        fader_db=change.fader_db,
        mute=change.mute,
        solo=change.solo,
    )


def added_clip(change: mixplan.NewClip) -> Clip:
    """The clip that a change adds."""
    return Clip(
        change.clip,
        Source(change.file),
        change.position_s,
        change.length_s,
        change.name,
        change.offset_s,
        fade_in=change.fade_in,
        fade_out=change.fade_out,
    )


def _new_track(session: Session, change: mixplan.NewTrack) -> Session:
    if change.remove:
        left = [track for track in session.tracks if track.id != change.track]
        parents = {track.parent for track in left}
        return replace(
            session,
            tracks=tuple(
                replace(track, is_folder=False) if track.id == change.parent and track.id not in parents else track
                for track in left
            ),
        )
    tracks = [replace(t, is_folder=True) if t.id == change.parent else t for t in session.tracks]
    return replace(session, tracks=(*tracks, added_track(change)))


def _new_clip(session: Session, change: mixplan.NewClip) -> Session:
    def edit(track: Track) -> Track:
        clips = tuple(clip for clip in track.clips if clip.id != change.clip)
        if not change.remove:
            clips = (*clips, added_clip(change))
        return replace(track, clips=clips)

    return _with_track(session, change.track, edit)


def _new_take(session: Session, change: mixplan.NewTake) -> Session:
    edit = _without_take if change.remove else _with_take

    def edit_all(track: Track) -> Track:
        return replace(track, clips=tuple(edit(c, change) if c.id == change.clip else c for c in track.clips))

    return _with_track(session, change.track, edit_all)


def _with_take(clip: Clip, change: mixplan.NewTake) -> Clip:
    return replace(
        clip,
        source=Source(change.file),
        name=change.name or PurePath(change.file).name,
        offset_s=change.offset_s,
        rate=change.rate,
        channel_mode=0,
        automation=tuple(entry.stretched(change.rate / clip.rate) for entry in clip.automation),
        resampled=clip.resampled or change.rate != clip.rate,
        take=change.take,
        behind=clip,
    )


def _without_take(clip: Clip, change: mixplan.NewTake) -> Clip:
    """The clip as it was before the take; its mute is the item's and stays."""
    if clip.behind is None:
        return clip
    if clip.take == change.take:
        return replace(clip.behind, mute=clip.mute)
    return replace(clip, behind=_without_take(clip.behind, change))


def _marker(session: Session, change: mixplan.Marker) -> Session:
    marker = Marker(change.name, change.time_s, change.end_s)
    if not change.remove:
        return replace(session, markers=(*session.markers, marker))
    if marker not in session.markers:
        return session
    place = session.markers.index(marker)
    return replace(session, markers=session.markers[:place] + session.markers[place + 1 :])


_APPLIERS: dict[type[mixplan.Change], Callable[[Session, Any], Session]] = {
    mixplan.Fader: _fader,
    mixplan.Pan: _pan,
    mixplan.MasterTrim: _master,
    mixplan.Envelope: _envelope,
    mixplan.Equalizer: _equalizer,
    mixplan.Compressor: _compressor,
    mixplan.Limiter: _limiter,
    mixplan.MuteClip: _mute_clip,
    mixplan.MuteTrack: _mute_track,
    mixplan.Polarity: _polarity,
    mixplan.MoveClip: _move_clip,
    mixplan.SplitClip: _split_clip,
    mixplan.NewTrack: _new_track,
    mixplan.NewClip: _new_clip,
    mixplan.NewTake: _new_take,
    mixplan.Marker: _marker,
}

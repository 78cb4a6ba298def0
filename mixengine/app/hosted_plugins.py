"""The ear without REAPER: tracks as the user's own VST3 plug-ins make them sound, where the user lets them be loaded.

Tracks whose sound comes from their own items and notes are played through their chains into files, which take the place
of the items, as REAPER's renders do in `mixengine.app.listening`. Plug-ins of folders, buses and the master stay in
their places: the mixer plays them. A plug-in that cannot be played is named once, and everything is heard without it.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mixengine.app import rendered_tracks
from mixengine.jobs.job import Job
from mixengine.model import signal_path
from mixengine.model.effects import Effect
from mixengine.model.session import PRE_FX, Session, Track
from mixengine.model.words import name_list
from mixengine.system.errors import UserError
from mixengine.system.processes import processors
from mixengine.system.progress import Progress, no_progress

if TYPE_CHECKING:
    from mixengine.hosts.stems import Stem, Wanted
    from mixengine.mixer.not_in_items import Beyond

THROUGH = "through its plug-ins"
DUCKED = "mixengine's duck is drawn before its plug-ins, remove it first"
_VERSION = 1
"""Counts up whenever tracks are played in another way."""
_MAX_NAMES = 8
_Result = TypeVar("_Result")


def without_stopped(work: Callable[[], _Result]) -> _Result:
    """The result of some work, begun anew without a plug-in each time that one stops it."""
    from mixengine.mixer.plugins import stopped

    while True:
        try:
            return work()
        except stopped.PluginStopped as error:
            if stopped.why(error.class_id):  # it is left out, so that something else is wrong
                raise UserError(str(error)) from None
            stopped.add(error)


def heard(
    job: Job, whole: Session, session: Session, ducked: Collection[str] = (), progress: Progress = no_progress
) -> Session:
    """The session as a job hears it through the user's plug-ins.

    Parameters
    ----------
    whole : Session
        All of the project.
    session : Session
        The part of it that is worked on.
    ducked : collection of str
        Tracks with an envelope before the plug-ins that the job decides without: they are left as they are.
    """
    return without_stopped(lambda: _heard(job, whole, session, ducked, progress))


def unplayed(session: Session) -> Session:
    """The session without the sound of any plug-in but mixengine's own."""
    from mixengine.model.labels import OWN_LABEL

    def bare(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(
            effect
            if effect.label.startswith(OWN_LABEL)
            else Effect(effect.name, effect.label, effect.bypassed, inside=effect.inside)
            for effect in effects
        )

    tracks = tuple(replace(track, effects=bare(track.effects)) for track in session.tracks)
    return replace(session, tracks=tracks, master_effects=bare(session.master_effects))


def _heard(job: Job, whole: Session, session: Session, ducked: Collection[str], progress: Progress) -> Session:
    beyond = dict(_played(session, whole, job))
    names = [session.track(track_id).name for track_id in ducked if beyond.pop(track_id, None)]

    if beyond:
        session = rendered_tracks.with_stems(
            job, session, beyond, lambda wanted: _stems(whole, wanted, progress), THROUGH
        )
    session = _without_played_notes(whole, session)
    lines = [*_lines(whole, session), *(f"{name}: heard from its items alone ({DUCKED})" for name in names)]
    return replace(session, notes=(*lines, *session.notes)) if lines else session


def _played(session: Session, whole: Session, job: Job) -> Iterator[tuple[str, Beyond]]:
    """The tracks that are played through their chains into files."""
    from mixengine.mixer.effects import kind_of, plays_notes
    from mixengine.mixer.not_in_items import Beyond, active_plugins

    early = {receive.source for track in session.tracks for receive in track.receives if receive.mode == PRE_FX}
    for track in session.tracks:
        if job.hears_effects and track.id in early:  # the mixer has both its sound before and behind them
            continue
        if track.is_folder or signal_path.is_muted(session, track) or _is_fed(session, track):
            continue
        plugins = [effect for effect in active_plugins(track) if not job.own_label or effect.label != job.own_label]
        silent = [effect for effect in plugins if (kind := kind_of(effect)) is None or kind.problem(effect)]
        playing = [effect for effect in plugins if effect not in silent]
        if job.hears_effects and all(effect.plugin is None for effect in playing):
            continue
        notes = plays_notes(whole.track(track.id))
        if not playing or not (track.audio_clips or notes):
            continue
        reasons = [f"{len(playing)} plug-in{'s' * (len(playing) != 1)}"] + ["MIDI"] * notes
        if silent:
            reasons.append(f"without {name_list([effect.name for effect in silent])}")
        yield track.id, Beyond(tuple(reasons), tuple(silent))


def _without_played_notes(whole: Session, session: Session) -> Session:
    """The session without MIDI items whose notes an instrument of another track plays."""
    from mixengine.mixer.effects import plays_notes

    players = [track for track in whole.tracks if plays_notes(track)]
    senders = {receive.source for track in players for receive in track.receives if not receive.mute}
    names = {track.id for track in players}
    senders |= {track.id for track in whole.tracks if track.parent in names and track.main_send}

    def rest(track: Track) -> Track:
        clips = tuple(clip for clip in track.clips if clip.source.kind != "midi")
        return replace(track, clips=clips) if track.id in senders and len(clips) < len(track.clips) else track

    return replace(session, tracks=tuple(map(rest, session.tracks))) if senders else session


def _is_fed(session: Session, track: Track) -> bool:
    """Whether other tracks may sound in a track: not those that hold nothing but notes and play none."""
    from mixengine.mixer.effects import plays_notes

    senders = {receive.source for receive in track.receives if not receive.mute and receive.source_channel >= 0}
    sounding = (other for other in session.tracks if not signal_path.is_muted(session, other))
    return any(
        other.id in senders and (other.audio_clips or plays_notes(other) or other.receives or other.is_folder)
        for other in sounding
    )


def _stems(whole: Session, wanted: Wanted, progress: Progress) -> Mapping[str, Sequence[Stem]]:
    """Play what is wanted into files, those that are not kept already."""
    from mixengine.hosts import stems as store
    from mixengine.mixer.plugins import printing, process
    from mixengine.system.user_dirs import cache_folder

    session, result = _without(whole, wanted.bypassed), dict[str, list[store.Stem]]()
    missing: dict[Path, tuple[Track, float, float]] = {}  # copies of a track have one file
    for track_id, spans in wanted.stretches.items():
        for start_s, end_s in spans:
            begin_s = max(start_s - store.RUN_IN_S, 0.0) if len(spans) > 1 else start_s
            key = _key(session, session.track(track_id), begin_s, end_s)
            path = store.place_of(key, wanted.names[track_id], 0)
            result.setdefault(track_id, []).append(store.Stem(str(path), start_s, end_s, start_s - begin_s))
            if path.is_file():
                printing.recall(path)
            else:
                missing[path] = (session.track(track_id), begin_s, end_s)
    seconds = sum(end_s - begin_s for _, begin_s, end_s in missing.values())
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    whose = f"{len(missing)} tracks as their plug-ins play them"
    store.check_room(seconds, session.sample_rate, folder, whose, "or leave '--plugins host' out")
    stop = threading.Event()
    pool = ThreadPoolExecutor(processors())
    try:
        waiting = [pool.submit(printing.write, session, *each, path, stop) for path, each in missing.items()]
        for number, future in enumerate(as_completed(waiting), start=1):
            future.result()
            progress(number, len(waiting), "playing plug-ins")
    except KeyboardInterrupt:
        process.end_all()  # nobody waits for a plug-in that does not come back
        raise
    finally:  # also where a plug-in stops it
        stop.set()
        pool.shutdown(cancel_futures=True)
    store.keep(Path(stem.path) for each in result.values() for stem in each)
    return result


def _without(session: Session, label: str) -> Session:
    """The session without the plug-ins of a label."""
    if not label:
        return session
    tracks = (
        replace(track, effects=tuple(effect for effect in track.effects if effect.label != label))
        for track in session.tracks
    )
    return replace(session, tracks=tuple(tracks))


def _key(session: Session, track: Track, start_s: float, end_s: float) -> str:
    """Of everything that the sound of a track before its fader depends on, but samples that a plug-in reads itself."""
    from mixengine.mixer.plugins import find, stopped

    plugins = [effect.plugin for effect in track.effects if effect.plugin is not None]
    files = [path for plugin in plugins for path in find.candidates(plugin.class_id, plugin.file)]
    files += dict.fromkeys(clip.source.path for clip in track.clips if clip.source.path)
    leads = signal_path.leads(session, track, before_effects=True)
    text = repr(
        (
            _VERSION,
            (session.sample_rate, session.resample_mode, session.envelopes_bypassed, start_s, end_s),
            (track.inverted, track.channels, track.effects_on, track.effects, track.clips, track.automation),
            [(signal_path.level_db(lead), signal_path.lead_envelopes(lead)) for lead in leads],
            [stopped.why(plugin.class_id) for plugin in plugins],
            [(path, _stamp(path)) for path in files],
        )
    )
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _stamp(path: str) -> list[int]:
    """Size and time of change of a file, or of all in a plug-in's bundle."""
    try:
        inside = [each for each in Path(path).rglob("*") if each.is_file()] if os.path.isdir(path) else [Path(path)]
        stamps = [each.stat() for each in inside]
    except OSError:
        return []
    return [sum(each.st_size for each in stamps), max((each.st_mtime_ns for each in stamps), default=0)]


def _lines(whole: Session, session: Session) -> list[str]:
    """Which tracks were heard through their plug-ins, and what was not played."""
    names = []
    for track in session.tracks:
        if track.heard.startswith(THROUGH):
            names.append(f"{track.name} ({track.heard.removeprefix(THROUGH).removeprefix(', ')})")
    lines = [f"heard {THROUGH}: {name_list(names, _MAX_NAMES)}"] if names else []
    return [*lines, *not_played(whole), *noticed(whole)]


def noticed(whole: Session) -> list[str]:
    """What was noticed of a session's plug-ins while they played, so far."""
    from mixengine.mixer.plugins import process

    return process.noticed(whole)


def not_played(whole: Session) -> list[str]:
    """For each plug-in that could not be played one line with why, and where it is."""
    from mixengine.mixer.plugins import stopped

    owners = [(track.name, track.effects if track.effects_on else ()) for track in whole.tracks]
    owners.append(("the master", whole.master_effects if whole.master_effects_on else ()))
    why: dict[str, tuple[str, list[str]]] = {}
    for owner, effects in owners:
        for effect in effects:
            reason = stopped.why(effect.plugin.class_id) if effect.plugin is not None and not effect.bypassed else ""
            if reason and effect.plugin is not None:
                where = why.setdefault(effect.plugin.class_id, (f"{effect.name} is not heard: {reason}", []))[1]
                where.extend([owner] * (owner not in where))
    return [f"plug-in {text}: {name_list(where, _MAX_NAMES)}" for text, where in why.values()]

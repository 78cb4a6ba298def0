"""The level job: the phrases of a voice at one level.

Find the voices → who speaks when (bleed is not a voice) → loudness over time → gain → points. It reads audio and writes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np

from mixengine.analysis import level_traces, speakers, voice_levels
from mixengine.analysis.certainty import MIN_SURE
from mixengine.analysis.room import listen
from mixengine.analysis.voice_levels import FRAME_S
from mixengine.audio.loudness import to_lufs
from mixengine.jobs.envelopes import targets
from mixengine.jobs.envelopes.drawn import shown
from mixengine.jobs.envelopes.folders import folder_gain
from mixengine.jobs.level import breaths, ride
from mixengine.jobs.level.details import LevelDetails, Voice
from mixengine.jobs.level.ride import Style
from mixengine.jobs.level.settings import SINGING, SPEECH, LevelSettings
from mixengine.mixer import ways
from mixengine.model import apply, moved, roles, selection
from mixengine.model.plan import Envelope, MixPlan
from mixengine.model.session import VOLUME, VOLUME_PRE_FX, VOLUME_TRIM, EnvelopePoint, Session, Track
from mixengine.model.settings import no_selection
from mixengine.model.units import plain_db, signed_db
from mixengine.system.progress import Progress

JOB_NAME = "level"
STYLES = {SPEECH: Style(memory_s=0.8, share=0.95, range_db=12.0), SINGING: Style(memory_s=2.5, share=0.6, range_db=6.0)}
_SHORT_TERM_STEPS = 30
_MIN_SPOKEN = 0.5
"""Of a window of 3 s: with less speech its loudness says nothing."""
_SECOND = 10


def plan(session: Session, settings: LevelSettings, progress: Progress) -> MixPlan:
    """Decide how the voices of a session are ridden.

    Returns
    -------
    MixPlan
        An envelope for each voice whose gain moves.

    Raises
    ------
    UserError
        A name is unknown, or the session has no voice.
    """
    if settings.selected_only and not any(track.selected for track in session.tracks):
        raise no_selection(session.path)
    picked = selection.pick(session)
    chosen = selection.chosen_roles(session, settings)
    listened, voices, notes = _voices(session, picked.tracks, chosen, settings)
    if not voices:
        kind = "a lead vocal" if settings.style == SINGING else "a voice"
        raise selection.nothing_to_do(session, picked.skipped, "levelled", kind=kind, setting="track")
    notes = [*session.notes, *selection.notes(session, voices), *notes]
    # an automix, or the same by hand, would make bleed come and go
    bare = targets.without_envelopes(session, (VOLUME, VOLUME_TRIM))
    speaks = _speaks(bare, listened, voices, settings, notes, progress)
    users = _as_the_user_left_it(session)
    heard = [users.track(track.id) for track in voices]
    traces = level_traces.traces(users, heard, use_cache=settings.cache, progress=progress)
    wanted = [track for track in voices if track.selected or not settings.selected_only]
    writable, left_out = targets.targets(session, wanted, buses=False, verb="level")
    notes += left_out
    rides = [
        _ride(users, users.track(track.id), traces[track.id], speaks[track.id], settings)
        for track in voices
        if track.id in traces and track.id in speaks
    ]
    held = _held(wanted, writable)
    rides = [_with_breaths(bare, voice, points, settings) for voice, points in rides]
    notes += [
        f"{voice.track}: {voice.doubtful_breaths} possible breath{'s' * (voice.doubtful_breaths > 1)} left, as they "
        "may be a whisper, laughter or the end of a word"
        for voice, _ in rides
        if voice.doubtful_breaths
    ]
    rides = [(replace(voice, why=voice.why or held(session.track(voice.id))), points) for voice, points in rides]
    written = [(voice, points) for voice, points in rides if points and not voice.why]
    notes += [
        f"{voice.track}: points up to {signed_db(voice.highest_db)} dB; REAPER's lanes show volume envelopes up to "
        f"{signed_db(ride.LANE_DB)} dB unless its preferences say otherwise"
        for voice, _ in written
        if voice.highest_db > ride.LANE_DB
    ]
    envelopes = [
        targets.envelope_change(session.track(voice.id), points, _reason(voice), drawn_by=JOB_NAME, first=VOLUME_PRE_FX)
        for voice, points in written
    ]
    return MixPlan(
        job=JOB_NAME,
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(envelopes),
        details=LevelDetails(
            voices=tuple(voice for voice, _ in rides),
            envelopes=tuple(
                shown(session, change, points) for (_, points), change in zip(written, envelopes, strict=True)
            ),
            roles=session.stated_roles | chosen,
        ),
        notes=tuple(notes),
    )


def _as_the_user_left_it(session: Session) -> Session:
    """The session with the user's own envelopes and without those that other jobs drew: they come and go with a run."""
    drawn = [change for change in session.drawn if isinstance(change, Envelope) and change.drawn_by != JOB_NAME]
    return apply.reverted(session, [each for each in drawn if moved.stands(each, moved.points_in(session, each))])


def _held(wanted: list[Track], writable: list[Track]) -> Callable[[Track], str]:
    """Why a voice may not be ridden; empty where it may."""

    def why(track: Track) -> str:
        if track not in wanted:
            return "not selected"
        if track.locked:
            return "locked: left alone"
        return "" if track in writable else "its envelopes cannot be written: left alone"

    return why


def _voices(
    session: Session, tracks: list[Track], chosen: dict[str, str], settings: LevelSettings
) -> tuple[list[Track], list[Track], list[str]]:
    """All microphones of the room, those of them that are voices to ride, and a note where sound decided.

    Naming a speaker leaves the others in the room: without them, what it has of theirs would be taken for its own.
    Singers are recorded one after the other: a double that rises and falls with the lead is no bleed of it.
    """
    named = {selection.find(session, name).id for name in settings.track}
    notes: list[str] = []
    if settings.style == SINGING:
        role_of = {track.id: chosen.get(track.id) or roles.role_of_track(session, track) for track in tracks}
        found = [track for track in tracks if role_of[track.id] == "lead_vocal"]
    else:
        found, notes = speakers.microphones(session, tracks, chosen, ())
    voices = [track for track in (tracks if named else found) if not named or track.id in named]
    if named and settings.style == SINGING:
        return voices, voices, notes
    return [track for track in tracks if track in found or track.id in named], voices, notes


def _speaks(
    session: Session,
    listened: list[Track],
    voices: list[Track],
    settings: LevelSettings,
    notes: list[str],
    progress: Progress,
) -> dict[str, np.ndarray]:
    """Track id → when its own voice sounds, in each frame of `voice_levels`."""
    heard = [session.track(track.id) for track in listened]
    powers, skipped = voice_levels.levels(session, heard, use_cache=settings.cache, progress=progress)
    notes += [f"{session.track(key).name}: {why}" for key, why in skipped.items()]
    audible = {key: level for key, level in powers.items() if level.any()}
    notes += [f"{track.name}: silent, left alone" for track in voices if track.id in powers and track.id not in audible]
    if not audible:
        return {}
    room = listen(audible)
    return dict(zip(room.keys, room.speaks, strict=True))


def _ride(
    session: Session, track: Track, powers: np.ndarray, speaks: np.ndarray, settings: LevelSettings
) -> tuple[Voice, tuple[EnvelopePoint, ...]]:
    """What one voice is like, and the points that ride it."""
    path_db = ways.gains_db(session, [track])[track.id]
    folders = folder_gain(session, track, ride.times_of(len(powers)))
    powers = powers * 10.0 ** (path_db / 10.0) * np.square(folders)
    # a window of 0.4 s is spoken where its middle is
    middles = (ride.times_of(len(powers)) / FRAME_S).astype(int)
    spoken = np.zeros(len(powers), dtype=bool)
    inside = middles < len(speaks)
    spoken[inside] = speaks[middles[inside]]
    spoken &= powers > 0.0  # where the user's envelopes silence it, nothing is said
    if not spoken.any():
        return Voice(track.id, track.name, why="no voice in it: left alone"), ()
    loudness_lufs = float(to_lufs(powers[spoken].mean()))
    style = STYLES[settings.style]
    range_db = style.range_db if settings.range_db is None else settings.range_db
    part = settings.strength / 100.0
    style = replace(style, share=style.share * part, range_db=range_db * part)
    target_lufs = None
    if settings.target_lufs is not None:
        target_lufs = loudness_lufs + part * (settings.target_lufs - loudness_lufs)
    points = ride.points(powers, spoken, style, target_lufs)
    drawn = ride.gain_of(points, len(powers))
    voice = Voice(
        id=track.id,
        track=track.name,
        speaks_s=round(float(speaks.sum()) * FRAME_S, 2),
        loudness_lufs=round(loudness_lufs, 2),
        after_lufs=round(float(to_lufs((powers * np.square(drawn))[spoken].mean())), 2),
        spread_before_lu=_spread_lu(powers, spoken),
        spread_after_lu=_spread_lu(powers * np.square(drawn), spoken),
        lowest_db=round(float(20.0 * np.log10(drawn[spoken].min())), 2),
        highest_db=round(float(20.0 * np.log10(drawn[spoken].max())), 2),
        loudness=_each_second(ride.loudness_around(powers, spoken, style.memory_s), spoken),
        gain=tuple(round(float(g), 2) for g in 20.0 * np.log10(drawn[::_SECOND])),
    )
    return voice, points


def _with_breaths(
    session: Session, voice: Voice, points: tuple[EnvelopePoint, ...], settings: LevelSettings
) -> tuple[Voice, tuple[EnvelopePoint, ...]]:
    if not settings.breaths_db or voice.why:
        return voice, points
    own_breaths = breaths.find(session, session.track(voice.id))
    cuts = breaths.sure(own_breaths, settings.breaths_db)
    doubtful = sum(breath.sure < MIN_SURE for breath in own_breaths)
    voice = replace(voice, breaths=len(cuts), doubtful_breaths=doubtful)
    return voice, breaths.lowered(points, cuts) if cuts else points


def _spread_lu(powers: np.ndarray, spoken: np.ndarray) -> float | None:
    """From the 10th to the 90th percentile of loudness over 3 s, of the speech in them."""
    kernel = np.ones(min(_SHORT_TERM_STEPS, len(powers)))
    share = np.convolve(spoken.astype(float), kernel, "same")
    speech = np.convolve(powers * spoken, kernel, "same")
    enough = spoken & (share >= _MIN_SPOKEN * len(kernel)) & (speech > 0.0)
    if not enough.any():
        return None
    low, high = np.percentile(to_lufs(speech[enough] / share[enough]), [10.0, 90.0])
    return round(float(high - low), 2)


def _each_second(loudness_lufs: np.ndarray, spoken: np.ndarray) -> tuple[float | None, ...]:
    return tuple(
        round(float(level), 2) if said and np.isfinite(level) else None
        for level, said in zip(loudness_lufs[::_SECOND], spoken[::_SECOND], strict=True)
    )


def _reason(voice: Voice) -> str:
    spread = (
        f"; phrases varied by {plain_db(voice.spread_before_lu)} LU, now by {plain_db(voice.spread_after_lu)}"
        if voice.spread_before_lu is not None and voice.spread_after_lu is not None
        else ""
    )
    air = f"; {voice.breaths} breath{'s' * (voice.breaths > 1)} lowered" if voice.breaths else ""
    return f"ridden by {signed_db(voice.lowest_db)} to {signed_db(voice.highest_db)} dB{spread}{air}"

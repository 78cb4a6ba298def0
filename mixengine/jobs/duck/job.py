"""The duck job: lower music and ambience under speech, by envelopes a person can edit.

Sort the tracks → measure them → level the bed → find the depth for each background → points. It reads audio and writes
nothing.
"""

from __future__ import annotations

from dataclasses import asdict

from mixengine.jobs.duck import bed, changes, depth, leak, track_kinds
from mixengine.jobs.duck.details import DuckDetails, LevelMove
from mixengine.jobs.duck.layers import duck_layer, layers_of
from mixengine.jobs.duck.mix import Mix, measure_tracks
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.duck.track_kinds import AMBIENCE, MUSIC, SPEECH
from mixengine.jobs.duck.track_loudness import TrackLoudness
from mixengine.jobs.envelopes.drawn import shown
from mixengine.model import presets, selection, signal_path
from mixengine.model.duck_style import DuckStyle
from mixengine.model.plan import MixPlan
from mixengine.model.session import Session
from mixengine.model.settings import no_selection
from mixengine.model.words import name_list
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

_MAX_LENGTH_S = 200 * 3600.0


def plan(session: Session, settings: DuckSettings, progress: Progress) -> MixPlan:
    """Decide the ducking of a session.

    Returns
    -------
    MixPlan
        Envelope changes, faders of the bed, and a region marker for each passage where the target is not met.
        Without speech there are no changes and a note says so.

    Raises
    ------
    UserError
        A name is unknown or given twice, or the session has nothing to duck.
    """
    style = settings.style(presets.load(settings.preset).duck)
    if settings.selected_only and not any(track.selected for track in session.tracks):
        raise no_selection(session.path)
    if session.duration_s > _MAX_LENGTH_S:
        raise UserError(f"{session.path}: lasts {session.duration_s / 3600:.0f} hours; more than 200 are not ducked")
    picked = selection.pick(session)
    sorted_parts = track_kinds.assign_kinds(session, picked.tracks, settings)
    used = [t for t in picked.tracks if t.id in sorted_parts.of or t.id in sorted_parts.undecided]
    if not used:
        raise selection.nothing_to_do(
            session, picked.skipped, "ducked", kind="speech, music or ambience", setting="music"
        )
    measured = measure_tracks(session, used, sorted_parts, settings, progress)
    skipped = picked.skipped | {key: value for key, value in measured.items() if isinstance(value, str)}
    tracks = {key: value for key, value in measured.items() if isinstance(value, TrackLoudness)}
    notes = [*session.notes, *selection.notes(session, used)]
    notes += track_kinds.assign_by_sound(
        session, sorted_parts, {key: value.kind for key, value in tracks.items()}, settings
    )
    spoken, played = ([t for t in sorted_parts.tracks(session, part) if t.id in tracks] for part in (SPEECH, MUSIC))
    clean = leak.without_leak(session, tracks, spoken, played)
    notes += leak.note(session, tracks, clean)
    tracks = clean
    notes += [f"{session.track(i).name}: {why}" for i, why in skipped.items() if i in sorted_parts.of]
    mix = Mix(session, tracks, sorted_parts)
    moves_db = _levelled(mix, settings, style)
    layers = layers_of(mix, settings, style, moves_db, notes)
    for layer in layers:
        duck_layer(layer, settings, style)
    envelopes = changes.envelopes(layers, settings)
    decided = [*changes.faders(mix, moves_db, style), *envelopes, *changes.markers(layers)]
    if not mix.activity(SPEECH):
        names = name_list([f"'{name}'" for name in mix.names(SPEECH)])
        notes.append(f"no speech found in {names or 'any track'}: nothing is ducked")
    elif not mix.tracks(MUSIC) and not mix.tracks(AMBIENCE) and not layers:
        notes.append("no music or ambience found: nothing to duck; say which tracks are music or ambience")
    return MixPlan(
        job="duck",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(decided),
        details=DuckDetails(
            speech=tuple(mix.names(SPEECH)),
            music=tuple(mix.names(MUSIC)),
            ambience=tuple(mix.names(AMBIENCE)),
            detector=settings.detector,
            target_lu={layer.name: layer.target_lu for layer in layers},
            activity=tuple(mix.activity(SPEECH)),
            regions=tuple(region for layer in layers for region in layer.regions),
            envelopes=tuple(shown(session, change) for change in envelopes),
            levels=tuple(LevelMove(session.track(key).name, move_db) for key, move_db in moves_db.items()),
            roles=session.stated_roles | sorted_parts.roles,
        ),
        notes=tuple(notes),
    )


def _levelled(mix: Mix, settings: DuckSettings, style: DuckStyle) -> dict[str, float]:
    """How far the faders of the music move, by track id; one that must stay where it is does not."""
    speech, music = mix.tracks(SPEECH), mix.tracks(MUSIC)
    if not speech or not music:
        return {}
    levels = bed.Levels(
        depth.activity_share(mix.activity(SPEECH), mix.hops),
        mix.powers(speech),
        mix.powers(music),
        mix.powers(speech, plain=True),
        mix.powers(music, plain=True),
    )
    move_db = bed.BEDS[style.bed](levels)
    movable = [
        track for track in music if not (track.locked or track.kept or signal_path.why_fader_stays(mix.session, track))
    ]
    return {track.id: move_db for track in movable if move_db and (track.selected or not settings.selected_only)}

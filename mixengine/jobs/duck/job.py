"""The duck job: lower music and ambience under speech, by envelopes a person can edit.

Sort the tracks → measure them → level the bed → find the depth for each background → points. It reads audio and writes
nothing.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

import numpy as np

from mixengine.audio import timeline
from mixengine.jobs.duck import MARKER, automation, bed, depth, envelope, track_kinds, track_loudness
from mixengine.jobs.duck.depth import MARGIN_LU, Scene
from mixengine.jobs.duck.details import DrawnEnvelope, DuckDetails, LevelMove, Region
from mixengine.jobs.duck.envelope import Piece
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.duck.track_kinds import AMBIENCE, MUSIC, SPEECH
from mixengine.jobs.duck.track_loudness import TrackLoudness
from mixengine.model import presets, selection, signal_path
from mixengine.model.duck_style import DuckStyle
from mixengine.model.plan import Change, Envelope, Fader, Marker, MixPlan
from mixengine.model.session import Session, Track
from mixengine.model.settings import no_selection
from mixengine.model.units import MAX_FADER_DB, amplitude, decibels, plain_db, signed_db
from mixengine.system.errors import UserError
from mixengine.system.parallel import map_parallel
from mixengine.system.progress import Progress

_MAX_LENGTH_S = 200 * 3600.0


@dataclass
class _Layer:
    """One kind of background under one kind of speech."""

    name: str
    tracks: list[Track]
    scene: Scene
    activity: list[tuple[float, float]]
    target_lu: float
    regions: list[Region] = field(default_factory=list)
    points: tuple = ()


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
        raise selection.nothing_to_do(session, picked.skipped, "ducked")
    measured = _measure(session, used, sorted_parts, settings, progress)
    skipped = picked.skipped | {key: value for key, value in measured.items() if isinstance(value, str)}
    tracks = {key: value for key, value in measured.items() if isinstance(value, TrackLoudness)}
    notes = [*session.notes, *selection.notes(session, used)]
    notes += track_kinds.assign_by_sound(
        session, sorted_parts, {key: value.kind for key, value in tracks.items()}, settings
    )
    notes += [f"{session.track(i).name}: {why}" for i, why in skipped.items() if i in sorted_parts.of]
    mix = _Mix(session, tracks, sorted_parts)
    moves_db = _levelled(mix, settings, style)
    layers = _layers(mix, settings, style, moves_db)
    for layer in layers:
        _duck(layer, settings, style)
    envelopes = _envelopes(session, layers, settings, notes)
    changes = [*_faders(mix, moves_db, style), *envelopes, *_markers(layers)]
    if not mix.activity(SPEECH):
        notes.append(f"no speech found in {_listed(mix.names(SPEECH)) or 'any track'}: nothing is ducked")
    elif not any(layer.tracks for layer in layers):
        notes.append("no music or ambience found: nothing to duck; name it with --music or --ambience")
    return MixPlan(
        job="duck",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(changes),
        details=DuckDetails(
            speech=tuple(mix.names(SPEECH)),
            music=tuple(mix.names(MUSIC)),
            ambience=tuple(mix.names(AMBIENCE)),
            detector=settings.detector,
            target_lu={layer.name: layer.target_lu for layer in layers},
            activity=tuple(mix.activity(SPEECH)),
            regions=tuple(region for layer in layers for region in layer.regions),
            envelopes=tuple(_shown(session, change) for change in envelopes),
            levels=tuple(LevelMove(session.track(key).name, move_db) for key, move_db in moves_db.items()),
            roles={track.id: track.role for track in session.tracks if track.role} | sorted_parts.roles,
        ),
        notes=tuple(notes),
    )


def _measure(
    session: Session,
    used: list[Track],
    sorted_parts: track_kinds.TrackKinds,
    settings: DuckSettings,
    progress: Progress,
) -> dict[str, TrackLoudness | str]:
    """Everything measured in one pass per track; several at a time when there is much to do."""
    jobs = []
    for track in used:
        part = sorted_parts.of.get(track.id)
        listen = part in (SPEECH, None)
        jobs.append(
            (track, session, track_loudness.MeasureOptions(settings.detector if listen else None, part is None))
        )
    seconds = sum(end - start for start, end in map(timeline.span, used))
    results: dict[str, TrackLoudness | str] = {}
    progress(0, len(used), "listening")
    for track, result in zip(used, map_parallel(track_loudness.measure, jobs, seconds), strict=True):
        results[track.id] = result
        progress(len(results), len(used), f"heard {track.name}")
    return results


class _Mix:
    """The measured tracks on one time axis, as they are heard through faders and folders."""

    def __init__(
        self, session: Session, tracks: dict[str, TrackLoudness], sorted_parts: track_kinds.TrackKinds
    ) -> None:
        self.session, self.parts = session, sorted_parts
        self.loudness = {key: tracks[key] for key in tracks if key in sorted_parts.of}
        self.hops = max((h.first_hop + len(h.powers) for h in self.loudness.values()), default=0)

    def tracks(self, part: str) -> list[Track]:
        return [track for track in self.parts.tracks(self.session, part) if track.id in self.loudness]

    def names(self, part: str) -> list[str]:
        return [track.name for track in self.tracks(part)]

    def powers(self, tracks: list[Track], *, plain: bool = False, move_db: float = 0.0) -> np.ndarray:
        """Sum of the tracks' powers, with their faders (and those ``move_db`` higher)."""
        total = np.zeros(self.hops)
        for track in tracks:
            fader = amplitude(signal_path.path_gain_db(self.session, track, {}) + move_db)
            gain = track_loudness.folder_gain(self.session, track, self.hops) * fader
            total += self.loudness[track.id].over(self.hops, plain=plain) * np.square(gain)
        return total

    def activity(self, part: str, among: set[str] | None = None) -> list[tuple[float, float]]:
        """When any of a part's tracks (only those in ``among`` if given) speaks."""
        spans = [
            span
            for track in self.tracks(part)
            if among is None or track.id in among
            for span in self.loudness[track.id].activity
        ]
        return depth.merged(spans, 0.0)


def _levelled(mix: _Mix, settings: DuckSettings, style: DuckStyle) -> dict[str, float]:
    """How far the faders of the music move, by track id."""
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
    return {track.id: move_db for track in music if move_db and (track.selected or not settings.selected_only)}


def _layers(mix: _Mix, settings: DuckSettings, style: DuckStyle, moves_db: dict[str, float]) -> list[_Layer]:
    """Music under all speech, ambience under all speech, and speech without priority under speech that has it."""
    first = {track.id for name in settings.priority for track in track_kinds.tracks_named(mix.session, name)}
    speech = mix.tracks(SPEECH)
    leading = [track for track in speech if track.id in first]
    others = [track for track in speech if track.id not in first]
    layers_spec = [
        (MUSIC, mix.tracks(MUSIC), speech, style.target_lu),
        (AMBIENCE, mix.tracks(AMBIENCE), speech, style.ambience_lu),
        (SPEECH, others if leading else [], leading, style.target_lu),
    ]
    layers = []
    for name, candidates, speech_tracks, target_lu in layers_spec:
        tracks = [track for track in candidates if track.selected or not settings.selected_only]
        staying = [track for track in candidates if track not in tracks]
        activity = depth.spoken(mix.activity(SPEECH, {track.id for track in speech_tracks}))
        if not tracks or not activity:
            continue
        background = np.zeros(mix.hops)
        for track in tracks:
            background += mix.powers([track], move_db=moves_db.get(track.id, 0.0))
        scene = Scene(
            depth.activity_share(activity, mix.hops), mix.powers(speech_tracks), background, mix.powers(staying)
        )
        layers.append(_Layer(name, tracks, scene, activity, target_lu))
    return layers


def _duck(layer: _Layer, settings: DuckSettings, style: DuckStyle) -> None:
    """Find the pieces of a layer, its points, and what they achieve."""
    fixed_db = settings.depth_db if settings.alpha is None else -decibels(1.0 - settings.alpha)
    scene = layer.scene
    audible = [span for span in layer.activity if scene.loudness_lufs(*span)[1] > -math.inf]
    if fixed_db is not None:
        stretches = depth.constant(audible, style, fixed_db)
    else:
        stretches = depth.to_target(scene, audible, style, layer.target_lu)
    layer.points = envelope.points(depth.drawn_regions(stretches), style)
    ducked_lu = scene.difference_lu(envelope.gain(scene.times_s, layer.points))
    regions = [_region(layer, piece, ducked_lu) for pieces in stretches for piece in pieces]
    layer.regions = [region for region in regions if region.depth_db >= depth.MIN_DEPTH_DB or not region.met]


def _region(layer: _Layer, piece: Piece, ducked_lu: np.ndarray) -> Region:
    scene = layer.scene
    inside = (scene.times_s >= piece.start_s) & (scene.times_s < piece.end_s) & (scene.active > 0.0)
    least_lu = float(np.nanmin(ducked_lu[inside], initial=math.inf))
    speech_lufs, background_lufs = scene.loudness_lufs(piece.start_s, piece.end_s)
    met = least_lu >= layer.target_lu - MARGIN_LU
    return Region(piece.start_s, piece.end_s, piece.depth_db, speech_lufs, background_lufs, met, layer.name, least_lu)


def _faders(mix: _Mix, moves_db: dict[str, float], style: DuckStyle) -> list[Change]:
    if not moves_db:
        return []
    words = "loudness" if style.bed == "loudness" else "RMS"
    music_lufs = plain_db(track_loudness.playing_lufs(mix.powers(mix.tracks(MUSIC))))
    changes: list[Change] = []
    for track in mix.tracks(MUSIC):
        if (move_db := moves_db.get(track.id)) is not None:
            reason = f"{signed_db(move_db)} dB: music levelled to the speech by {words}, it measured {music_lufs} LUFS"
            after_db = min(track.fader_db + move_db, MAX_FADER_DB)
            if after_db < track.fader_db + move_db:
                reason += f"; the fader ends at {signed_db(MAX_FADER_DB)} dB"
            changes.append(Fader(track.id, track.fader_db, after_db, reason))
    return changes


def _envelopes(session: Session, layers: list[_Layer], settings: DuckSettings, notes: list[str]) -> list[Envelope]:
    changes: list[Envelope] = []
    for layer in layers:
        if layer.points:
            reason = _reason(layer, settings)
            targets, left_out = automation.targets(session, layer.tracks, buses=settings.buses)
            notes += left_out
            changes += [automation.envelope_change(target, layer.points, reason) for target in targets]
    return changes


def _shown(session: Session, change: Envelope) -> DrawnEnvelope:
    """An envelope as ``--json`` shows it: the points that will stand in its stretch, in seconds and dB."""
    track = session.track(change.track)
    scaled = any(entry.kind == change.envelope and entry.fader_scaling for entry in track.automation)
    points = tuple((point.time_s, decibels(point.value), point.shape) for point in change.after)
    return DrawnEnvelope(track.name, change.envelope, "fader" if scaled else "amplitude", points)


def _reason(layer: _Layer, settings: DuckSettings) -> str:
    depths = [region.depth_db for region in layer.regions]
    least, most = plain_db(min(depths)), plain_db(max(depths))
    deep = most if least == most else f"{least} … {most}"
    where = f"ducked {deep} dB in {len(depths)} passage{'s' * (len(depths) > 1)} under speech"
    if settings.depth_db is not None or settings.alpha is not None:
        return where
    missed = sum(not region.met for region in layer.regions)
    condition = f"so that speech stays {plain_db(layer.target_lu)} LU above the {layer.name}"
    return f"{where}, {condition}" + (f"; the limit binds in {missed} of them" if missed else "")


def _markers(layers: list[_Layer]) -> list[Marker]:
    """A region for each passage in which the target is not met."""
    return [
        Marker(
            f"{MARKER}{plain_db(region.least_lu)} LU over {layer.name}",
            round(region.start_s, 3),
            round(region.end_s, 3),
            reason=f"target {plain_db(layer.target_lu)} LU, ducked {plain_db(region.depth_db)} dB",
        )
        for layer in layers
        for region in layer.regions
        if not region.met
    ]


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names[:4]) + (" …" if len(names) > 4 else "")

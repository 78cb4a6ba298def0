"""Which background is ducked under which speech, and how deep."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from mixengine.jobs.duck import depth, envelope, track_kinds
from mixengine.jobs.duck.depth import MARGIN_LU, Scene
from mixengine.jobs.duck.details import Region
from mixengine.jobs.duck.envelope import Piece
from mixengine.jobs.duck.mix import Mix
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.duck.track_kinds import AMBIENCE, MUSIC, SPEECH
from mixengine.jobs.envelopes import targets
from mixengine.model.duck_style import DuckStyle
from mixengine.model.session import Track
from mixengine.model.units import decibels


@dataclass
class Layer:
    """One kind of background under one kind of speech.

    ``candidates`` are all tracks of that kind, ``tracks`` those that are ducked.
    """

    name: str
    candidates: list[Track]
    tracks: list[Track]
    scene: Scene
    activity: list[tuple[float, float]]
    target_lu: float
    targets: list[Track] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    points: tuple = ()


def layers_of(
    mix: Mix, settings: DuckSettings, style: DuckStyle, moves_db: dict[str, float], notes: list[str]
) -> list[Layer]:
    """Music under all speech, ambience under all speech, and speech without priority under speech that has it.

    What no envelope reaches counts as staying as loud as it is; ``notes`` gets the reason.
    """
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
        wanted = [track for track in candidates if track.selected or not settings.selected_only]
        activity = depth.spoken(mix.activity(SPEECH, {track.id for track in speech_tracks}))
        if not wanted or not activity:
            continue
        written, left_out = targets.targets(mix.session, wanted, buses=settings.buses)
        notes += left_out
        tracks = targets.reached(mix.session, wanted, written)
        if not tracks:
            continue
        staying = [track for track in candidates if track not in tracks]
        background = np.zeros(mix.hops)
        for track in tracks:
            background += mix.powers([track], move_db=moves_db.get(track.id, 0.0))
        scene = Scene(
            depth.activity_share(activity, mix.hops), mix.powers(speech_tracks), background, mix.powers(staying)
        )
        layers.append(Layer(name, candidates, tracks, scene, activity, target_lu, written))
    return layers


def duck_layer(layer: Layer, settings: DuckSettings, style: DuckStyle) -> None:
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


def _region(layer: Layer, piece: Piece, ducked_lu: np.ndarray) -> Region:
    scene = layer.scene
    inside = (scene.times_s >= piece.start_s) & (scene.times_s < piece.end_s) & (scene.active > 0.0)
    least_lu = float(np.nanmin(ducked_lu[inside], initial=math.inf))
    speech_lufs, background_lufs = scene.loudness_lufs(piece.start_s, piece.end_s)
    met = least_lu >= layer.target_lu - MARGIN_LU
    return Region(piece.start_s, piece.end_s, piece.depth_db, speech_lufs, background_lufs, met, layer.name, least_lu)

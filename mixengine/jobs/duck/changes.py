"""The changes of a duck: faders of the levelled music, envelopes, and a region where the target is not met."""

from __future__ import annotations

from mixengine.jobs.duck import MARKER, track_loudness
from mixengine.jobs.duck.layers import Layer
from mixengine.jobs.duck.mix import Mix
from mixengine.jobs.duck.settings import DuckSettings
from mixengine.jobs.duck.track_kinds import MUSIC
from mixengine.jobs.envelopes import targets
from mixengine.model.duck_style import DuckStyle
from mixengine.model.plan import Change, Envelope, Fader, Marker
from mixengine.model.units import MAX_FADER_DB, plain_db, signed_db


def faders(mix: Mix, moves_db: dict[str, float], style: DuckStyle) -> list[Change]:
    """The faders of the music, moved by ``moves_db`` (track id → dB)."""
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


def envelopes(layers: list[Layer], settings: DuckSettings) -> list[Envelope]:
    """The envelopes that duck each layer."""
    changes: list[Envelope] = []
    for layer in layers:
        if layer.points:
            reason = _reason(layer, settings)
            changes += [
                targets.envelope_change(target, layer.points, reason, drawn_by="duck") for target in layer.targets
            ]
    return changes


def _reason(layer: Layer, settings: DuckSettings) -> str:
    depths = [region.depth_db for region in layer.regions]
    least, most = plain_db(min(depths)), plain_db(max(depths))
    deep = most if least == most else f"{least} … {most}"
    where = f"ducked {deep} dB in {len(depths)} passage{'s' * (len(depths) > 1)} under speech"
    if settings.depth_db is not None or settings.alpha is not None:
        return where
    missed = sum(not region.met for region in layer.regions)
    condition = f"so that speech stays {plain_db(layer.target_lu)} LU above the {layer.name}"
    return f"{where}, {condition}" + (f"; the limit binds in {missed} of them" if missed else "")


def markers(layers: list[Layer]) -> list[Marker]:
    """A region for each passage in which the target is not met."""
    return [
        Marker(
            f"{MARKER}{plain_db(region.least_lu)} LU over {layer.name}",
            round(region.start_s, 3),
            round(region.end_s, 3),
            reason=f"target {plain_db(layer.target_lu)} LU, ducked {plain_db(region.depth_db)} dB",
            tracks=tuple(track.id for track in layer.candidates),
        )
        for layer in layers
        for region in layer.regions
        if not region.met
    ]

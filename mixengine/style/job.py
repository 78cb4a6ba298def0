"""The style job: how each group and the master would have to be set to sound like a reference, and why.

It reads audio and writes nothing. What an earlier run put into the chains is not heard; faders and pans are taken as
they stand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mixengine import codec
from mixengine.audio.pan import balance
from mixengine.balance import candidates
from mixengine.errors import UserError
from mixengine.plan import Change, Compressor, Equalizer, Fader, MasterTrim, MixPlan, Pan
from mixengine.session import MASTER, CompressorSettings, Effect, EqBand, Session, Track
from mixengine.settings import StyleSettings
from mixengine.style import descent, features, groups, match, material, reasons, render, translate
from mixengine.style import reference as references
from mixengine.style.bark_filters import edges_hz
from mixengine.style.groups import Group
from mixengine.style.match import Match
from mixengine.style.material import SETUP, Material, Progress
from mixengine.style.reference import Reference
from mixengine.style.translate import Strip
from mixengine.style.windows import Passages
from mixengine.units import decibels

LABEL = "mixengine style"
"""Name of our equalisers and compressors in the chains."""
_MARGIN_DB = 0.05
_LEAST_DB, _LEAST_PAN = 0.01, 0.001
_SAME_WAY = "the same on every track of"


@dataclass(frozen=True, slots=True)
class _Case:
    """What is matched, and with what; ``standing`` is the session with what an earlier run left in its chains."""

    standing: Session
    session: Session
    settings: StyleSettings
    groups: list[Group]
    reference: Reference
    progress: Progress


def plan(session: Session, settings: StyleSettings, progress: Progress) -> MixPlan:
    """Decide faders, pans, equalisers and compressors of groups, and the master.

    Returns
    -------
    MixPlan
        ``details`` hold ``reference``, ``windows``, ``tracks`` (one row per group), ``master``, ``loss``,
        ``controller_parameters``, ``controller_master``, ``curves`` (for figures) and ``roles``.

    Raises
    ------
    UserError
        No reference, or one that cannot be used; nothing sounds; a refused checkpoint; PyTorch is missing.
    """
    if settings.refine or settings.checkpoint:
        descent.torch()  # says how to install it, before anything else takes time
    reference = references.read(settings.reference, start_s=settings.reference_start_s or 0.0)
    standing, session = session, without_own(session)
    chosen = candidates.chosen_roles(session, settings)
    picked = candidates.pick(session)
    if not picked.tracks:
        raise candidates.nothing_to_do(session, picked.skipped, "matched")
    most = groups.MOST if not (settings.checkpoint and Path(session.path).is_dir()) else len(session.tracks)
    found = groups.find(session, most=most, chosen=chosen)
    case = _Case(standing, session, settings, found, reference, progress)
    matched, heard, prediction = _matched(case)
    strips, master = _strips(case, matched)
    peak = render.measured(session, found, strips, master, progress)
    trim_db = min(render.CEILING_DBTP - _MARGIN_DB - peak.true_peak_dbtp, 0.0)
    master = replace(master, gain_db=round(master.gain_db + trim_db, 2))
    return _plan(case, matched, heard, strips, master, trim_db, peak, prediction, chosen)


def _matched(case: _Case) -> tuple[Match, Material, Any]:
    """The match, with a controller's parameters where there is a checkpoint."""
    settings, reference = case.settings, case.reference
    if not settings.checkpoint:
        heard = material.collect(case.session, case.groups, reference, case.progress, _given_passages(case))
        return match.match(heard, case.progress, seed=settings.seed), heard, None
    from mixengine.style import predicted

    start_s = settings.song_start_s or 0.0
    prediction, desk = predicted.ask(
        Path(settings.checkpoint), case.session, case.groups, start_s, reference, case.progress
    )
    heard = material.collect(case.session, case.groups, reference, case.progress, _given_passages(case))
    found = match.match(heard, case.progress, seed=settings.seed, controller=desk, refine=settings.refine)
    return found, heard, prediction


def _given_passages(case: _Case) -> Passages | None:
    """The passage the user chose, or, without refinement, the one that the controller hears."""
    settings = case.settings
    if settings.song_start_s is None and settings.refine:
        return None
    start_s = settings.song_start_s or 0.0
    left = int((case.session.duration_s - start_s) * features.RATE)
    frames = min(material.windows.FRAMES, left, len(case.reference.audio))
    if frames < features.MIN_FRAMES:
        raise UserError(
            f"{case.session.path}: {max(left, 0) / features.RATE:.2f} s of it after {start_s:g} s are too few to"
            " compare; choose an earlier --song-start"
        )
    return Passages(frames, (start_s,), (0.0,))


def _strips(case: _Case, matched: Match) -> tuple[list[Strip], Strip]:
    highest = [
        translate.FADER_MOST_DB - max((t.fader_db for t in group.targets if math.isfinite(t.fader_db)), default=0.0)
        for group in case.groups
    ]
    return translate.strips(matched.desk, SETUP, case.session.sample_rate, highest)


def _plan(case, matched, heard, strips, master, trim_db, peak, prediction, chosen) -> MixPlan:
    session, wanted, before = case.session, matched.measured["reference"], matched.measured["before"]
    why = [
        reasons.group_reason(group, strip, before, wanted, active)
        for group, strip, active in zip(case.groups, strips, heard.active, strict=True)
    ]
    why_master = reasons.master_reason(master, before, wanted, trim_db)
    changes: list[Change] = []
    for group, strip, reason in zip(case.groups, strips, why, strict=True):
        changes += _changes(case.standing, group, strip, reason)
    changes += _master_changes(case.standing, master, why_master)
    notes = [*session.notes, *case.reference.notes, *candidates.notes(session, _tracks(case.groups))]
    if not heard.compared.all():
        top_khz = edges_hz()[2:][heard.compared].max(initial=0.0) / 1000.0
        notes.append(
            f"the song or the reference ends in a cliff, as lossy files do: above {top_khz:.1f} kHz nothing was compared"
        )
    if session.pan_law != 1.0 and any(strip.pan for strip in strips):
        notes.append("pans were found for a pan law of 0 dB; under the project's own, they change levels a little")
    if prediction is not None:
        from mixengine.style.predicted import RELEASE_SENDS, key_of

        notes += [*prediction.notes, RELEASE_SENDS]
        quiet = [g.name for g in case.groups if key_of(g) not in prediction.track_parameters]
        if quiet:
            notes.append(f"too quiet in the controller's window, set in proportion: {', '.join(quiet)}")
    return MixPlan(
        job="style",
        session=session.name,
        source=session.path,
        settings=asdict(case.settings),
        changes=tuple(changes),
        details={
            "reference": case.reference.path,
            "reference_lufs": round(case.reference.loudness_lufs, 2),
            "compared_at_lufs": references.LEVEL_LUFS,
            "windows": _windows(heard),
            "tracks": [_row(g, s, r) for g, s, r in zip(case.groups, strips, why, strict=True)],
            "master": {**_strip_row(master), "trim_db": round(trim_db, 2), "reason": why_master},
            "loss": {**_losses(matched), "published": _published(matched)},
            "differences": reasons.spectrum_words(reasons.differences_db(before, wanted)),
            "controller_parameters": _numbers(prediction.track_parameters) if prediction else {},
            "controller_master": list(map(float, prediction.master_parameters)) if prediction else [],
            "curves": _curves(matched, peak, case.reference),
            "roles": {track.id: track.role for track in session.tracks if track.role} | chosen,
        },
        notes=tuple(notes),
    )


def _windows(heard: Material) -> list[dict[str, float]]:
    seconds = round(heard.frames / features.RATE, 3)
    return [
        {"song_s": round(song_s, 3), "reference_s": round(reference_s, 3), "length_s": seconds}
        for song_s, reference_s in zip(
            heard.passages.song_s, _repeated(heard.passages.reference_s, len(heard.passages.song_s)), strict=True
        )
    ]


def _repeated(values: Sequence[float], count: int) -> list[float]:
    return [values[index % len(values)] for index in range(count)]


def _losses(matched: Match) -> dict[str, Any]:
    """Loss before, at the start, after; its weighted terms; and how far each feature is off in its own unit."""
    stages = {name: round(matched.loss(name), 6) for name in matched.terms}
    names = list(features.PUBLISHED)
    return {
        "before": stages["before"],
        "closed_form": stages.get("closed_form"),
        "controller": stages.get("controller"),
        "after": stages["after"],
        "terms": {name: {stage: round(terms[name], 8) for stage, terms in matched.terms.items()} for name in names},
        "residuals": {
            name: {
                stage: round(math.sqrt(terms[name] / features.PUBLISHED[name].weight), 6)
                for stage, terms in matched.terms.items()
            }
            for name in names
        },
        "steps": matched.steps,
    }


def _published(matched: Match) -> dict[str, float]:
    """The published loss, over all bands, before and after."""
    wanted = matched.measured["reference"]
    return {
        stage: round(sum(material.terms(matched.measured[stage], wanted).values()), 6) for stage in ("before", "after")
    }


def _curves(matched: Match, peak: render.Measured, reference: Reference) -> dict[str, Any]:
    """What the figures show: Bark spectra in dB, widths, and loudness per second."""
    scale = 20.0 / math.log(10.0)
    shown = ("before", "after", "reference")
    return {
        "bark_db": {
            name: np.round(scale * np.asarray(matched.measured[name]["barkspectrum"]), 2).tolist() for name in shown
        },
        "stereo_width": {name: round(float(matched.measured[name]["stereo_width"]), 5) for name in shown},
        "loudness_lufs": {
            "before": peak.before_lufs,
            "after": peak.after_lufs,
            "reference": render.per_second(reference.audio, features.RATE),
        },
    }


def _numbers(parameters: dict[str, np.ndarray]) -> dict[str, list[float]]:
    return {name: [float(value) for value in numbers] for name, numbers in parameters.items()}


def _strip_row(strip: Strip) -> dict[str, Any]:
    return {
        "gain_db": strip.gain_db,
        "pan": strip.pan,
        "eq": [codec.encode(band) for band in strip.bands],
        "compressor": codec.encode(strip.compressor) if strip.compressor else None,
    }


def _row(group: Group, strip: Strip, reason: str) -> dict[str, Any]:
    return {
        "name": group.name,
        "file": group.file,
        "role": group.role,
        "bus": group.bus.id if group.bus else None,
        "members": [track.id for track in group.tracks],
        **_strip_row(strip),
        "reason": reason,
    }


def decided(session: Session, made: MixPlan) -> tuple[Session, list[Group], list[Strip], Strip]:
    """What `render` needs to play a style plan of this session."""
    session = without_own(session)
    rows = made.details["tracks"]
    found = [
        Group(
            row["name"],
            tuple(session.track(member) for member in row["members"]),
            session.track(row["bus"]) if row["bus"] else None,
            row["role"],
        )
        for row in rows
    ]
    return session, found, [_strip_of(row) for row in rows], _strip_of(made.details["master"])


def _strip_of(row: dict[str, Any]) -> Strip:
    compressor = codec.decode(CompressorSettings, row["compressor"]) if row["compressor"] else None
    return Strip(tuple(codec.decode(EqBand, band) for band in row["eq"]), compressor, row["gain_db"], row["pan"])


def without_own(session: Session) -> Session:
    """The session without what an earlier style plan put into its chains."""

    def kept(effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        return tuple(effect for effect in effects if effect.label != LABEL)

    tracks = tuple(replace(track, effects=kept(track.effects)) for track in session.tracks)
    return replace(session, tracks=tracks, master_effects=kept(session.master_effects))


def _changes(session: Session, group: Group, strip: Strip, reason: str) -> list[Change]:
    """Changes of a group's track, or the same changes of all its tracks where it has none of its own."""
    changes: list[Change] = []
    for track in group.targets:
        words = reason if group.bus else f"{_SAME_WAY} {group.name}: {reason}"
        pan, extra_db = _panned(track, strip.pan)
        if math.isfinite(track.fader_db) and abs(strip.gain_db + extra_db) >= _LEAST_DB:
            after = round(track.fader_db + strip.gain_db + extra_db, 2)
            changes.append(Fader(track.id, track.fader_db, after, words))
        if abs(pan - track.pan) >= _LEAST_PAN:
            changes.append(Pan(track.id, track.pan, pan, words))
        changes += _chain(session, track.id, strip, track.fader_db, words)
    return changes


def _panned(track: Track, pan: float) -> tuple[float, float]:
    """One pan and a gain in dB for the track's own pan followed by ``pan``."""
    if not pan:
        return track.pan, 0.0
    sides = balance(track.pan) * balance(pan)
    louder = float(sides.max())
    if louder <= 0.0:  # one to the left, the other to the right: nothing would be left
        return pan, 0.0
    left, right = sides / louder
    return round(float(right - left), 3), decibels(louder)


def _chain(session: Session, track_id: str, strip: Strip, fader_db: float, reason: str) -> list[Change]:
    """Our equaliser and compressor on a track, where they are not yet as wanted.

    The strip's threshold is meant behind the fader as it stands; in the chain the sound has not met the fader.
    """
    bands = strip.bands or None
    compressor = strip.compressor
    if compressor is not None and math.isfinite(fader_db):
        compressor = replace(compressor, threshold_db=round(min(compressor.threshold_db - fader_db, 6.0), 2))
    changes: list[Change] = []
    standing = _standing(session, track_id)
    if standing[0] != bands:
        changes.append(Equalizer(track_id, LABEL, standing[0], bands, reason))
    if standing[1] != compressor:
        changes.append(Compressor(track_id, LABEL, standing[1], compressor, reason))
    return changes


def _standing(session: Session, track_id: str) -> tuple[tuple[EqBand, ...] | None, CompressorSettings | None]:
    own = [effect for effect in session.effects(track_id) if effect.label == LABEL]
    bands = next((effect.bands for effect in own if effect.bands), None)
    return bands, next((effect.compressor for effect in own if effect.compressor), None)


def _master_changes(session: Session, master: Strip, reason: str) -> list[Change]:
    changes = _chain(session, MASTER, master, 0.0, reason)
    if abs(master.gain_db - session.master_db) >= _LEAST_DB:
        changes.append(MasterTrim(session.master_db, master.gain_db, reason))
    return changes


def _tracks(found: Sequence[Group]) -> list[Track]:
    return [track for group in found for track in group.tracks]

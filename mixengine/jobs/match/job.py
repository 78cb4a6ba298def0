"""The match job: how each group and the master would have to be set to sound like a reference, and why.

It reads audio and writes nothing. What an earlier run put into the chains is not heard; faders and pans are taken as
they stand.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mixengine.jobs.match import (
    changes,
    decision,
    descent,
    features,
    findings,
    groups,
    held,
    master_chain,
    match,
    material,
    reasons,
    render,
)
from mixengine.jobs.match import reference as references
from mixengine.jobs.match.bark_filters import edges_hz
from mixengine.jobs.match.details import MatchDetails
from mixengine.jobs.match.groups import Group
from mixengine.jobs.match.match import Match
from mixengine.jobs.match.material import Material
from mixengine.jobs.match.settings import MatchSettings
from mixengine.jobs.match.windows import Passages
from mixengine.model import selection
from mixengine.model.plan import MixPlan
from mixengine.model.session import MASTER, Session, Track
from mixengine.model.settings import SettingError, SettingName
from mixengine.system.progress import Progress

_FURTHER = (
    "heard through the master, the mix as it stood is nearer to the reference than what was found: take it back, or "
    "match without what acts on the master"
)


def plan(session: Session, settings: MatchSettings, progress: Progress) -> MixPlan:
    """Decide faders, pans, equalisers and compressors of groups, and the master.

    Returns
    -------
    MixPlan
        Changes of groups and master, with `MatchDetails`.

    Raises
    ------
    UserError
        No reference, or one that cannot be used; nothing sounds; a refused checkpoint; PyTorch is missing.
    """
    if settings.refine or settings.checkpoint:
        descent.torch()  # says how to install it, before anything else takes time
    reference = references.read(settings.reference, start_s=settings.reference_start_s or 0.0)
    chosen = selection.chosen_roles(session, settings)
    picked = selection.pick(session)
    if not picked.tracks:
        raise selection.nothing_to_do(session, picked.skipped, "matched")
    max_groups = groups.MAX_GROUPS if not (settings.checkpoint and Path(session.path).is_dir()) else len(session.tracks)
    current, find = session, functools.partial(groups.find_groups, max_groups=max_groups, chosen=chosen)
    session = changes.without_own(current, find(current))
    song_groups = find(session)  # the same groups, of tracks without what is replaced
    request = decision.Request(current, session, settings, song_groups, reference, progress)
    matched, mix_material, prediction = _matched(request)
    found = decision.decided(request, matched, mix_material)
    if master_chain.acts(request.session):
        matched = decision.as_played(request, matched, mix_material, found)
    return _plan(request, matched, mix_material, found, prediction, chosen)


def _matched(request: decision.Request) -> tuple[Match, Material, Any]:
    """The match, with a controller's parameters where there is a checkpoint."""
    settings, reference = request.settings, request.reference
    if not settings.checkpoint:
        mix_material = material.collect(
            request.session, request.groups, reference, request.progress, _given_passages(request)
        )
        return (
            match.match(mix_material, request.progress, seed=settings.seed, refine=settings.refine),
            mix_material,
            None,
        )
    from mixengine.jobs.match import predicted

    start_s = settings.song_start_s or 0.0
    prediction, controller = predicted.predict(
        Path(settings.checkpoint), request.session, request.groups, start_s, reference, request.progress
    )
    mix_material = material.collect(
        request.session, request.groups, reference, request.progress, _given_passages(request)
    )
    matched = match.match(
        mix_material, request.progress, seed=settings.seed, controller=controller, refine=settings.refine
    )
    return matched, mix_material, prediction


def _given_passages(request: decision.Request) -> Passages | None:
    """The passage the user chose, or, where a controller has the last word, the one that it hears."""
    settings = request.settings
    if settings.song_start_s is None and (settings.refine or not settings.checkpoint):
        return None
    start_s = settings.song_start_s or 0.0
    left = int((request.session.duration_s - start_s) * features.RATE)
    frames = min(material.windows.FRAMES, left, len(request.reference.audio))
    if frames < features.MIN_FRAMES:
        words = f"{request.session.path}: {max(left, 0) / features.RATE:.2f} s of it after {start_s:g} s are too few"
        raise SettingError(words, " to compare; choose an earlier ", SettingName("song_start_s"))
    return Passages(frames, (start_s,), (0.0,))


def _plan(request, matched, mix_material, found: decision.Decision, prediction, chosen) -> MixPlan:
    strips, master, trim_db, peak = found.strips, found.master, found.trim_db, found.peak
    session, target, before = request.session, matched.measured["reference"], matched.measured["before"]
    decided, why, why_master = decision.changes_of(request, matched, mix_material, strips, master, trim_db)
    notes = [*session.notes, *request.reference.notes, *selection.notes(session, _tracks(request.groups))]
    if not mix_material.compared[0].all():
        top_khz = edges_hz()[2:][mix_material.compared[0]].max(initial=0.0) / 1000.0
        notes.append(
            f"song or reference end in a cliff, as lossy files do: above {top_khz:.1f} kHz nothing was compared"
        )
    notes += held.notes([*((g.name, g.held) for g in request.groups), (MASTER, mix_material.master)])
    notes += master_chain.notes(session)
    if decision.is_further(matched):
        notes.append(_FURTHER)
    if peak.true_peak_dbtp > render.CEILING_DBTP:
        notes.append(decision.over(peak))
    if session.pan_law != 1.0 and any(strip.pan for strip in strips):
        notes.append("pans were found for a pan law of 0 dB; under the project's own, they change levels a little")
    if prediction is not None:
        from mixengine.jobs.match.predicted import RELEASE_SENDS, key_of

        notes += [*prediction.notes, RELEASE_SENDS]
        quiet = [g.name for g in request.groups if key_of(g) not in prediction.track_parameters]
        if quiet:
            notes.append(f"too quiet in the controller's window, set in proportion: {', '.join(quiet)}")
    return MixPlan(
        job="match",
        session=session.name,
        source=session.path,
        settings=asdict(request.settings),
        changes=tuple(decided),
        details=MatchDetails(
            reference=request.reference.path,
            reference_lufs=round(request.reference.loudness_lufs, 2),
            compared_at_lufs=references.LEVEL_LUFS,
            windows=findings.passages_compared(mix_material),
            tracks=tuple(
                findings.group_row(g, s, r.whole) for g, s, r in zip(request.groups, strips, why, strict=True)
            ),
            master=findings.master_row(master, round(trim_db, 2), why_master.whole),
            loss=findings.losses(matched),
            differences=tuple(reasons.spectrum_words(reasons.differences_db(before, target))),
            controller_parameters=findings.plain_numbers(prediction.track_parameters) if prediction else {},
            controller_master=tuple(map(float, prediction.master_parameters)) if prediction else (),
            curves=findings.curves(matched, peak, request.reference),
            roles=session.stated_roles | chosen,
        ),
        notes=tuple(notes),
    )


def _tracks(of_groups: Sequence[Group]) -> list[Track]:
    return [track for group in of_groups for track in group.tracks]

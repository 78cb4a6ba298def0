"""Stems as tracks of the project: a folder "mixengine stems" with one track each, the originals muted.

The plan only names the files, which are in ``mixengine/`` beside the project; `write` renders them. Stems are taken
before the master, because they pass it in the project; where the pan law attenuates centred tracks, their faders
compensate. Where a track is soloed the folder is too, or it would not sound. Stems that end before the faders are not
the mix: their folder is muted, and the originals go on playing.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

from mixengine.analysis import cache
from mixengine.hosts.rpp.new import guid
from mixengine.jobs.render import export, files, own_mix, pre_fader
from mixengine.jobs.render.details import RenderDetails, StemRow
from mixengine.jobs.render.settings import RenderSettings
from mixengine.jobs.render.stems import Stem, stems
from mixengine.mixer import routing, unsupported
from mixengine.model import codec, unheard
from mixengine.model.plan import Change, MixPlan, MuteTrack, NewClip, NewTrack
from mixengine.model.session import Session
from mixengine.model.units import decibels
from mixengine.system import staging
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress

PLACE = "mixengine"
REPORT = "render.json"
"""File name of the report: what was rendered and what not, and the null check."""
FOLDER = "mixengine stems"


def plan(session: Session, settings: RenderSettings, progress: Progress = no_progress) -> MixPlan:
    """Decide which stems become tracks and what is muted for them; nothing is rendered yet.

    Raises
    ------
    UserError
        Nothing that was selected has audio.
    """
    progress(0, 1, "looking for stems")
    session, damaged = unsupported.readable(session)
    graph = routing.graph(session)
    chosen = stems(session, graph, settings.gathered_per) if graph.playing else []
    around: list[str] = []
    if settings.pre_fader:
        chosen, around = pre_fader.possible(chosen, graph)
    if not chosen:
        raise UserError(f"{session.path}: nothing sounds that could become a stem")
    start_s = settings.start_s or 0.0
    end_s = session.duration_s if settings.end_s is None else settings.end_s
    place = _place(session, settings, chosen)
    root = guid(place, "folder")
    early = settings.pre_fader
    level_db = 0.0 if early else _make_up_db(session)
    solo = not early and any(track.solo for track in session.tracks)
    changes: list[Change] = [
        NewTrack(root, FOLDER, fader_db=level_db, mute=early, solo=solo, reason="the stems, together")
    ]
    for stem in chosen:
        track = guid(place, "track", stem.file)
        path = f"{place}/stems/{stem.file}{files.FORMATS[settings.file_format]}"
        changes += [
            NewTrack(track, stem.name, root, level_db, reason="a stem"),
            NewClip(track, guid(place, "clip", stem.file), path, start_s, end_s - start_s, name=stem.name),
        ]
    muted = [] if early else [session.track(name) for stem in chosen for name in stem.tracks]
    changes += [MuteTrack(track.id, track.mute, True, reason="its stem plays instead") for track in muted]
    missing = unsupported.unsupported(session, graph)
    notes = [
        *session.notes,
        *damaged.values(),
        *unheard.mixer_lines(session),
        *(f"{entry.track}: not in its stem: {'; '.join(entry.what)}" for entry in missing),
    ]
    if early:
        notes += [*around, *pre_fader.notes(session, graph, chosen)]
        notes.append(f"'{FOLDER}' comes in muted for that, and the tracks go on playing")
    if solo:
        notes.append(f"tracks are soloed: only they are in the stems, and '{FOLDER}' is soloed, so that it sounds too")
    notes += [f"{track.name} is locked: mute it yourself, its stem plays too" for track in muted if track.locked]
    progress(1, 1, "stems found")
    return MixPlan(
        "render",
        session.name,
        session.path,
        asdict(settings),
        tuple(changes),
        RenderDetails(tuple(StemRow(stem.name, tuple(stem.tracks)) for stem in chosen), place),
        tuple(notes),
    )


def write(session: Session, mix_plan: MixPlan, stage: staging.Staging, progress: Progress) -> list[str]:
    """Render the files of a plan, and `REPORT` beside them; existing files are kept.

    Returns
    -------
    list of str
        Samples that are no numbers, silence, and how REAPER's own mix differs, where there is one.

    Raises
    ------
    UserError
        The stems do not add up, or a file of the session breaks off.
    """
    assert isinstance(mix_plan.details, RenderDetails)
    inside = mix_plan.details.folder
    settings = codec.decode(RenderSettings, mix_plan.settings)
    if (stage.folder / inside / REPORT).exists():
        return _compared(session, settings, None)
    # all of the session: the originals are muted, also what lies outside the markers that bound a render
    end_s = session.duration_s if settings.end_s is None else settings.end_s
    settings = replace(settings, stems=True, mix=False, start_s=settings.start_s or 0.0, end_s=end_s)
    side = f"{inside}/"
    done = export.to_staging(session, settings, stage, side=side, master=False, progress=progress)
    if not done.adds_up:
        raise UserError(f"{session.path}: the stems are not the mix ({export.summary_lines(done)[1]})")
    notes = [*done.silenced, *[export.NOTHING_SOUNDS] * done.is_silent]
    notes += [*export.summary_lines(done)[1:] * done.pre_fader, *_compared(session, settings, done)]
    report = json.dumps(codec.encode(done.to_dict()), indent=1, allow_nan=False)
    stage.path(side + REPORT).write_text(report, encoding="utf-8")
    return notes


def _compared(session: Session, settings: RenderSettings, done: export.Rendered | None) -> list[str]:
    """How REAPER's own mix differs, in words, and in ``done``; nothing where it was not rendered."""
    session, _ = unsupported.readable(session)
    result = own_mix.difference(session)
    if result is None:
        return []
    if done is not None:
        done.own_mix_dbfs, done.own_mix_db = result
    missing = unsupported.unsupported(session, routing.graph(session))
    return [own_mix.note(*result, missing, own_mix.THROUGH_FADERS if settings.pre_fader else own_mix.SUM)]


def _place(session: Session, settings: RenderSettings, chosen: list[Stem]) -> str:
    """A separate folder for each state of the session: files that an open project plays are never overwritten."""
    digests = [str(cache.track_digest(track, track)) for track in session.tracks]
    state = cache.digest(digests, session.sample_rate, session.pan_law, asdict(settings), chosen)
    return f"{PLACE}/stems-{state[:8]}"


def _make_up_db(session: Session) -> float:
    """Gain in dB that compensates the pan law for a centred track."""
    return -decibels(session.pan_law) if session.pan_law < 1.0 and not math.isclose(session.pan_law, 1.0) else 0.0

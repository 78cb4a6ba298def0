"""The sync job: recordings that do not fit together are aligned.

Find the recordings → their fingerprints → which have something in common → what stays → where the others belong. It
reads audio and writes nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np

from mixengine.analysis.alignment.relation import BLEED, COPY, MUTUAL
from mixengine.analysis.alignment.stretches import Sound
from mixengine.jobs.sync import drums, moves, overlaps, takes
from mixengine.jobs.sync.details import EARLY, LOCKED, NOT_SELECTED, NOTHING, Alignment, SyncDetails
from mixengine.jobs.sync.forest import Forest, forest
from mixengine.jobs.sync.links import links
from mixengine.jobs.sync.maps import Map
from mixengine.jobs.sync.settings import SyncSettings
from mixengine.jobs.sync.takes import TakeOf
from mixengine.model import selection
from mixengine.model.plan import Change, MixPlan, MoveClip, Polarity
from mixengine.model.session import Session
from mixengine.model.settings import no_selection
from mixengine.model.units import plain_db, signed_db
from mixengine.report.words import count
from mixengine.system.progress import Progress

_KINDS = {COPY: "the same recording", BLEED: "one is heard in the other", MUTUAL: "they hear each other"}
_ONE_SOURCE = "the same source"


@dataclass(frozen=True)
class _Case:
    """What is known when changes are made."""

    session: Session
    settings: SyncSettings
    sounds: dict[str, Sound]
    tree: Forest
    by_key: dict[str, TakeOf]
    mics: dict[str, drums.DrumMic]


def plan(session: Session, settings: SyncSettings, progress: Progress) -> MixPlan:
    """Decide where the recordings of a session belong.

    Returns
    -------
    MixPlan
        Items moved, with their play rates, cut where a clock was unsteady; with ``settings.drums`` also polarities.

    Raises
    ------
    UserError
        A name is unknown, nothing is selected, or nothing can be heard.
    """
    if settings.selected_only and not any(track.selected for track in session.tracks):
        raise no_selection(session.path)
    to = selection.find(session, settings.to).id if settings.to else None
    picked = selection.pick(session)
    recordings, notes = takes.takes_of(picked.tracks)
    if not recordings:
        left = {track.id: "its items are too short, stretched or reversed" for track in picked.tracks}
        raise selection.nothing_to_do(session, picked.skipped | left, "aligned")
    sounds, skipped = takes.sounds_of(session, recordings, use_cache=settings.cache, progress=progress)
    by_key = {take.key: take for take in recordings}
    notes = [*session.notes, *notes, *(f"{by_key[key].track.name}: {why}" for key, why in skipped.items())]
    others = [track for track in session.tracks if track.clips and track.id in picked.skipped]
    notes += [f"{track.name}: {picked.skipped[track.id]}; its items stay where they are" for track in others]
    shared, unseen = links(recordings, sounds, settings.max_offset_s, progress)
    if unseen:
        notes.append(
            f"{count(unseen, 'pair')} of recordings whose fingerprints have nothing in common were not compared sample "
            "by sample: where one is heard softly in the other it is not noticed"
        )
    readable = [take for take in recordings if take.key in sounds]
    tree = forest(readable, shared, to)
    mics = drums.kit(session, readable, sounds) if settings.drums else []
    case = _Case(session, settings, sounds, tree, by_key, {mic.key: mic for mic in mics})
    if to is not None and not any(
        tree.reference_of.get(take.key) == take.key for take in readable if take.track.id == to
    ):
        notes.append(f"{session.track(to).name}: has nothing in common with any other")
    changes: list[Change] = []
    rows: list[Alignment] = []
    for take in readable:
        own, row = _decide(case, take, notes)
        changes += own
        rows.append(row)
    notes += [f"{row.name}: {row.why}" for row in rows if row.why == NOTHING]
    over = overlaps.overlaps(session, changes)
    notes += overlaps.lines(over)
    stay = [*tree.reference_of.values(), *(mic.reference for mic in mics if mic.reference not in tree.reference_of)]
    references = dict.fromkeys(by_key[key].track.name for key in stay)
    return MixPlan(
        job="sync",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(changes),
        details=SyncDetails(tuple(rows), tuple(references), over),
        notes=tuple(notes),
    )


def _decide(case: _Case, take: TakeOf, notes: list[str]) -> tuple[list[Change], Alignment]:
    """What is changed of a recording, and what is said of it."""
    between, row = case.tree.maps.get(take.key), _described(case, take)
    mic = case.mics.get(take.key)
    if mic is not None:
        # how it stands to the other microphone was measured as both stand: it goes where that goes, and by the way
        between = _with_way(case.tree.maps.get(mic.reference, Map.identity()), mic.later_s)
        row = _described_mic(case, take, mic, between)
    held = _held(case, take)
    if between is None or held:
        return [], replace(row, why=held or row.why)
    smallest_s = 0.5 / case.session.sample_rate if mic is not None else moves.MIN_MOVE_S
    clips, sound = (*take.clips, *take.muted), case.sounds[take.key]
    changes = moves.changes_of(clips, take.track, between, sound, case.settings.drift, row.why, smallest_s)
    early = [change for change in changes if isinstance(change, MoveClip) and change.after.position_s < 0.0]
    if early:
        notes.append(
            f"{take.track.name}: would begin {-early[0].after.position_s:.3f} s before the session does: left; "
            "move all items later first, or choose another track that stays (--to)"
        )
        return [], replace(row, why=EARLY)
    moved = bool(changes)
    if mic is not None and _is_turned(case, mic):
        changes.append(Polarity(take.track.id, take.track.inverted, not take.track.inverted, reason=row.why))
    if moved and take.track.automation:
        notes.append(f"{take.track.name}: envelopes of the track stay where they are, those of its items go along")
    return changes, replace(row, moved=bool(changes), why=row.why if changes or mic is not None else _stays(case, take))


def _held(case: _Case, take: TakeOf) -> str:
    """Why a recording may not be changed; empty where it may."""
    if case.tree.reference_of.get(take.key) == take.key and take.key not in case.mics:
        return _stays(case, take)
    if not take.track.selected and case.settings.selected_only:
        return NOT_SELECTED
    return LOCKED if take.locked else ""


def _is_turned(case: _Case, mic: drums.DrumMic) -> bool:
    """Whether the polarity of a microphone's track is to be switched: once, and only as all its recordings say."""
    track = case.by_key[mic.key].track.id
    own = [each for key, each in case.mics.items() if case.by_key[key].track.id == track]
    return all(each.invert for each in own) and own[0] is mic


def _described_mic(case: _Case, take: TakeOf, mic: drums.DrumMic, between: Map) -> Alignment:
    begin_s = take.span_s[0]
    return Alignment(
        take.track.id,
        take.track.name,
        case.by_key[mic.reference].track.name,
        "a microphone of the same kit",
        round(1000.0 * (begin_s - float(between.inverse().at(begin_s))), 4),
        score=round(mic.score, 1),
        why=_drum_words(case, mic),
    )


def _with_way(between: Map, later_s: float) -> Map:
    """The same, and everything later by so much."""
    return Map(between.common_s + later_s, between.own_s)


def _drum_words(case: _Case, mic: drums.DrumMic) -> str:
    samples = round(mic.later_s * case.session.sample_rate)
    name = case.by_key[mic.reference].track.name
    words = f"{abs(samples)} samples ({1000.0 * abs(mic.later_s):.2f} ms) {'later' if samples >= 0 else 'earlier'}"
    moved = f"as {name} hears it: {words}" if samples else f"stands as {name} hears it"
    return moved + (", polarity switched" if mic.invert else "")


def _stays(case: _Case, take: TakeOf) -> str:
    """Why a recording that is linked stays where it is."""
    if case.tree.reference_of[take.key] == take.key:
        return "stays: the others are moved to it"
    if take.key in case.tree.together:
        return f"recorded together with {case.by_key[case.tree.together[take.key]].track.name}: stays as that does"
    return "stands where it belongs"


def _described(case: _Case, take: TakeOf) -> Alignment:
    tree = case.tree
    if take.key not in tree.maps:
        return Alignment(take.track.id, take.track.name, why=NOTHING)
    between = tree.maps[take.key]
    begin_s, end_s = take.span_s
    inverse = between.inverse()
    common_s = inverse.at(np.array([begin_s, end_s]))
    offset_s = begin_s - float(common_s[0])
    drift = (end_s - begin_s) / float(common_s[1] - common_s[0]) - 1.0
    key = tree.together.get(take.key, take.key)
    parent = tree.parent_of.get(key)
    if parent is None:
        return Alignment(take.track.id, take.track.name, why="stays")
    other, link = parent
    common = link.relation
    kind = _KINDS.get(common.kind, _ONE_SOURCE)
    name = case.by_key[other].track.name
    sign, column = (1.0, 0) if link.first == other else (-1.0, 1)
    lags = sorted((s.time_s if column == 0 else s.time_s + s.lag_s, sign * 1000.0 * s.lag_s) for s in common.stretches)
    line = sorted((t if column == 0 else t + lag, sign * 1000.0 * lag) for t, lag in common.knots_s)
    why = f"{signed_db(-1000.0 * offset_s)} ms" if key == take.key else "recorded together: moved with it"
    if abs(drift) * (end_s - begin_s) >= moves.MIN_DRIFT_S and case.settings.drift:
        why += f", play rate {1.0 + drift:.7f} (its clock ran {plain_db(abs(1e6 * drift))} ppm "
        why += "too fast)" if drift > 0.0 else "too slowly)"
    why += f": {kind} as {name}" if kind in (_ONE_SOURCE, _KINDS[COPY]) else f": {kind} ({name})"
    return Alignment(
        take.track.id,
        take.track.name,
        name,
        kind,
        round(1000.0 * offset_s, 4),
        round(1e6 * drift, 3),
        common.straight,
        score=round(common.score, 1),
        lags=tuple((round(t, 3), round(lag, 4)) for t, lag in lags),
        line=tuple((round(t, 3), round(lag, 4)) for t, lag in line),
        why=why,
    )

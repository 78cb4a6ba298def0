"""The unmask job: who must be heard, who stands in the way, what the equalisers do, and why.

It reads audio and writes nothing. Effects are not heard, mixengine's own equalisers included, so that a second run
decides the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from mixengine.analysis import masking
from mixengine.analysis.session_spectra import measure_spectra
from mixengine.analysis.spectra import Spectra
from mixengine.jobs.unmask import cuts, moving, part, three_band
from mixengine.jobs.unmask.bands import gains_of
from mixengine.jobs.unmask.details import Clarity, MapRow, Row, UnmaskDetails
from mixengine.jobs.unmask.masking_map import masking_map
from mixengine.jobs.unmask.reasons import (
    MIN_SHARE,
    SILENT,
    boost_reason,
    clarity_of,
    clear_enough_reason,
    cut_reason,
    no_cut_reason,
    no_voice_reason,
)
from mixengine.jobs.unmask.settings import UnmaskSettings
from mixengine.jobs.unmask.stays import LABEL, named_track, notes, why_tracks_stay, why_unheard
from mixengine.jobs.unmask.voices import Voice, voices_of
from mixengine.mixer import ways
from mixengine.model import roles, selection
from mixengine.model.plan import Equalizer, MixPlan
from mixengine.model.session import EqBand, Session, Track
from mixengine.model.settings import SettingError, SettingName
from mixengine.model.units import amplitude, signed_db
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress

PRIORITY_ROLES = ("voice", "lead_vocal")
"""Roles that must be heard through the others, first one first."""
SPEECH_ROLES = ("voice", "lead_vocal", "backing_vocal")
UNKNOWN = "unknown"
"""Role of a track whose name and user say nothing."""

_IN_PART = " in the time selection"
_HARMLESS = "covers nothing that matters"


@dataclass
class _Request:
    """What a mode is asked about.

    ``ranks`` count from 0, the first to be heard; ``rest`` is that of tracks without priority; ``allowed`` are the ids
    of the tracks whose equaliser may change.
    """

    session: Session
    settings: UnmaskSettings
    progress: Progress
    tracks: list[Track]
    role_of: dict[str, str]
    ranks: dict[str, int]
    rest: int
    allowed: set[str]


@dataclass
class _Decision:
    """What a mode answers, by track id: bands, reasons, shares before and after, and why tracks were left out.

    ``map`` is `masking_map`'s.
    """

    bands: dict[str, tuple[EqBand, ...]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    masked: dict[str, tuple[float, float]] = field(default_factory=dict)
    covers: dict[str, tuple[float, float]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    map: list[MapRow] = field(default_factory=list)
    voices: list[Clarity] = field(default_factory=list)
    no_voice: str = ""


def plan(session: Session, settings: UnmaskSettings, progress: Progress) -> MixPlan:
    """Decide the equalisers of a session.

    Returns
    -------
    MixPlan
        `Equalizer` changes, with `UnmaskDetails`.

    Raises
    ------
    UserError
        A name is unknown, nothing says which track must be heard, or bands cannot move as a part of the song asks for.
    """
    if session.part_s and session.envelopes_bypassed:
        raise UserError(
            f"{session.path}: equalisers cannot act in the time selection alone: the project bypasses all envelopes "
            "(global automation override)"
        )
    chosen = selection.chosen_roles(session, settings)
    votes = roles.votes_of(session)
    role_of = {t.id: chosen.get(t.id) or votes[t.id].role or UNKNOWN for t in session.tracks}
    picked = selection.pick(session)
    if not picked.tracks:
        raise selection.nothing_to_do(session, picked.skipped, "equalised")
    ranks, rest = _ranks(session, settings, role_of, picked.skipped)
    first = sorted((track for track in picked.tracks if ranks[track.id] < rest), key=lambda track: ranks[track.id])
    if not first:
        words = f"{session.path}: no track is a voice or a lead vocal: say which one must be heard with "
        raise SettingError(words, SettingName("priority"), " TRACK")
    stays, unheard = why_tracks_stay(session, settings), why_unheard(session)
    allowed = {track.id for track in session.tracks} - set(stays)
    decision = MODES[settings.mode](_Request(session, settings, progress, picked.tracks, role_of, ranks, rest, allowed))
    skipped = picked.skipped | decision.skipped
    rows: list[Row] = []
    changes: list[Equalizer] = []
    off: list[str] = []
    for track in session.tracks:
        if track.is_folder and not track.clips:
            continue
        reason = skipped.get(track.id) or stays.get(track.id) or decision.reasons.get(track.id, _HARMLESS)
        before, bands = _own_bands(track), decision.bands.get(track.id, ())
        changeable, is_decided = track.id in allowed and track.id not in skipped, bool(bands)
        if changeable and session.part_s:
            bands = part.only_within(before or (), bands, session.part_s)
        if bands and track.id in unheard:
            reason = f"{unheard[track.id]}; {reason}"
            off.append(f"{track.name}: {unheard[track.id]}")
        if changeable and before != (bands or None):
            if not is_decided:
                reason = f"takes mixengine's earlier equaliser off{_IN_PART * bool(session.part_s)}: {reason}"
            changes.append(Equalizer(track.id, LABEL, before, bands or None, reason))
        rows.append(_row(track, role_of[track.id], decision, bands, reason))
    return MixPlan(
        job="unmask",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(changes),
        details=UnmaskDetails(
            mode=settings.mode,
            priority=tuple(track.name for track in first),
            tracks=tuple(rows),
            masking_map=tuple(decision.map),
            voices=tuple(decision.voices),
            no_voice=decision.no_voice,
            unheard=tuple(off),
            roles=session.stated_roles | chosen,
        ),
        notes=(*session.notes, *off, *notes(session, settings), *selection.notes(session, picked.tracks)),
    )


def _ranks(
    session: Session, settings: UnmaskSettings, role_of: dict[str, str], skipped: dict[str, str]
) -> tuple[dict[str, int], int]:
    """Rank of each track, and the rank of those without priority."""
    named = [named_track(session, name).id for name in settings.priority]
    for track_id in named:
        if track_id in skipped:
            name = session.track(track_id).name
            raise SettingError(SettingName("priority"), f" '{name}' cannot be heard: {skipped[track_id]}")
    rest = len(named) + len(PRIORITY_ROLES)
    by_role = {role: len(named) + place for place, role in enumerate(PRIORITY_ROLES)}
    ranks = {track.id: by_role.get(role_of[track.id], rest) for track in session.tracks}
    return ranks | {track_id: place for place, track_id in reversed(list(enumerate(named)))}, rest


def _own_bands(track: Track) -> tuple[EqBand, ...] | None:
    """Bands of our equaliser on a track, ``None`` when it has none."""
    return next((effect.bands for effect in track.effects if effect.label == LABEL), None)


def _row(track: Track, role: str, decision: _Decision, bands: tuple[EqBand, ...], reason: str) -> Row:
    masked, covers = decision.masked.get(track.id), decision.covers.get(track.id)
    still = tuple(replace(band, points=()) for band in bands)
    moves = any(band.points for band in bands)
    row = Row(id=track.id, name=track.name, role=role, file=track.file, bands=still, moves=moves, reason=reason)
    if masked:
        row = replace(row, masked_before=masked[0], masked_after=masked[1])
    if covers:
        row = replace(row, covers_before=covers[0], covers_after=covers[1])
    return row


def _decide_masking(request: _Request) -> _Decision:
    """Cut where others are covered, and only there."""
    session, settings = request.session, request.settings
    spectra = measure_spectra(session, request.tracks, use_cache=settings.cache, progress=request.progress)
    decision = _Decision(skipped={key: why for key, why in spectra.items() if isinstance(why, str)})
    measured = {track_id: result for track_id, result in spectra.items() if isinstance(result, Spectra)}
    decision.reasons = {track_id: SILENT for track_id, spectra in measured.items() if not spectra.peak > 0.0}
    tracks = _track_powers(request, measured)
    request.progress(len(request.tracks), len(request.tracks), "comparing tracks")
    voices = voices_of(tracks, request.role_of)
    if not voices:
        _say_why_no_voice(request, decision)
        return decision
    decision.bands = cuts.choose_cuts(
        tracks,
        voices,
        session.sample_rate,
        max_cut_db=settings.max_cut_db,
        max_bands=settings.max_bands,
        only=request.allowed,
        max_boost_db=settings.max_boost_db,
    )
    if not settings.static and not session.envelopes_bypassed:
        decision.bands = moving.following(decision.bands, tracks, voices)
    _explain(request, decision, voices, masking.targets(tracks))
    return decision


def _say_why_no_voice(request: _Request, decision: _Decision) -> None:
    first = [track for track in request.tracks if request.ranks[track.id] < request.rest]
    silent = decision.skipped | decision.reasons
    decision.no_voice = no_voice_reason(first, silent)
    decision.reasons |= {track.id: decision.no_voice for track in first if track.id not in silent}


def _explain(request: _Request, decision: _Decision, voices: list[Voice], targets: list[masking.Target]) -> None:
    """Measure what the cuts do, and put it in words."""
    session, rate = request.session, request.session.sample_rate
    gains = gains_of(decision.bands, rate)
    decision.map = masking_map(targets, gains)
    decision.voices = [clarity_of(session, voice, gains, request.allowed) for voice in voices]
    needing = {track_id for voice in voices if voice.needs_room for track_id in voice.ids}
    for target in targets:
        decision.masked[target.id] = (
            target.covered(target.together({})),
            target.through(gains).covered(target.together(gains)),
        )
    for track_id in {name for target in targets for name in target.maskers}:
        before, target = max(
            ((target.covered_by(track_id, {}), target) for target in targets if track_id in target.maskers),
            key=lambda pair: pair[0],
        )
        decision.covers[track_id] = (before, target.through(gains).covered_by(track_id, gains))
        if before >= MIN_SHARE:
            name, role = session.track(target.id).name, request.role_of[target.id]
            decision.reasons[track_id] = (
                no_cut_reason(name, role, before) if target.id in needing else clear_enough_reason([name])
            )
    for voice, clarity in zip(voices, decision.voices, strict=True):
        decision.reasons |= dict.fromkeys(voice.ids, clarity.words)
    boosted = {track_id: voice for voice in voices for track_id in voice.ids}
    for track_id, bands in decision.bands.items():
        words = [
            boost_reason(boosted[track_id], gains, bands, band, rate)
            if band.gain_db > 0.0
            else cut_reason(session, request.role_of, targets, gains, track_id, bands, band, rate)
            for band in bands
        ]
        decision.reasons[track_id] = "; ".join(words)


def _track_powers(request: _Request, measured: dict[str, Spectra]) -> list[masking.TrackPowers]:
    """The tracks through their faders, relative to the loudest: how loud everything is together does not matter."""
    tracks = [track for track in request.tracks if track.id in measured]
    gains = {key: amplitude(gain_db) ** 2 for key, gain_db in ways.gains_db(request.session, tracks).items()}
    loudest = max((measured[track_id].peak * gain for track_id, gain in gains.items()), default=0.0) or 1.0
    return [
        masking.TrackPowers(
            id=track.id,
            rank=request.ranks[track.id],
            speech=request.role_of[track.id] in SPEECH_ROLES,
            first=measured[track.id].first,
            powers=measured[track.id].powers(gains[track.id] / loudest),
        )
        for track in tracks
    ]


def _decide_three_band(request: _Request) -> _Decision:
    """The fixed carve: the middle of speech up, of everything else down; nothing is measured."""
    decision = _Decision()
    for track in request.tracks:
        if track.id not in request.allowed:
            continue
        has_priority = request.ranks[track.id] < request.rest
        mid_db = three_band.SPEECH_MID_DB if has_priority else three_band.MUSIC_MID_DB
        decision.bands[track.id] = three_band.as_reaeq(mid_db, request.session.sample_rate)
        purpose = "brings it forward" if has_priority else "leaves room for what must be heard"
        decision.reasons[track.id] = f"{signed_db(mid_db)} dB from 300 Hz to 4 kHz (three-band carve): {purpose}"
    return decision


MODES: dict[str, Callable[[_Request], _Decision]] = {"masking": _decide_masking, "three-band": _decide_three_band}
"""How equalisers are decided: by what is measured, or always alike as in the system mixengine came from."""

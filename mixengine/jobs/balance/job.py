"""The balance job: measure every track, decide every fader, say why.

The same road for every method: candidates → readings → equations → targets → faders → rows and changes. It reads audio
and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial

from mixengine.audio.pitch import has_pesto
from mixengine.jobs.balance import covered, microphones
from mixengine.jobs.balance.analyse import analyse, without_faults
from mixengine.jobs.balance.ceiling import ceiling_notes, ceiling_of
from mixengine.jobs.balance.decide import decide
from mixengine.jobs.balance.details import BalanceDetails, Row, StartDetails
from mixengine.jobs.balance.equations import (
    Balanced,
    equations_of,
    keeps_relations,
    relations,
    standing_lufs,
    start_of,
    wanted_of,
)
from mixengine.jobs.balance.heard import Heard, heard
from mixengine.jobs.balance.measure import MeasureOptions, Reading
from mixengine.jobs.balance.methods import METHODS, Method
from mixengine.jobs.balance.rows import MIN_MOVE_DB, UNKNOWN, decided_row, measured_row
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.mixer import bus_gain
from mixengine.model import instruments, presets, roles, selection, signal_path
from mixengine.model.balance_rule import BalanceRule
from mixengine.model.name_vote import NameVote
from mixengine.model.plan import Fader, MixPlan
from mixengine.model.session import Session, Track
from mixengine.model.units import decibels, plain_db
from mixengine.model.words import name_list
from mixengine.report.clock import clock
from mixengine.system import extras
from mixengine.system.progress import Progress

_MAX_NAMES = 8
_FOLDER_STAYS = "a folder: its fader moves everything inside and stays"


def plan(session: Session, settings: BalanceSettings, progress: Progress) -> MixPlan:
    """Decide the faders of a session.

    Returns
    -------
    MixPlan
        Fader changes, with `BalanceDetails`.

    Raises
    ------
    UserError
        A name is unknown, or no track can be balanced.
    """
    method, preset = METHODS[settings.method], presets.load(settings.preset)
    material = _material(session, method, settings, progress)
    skipped, anchor, held = _standing(session, material, settings)
    balanced = [track for track in material.sounding if track.id not in skipped]
    if not any(track.id not in held for track in balanced):
        raise selection.nothing_to_do(session, skipped | dict.fromkeys(held - set(skipped), "held"))
    tracks = Balanced(
        session,
        balanced,
        material.readings,
        material.role_of,
        material.votes,
        anchor,
        held,
        material.heard,
        material.speakers,
    )
    wishes = wanted_of(tracks, method, preset)
    equations = equations_of(tracks, wishes, method, preset, settings)
    kept = start_of(tracks, equations, method, preset, settings)
    progress(len(material.picked), len(material.picked), "summing the mix")
    summed = without_faults(session, material.readings)
    sum_tracks = [summed.track(track.id) for track in material.sounding]
    # they sound, and their faders stay
    standing = [track for track in material.sounding if track.id in skipped and track.id not in material.skipped]
    beside_lufs = standing_lufs(tracks, standing)
    raised = partial(
        covered.raised,
        readings=material.readings,
        groups=tracks.instruments_with(standing),
        # where a preset states levels, they are meant
        rule=preset.rule if keeps_relations(method, preset) else BalanceRule(),
        way_of=kept.way_of,
        fixed=held | set(beside_lufs),
    )
    decision = decide(
        summed,
        sum_tracks,
        equations,
        material.readings,
        method,
        settings,
        kept,
        lambda levels_lufs: raised(levels_lufs | beside_lufs),
        ceiling_of(summed, sum_tracks, kept, use_cache=settings.cache),
    )
    beside = relations(tracks, equations, method, preset, settings.group or preset.group)
    rows = [
        decided_row(session, row, decision, method, wishes.get(row.id), row.id in held, beside.get(row.id, ""))
        if row.id in decision.faders_db
        else replace(row, reason=skipped.get(row.id, "not balanced"))
        for row in _measured_rows(session, material, method)
    ]
    return MixPlan(
        job="balance",
        session=session.name,
        source=session.path,
        settings=asdict(settings),
        changes=tuple(_changes(rows)),
        details=BalanceDetails(
            method=method.name,
            preset=preset.name,
            tracks=tuple(rows),
            headroom_db=-decision.peak_dbtp,
            start=StartDetails(settings.start_from, 100.0 * kept.way, bool(kept.ways), kept.why, kept.people_db),
            roles=session.stated_roles | material.chosen,
            readings={key: replace(reading, spectrum=None) for key, reading in material.readings.items()},
        ),
        notes=(
            *_notes(session, material),
            *_covered_note(rows),
            *ceiling_notes(summed, sum_tracks, material.readings, material.heard, decision, use_cache=settings.cache),
        ),
    )


@dataclass(frozen=True)
class _Material:
    """What the tracks sound like and what they are.

    Attributes
    ----------
    chosen, role_of : dict of str to str
        Track id → the user's role for it; → its role by the user, its name or its sound.
    picked, sounding : list of Track
        Those that were to be measured, and those of which there is a reading.
    skipped : dict of str to str
        Track id → why it is not balanced, as far as its sound, its place in the mixer and its role tell.
    heard : Heard
        What the mixer makes of those that sound; nothing for the methods of [Shi 2025].
    speakers : frozenset of str
        Ids of tracks that were measured while their own speaker speaks.
    """

    options: MeasureOptions
    chosen: dict[str, str]
    picked: list[Track]
    sounding: list[Track]
    readings: dict[str, Reading]
    votes: dict[str, NameVote]
    role_of: dict[str, str]
    skipped: dict[str, str]
    heard: Heard
    speakers: frozenset[str]


def _material(session: Session, method: Method, settings: BalanceSettings, progress: Progress) -> _Material:
    """Measure the tracks that may take part, and say what each of them is."""
    chosen = selection.chosen_roles(session, settings)
    candidates = selection.pick(session)
    shi2025 = method.faithful or settings.exact or settings.variants
    no_part = {} if shi2025 else _no_part_of_the_mix(session, chosen)
    picked = [track for track in candidates.tracks if track.id not in no_part]
    options = MeasureOptions(shi2025, settings.exact, shi2025 and has_pesto(), robust=method.name == "robust")
    results = analyse(session, picked, options, use_cache=settings.cache, progress=progress)
    readings = {track_id: reading for track_id, reading in results.items() if isinstance(reading, Reading)}
    skipped = no_part | candidates.skipped
    skipped |= {track_id: reason for track_id, reason in results.items() if isinstance(reason, str)}
    votes = roles.votes_of(session, {track_id: _role_of_sound(reading) for track_id, reading in readings.items()})
    role_of = {track.id: chosen.get(track.id) or votes[track.id].role or UNKNOWN for track in session.tracks}
    silent = [track_id for track_id, reading in readings.items() if not method.is_audible(reading)]
    skipped |= dict.fromkeys(silent, f"no effective audio event (below {method.gate_lufs:g} LUFS)")
    sounding = [track for track in picked if track.id in readings]
    speakers: frozenset[str] = frozenset()
    if not shi2025:
        audible = [track for track in sounding if track.id not in skipped]
        speaking = microphones.examine(session, audible, readings, role_of, use_cache=settings.cache)
        skipped |= {track_id: why for track_id, why in speaking.idle.items() if track_id not in chosen}
        readings |= speaking.speakers
        speakers = frozenset(speaking.speakers)
    through = Heard() if shi2025 else heard(session, sounding, readings)
    skipped |= through.lost
    return _Material(options, chosen, picked, sounding, readings, votes, role_of, skipped, through, speakers)


def _standing(
    session: Session, material: _Material, settings: BalanceSettings
) -> tuple[dict[str, str], str | None, set[str]]:
    """Track id → why its fader takes no part; the anchor's id; the ids of tracks that take part where they stand."""
    skipped = dict(material.skipped)
    for track in material.sounding:
        if track.id not in skipped and (why := signal_path.why_fader_stays(session, track)):
            skipped[track.id] = why
    anchor, held = selection.held(session, settings, skipped)
    # a folder with items of its own is heard, but its fader would take everything inside along
    folders = [track.id for track in material.sounding if track.is_folder and track.id not in skipped]
    return skipped | dict.fromkeys(folders, _FOLDER_STAYS), anchor, held


def _measured_rows(session: Session, material: _Material, method: Method) -> Iterator[Row]:
    """The table's rows with what was measured, folders without items aside."""
    for track in session.tracks:
        if track.clips or not track.is_folder:
            reading = None if track.id in material.heard.lost else material.readings.get(track.id)
            yield measured_row(session, track, reading, material.role_of[track.id], method, material.heard)


def _changes(rows: Iterable[Row]) -> Iterator[Fader]:
    for row in rows:
        if abs(row.gain_db) > MIN_MOVE_DB:
            yield Fader(row.id, row.fader_before_db, row.fader_after_db, row.reason)


def _role_of_sound(reading: Reading) -> str | None:
    return roles.role_of_sound(reading.energy_centroid_hz, reading.true_peak_dbtp - reading.heard_lufs)


def _no_part_of_the_mix(session: Session, chosen: dict[str, str]) -> dict[str, str]:
    """Track id → reason, for click, guide, talkback, references and mixes, unless the user gave them a role."""
    votes = list(roles.votes_of(session).values())
    named = {session.tracks[at]: reason for at, reason in instruments.left_out(votes).items()}
    return {
        track.id: f"{reason} by its name; give it a role to balance it"
        for track, reason in named.items()
        if track.id not in chosen and not track.role
    }


def _notes(session: Session, material: _Material) -> Iterator[str]:
    """What is to be known of the session and of how it was heard."""
    yield from session.notes
    as_heard = bus_gain.without_heard(session) if material.heard.buses_db else session
    yield from selection.notes(as_heard, material.picked)
    yield from material.heard.notes(session)
    yield from _pitch_note(material.options)
    yield from _fault_notes(session, material.readings)


def _fault_notes(session: Session, readings: dict[str, Reading]) -> list[str]:
    """Which single samples were left out of the measurement."""
    return [
        f"{session.track(key).name}: a sample of {decibels(outlier.peak):+.1f} dBFS at {clock(outlier.time_s)} "
        f"({outlier.time_s:.3f} s) is a fault and was not measured: repair the file, it will be played"
        for key, reading in readings.items()
        for outlier in reading.outliers
    ]


def _covered_note(rows: list[Row]) -> list[str]:
    """Which tracks are set higher so that others do not cover them, how far and by whom; which lower, as they would."""
    higher = [f"{row.name} ({plain_db(row.raised_db)} dB, by {row.covered_by})" for row in rows if row.raised_db > 0.0]
    lower = [f"{row.name} ({plain_db(-row.raised_db)} dB)" for row in rows if row.raised_db < 0.0]
    words = {
        "set higher than otherwise, because others would have covered them": higher,
        "set lower than otherwise, because it would have covered most of the others": lower,
    }
    return [f"{what}: {name_list(names, _MAX_NAMES)}" for what, names in words.items() if names]


def _pitch_note(options: MeasureOptions) -> list[str]:
    """Which pitch source stands in when PESTO is not there and the pitch of [Shi 2025] was asked for."""
    if options.pesto or not options.shi2025:
        return []
    return [f"pitch: PESTO is not installed, pYIN alone gives f0 ({extras.install_line('neural')} adds PESTO)"]

"""From readings to equations: what is wanted of each track, and how much of the present levels is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from mixengine.jobs.balance import groups, sections, solve, start
from mixengine.jobs.balance.heard import Heard
from mixengine.jobs.balance.measure import Reading
from mixengine.jobs.balance.methods import Method
from mixengine.jobs.balance.settings import BalanceSettings
from mixengine.jobs.balance.start import Start
from mixengine.jobs.balance.wanted import Wanted, wanted
from mixengine.model import instruments, presets, signal_path
from mixengine.model.name_vote import NameVote
from mixengine.model.session import Session, Track
from mixengine.model.units import decibels

_MICROPHONES_SHARE = 0.25
"""Share of a session's tracks that stand on an instrument with others, from which on it counts as a raw recording."""
_MIN_WEIGHT = 0.05
_ANCHOR_WEIGHT = 1e6


@dataclass(frozen=True)
class Balanced:
    """The tracks that a balance moves or holds, and what is known of them.

    Attributes
    ----------
    session : Session
    tracks : list of Track
    readings : dict of str to Reading
    role_of : dict of str to str
    votes : dict of str to NameVote
        What the names say, of all tracks of the session.
    anchor : str or None
    held : set of str
    heard : Heard
        What pans, sends and the effects of buses add to their loudness.
    speakers : collection of str
        Ids of tracks that hold one speaker each, which are one kind of sound.
    """

    session: Session
    tracks: list[Track]
    readings: dict[str, Reading]
    role_of: dict[str, str]
    votes: dict[str, NameVote]
    anchor: str | None
    held: set[str]
    heard: Heard = field(default_factory=Heard)
    speakers: Collection[str] = ()

    @property
    def instruments(self) -> list[tuple[str, ...]]:
        """Ids of tracks that are microphones of one instrument, or one part played twice."""
        return self.instruments_with(())

    def instruments_with(self, others: Iterable[Track]) -> list[tuple[str, ...]]:
        """The same, where other tracks than these may belong to an instrument too."""
        return [names for _, names in self._groups([*self.tracks, *others])]

    @property
    def players(self) -> list[tuple[str, ...]]:
        """The instruments but for a kit, whose drums sound one after the other and are several."""
        return [names for kind, names in self._groups(self.tracks) if kind != instruments.KIT_OF_MICROPHONES]

    def _groups(self, tracks: list[Track]) -> list[tuple[str, tuple[str, ...]]]:
        groups = instruments.microphones_of_one([self.votes[track.id] for track in tracks])
        return [(group.kind, tuple(tracks[at].id for at in group.tracks)) for group in groups]

    @property
    def microphones(self) -> bool:
        """Whether these are raw recordings: many tracks are microphones of one instrument."""
        return sum(len(group) for group in self.instruments) >= _MICROPHONES_SHARE * len(self.tracks)


def wanted_of(balanced: Balanced, method: Method, preset: presets.Preset) -> dict[str, Wanted]:
    """Track id → what is wanted of it, with reasons; nothing for the methods of [Shi 2025]."""
    if method.faithful:
        return {}
    together = sections.sounding_together(
        balanced.tracks, balanced.readings, balanced.role_of, balanced.votes, balanced.players
    )
    return {
        track.id: wanted(balanced.readings[track.id], balanced.role_of[track.id], method, preset, together[track.id])
        for track in balanced.tracks
    }


def standing_lufs(balanced: Balanced, tracks: Iterable[Track]) -> dict[str, float]:
    """Track id → its loudness at the master, of tracks that sound and whose faders take no part."""
    return {
        track.id: (
            balanced.readings[track.id].heard_lufs
            + signal_path.path_gain_db(balanced.session, track, {})
            + balanced.heard.added_db(track.id)
        )
        for track in tracks
    }


def equations_of(
    balanced: Balanced, wishes: dict[str, Wanted], method: Method, preset: presets.Preset, settings: BalanceSettings
) -> list[solve.FaderEquation]:
    """An equation per track: its level, and how far from the common level it should be."""
    session = balanced.session
    shares = {track.id: active_share(session, balanced.readings[track.id]) for track in balanced.tracks}
    equations = [
        solve.FaderEquation(
            track=track.id,
            level_lufs=(
                method.measured(balanced.readings[track.id])
                + signal_path.around_db(session, track)
                + balanced.heard.added_db(track.id)
            ),
            offset_lu=wishes[track.id].offset_lu if wishes else 0.0,
            fader_db=track.fader_db,
            start_db=track.fader_db if track.user_fader_db is None else track.user_fader_db,
            locked=track.id in balanced.held,
            weight=_ANCHOR_WEIGHT if track.id == balanced.anchor else max(shares[track.id], _MIN_WEIGHT),
        )
        for track in balanced.tracks
    ]
    if method.faithful:
        return equations
    as_recorded = settings.start_from == start.SCRATCH
    keeps = keeps_relations(method, preset)
    if keeps:
        equations = groups.as_instruments(equations, balanced.instruments, as_recorded=as_recorded)
        equations = groups.evened(equations, balanced.speakers)
    if (settings.group or preset.group) == "folder":
        equations = groups.balanced_folders(session, equations, shares, preset)
        if keeps:  # an instrument may lie in several folders
            equations = groups.as_instruments(equations, balanced.instruments, as_recorded=as_recorded)
    return equations


def relations(
    balanced: Balanced, equations: Iterable[solve.FaderEquation], method: Method, preset: presets.Preset, group: str
) -> dict[str, str]:
    """Track id → in words, why more than its own sound and role decides where it goes.

    Parameters
    ----------
    group : str
        ``folder`` or ``all``.
    """
    words: dict[str, str] = {}
    free = {equation.track: equation for equation in equations if not equation.locked}
    if keeps_relations(method, preset):
        for tracks in balanced.instruments:
            loudest_first = sorted((free[each] for each in tracks if each in free), key=lambda one: -one.level_lufs)
            for one in loudest_first:
                alike = [other for other in loudest_first if other is not one and _move_alike(one, other)]
                if alike:
                    words[one.track] = f"moves as one with '{balanced.session.track(alike[0].track).name}'"
        if len(speakers := [each for each in balanced.speakers if each in free]) > 1:
            words |= dict.fromkeys(speakers, "brought to one level with the other speakers")
    if group == "folder":
        for track in balanced.tracks:
            if track.id in free and track.parent is not None:
                inside = f"beside the others in '{balanced.session.track(track.parent).name}'"
                words[track.id] = ", ".join(filter(None, (words.get(track.id), inside)))
    return words


def _move_alike(one: solve.FaderEquation, other: solve.FaderEquation) -> bool:
    """Whether two faders end as far apart as they are, or as far as they were recorded."""
    apart_lu = one.offset_lu - other.offset_lu
    levels = (one.present_lufs - other.present_lufs, one.level_lufs - other.level_lufs)
    return min(abs(apart_lu - level) for level in levels) < 1e-6


def keeps_relations(method: Method, preset: presets.Preset) -> bool:
    """Whether microphones of one instrument move as one, and present levels count: not where a preset states levels."""
    return method.by_sound and preset.rule.taste_db > 0.0


def start_of(
    balanced: Balanced,
    equations: list[solve.FaderEquation],
    method: Method,
    preset: presets.Preset,
    settings: BalanceSettings,
) -> Start:
    """How much of the present levels is kept."""
    if method.faithful or (settings.start_from == start.AUTO and not method.by_sound):
        return Start()
    peaks_db = {
        equation.track: decibels(balanced.readings[equation.track].sample_peak) + equation.start_db
        for equation in equations
    }
    return start.judge(
        equations, peaks_db, preset.rule, settings.start_from, balanced.microphones, balanced.instruments
    )


def active_share(session: Session, reading: Reading) -> float:
    """Share of the session's time in which a track plays."""
    return min(reading.active_s / session.duration_s, 1.0)

"""Who must be heard, how clear it is, and how much it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mixengine.analysis import clearness, masking
from mixengine.analysis.clearness import Aim, Reading
from mixengine.analysis.masking import Target, TrackPowers
from mixengine.analysis.spectra import BANDS

MIN_SHORT_DB = 0.5
"""Less than this is not made up: about the smallest change of level that one hears."""
_SUNG = "lead_vocal"


@dataclass(frozen=True, slots=True)
class Voice:
    """What must be heard as one: a track, or the takes and doubles of a lead vocal together.

    Attributes
    ----------
    ids : tuple of str
        Its tracks, the loudest first.
    target : Target
        Their sum among all tracks of larger rank.
    aim : Aim
    reading : Reading
    """

    ids: tuple[str, ...]
    target: Target
    aim: Aim
    reading: Reading

    @property
    def needs_room(self) -> bool:
        """Whether it is short by more than nothing."""
        return self.reading.short_db >= MIN_SHORT_DB


def voices_of(tracks: Sequence[TrackPowers], role_of: Mapping[str, str]) -> list[Voice]:
    """The voices that sound above other tracks, first one first.

    Lead vocals of equal rank are one voice: a quiet double need not be heard on its own. Speakers must each be heard.
    """
    lowest = max((track.rank for track in tracks), default=0)
    groups: dict[tuple[int, str], list[TrackPowers]] = {}
    for track in sorted(tracks, key=lambda track: (track.rank, -float(track.powers.sum(dtype=np.float64)), track.id)):
        if track.rank < lowest and track.powers.any():
            alone = "" if role_of[track.id] == _SUNG else track.id
            groups.setdefault((track.rank, alone), []).append(track)
    return [_voice(group, tracks, clearness.aim_for(role_of[group[0].id])) for group in groups.values()]


def playing_frames(tracks: Sequence[TrackPowers], voice: Voice) -> np.ndarray:
    """Numbers of the session's frames in which a voice sounds, rising [shape=(frames,)]."""
    whole = _sum([track for track in tracks if track.id in voice.ids])
    return np.flatnonzero(masking.playing(whole.powers)) + whole.first


def _voice(group: list[TrackPowers], tracks: Sequence[TrackPowers], aim: Aim) -> Voice:
    rank = group[0].rank
    below = [replace(track, rank=rank + 1) for track in tracks if track.rank > rank]
    (target,) = masking.targets([_sum(group), *below])
    return Voice(tuple(track.id for track in group), target, aim, clearness.read(target, aim))


def _sum(group: list[TrackPowers]) -> TrackPowers:
    if len(group) == 1:
        return group[0]
    first = min(track.first for track in group)
    total = np.zeros((max(track.first + len(track.powers) for track in group) - first, BANDS), dtype=np.float32)
    for track in group:
        total[track.first - first : track.first - first + len(track.powers)] += track.powers
    return replace(group[0], first=first, powers=total)

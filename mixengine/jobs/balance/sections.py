"""Sections: players of one part that sound at the same time share its loudness.

Tracks belong to a section when they have the same folder, the same role and the same name but for numbers and sides. A
player that sounds alone is heard alone and shares nothing. Microphones of one instrument are one player, and so is a
part played twice. Lead voices and speakers never share, nor do tracks of which nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np

from mixengine.audio import timeline
from mixengine.jobs.balance.measure import Reading
from mixengine.model.name_vote import NameVote
from mixengine.model.session import Track

_NEVER_SHARE = frozenset(("lead_vocal", "voice", "unknown"))
_STEP_S = 0.5


def sounding_together(
    tracks: list[Track],
    readings: Mapping[str, Reading],
    role_of: Mapping[str, str],
    votes: Mapping[str, NameVote],
    players: Iterable[tuple[str, ...]] = (),
) -> dict[str, float]:
    """Track id → how many players of its section sound while it plays, itself included: 1 or more, not whole.

    Parameters
    ----------
    tracks : list of Track
        Those that are balanced.
    role_of : mapping of str to str
        Track id → role, ``unknown`` for none.
    votes : mapping of str to NameVote
        Track id → what its name says.
    players : iterable of tuple of str
        Ids of tracks that are one player: microphones of one instrument, or one part played twice.
    """
    player_of = {track: names[0] for names in players for track in names}
    sections: dict[tuple[str | None, str, tuple[str, ...]], list[Track]] = defaultdict(list)
    for track in tracks:
        role = role_of[track.id]
        if role not in _NEVER_SHARE:
            sections[track.parent, role, tuple(sorted(votes[track.id].source)) or (track.id,)].append(track)
    counts = {track.id: 1.0 for track in tracks}
    for members in sections.values():
        if len(members) > 1:
            counts |= _together(members, readings, player_of)
    return counts


def _together(members: list[Track], readings: Mapping[str, Reading], player_of: Mapping[str, str]) -> dict[str, float]:
    """For each track the number of players that sound, averaged over the time in which it plays itself."""
    starts = {track.id: timeline.span(track)[0] for track in members}
    end_s = max(starts[track.id] + max((b for _, b in readings[track.id].playing_s), default=0.0) for track in members)
    playing = {track.id: np.zeros(int(end_s / _STEP_S) + 1, dtype=bool) for track in members}
    players: dict[str, np.ndarray] = {}
    for key, row in playing.items():
        for begin_s, stop_s in readings[key].playing_s:
            row[int((starts[key] + begin_s) / _STEP_S) : int((starts[key] + stop_s) / _STEP_S) + 1] = True
        player = player_of.get(key, key)
        players[player] = players.get(player, np.zeros_like(row)) | row
    number = np.sum(list(players.values()), axis=0)
    return {key: float(number[row].mean()) if row.any() else 1.0 for key, row in playing.items()}

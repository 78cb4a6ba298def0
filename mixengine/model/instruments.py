"""Which tracks are, by name, microphones of one instrument, and which are no part of the mix.

A kit in front of ten microphones is one instrument, and so are a bass's DI and amplifier, a piano close and far, a part
played twice. Names are evidence, not proof: whoever has the sound may split what does not correlate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from mixengine.model.lexicon import ROLES, has
from mixengine.model.name_vote import KIT, VOICES, NameVote
from mixengine.model.short_words import LIKELY

KIT_OF_MICROPHONES, MULTI_MIC, DOUBLES = "kit", "multi-mic", "doubles"
_KIT_POSITIONS = frozenset("in out sub top bottom room overhead close far mic".split())
_KIT_WORDS = frozenset(("kit", "drumkit"))
_DRUM_PLACES = frozenset("drum side spare front back center centre mono".split())
"""``Drum Side`` is a microphone of a kit, ``Drum Pad`` and ``Drums`` are something else."""
_NO_MICROPHONES = frozenset("clap claps swell swells rev reverse reversed bfd ezd ezdrummer".split())
_LIBRARY = "ad"
_ELECTRONIC = frozenset("v e".split())
"""``AD.Big Kit`` comes from a drum library, ``V Kit`` and ``E-Drum`` from pads."""
_MIN_KIT, _MIN_TRACKS = 3, 2
_AROUND = frozenset(("room", "overhead"))
_PLAYED_TWICE = VOICES | {"guitar"}
"""Roles whose left and right track are the same part played twice; of others they are two channels of one."""
_REASONS = {
    "click": "a click track, no part of the mix",
    "guide": "a guide track, no part of the mix",
    "talkback": "talkback, no part of the mix",
    "monitor feed": "what players hear, no part of the mix",
    "reference": "a reference, no part of the mix",
    "rough mix": "a mix of the other tracks",
    "timecode": "timecode, no sound for the mix",
}
"""Why a track is left out, for the user, by what `NameVote.service` calls it."""


@dataclass(frozen=True, slots=True)
class OneInstrument:
    """Tracks that are one instrument by name.

    Attributes
    ----------
    kind : str
        ``kit`` (a drum kit's microphones), ``multi-mic`` (several microphones or lines of one sound) or ``doubles``
        (the same part played again, or copied).
    role : str
        Of its first track; ``drums`` for a kit.
    tracks : tuple of int
        Places in the list of votes, ascending, two and more.
    """

    kind: str
    role: str
    tracks: tuple[int, ...]


def microphones_of_one(votes: Sequence[NameVote]) -> list[OneInstrument]:
    """Groups of tracks that are one instrument, each track in one group at most.

    Parameters
    ----------
    votes : sequence of NameVote
        Of a whole session, from `mixengine.model.roles.roles_of_session`.

    Returns
    -------
    list of OneInstrument
        In the order of their first tracks. Samples, loops, sums of tracks and what is no part of the mix are in none.
    """
    kit = _kit(votes)
    groups = [OneInstrument(KIT_OF_MICROPHONES, "drums", kit)] if kit else []
    parts: dict[tuple[str, tuple[str, ...], str], list[int]] = defaultdict(list)
    for at, vote in enumerate(votes):
        if at not in kit and _is_recorded(vote) and vote.role:
            parts[vote.role, tuple(sorted(vote.source)), vote.number].append(at)
    for (role, _, _), tracks in parts.items():
        kind = _kind([votes[at] for at in tracks], role)
        if kind:
            groups.append(OneInstrument(kind, role, tuple(tracks)))
    return sorted(groups, key=lambda group: group.tracks)


def left_out(votes: Sequence[NameVote]) -> dict[int, str]:
    """Place in the list of votes → why that track is no part of the mix; empty when nothing else would be left."""
    out = {at: _REASONS[vote.service] for at, vote in enumerate(votes) if vote.service}
    return out if len(out) < len(votes) else {}


def mixes(votes: Sequence[NameVote]) -> set[int]:
    """Places in the list of votes of the tracks that are, by name, a mix of the others."""
    return {at for at in left_out(votes) if votes[at].service == "rough mix"}


def _is_recorded(vote: NameVote) -> bool:
    return vote.sureness >= LIKELY and not (vote.sampled or vote.summed or vote.service)


def _kit(votes: Sequence[NameVote]) -> tuple[int, ...]:
    """Tracks of a recorded kit: three and more, one of them named for where its microphone stood."""
    recorded = [at for at, vote in enumerate(votes) if vote.role in KIT and _is_recorded(vote)]
    tracks = tuple(at for at in recorded if _is_close(votes[at]) and not _is_made(votes[at]))
    placed = any(votes[at].position in _KIT_POSITIONS for at in tracks)
    return tracks if placed and len(tracks) >= _MIN_KIT else ()


def _is_made(vote: NameVote) -> bool:
    """Whether a drum was played by a library or on pads, or was treated: a swell, an effect's return."""
    words = vote.source
    roles = [ROLES.get((word,), ("",))[0] for word in words]
    electronic = any(word in _ELECTRONIC and role == "drums" for word, role in zip(words, roles[1:], strict=False))
    return electronic or "effects" in roles or has(words, _NO_MICROPHONES) or words[:1] == (_LIBRARY,)


def _is_close(vote: NameVote) -> bool:
    """Whether a drum track is a microphone and not all drums on one track."""
    return (
        vote.role != "drums"
        or bool(vote.position or vote.microphones or _KIT_WORDS & set(vote.source))
        or ("drum" in vote.source and len(vote.source) > 1 and not vote.side and _DRUM_PLACES.issuperset(vote.source))
        or vote.by == "session"
    )


def _kind(votes: Sequence[NameVote], role: str) -> str | None:
    """How tracks of one name belong together; ``None`` when nothing says that they do."""
    if len(votes) < _MIN_TRACKS:
        return None
    if len({(vote.position, vote.microphones) for vote in votes}) > 1:
        return MULTI_MIC
    both_sides = {"left", "right"} <= {vote.side for vote in votes}
    if both_sides and (role not in _PLAYED_TWICE or _all_around(votes)):
        return MULTI_MIC
    again = any(vote.doubled or vote.copied for vote in votes)
    return DOUBLES if both_sides or again else None


def _all_around(votes: Sequence[NameVote]) -> bool:
    return all(vote.position in _AROUND for vote in votes)

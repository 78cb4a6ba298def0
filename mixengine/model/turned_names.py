"""Names that mean something else because of the session's other names: ``Scratch`` beside a DJ, ``TB`` beside trumpets.

Every step takes all votes and returns them, some of them changed.
"""

from __future__ import annotations

from dataclasses import replace

from mixengine.model.name_vote import KIT, NameVote
from mixengine.model.role_words import SCRATCHERS, SECTIONS
from mixengine.model.services import GUIDE, MONITORS, TALKBACK, scratched
from mixengine.model.short_words import LIKELY
from mixengine.model.track_names import taken_apart

_DIALOGUE, _MIN_DIALOGUE = "dx", 3
_CLAPS = frozenset(("clap", "claps"))
_DRUM_MACHINES = frozenset("808 909 707 606 dmx linn linndrum mpc".split())


def dialogue(votes: list[NameVote]) -> list[NameVote]:
    """``DX 7`` beside other tracks of dialogue is the seventh of them and no synthesizer."""
    words = [taken_apart(vote.name).words for vote in votes]
    numbered = {each for each in words if each[:1] == (_DIALOGUE,)}
    if len(numbered) < _MIN_DIALOGUE or len({each[1:2] for each in numbered}) < _MIN_DIALOGUE:
        return votes
    return [
        replace(vote, role="voice", sureness=LIKELY, candidates=(), by="session")
        if vote.role == "synth" and each in numbered
        else vote
        for vote, each in zip(votes, words, strict=True)
    ]


def trombones(votes: list[NameVote]) -> list[NameVote]:
    """Beside trumpets ``TB`` is a trombone and no talkback."""
    if not any(vote.role == "brass" and vote.sureness >= LIKELY for vote in votes):
        return votes
    return [
        replace(vote, service=None)
        if vote.service == TALKBACK and taken_apart(vote.name).words[:1] == ("tb",)
        else vote
        for vote in votes
    ]


def monitor_feeds(votes: list[NameVote]) -> list[NameVote]:
    """``Cue Keys`` is what somebody hears only where keys are recorded elsewhere."""
    played = {_player(vote) for vote in votes if not vote.service}
    return [
        replace(vote, service=None) if vote.service == MONITORS and _player(vote) not in played else vote
        for vote in votes
    ]


def _player(vote: NameVote) -> str | None:
    return "drums" if vote.role in KIT else vote.role


def scratches(votes: list[NameVote]) -> list[NameVote]:
    """A DJ's scratches are played; a band's are guides."""
    words = [taken_apart(vote.name).words for vote in votes]
    djs = SCRATCHERS - SECTIONS
    beside = any(word in djs for each in words for word in each)
    return [
        replace(vote, role="effects", sureness=LIKELY, candidates=(), service=None, by="session")
        if (vote.role == "effects" or vote.sureness < LIKELY)
        and (scratched(each, SCRATCHERS) or (beside and vote.service == GUIDE and _is_bare_scratch(each)))
        else vote
        for vote, each in zip(votes, words, strict=True)
    ]


def _is_bare_scratch(words: tuple[str, ...]) -> bool:
    return all(word == "scratch" or word.isdigit() or word in SECTIONS or len(word) == 1 for word in words)


def claps(votes: list[NameVote]) -> list[NameVote]:
    """Beside a drum machine a clap is the snare."""
    words = [taken_apart(vote.name).words for vote in votes]
    if not any(word in _DRUM_MACHINES for each in words for word in each):
        return votes
    return [
        replace(vote, role="snare", by="session") if vote.role == "percussion" and _CLAPS & set(each) else vote
        for vote, each in zip(votes, words, strict=True)
    ]

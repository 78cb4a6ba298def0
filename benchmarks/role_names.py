"""How many names from studios are recognised, against what people wrote down about the tracks.

    python benchmarks/role_names.py [FILE]

FILE (default: ``../shared/data/balance/recorded_sessions.json``) holds sessions → ``tracks`` → name → ``instrument``
(KIND/SUBTYPE). Printed per session and over all: right, wrong and without a role, by each name alone and by the
session's names together; then what was wrong or without a role, and the groups that names make. Tracks of kinds that no
role stands for are not counted. No figure of the recognition is fitted to the file, so every session stands for itself.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from speech_detection import SHARED

from mixengine.model.instruments import left_out, microphones_of_one
from mixengine.model.roles import role_of, roles_of_session

SESSIONS = SHARED.parent / "balance" / "recorded_sessions.json"
KIT_AROUND = frozenset(("cymbals", "drums"))
ROLES_OF_KINDS: dict[str, frozenset[str]] = {
    "BASS": frozenset(("bass",)),
    "GUITARS": frozenset(("guitar",)),
    "KEYS": frozenset(("keys", "synth")),
    "STRINGS": frozenset(("strings",)),
    "BRASS": frozenset(("brass",)),
    "WINDS": frozenset(("winds",)),
    "SYNTHS": frozenset(("synth",)),
    "PERCUSSION": frozenset(("percussion",)),
    "VOCALS/BACKGROUND": frozenset(("backing_vocal",)),
    "VOCALS/LEAD": frozenset(("lead_vocal",)),
    "DRUMS/KICK": frozenset(("kick",)),
    "DRUMS/SNARE": frozenset(("snare",)),
    "DRUMS/TOM": frozenset(("toms",)),
    "DRUMS/HI-HAT": frozenset(("hats",)),
    "DRUMS/CRASH": KIT_AROUND,
    "DRUMS/RIDE": KIT_AROUND,
    "DRUMS/OVERHEAD": KIT_AROUND,
    "DRUMS/OVERHEADS": KIT_AROUND,
    "DRUMS/ROOM": KIT_AROUND,
    "DRUMS/MISC": KIT_AROUND | {"percussion"},
    "DRUMS/TAMBOURINE": frozenset(("percussion",)),
}
"""Annotated kind → roles that are right for it; the kind without its subtype where that is not listed."""


def accepted(instrument: str) -> frozenset[str]:
    """Roles that are right for an annotated kind; none for kinds that no role stands for."""
    return ROLES_OF_KINDS.get(instrument) or ROLES_OF_KINDS.get(instrument.partition("/")[0], frozenset())


def verdict(role: str | None, right: frozenset[str]) -> str:
    """``right``, ``wrong`` or ``none``."""
    if role is None:
        return "none"
    return "right" if role in right else "wrong"


def counted(instruments: Sequence[str], roles: Sequence[str | None]) -> Counter[str]:
    """How many of a session's tracks are right, wrong and without a role."""
    pairs = [(accepted(kind), role) for kind, role in zip(instruments, roles, strict=True)]
    return Counter(verdict(role, right) for right, role in pairs if right)


def shown(counts: Counter[str]) -> str:
    """Counts as percentages."""
    total = max(counts.total(), 1)
    return "  ".join(f"{word} {100.0 * counts[word] / total:5.1f} %" for word in ("right", "wrong", "none"))


def main() -> None:
    """Read the sessions and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path, default=SESSIONS)
    path = parser.parse_args().file
    if not path.is_file():
        print(f"no sessions: {path} is not there")
        return
    alone_sum, together_sum, misses, groups = Counter[str](), Counter[str](), [], []
    for title, session in json.loads(path.read_text(encoding="utf-8")).items():
        names = list(session["tracks"])
        kinds = [track["instrument"] for track in session["tracks"].values()]
        votes = roles_of_session(names)
        roles = [vote.role for vote in votes]
        alone, together = counted(kinds, [role_of(name) for name in names]), counted(kinds, roles)
        alone_sum, together_sum = alone_sum + alone, together_sum + together
        print(f"{title[:24]:24} {together.total():4}  by name: {shown(alone)}   by session: {shown(together)}")
        misses += [
            f"{title[:24]:24} {name:32} {kind:20} {role or '–'}"
            for name, kind, role in zip(names, kinds, roles, strict=True)
            if accepted(kind) and role not in accepted(kind)
        ]
        groups += [
            f"{title[:24]:24} {group.kind:10} {group.role:14} {', '.join(names[at] for at in group.tracks)}"
            for group in microphones_of_one(votes)
        ]
        groups += [f"{title[:24]:24} left out   {names[at]}: {why}" for at, why in left_out(votes).items()]
    print(f"{'all':24} {together_sum.total():4}  by name: {shown(alone_sum)}   by session: {shown(together_sum)}")
    print("\nwrong or without a role\n" + "\n".join(misses))
    print("\none instrument by name\n" + "\n".join(groups))


if __name__ == "__main__":
    main()

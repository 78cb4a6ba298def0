"""Samples that are no numbers, which a render makes silence, in words."""

from __future__ import annotations

from mixengine.mixer.engine import Engine


def notes(engine: Engine) -> list[str]:
    """The samples of a session's items that are no numbers, once it was rendered."""
    return [
        f"{engine.session.track(track).name}: {in_words(what.count, what.first_s)} (item '{what.clip.name}')"
        for track, what in sorted(engine.silenced, key=lambda entry: entry[1].first_s)
    ]


def in_words(count: int, first_s: float) -> str:
    """How many samples were made silence, and where the first one is."""
    return f"samples that are no numbers were made silence: {count}, the first at {first_s:.3f} s"

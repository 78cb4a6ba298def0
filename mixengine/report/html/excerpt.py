"""A passage of the mix before and after, as the page plays it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One version of the passage.

    Attributes
    ----------
    gain_db : float
        What makes it as loud as the other.
    address : str
        The sound itself, as a ``data:`` address.
    """

    gain_db: float
    address: str


@dataclass(frozen=True, slots=True)
class Pair:
    """The passage before and after.

    Attributes
    ----------
    start_s, end_s : float
    why : str
        In words, why this passage.
    lufs : float
        Integrated loudness of both as they play.
    """

    start_s: float
    end_s: float
    why: str
    lufs: float
    before: Excerpt
    after: Excerpt

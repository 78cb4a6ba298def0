"""What an enhancement took out: by passage, in sentences and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixengine.separation_models.keeping import LIKE_THE_VOICE, TONES, Passage

_MAX_SENTENCES = 12
_NOTICED_DB = -1.0
_SILENCE = 1e-20
_TOLD_SHARE = 0.25
"""How much of its work the network must be refused for a note: less is the ordinary care of a voice."""
_REASONS = {
    LIKE_THE_VOICE: "what the network took out looked like the voice (--voice speech lets it)",
    TONES: "there are tones in it, which the network would take (--no-keep-music lets it)",
}


@dataclass
class TakenOut:
    """A passage and what became of it.

    Attributes
    ----------
    start_s, end_s : float
    kind, treatment : str
        See `mixengine.separation_models.keeping.Passage`.
    sure : float
        Probability of the kind, 0 … 1.
    refused_share, refused_for : float, str
        How much of its work the network was refused, and why; see there too.
    change_db : float or None
        Level of the output against the input over the passage; ``None`` where it is silent.
    largest_cut_db : float
        How far the tenth of a second that lost most was lowered, 0 or less.
    """

    start_s: float
    end_s: float
    kind: str
    treatment: str
    sure: float
    refused_share: float = 0.0
    refused_for: str = ""
    change_db: float | None = None
    largest_cut_db: float = 0.0


_OF_PASSAGE = ("start_s", "end_s", "kind", "treatment", "sure", "refused_share", "refused_for")


class Ledger:
    """Adds up, piece by piece, the energy before and after in tenths of a second.

    Parameters
    ----------
    rate : int > 0
    frames : int
        Length of the recording.
    """

    def __init__(self, rate: int, frames: int) -> None:
        self._step = max(rate // 10, 1)
        self._energies = np.zeros((2, frames // self._step + 1))

    def add(self, start: int, before: np.ndarray, after: np.ndarray) -> None:
        """Take frames ``start`` … of both [shape=(frames, channels)]."""
        at = (start + np.arange(len(before))) // self._step
        for row, block in enumerate((before, after)):
            energy = np.square(block, dtype=np.float64).sum(axis=1)
            first = int(at[0]) if len(at) else 0
            sums = np.bincount(at - first, energy)
            self._energies[row, first : first + len(sums)] += sums

    def rows(self, passages: Sequence[Passage], rate: int) -> list[TakenOut]:
        """One row per passage."""
        rows = []
        for passage in passages:
            first, last = (round(time_s * rate / self._step) for time_s in (passage.start_s, passage.end_s))
            before, after = self._energies[:, first:last]
            row = TakenOut(**{name: getattr(passage, name) for name in _OF_PASSAGE})
            if before.sum() > _SILENCE:
                row.change_db = round(10.0 * float(np.log10(max(after.sum(), _SILENCE) / before.sum())), 2)
                cuts = np.maximum(after, _SILENCE) / np.maximum(before, _SILENCE)
                row.largest_cut_db = round(min(10.0 * float(np.log10(cuts[before > _SILENCE].min())), 0.0), 1)
            row.end_s = min(row.end_s, round(len(before) * self._step / rate + passage.start_s, 2))
            rows.append(row)
        return rows


def sentences(rows: Sequence[TakenOut]) -> list[str]:
    """What was kept and what was lowered, for people; long lists end with how many more there are.

    A recording that is speech from start to end holds no surprise: nothing is said.
    """
    if all((row.kind, row.treatment) == ("speech", "model") and not _is_told(row) for row in rows):
        return []
    lines = [_sentence(row) for row in rows if row.change_db is not None]
    more = len(lines) - _MAX_SENTENCES
    return lines if more <= 0 else [*lines[:_MAX_SENTENCES], f"{more} more passages: see --json"]


def _is_told(row: TakenOut) -> bool:
    return row.refused_share > _TOLD_SHARE


def _sentence(row: TakenOut) -> str:
    because = f"; {100.0 * row.refused_share:.0f} % refused: {_REASONS[row.refused_for]}" if _is_told(row) else ""
    return f"{_what_became_of(row)}{because}"


def _what_became_of(row: TakenOut) -> str:
    where = f"{clock(row.start_s)}–{clock(row.end_s)} is {row.kind if row.kind != 'unclear' else 'too short to judge'}"
    where += f" ({100.0 * row.sure:.0f} % sure)" if row.sure else ""
    if row.treatment == "kept":
        return f"{where}: kept"
    if row.treatment == "noise floor" and row.largest_cut_db > _NOTICED_DB:
        return f"{where}: kept, no steady noise in its pauses"
    if row.change_db is not None and row.change_db > -0.1 and row.largest_cut_db > _NOTICED_DB:
        return f"{where}: kept, as nothing in it looks like noise"
    what = "noise lowered as far as its pauses show it" if row.treatment == "noise floor" else "noise taken out"
    return f"{where}: {what}, level {row.change_db:+.1f} dB, at most {row.largest_cut_db:.0f} dB at a time"


def clock(time_s: float) -> str:
    """Minutes and seconds."""
    return f"{int(time_s) // 60}:{int(time_s) % 60:02d}"

"""Which of many recordings may have something in common, and at which offsets: all pairs by their fingerprints.

A window's spectrum is computed once for a track and serves all pairs, so that fifty tracks take seconds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from mixengine.analysis.alignment import coarse
from mixengine.analysis.alignment.coarse import Fit, Print
from mixengine.analysis.alignment.fingerprint import FRAME_S

_MAX_COMPARED = 4000
"""Windows of pairs: two seconds of work."""
_WINDOWS = 4
_MIN_MOVING = 0.04
_ALIKE = 0.25
_MIN_RATIO, _PLAIN = 1.3, 25.0


def shortlist(
    prints: Mapping[str, Print], max_offset_s: float = coarse.MAX_OFFSET_S
) -> dict[tuple[str, str], list[Fit]]:
    """Pairs that may have something in common → the best offset of each window that stands out.

    Parameters
    ----------
    prints : mapping of str to Print
        Fingerprints by name; the first of a pair comes first here.
    """
    names = list(prints)
    if len(names) < 2:
        return {}
    size, reach = round(coarse.WINDOW_S / FRAME_S), round(max_offset_s / FRAME_S)
    first, last = min(each.first for each in prints.values()), max(each.end for each in prints.values())
    begins = np.arange(first, max(last - size // 4, first + 1), size)
    moving = np.array([[prints[name].moving(int(at), size) for at in begins] for name in names])
    around = np.array([[prints[name].moving(int(at) - reach, size + 2 * reach) for at in begins] for name in names])
    result: dict[tuple[str, str], list[Fit]] = defaultdict(list)
    for at, pairs in sorted(_windows_of_pairs(moving, around).items()):
        begin = int(begins[at])
        spectra = {
            index: coarse.WindowSpectra.of(prints[names[index]], begin, max_offset_s)
            for index in {index for pair in pairs for index in pair}
        }
        for i, j in pairs:
            best = coarse.best_fits(spectra[i], spectra[j])
            if best and best[0].score >= coarse.MIN_SCORE and (best[0].score >= _PLAIN or _is_alone(best)):
                result[names[i], names[j]].append(best[0])
    return dict(result)


def _is_alone(best: list[Fit]) -> bool:
    """Whether no other offset fits nearly as well: music of one tempo fits at every bar."""
    return len(best) < 2 or best[0].score >= _MIN_RATIO * best[1].score


def _windows_of_pairs(moving: np.ndarray, around: np.ndarray) -> dict[int, list[tuple[int, int]]]:
    """Window → the pairs of tracks to compare in it: for each pair those in which both move the most."""
    tracks = len(moving)
    popular = -moving.sum(axis=0)
    each = max(min(_MAX_COMPARED // max(tracks * (tracks - 1) // 2, 1), 3 * _WINDOWS), 1)
    result: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i in range(tracks):
        for j in range(i + 1, tracks):
            both = np.minimum(moving[i], around[j])
            # among windows that are about as good those of others: their spectra are there already
            for at in np.lexsort((popular, -np.round(both / _ALIKE)))[:each]:
                if moving[i, at] > _MIN_MOVING and around[j, at] > 0.0:
                    result[int(at)].append((i, j))
    return result

"""Samples that are lost, from those before and after them, by autoregressive models.

A few samples (a click) are those that leave the smallest prediction error, given the model of their surroundings, which
is then estimated again with them in place [1]_ [2]_. Over a longer gap that least-squares answer dies away towards the
middle; there both sides are continued by long models and cross-faded [3]_. Burg's method gives models that are stable,
so that what they continue never grows [4]_.

References
----------
.. [1] A. J. E. M. Janssen, R. N. J. Veldhuis, L. B. Vries, "Adaptive interpolation of discrete-time signals that can be
   modeled as autoregressive processes", IEEE TASSP 34(2), 1986.
.. [2] S. J. Godsill, P. J. W. Rayner, Digital Audio Restoration, Springer, 1998, ch. 5.
.. [3] W. Etter, "Restoration of a discrete-time signal segment by interpolation based on the left-sided and right-sided
   autoregressive parameters", IEEE Trans. Signal Processing 44(5), 1996.
.. [4] I. Kauppinen, K. Roth, "Audio signal extrapolation - theory and applications", DAFx-02.
"""

from __future__ import annotations

import numpy as np

from mixengine.audio.jit import njit

ORDER = 32
_TURNS = 2
_RIDGE = 1e-9
GAP_ORDER_S, GAP_CONTEXT_S = 0.025, 0.08
"""A model as long as two periods of a low voice, from three times as much sound."""


@njit()
def burg(samples: np.ndarray, order: int) -> np.ndarray:  # pragma: no cover
    """Taps of the prediction error, the first of which is 1 [shape=(order + 1,)]; none where the sound is silent."""
    count = len(samples)
    forward, backward = samples.copy(), samples.copy()
    taps, last = np.zeros(order + 1), np.zeros(order + 1)
    taps[0] = 1.0
    for step in range(1, order + 1):
        cross, energy = 0.0, 0.0
        for i in range(step, count):
            cross += forward[i] * backward[i - 1]
            energy += forward[i] * forward[i] + backward[i - 1] * backward[i - 1]
        if not energy > 1e-20:
            break
        reflection = -2.0 * cross / energy
        for k in range(order + 1):
            last[k] = taps[k]
        for k in range(1, step + 1):
            taps[k] = last[k] + reflection * last[step - k]
        for i in range(count - 1, step - 1, -1):
            ahead, behind = forward[i], backward[i - 1]
            forward[i] = ahead + reflection * behind
            backward[i] = behind + reflection * ahead
    return taps


@njit()
def continued(samples: np.ndarray, taps: np.ndarray, count: int) -> np.ndarray:  # pragma: no cover
    """What the model expects after ``samples`` [shape=(count,)]."""
    order, have = len(taps) - 1, len(samples)
    joined = np.zeros(have + count)
    for i in range(have):
        joined[i] = samples[i]
    for i in range(have, have + count):
        value = 0.0
        for k in range(1, order + 1):
            value -= taps[k] * joined[i - k]
        joined[i] = value
    out = np.zeros(count)
    for i in range(count):
        out[i] = joined[have + i]
    return out


def least_squares(samples: np.ndarray, unknown: np.ndarray, order: int = ORDER) -> np.ndarray:
    """Replace a few samples by those that the model of the rest expects.

    Parameters
    ----------
    samples : ndarray [shape=(frames,)]
        The surroundings with the lost samples in them, whose values do not matter; at least four times ``order``.
    unknown : ndarray of bool [shape=(frames,)]
        Which are lost.

    Returns
    -------
    ndarray of float64 [shape=(frames,)]
    """
    out = samples.astype(np.float64)
    places = np.flatnonzero(unknown)
    if not len(places):
        return out
    first, last = int(places[0]), int(places[-1]) + 1
    known = ~unknown
    out[first:last] = np.interp(np.arange(first, last), np.flatnonzero(known), out[known])
    for _ in range(_TURNS):
        taps = burg(out, order)
        begin, end = max(first - order, 0), min(last + order, len(out))
        part, lost = out[begin:end].copy(), unknown[begin:end]
        # row i of the matrix gives the prediction error of sample i + order of the part
        rows = np.lib.stride_tricks.sliding_window_view(np.arange(len(part)), order + 1)
        matrix = np.zeros((len(rows), len(part)))
        np.put_along_axis(matrix, rows, np.broadcast_to(taps[::-1], rows.shape), axis=1)
        inside, outside = matrix[:, lost], matrix[:, ~lost]
        normal = inside.T @ inside
        normal[np.diag_indices_from(normal)] += _RIDGE * max(float(np.trace(normal)) / len(normal), 1e-30)
        part[lost] = np.linalg.solve(normal, -inside.T @ (outside @ part[~lost]))
        out[begin:end] = part
    return out


def bridged(before: np.ndarray, after: np.ndarray, count: int, rate: int) -> np.ndarray:
    """Samples of a gap, from both sides [shape=(count,)].

    Parameters
    ----------
    before, after : ndarray [shape=(frames,)]
        The sound next to the gap, `GAP_CONTEXT_S` of each if there is as much.
    count : int > 0
        Length of the gap.
    rate : int > 0
    """
    sides = []
    for samples in (before, after[::-1]):
        side = np.ascontiguousarray(samples, dtype=np.float64)
        order = min(round(GAP_ORDER_S * rate), len(side) // 3)
        sides.append(continued(side, burg(side, order), count) if order else np.zeros(count))
    share = 0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)
    filled: np.ndarray = sides[0] * (1.0 - share) + sides[1][::-1] * share
    return filled

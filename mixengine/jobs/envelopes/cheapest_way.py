"""The inner loop of `mixengine.jobs.envelopes.few_points`, in a module of its own because it is compiled."""

from __future__ import annotations

import numpy as np

from mixengine.audio.jit import njit


@njit()
def cheapest_way(
    moments: np.ndarray,
    lengths_s: np.ndarray,
    gains_db: np.ndarray,
    steepest_db: np.ndarray,
    max_slope_db_per_s: float,
    pause_weight: float,
    price: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Dynamic programming over (place, gain).

    Parameters
    ----------
    moments : ndarray [shape=(places - 1, reach, shapes, 9)]
        Of the segment that ends at place ``row + 1`` and begins ``back + 1`` places before: sums over its steps of
        weight · (wanted², wanted · sooner, wanted · later, sooner², sooner · later, later²), and of pauses ·
        (sooner², sooner · later, later²).
    lengths_s : ndarray [shape=(places - 1, reach)]
        0 where there is no such segment.
    gains_db : ndarray [shape=(gains,)]
    steepest_db : ndarray [shape=(shapes, gains, gains)]
        Steepest slope of a segment from one gain to another, in dB per segment length.
    max_slope_db_per_s, pause_weight, price : float
        What no segment may be steeper than; what the pauses count; what every point costs.

    Returns
    -------
    costs : ndarray [shape=(places, gains)]
    before : ndarray of int [shape=(places, gains, 3)]
        How many places back the segment begins, its shape, and the gain there.
    """
    rows, reach, shapes, _ = moments.shape
    count = len(gains_db)
    amplitudes = 10.0 ** (gains_db / 20.0)
    costs = np.zeros((rows + 1, count))
    before = np.zeros((rows + 1, count, 3), dtype=np.int64)
    for row in range(rows):
        for b in range(count):
            best = np.inf
            for back in range(min(reach, row + 1)):
                max_steep_db = max_slope_db_per_s * lengths_s[row, back]
                for shape in range(shapes):
                    m = moments[row, back, shape]
                    own = m[0] - 2.0 * m[2] * gains_db[b] + m[5] * gains_db[b] ** 2
                    own += pause_weight * m[8] * amplitudes[b] ** 2 + price
                    slope = 2.0 * (m[4] * gains_db[b] - m[1])
                    noise_slope = 2.0 * pause_weight * m[7] * amplitudes[b]
                    noise_square = pause_weight * m[6]
                    for a in range(count):
                        if steepest_db[shape, a, b] > max_steep_db:
                            continue
                        cost = own + costs[row - back, a] + slope * gains_db[a] + m[3] * gains_db[a] ** 2
                        cost += noise_slope * amplitudes[a] + noise_square * amplitudes[a] ** 2
                        if cost < best:
                            best = cost
                            before[row + 1, b, 0] = back + 1
                            before[row + 1, b, 1] = shape
                            before[row + 1, b, 2] = a
            costs[row + 1, b] = best
    return costs, before

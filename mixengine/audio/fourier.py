"""The Fourier transform of real frames.

scipy.fft is imported by the first call: that takes longer than all else of a command whose tracks were measured before.
"""

from __future__ import annotations

import numpy as np


def rfft(frames: np.ndarray, axis: int = -1) -> np.ndarray:
    """Spectrum of real frames along an axis, of the precision that they have."""
    from scipy import fft

    spectrum: np.ndarray = fft.rfft(frames, axis=axis)
    return spectrum

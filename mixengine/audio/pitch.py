"""Mean fundamental frequency of a mono signal, by several estimators.

The balance methods of [Shi 2025] (docs/prior-work.md) need one number per track: the larger of the means that pYIN
(voiced frames) and PESTO (all frames) report. pYIN has the parameters of [Shi 2025] and is faster
(`mixengine.audio.pyin`); PESTO steps in 10 ms at the signal's rate when ``exact``, else in 50 ms at 16 kHz, which gives
the same mean.

References
----------
.. [1] M. Mauch, S. Dixon, "pYIN: A fundamental frequency estimator using probabilistic threshold distributions",
   ICASSP 2014.
.. [2] A. Riou et al., "PESTO: Pitch estimation with self-supervised transposition-equivariant objective", ISMIR 2023.
"""

from __future__ import annotations

import functools
import importlib.util
import types
import warnings
from typing import Any

import numpy as np
import soxr

from mixengine.audio import torchaudio_stand_in

FMIN_HZ = 32.70319566257483
"""C1."""
FMAX_HZ = 4186.009044809578
"""C8."""

_PYIN_FRAME = 2048
_PYIN_MAX_RATE = 48000
_FAST_RATE = 16000


def pyin_hz(mono: np.ndarray, rate: int) -> float | None:
    """Mean f0 of the voiced frames by pYIN [1]_; ``None`` when no frame is voiced.

    Parameters
    ----------
    mono : ndarray [shape=(samples,)]
    rate : int > 0
        The search runs at the signal's own rate, as librosa's does (46 ms frames at 44.1 kHz); above 48 kHz the
        signal is resampled to that, because the frame does not hold two periods of C1 there.
    """
    from mixengine.audio import pyin

    if rate > _PYIN_MAX_RATE:
        mono, rate = soxr.resample(mono, rate, _PYIN_MAX_RATE, quality="HQ"), _PYIN_MAX_RATE
    if len(mono) < _PYIN_FRAME:
        return None
    f0_hz = pyin.f0_hz(
        mono, rate, fmin_hz=FMIN_HZ, fmax_hz=min(FMAX_HZ, rate / 2.0), frame=_PYIN_FRAME, hop=_PYIN_FRAME // 4
    )
    voiced = f0_hz[np.isfinite(f0_hz)]
    return float(voiced.mean()) if len(voiced) else None


def pesto_hz(mono: np.ndarray, rate: int, *, exact: bool = False) -> float | None:
    """Mean f0 over all frames by PESTO [2]_ (model ``mir-1k_g7``); needs the extra ``neural``.

    ``exact`` steps 10 ms at the signal's own rate, otherwise 50 ms at 16 kHz.
    """
    import_pesto()
    import torch

    if not exact:
        mono, rate = soxr.resample(mono, rate, _FAST_RATE, quality="HQ"), _FAST_RATE
    if len(mono) < rate // 10:
        return None
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        model = _pesto_model(rate, 10.0 if exact else 50.0)
        samples = torch.from_numpy(np.ascontiguousarray(mono, dtype=np.float32))
        f0_hz, *_ = model(samples, sr=rate, convert_to_freq=True)
    return float(f0_hz.mean())


@functools.lru_cache(maxsize=4)
def _pesto_model(rate: int, step_ms: float) -> Any:
    """Read once: its filters for a rate take longer to make than a track takes to be heard."""
    return import_pesto().load_model("mir-1k_g7", step_ms, sampling_rate=rate)


@functools.cache
def pesto_silence_hz() -> float:
    """PESTO's output for digital silence, which counts in its mean like any other frame."""
    return pesto_hz(np.zeros(_FAST_RATE, dtype=np.float32), _FAST_RATE) or 0.0


def has_pesto() -> bool:
    """Whether PESTO is installed (extra ``neural``); does not import it."""
    return importlib.util.find_spec("pesto") is not None and importlib.util.find_spec("torch") is not None


def import_pesto() -> types.ModuleType:
    """Import PESTO, even where torchaudio does not load."""
    torchaudio_stand_in.ensure()
    import pesto

    return pesto

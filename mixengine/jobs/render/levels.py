"""The levels that distributors ask for, of one stream: programme loudness, loudness of the dialogue, RMS."""

from __future__ import annotations

import math

import numpy as np

from mixengine.audio.loudness import ABSOLUTE_GATE_LUFS, LoudnessMeter, gated_lufs
from mixengine.model.delivery import DIALOGUE, PROGRAMME, RMS

_BLOCK_HOPS = 4
_QUIET_HOPS = 5
"""Half a second: the shortest pause whose noise is measured."""


class Levels:
    """Meters one stream.

    Parameters
    ----------
    rate : int > 0
    channels : int > 0
    speech : ndarray [shape=(hops,), range 0 to 1], optional
        Share of each 100 ms that is speech.
    rms : bool
        Measure plain RMS too.

    Attributes
    ----------
    speech : ndarray, optional
        May be set after the stream was measured.
    """

    def __init__(self, rate: int, channels: int, speech: np.ndarray | None = None, *, rms: bool = False) -> None:
        self._loudness = LoudnessMeter(rate, channels)
        self.speech = speech
        self._rms = _RmsMeter(self._loudness.hop) if rms else None

    def add(self, block: np.ndarray) -> None:
        """Measure the next frames [shape=(frames, channels)]."""
        self._loudness.add(block)
        if self._rms is not None:
            self._rms.add(block)

    def of(self, measure: str) -> float:
        """The level by one of `mixengine.model.delivery.MEASURES`; ``-inf`` where there is nothing to measure."""
        return {PROGRAMME: self._programme, DIALOGUE: self._dialogue, RMS: self._rms_db}[measure]()

    @property
    def range_lu(self) -> float:
        """Loudness range LRA."""
        return self._loudness.loudness_range()

    @property
    def max_momentary_lufs(self) -> float:
        """Highest momentary loudness; ``-inf`` for less than 400 ms."""
        return float(self._loudness.momentary().max(initial=-math.inf))

    @property
    def max_short_term_lufs(self) -> float:
        """Highest short-term loudness; ``-inf`` for less than 3 s."""
        return float(self._loudness.short_term().max(initial=-math.inf))

    def curve(self) -> tuple[float, np.ndarray]:
        """Window in seconds and loudness in it, one value per 100 ms: 3 s, or 0.4 s of a short stream."""
        short_term = self._loudness.short_term()
        return (3.0, short_term) if len(short_term) > 1 else (0.4, self._loudness.momentary())

    @property
    def sounding_share(self) -> float:
        """Share of the time above the absolute gate of -70 LUFS, 0 to 1."""
        momentary = self._loudness.momentary()
        return float((momentary > ABSOLUTE_GATE_LUFS).mean()) if len(momentary) else 0.0

    @property
    def noise_db(self) -> float:
        """RMS of the quietest half second that is not digital silence; ``-inf`` without one, or where not measured."""
        return self._rms.quietest_db() if self._rms is not None else -math.inf

    @property
    def dialogue_share(self) -> float:
        """Share of the blocks of 400 ms that are dialogue, 0 to 1."""
        mask = self._mask(len(self._loudness.powers()))
        return float(mask.mean()) if len(mask) else 0.0

    def _programme(self) -> float:
        return self._loudness.integrated()

    def _dialogue(self) -> float:
        powers = self._loudness.powers()
        return gated_lufs(powers[self._mask(len(powers))])

    def _mask(self, blocks: int) -> np.ndarray:
        """Blocks of 400 ms at least half of which is speech [shape=(blocks,)]."""
        speech = np.zeros(0) if self.speech is None else self.speech
        hops = np.zeros(blocks + _BLOCK_HOPS - 1)
        count = min(len(hops), len(speech))
        hops[:count] = speech[:count]
        if not blocks:
            return np.zeros(0, dtype=bool)
        return np.lib.stride_tricks.sliding_window_view(hops, _BLOCK_HOPS).mean(axis=1) >= 0.5

    def _rms_db(self) -> float:
        return self._rms.level_db() if self._rms is not None else -math.inf


class _RmsMeter:
    """Mean square in hops, the mean of all channels."""

    def __init__(self, hop: int) -> None:
        self._hop = hop
        self._rest = np.zeros(0)
        self._hops: list[np.ndarray] = [np.zeros(0)]
        self._sum, self._frames = 0.0, 0

    def add(self, block: np.ndarray) -> None:
        squares = np.square(block, dtype=np.float64).mean(axis=1)
        self._sum += float(squares.sum())
        self._frames += len(squares)
        joined = np.concatenate([self._rest, squares])
        whole = len(joined) // self._hop * self._hop
        self._hops.append(joined[:whole].reshape(-1, self._hop).mean(axis=1))
        self._rest = joined[whole:]

    def level_db(self) -> float:
        return 10.0 * math.log10(self._sum / self._frames) if self._sum > 0.0 else -math.inf

    def quietest_db(self) -> float:
        hops = np.concatenate(self._hops)
        if len(hops) < _QUIET_HOPS:
            return -math.inf
        means = np.lib.stride_tricks.sliding_window_view(hops, _QUIET_HOPS).mean(axis=1)
        means = means[means > 0.0]
        return 10.0 * math.log10(float(means.min())) if len(means) else -math.inf

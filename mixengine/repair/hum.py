"""Hum of the mains, subtracted line by line.

Each line is a pointer that turns with the mains' frequency, as that drifts, and whose length and phase go slowly, as
they are seen in the pauses (`mixengine.analysis.mains_hum`). To subtract it is an adaptive notch [1]_: about a third of
a hertz wide, as deep as the hum is there, and with no effect on a voice that crosses it.

References
----------
.. [1] B. Widrow et al., "Adaptive noise cancelling: principles and applications", Proc. IEEE 63(12), 1975.
"""

from __future__ import annotations

import numpy as np

from mixengine.analysis import line_frames, mains_hum
from mixengine.analysis.mains_hum import Hum as MainsHum
from mixengine.audio.reading import Read
from mixengine.repair.repair import Fault, Repair, Wish

_STEP = 16384


class Hum(Repair):
    """See `mixengine.repair.hum`."""

    name = "hum"

    def __init__(self, rate: int, channels: int, frames: int, wish: Wish) -> None:
        super().__init__(rate, channels, frames, wish)
        self.reach = line_frames.min_silence(rate)

    def find(self, read: Read) -> list[Fault]:
        """See `Repair.find`."""
        if self.frames < mains_hum.MIN_S * self.rate:
            why = f"too short to be looked for ({self.frames / self.rate:.1f} s, {mains_hum.MIN_S:.0f} s are needed)"
            return [Fault(self.name, 0.0, round(self.frames / self.rate, 2), 0.0, False, why=why)]
        hum = mains_hum.find(read, self.rate, self.channels, self.frames)
        if hum is None:
            return []
        self._hum: MainsHum = hum
        done = hum.sure >= self.wish.min_sure
        what = f"{hum.frequency_hz.mean():.2f} Hz, {len(hum.orders)} lines, {hum.level_db:.0f} dBFS in the pauses"
        change_db = round(hum.after_db - hum.level_db, 1) if done else None
        return [Fault(self.name, 0.0, round(self.frames / self.rate, 2), hum.sure, done, change_db, what)]

    def process(self, start: int, block: np.ndarray) -> np.ndarray:
        """See `Repair.process`; digital silence stays what it is."""
        silence = line_frames.silence(block, self.rate)
        out = np.empty_like(block)
        for at in range(0, len(block), _STEP):
            part = block[at : at + _STEP]
            out[at : at + len(part)] = part - self._sound(start + at, len(part))
        return np.where(silence, block, out)

    def _sound(self, start: int, count: int) -> np.ndarray:
        """The hum itself [shape=(count, channels)]."""
        hum = self._hum
        place = np.arange(start, start + count) / hum.hop
        at = np.minimum(place.astype(int), len(hum.phase) - 2)
        share = place - at
        hop_s = hum.hop / self.rate
        low_hz, high_hz = hum.frequency_hz[at], hum.frequency_hz[at + 1]
        phase = hum.phase[at] + 2.0 * np.pi * hop_s * share * (low_hz + 0.5 * share * (high_hz - low_hz))
        turn = np.exp(1j * np.mod(phase, 2.0 * np.pi)).astype(np.complex64)
        power, order = np.ones(count, np.complex64), 0
        sound = np.zeros((count, self.channels), np.float32)
        share = share.astype(np.float32)[:, None]
        for line, wanted in enumerate(hum.orders):
            while order < wanted:
                power, order = power * turn, order + 1
            lengths = hum.pointers[:, :, line]
            pointer = lengths[at] + share * (lengths[at + 1] - lengths[at])
            sound += (pointer * power[:, None]).real
        return sound

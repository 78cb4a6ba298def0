"""How loud a track is over the time of the session, in a fixed number of columns, while it streams into a mix."""

from __future__ import annotations

import numpy as np
from scipy import fft

from mixengine.audio.bands import k_response
from mixengine.audio.curves import automation_values
from mixengine.mixer import mixdown
from mixengine.model import signal_path
from mixengine.model.session import VOLUME_KINDS, Session, Track
from mixengine.model.units import amplitude

MOST_COLUMNS = 1000
_SHORTEST_S = 0.1
_FRAME = 4096


def count(end_s: float) -> int:
    """How many columns a session of this length gets: at least 100 ms each, `MOST_COLUMNS` at most."""
    return int(np.clip(np.ceil(end_s / _SHORTEST_S), 1, MOST_COLUMNS))


def smoothed(powers: np.ndarray, end_s: float, window_s: float) -> np.ndarray:
    """Mean over a centred window of about ``window_s`` (shorter at the ends) of a column's powers."""
    half = round(window_s / (end_s / len(powers)) / 2)
    if half < 1:
        return powers
    ones = np.ones(2 * half + 1)
    return np.convolve(powers, ones)[half:-half] / np.convolve(np.ones(len(powers)), ones)[half:-half]


class TrackLevels:
    """An effect of a track (see `mixengine.mixer.mixdown.blocks`) that passes its blocks on and measures them.

    Loudness is taken from short transforms without a window, many times faster than through the filter of BS.1770 and
    within some tenths of a dB of it: good for curves, too coarse for the numbers of the mix.
    """

    def __init__(self, effect: mixdown.Effect | None, rate: int, end_s: float, columns: int) -> None:
        self._effect, self._rate = effect, rate
        weights = k_response(rate)(np.fft.rfftfreq(_FRAME, 1.0 / rate)) * (2.0 / _FRAME)
        weights[[0, -1]] /= 2.0
        self._weights = weights.astype(np.float32)
        self._frames_per_column = max(end_s * rate / columns, 1.0)
        self._energy = np.zeros((columns, 2))
        self._at = 0

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Through the track's own effect, and measured."""
        out = block if self._effect is None else self._effect(block)
        if out.any():
            self._measure(out)
        self._at += len(out)
        return out

    def _measure(self, block: np.ndarray) -> None:
        frames = -(-len(block) // _FRAME)
        padded = np.zeros((block.shape[1], frames * _FRAME), np.float32)
        padded[:, : len(block)] = block.T
        bins = fft.rfft(padded.reshape(block.shape[1], frames, _FRAME), axis=2)
        energy = (np.square(bins.real) + np.square(bins.imag)) @ self._weights
        # an energy belongs to the columns that its frame covers
        starts = self._at + np.arange(frames) * _FRAME
        stops = np.minimum(starts + _FRAME, self._at + len(block))
        for start, stop, both in zip(starts.tolist(), stops.tolist(), energy.T, strict=True):
            self._share_out(start, stop, np.broadcast_to(both, 2))

    def _share_out(self, start: int, stop: int, both: np.ndarray) -> None:
        last = len(self._energy) - 1
        first = min(int(start / self._frames_per_column), last)
        final = min(int((stop - 1) / self._frames_per_column), last)
        if first == final:
            self._energy[first] += both
            return
        edges = np.arange(first, final + 2) * self._frames_per_column
        edges[0], edges[-1] = start, stop
        self._energy[first : final + 1] += np.diff(edges)[:, None] / (stop - start) * both

    def powers(self, session: Session, track: Track) -> np.ndarray:
        """Mean square in each column behind fader, pan and folders [shape=(columns,)]."""
        gain = amplitude(signal_path.path_gain_db(session, track, {}))
        sides = np.square(gain * np.array([min(1.0, 1.0 - track.pan), min(1.0, 1.0 + track.pan)]))
        powers = self._energy @ sides / self._frames_per_column
        times_s = (np.arange(len(powers)) + 0.5) * self._frames_per_column / self._rate
        for folder in session.ancestors(track):
            for envelope in folder.automation:
                if envelope.kind in VOLUME_KINDS and envelope.active and envelope.points:
                    powers = powers * np.square(automation_values(times_s, envelope))
        return powers

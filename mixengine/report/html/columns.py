"""How loud a track is over the time of the session, in a fixed number of columns, while it streams into a mix."""

from __future__ import annotations

import numpy as np

from mixengine.audio.bands import k_response
from mixengine.audio.curves import automation_values
from mixengine.audio.fourier import rfft
from mixengine.audio.strip import active_envelopes
from mixengine.model import signal_path
from mixengine.model.session import VOLUME_KINDS, Session, Track
from mixengine.model.units import amplitude

MAX_COLUMNS = 1000
_MIN_COLUMN_S = 0.1
_FRAME = 4096


def count(end_s: float) -> int:
    """How many columns a session of this length gets: at least 100 ms each, `MAX_COLUMNS` at most."""
    return int(np.clip(np.ceil(end_s / _MIN_COLUMN_S), 1, MAX_COLUMNS))


def smoothed(powers: np.ndarray, end_s: float, window_s: float) -> np.ndarray:
    """Mean over a centred window of about ``window_s`` (shorter at the ends) of a column's powers."""
    half = round(window_s / (end_s / len(powers)) / 2)
    if half < 1:
        return powers
    ones = np.ones(2 * half + 1)
    return np.convolve(powers, ones)[half:-half] / np.convolve(np.ones(len(powers)), ones)[half:-half]


class TrackLevels:
    """Measures a track on its way into the mix, see `mixengine.mixer.passes.Tap`.

    Loudness is taken from short transforms without a window, many times faster than through the filter of BS.1770 and
    within some tenths of a dB of it: good for curves, too coarse for the numbers of the mix.
    """

    def __init__(self, rate: int, end_s: float, columns: int) -> None:
        self._rate = rate
        weights = k_response(rate)(np.fft.rfftfreq(_FRAME, 1.0 / rate)) * (2.0 / _FRAME)
        weights[[0, -1]] /= 2.0
        self._weights = weights.astype(np.float32)
        self._frames_per_column = max(end_s * rate / columns, 1.0)
        self._energy = np.zeros(columns)

    def __call__(self, block: np.ndarray, at: int) -> None:
        """The next frames [shape=(frames, 1 or 2)], of which the first is number ``at`` of the session."""
        if not block.any():
            return
        frames = -(-len(block) // _FRAME)
        padded = np.zeros((block.shape[1], frames * _FRAME), np.float32)
        padded[:, : len(block)] = block.T
        bins = rfft(padded.reshape(block.shape[1], frames, _FRAME), axis=2)
        energy = ((np.square(bins.real) + np.square(bins.imag)) @ self._weights).mean(axis=0) * 2.0  # mono: both sides
        # an energy belongs to the columns that its frame covers
        starts = at + np.arange(frames) * _FRAME
        stops = np.minimum(starts + _FRAME, at + len(block))
        for start, stop, both in zip(starts.tolist(), stops.tolist(), energy.tolist(), strict=True):
            self._share_out(start, stop, both)

    def _share_out(self, start: int, stop: int, energy: float) -> None:
        last = len(self._energy) - 1
        first, final = (int(np.clip(frame / self._frames_per_column, 0, last)) for frame in (start, stop - 1))
        if first == final:
            self._energy[first] += energy
            return
        edges = np.arange(first, final + 2) * self._frames_per_column
        edges[0], edges[-1] = start, stop
        self._energy[first : final + 1] += np.diff(edges) / (stop - start) * energy

    def powers(self, session: Session, track: Track) -> np.ndarray:
        """Mean square in each column behind the folders' faders and envelopes [shape=(columns,)]."""
        folders = list(session.ancestors(track))
        gain = amplitude(
            sum(signal_path.level_db(folder) + signal_path.leads_db(session, folder) for folder in folders)
        )
        powers = self._energy * gain**2 / self._frames_per_column
        times_s = (np.arange(len(powers)) + 0.5) * self._frames_per_column / self._rate
        for folder in folders:
            automation = signal_path.with_lead_envelopes(session, folder).automation
            for envelope in active_envelopes(automation, *VOLUME_KINDS):
                powers = powers * np.square(automation_values(times_s, envelope))
        return powers

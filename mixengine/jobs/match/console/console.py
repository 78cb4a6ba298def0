"""The console: track fader → EQ → compressor → pan; sum; master input fader → EQ → compressor → output fader.

A reverb bus, fed by the panned tracks, can join the sum before the master; `Stream` has none.

`mix` is differentiable and processes whole signals from rest; `Stream` does the same in double precision and keeps
state between blocks. Values are those of `parameters` in dB, Hz, Q and ms.

The output is delayed by `Setup.delay` frames (the compressors' look-ahead); callers compensate for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixengine.audio.arrays import namespace
from mixengine.jobs.match.console import parameters as at
from mixengine.jobs.match.console.compressor import Compressor, compressed
from mixengine.jobs.match.console.eq import Equalizer, filtered
from mixengine.jobs.match.console.pan import LAWS
from mixengine.jobs.match.console.reverb import banded_noise, reverberated


@dataclass(frozen=True, slots=True)
class Setup:
    """Properties of a console that are not controls.

    Attributes
    ----------
    rate : int > 0
        Frames per second.
    track_lookahead, master_lookahead : int ≥ 0
        Frames.
    pan_law : str
        A name of `pan.LAWS`.
    detector : str
        A name of `compressor.DETECTORS`.
    master_bus : bool
        Without it only the output fader of the master is applied.
    """

    rate: int = at.RATE
    track_lookahead: int = 2048
    master_lookahead: int = 1024
    pan_law: str = "published"
    detector: str = "published"
    master_bus: bool = True

    @property
    def delay(self) -> int:
        """Frames by which the mix is delayed."""
        return self.track_lookahead + (self.master_lookahead if self.master_bus else 0)


PUBLISHED = Setup()
REAPER = Setup(track_lookahead=0, master_lookahead=0, pan_law="balance", detector="reaper")
"""The same console with REAPER's pan law and ReaComp's detector, without look-ahead."""


def mix(
    tracks: Any,
    track_values: Any,
    master_values: Any,
    *,
    setup: Setup = PUBLISHED,
    tail: int | None = None,
    reverb_values: Any = None,
    noise: np.ndarray | None = None,
) -> Any:
    """The stereo mix of tracks.

    Parameters
    ----------
    tracks : array or tensor [shape=(…, tracks, channels, frames)]
        1 or 2 channels.
    track_values : array or tensor [shape=(…, tracks, 27)]
    master_values : array or tensor [shape=(…, 26)]
    tail : int, optional
        Frames after which a filter's ringing may be cut off; default: never, as published.
    reverb_values : array or tensor [shape=(…, 25)], optional
        Values of the reverb bus; default: no reverb.
    noise : ndarray, optional
        Noise of the reverb; default: `reverb.banded_noise` with seed 0.

    Returns
    -------
    array or tensor [shape=(…, 2, frames)]
    """
    xp = namespace(tracks)
    x = tracks * _amplitude(track_values[..., at.FADER])[..., None, None]
    x = filtered(x, track_values[..., at.EQ], setup.rate, tail)
    x = compressed(
        x,
        track_values[..., at.DYNAMICS],
        setup.rate,
        lookahead=setup.track_lookahead,
        detector=setup.detector,
        tail=tail,
    )
    sides = LAWS[setup.pan_law](track_values[..., at.PAN])
    x = x * sides[..., None]
    total = xp.sum(x, -3)
    if reverb_values is not None:
        sent = xp.sum(x * _amplitude(track_values[..., at.SEND])[..., None, None], -3)
        total = total + reverberated(sent, reverb_values, banded_noise(0) if noise is None else noise)
    return master(total, master_values, setup=setup, tail=tail)


def master(x: Any, values: Any, *, setup: Setup = PUBLISHED, tail: int | None = None) -> Any:
    """A summed mix [shape=(…, 2, frames)] through the master."""
    output = _amplitude(values[..., at.MASTER_OUTPUT])[..., None, None]
    if not setup.master_bus:
        return x * output
    x = x * _amplitude(values[..., at.MASTER_INPUT])[..., None, None]
    x = filtered(x, values[..., at.MASTER_EQ], setup.rate, tail)
    x = compressed(
        x,
        values[..., at.MASTER_DYNAMICS],
        setup.rate,
        lookahead=setup.master_lookahead,
        detector=setup.detector,
        tail=tail,
    )
    return x * output


class Stream:
    """The console as a renderer: block by block, in double precision, without torch.

    Parameters
    ----------
    track_values : ndarray [shape=(tracks, 27)]
    master_values : ndarray [shape=(26,)]
    """

    def __init__(self, track_values: np.ndarray, master_values: np.ndarray, setup: Setup = PUBLISHED) -> None:
        self._tracks = [_Channel(values, setup) for values in np.asarray(track_values, dtype=float)]
        self._master = _Master(np.asarray(master_values, dtype=float), setup)

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        """The mix [shape=(2, frames)] of the tracks' next frames [shape=(tracks, channels, frames)]."""
        x = np.zeros((2, blocks.shape[-1]))
        for channel, block in zip(self._tracks, blocks, strict=True):
            x += channel(np.asarray(block, dtype=float))
        return self._master(x)


class _Channel:
    """One track of a `Stream`."""

    def __init__(self, values: np.ndarray, setup: Setup) -> None:
        self._gain = _amplitude(values[at.FADER])
        self._equalizer = Equalizer(values[at.EQ], setup.rate)
        self._compressor = Compressor(
            values[at.DYNAMICS], setup.rate, lookahead=setup.track_lookahead, detector=setup.detector
        )
        self._sides = LAWS[setup.pan_law](values[at.PAN])[:, None]

    def __call__(self, block: np.ndarray) -> np.ndarray:
        return self._compressor(self._equalizer(block * self._gain)) * self._sides


class _Master:
    """The master of a `Stream`."""

    def __init__(self, values: np.ndarray, setup: Setup) -> None:
        self._output = _amplitude(values[at.MASTER_OUTPUT])
        self._on = setup.master_bus
        self._input = _amplitude(values[at.MASTER_INPUT])
        self._equalizer = Equalizer(values[at.MASTER_EQ], setup.rate)
        self._compressor = Compressor(
            values[at.MASTER_DYNAMICS], setup.rate, lookahead=setup.master_lookahead, detector=setup.detector
        )

    def __call__(self, x: np.ndarray) -> np.ndarray:
        if self._on:
            x = self._compressor(self._equalizer(x * self._input))
        return x * self._output


def _amplitude(gain_db: Any) -> Any:
    return 10.0 ** (gain_db / 20.0)

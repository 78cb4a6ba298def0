"""One clip as frames of a grid: its source, gain, polarity, pan, fades and envelopes.

A grid has frame n at ``start_s + n / rate``. These are REAPER's rules, as its own renders show them. With p the clip's
position on the grid in frames, a real number:

- it sounds from the whole frame nearest to p up to, and without, the one nearest to p + its length;
- at equal rates its first frame is the source's frame nearest to its offset, whatever the fraction of p, and samples
  stay bit-exact; at other rates it starts at a whole source frame and goes on by `mixengine.audio.resampler`;
- a fade-in counts from p; a fade-out begins on a whole frame, as many (rounded) frames before the clip's end (its first
  frame plus its rounded length) as it is long, and keeps its real length.

A clip that is playing already when the grid begins plays what its position there asks for (not seen in any render).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mixengine.audio.curves import Curve, fade_gain
from mixengine.audio.files import AudioFile
from mixengine.audio.source import Section
from mixengine.model.session import DEFAULT_RESAMPLE_MODE, MUTE, PAN, VOLUME_KINDS, Automation, Clip
from mixengine.model.units import amplitude

_FIRST_PAIR_MODE = 67
_UNMUTED = 0.5
"""Mute envelopes are 0 (muted) or 1."""
_TIE_DIGITS = 6
"""Positions in frames are rounded to this many decimals first: a project file's decimals do not decide a tie."""


def nearest_frame(frames: float) -> int:
    """The nearest whole number; exact halves go up."""
    return math.floor(round(frames, _TIE_DIGITS) + 0.5)


def frame_at(time_s: float, rate: int) -> int:
    """The frame nearest to a time; exact halves go up."""
    return nearest_frame(time_s * rate)


@dataclass(frozen=True, slots=True)
class Silenced:
    """Samples of a clip that are no numbers: how many, and when the first one plays, in seconds of the session."""

    clip: Clip
    count: int
    first_s: float


class ClipReader:
    """A clip as frames at ``rate`` of a grid that begins at ``start_s``, read forwards.

    Attributes
    ----------
    first, last : int
        Its first frame on the grid, not below 0, and the one after its last.
    channels : int
    """

    def __init__(
        self, clip: Clip, rate: int, start_s: float = 0.0, *, resample_mode: int = DEFAULT_RESAMPLE_MODE
    ) -> None:
        self.clip, self.rate = clip, rate
        self._position = (clip.position_s - start_s) * rate
        begin = nearest_frame(self._position)
        self.first, self.last = max(begin, 0), nearest_frame(self._position + clip.length_s * rate)
        self._fade_in_frames, self._fade_out_frames = clip.fade_in.length_s * rate, clip.fade_out.length_s * rate
        self._fade_out_at = begin + frame_at(clip.length_s, rate) - nearest_frame(self._fade_out_frames)
        self._file = AudioFile(clip.source.path)
        self._picks = channel_picks(clip.channel_mode, self._file.channels)
        self._as_is = self._picks == [(channel,) for channel in range(self._file.channels)]
        self.channels = 2 if is_panned(clip) and len(self._picks) == 1 else len(self._picks)
        self._gain = amplitude(clip.gain_db) * (-1.0 if clip.inverted else 1.0)
        self._volume = _active_curves(clip, *VOLUME_KINDS)
        self._mute, self._pan = _active_curves(clip, MUTE), _active_curves(clip, PAN)
        self._pull = self._source(begin, resample_mode)

    def _source(self, begin: int, resample_mode: int) -> Callable[[int, int], np.ndarray]:
        """What reads the source's frames for frames of the grid, in a row from ``first``."""
        clip, file = self.clip, self._file
        step = clip.rate * file.rate / self.rate
        position = (clip.offset_s + (self.first - self._position) / self.rate * clip.rate) * file.rate
        self._section = section = Section(file, clip, loop=clip.loop)
        if is_whole(step):
            start = frame_at(clip.offset_s, file.rate) if begin >= 0 else nearest_frame(position)
            return lambda at, frames: section.read(at - self.first + start, frames)
        from mixengine.audio.resampler import Resampler

        start = math.floor(round(position, _TIE_DIGITS))
        if clip.loop and start + (self.last - self.first - 1) * step < section.frames:
            section = Section(file, clip, loop=False)  # only a clip that repeats sees the start behind the end
        resampler = Resampler(section.read, file.channels, start, step, resample_mode)
        return lambda _, frames: resampler.read(frames)

    def read(self, at: int, frames: int) -> np.ndarray:
        """Frames ``at`` … of the grid, which must follow the last call's and lie inside the clip."""
        block = self._pull(at, frames)
        if not self._as_is:
            block = np.stack([block[:, list(pick)].mean(axis=1) for pick in self._picks], axis=1)
        gain = self._varying_gain(at, frames)
        if gain is not None:
            block = block * (self._gain * gain)[:, None].astype(np.float32)
        elif self._gain != 1.0:
            block = block * np.float32(self._gain)
        return _panned(block, self._pan_at(at, frames)) if is_panned(self.clip) else block

    def _pan_at(self, at: int, frames: int) -> np.ndarray:
        """Pan knob and envelope together, one number or one per frame."""
        pan = np.asarray(self.clip.pan)
        for curve in self._pan:
            # positive values mean left in the project file
            pan = pan - curve.at(self._take_times_s(at, frames))
        return np.clip(pan, -1.0, 1.0)

    def _take_times_s(self, at: int, frames: int) -> np.ndarray:
        return (np.arange(at, at + frames) - self._position) * (self.clip.rate / self.rate)

    def _varying_gain(self, at: int, frames: int) -> np.ndarray | None:
        """Fades and volume envelopes over the next frames; ``None`` where nothing varies."""
        clip = self.clip
        fades_in = clip.fade_in.length_s > 0 and at - self._position < self._fade_in_frames
        fades_out = clip.fade_out.length_s > 0 and at + frames - 1 > self._fade_out_at
        if not (fades_in or fades_out or self._volume or self._mute):
            return None
        gain = np.ones(frames)
        n = np.arange(at, at + frames)
        if fades_in:
            gain *= fade_gain((n - self._position) / self._fade_in_frames, clip.fade_in)
        if fades_out:
            gain *= fade_gain(1.0 - (n - self._fade_out_at) / self._fade_out_frames, clip.fade_out, out=True)
        for curve in self._volume:
            gain *= curve.at(self._take_times_s(at, frames))
        for curve in self._mute:
            gain *= curve.at(self._take_times_s(at, frames)) >= _UNMUTED
        return gain

    @property
    def silenced(self) -> Silenced | None:
        """The samples so far that are no numbers, which were read as 0."""
        clip, file = self.clip, self._file
        if not file.silenced:
            return None
        place_s = self._section.place_s(file.silenced_at) - clip.offset_s
        if clip.loop and self._section.frames:
            place_s %= self._section.frames / file.rate
        return Silenced(clip, file.silenced, clip.position_s + place_s / clip.rate)

    def close(self) -> None:
        """Release the file."""
        self._file.close()


def is_whole(step: float) -> bool:
    """Whether source frames per frame are one, so that nothing needs resampling."""
    return abs(step - 1.0) < 1e-12


def channel_picks(mode: int, channels: int) -> list[tuple[int, ...]]:
    """Which source channels make each output channel (several are averaged), for REAPER's channel mode.

    0 all, 1 left and right swapped, 2 mono mix of the first two, 3…66 one channel, 67…130 a pair.
    """
    all_channels: list[tuple[int, ...]] = [(channel,) for channel in range(channels)]
    if mode == 1 and channels >= 2:
        return [(1,), (0,), *all_channels[2:]]
    if mode == 2 and channels >= 2:
        return [(0, 1)]
    if 3 <= mode < _FIRST_PAIR_MODE:
        picked = [mode - 3]
    elif _FIRST_PAIR_MODE <= mode <= _FIRST_PAIR_MODE + 63:
        picked = [mode - _FIRST_PAIR_MODE, mode - _FIRST_PAIR_MODE + 1]
    else:
        return all_channels
    existing: list[tuple[int, ...]] = [(channel,) for channel in picked if channel < channels]
    return existing or [(0,)]


def _active_envelopes(clip: Clip, *kinds: str) -> list[Automation]:
    return [entry for entry in clip.automation if entry.kind in kinds and entry.active and entry.points]


def _active_curves(clip: Clip, *kinds: str) -> list[Curve]:
    return [Curve(envelope) for envelope in _active_envelopes(clip, *kinds)]


def is_panned(clip: Clip) -> bool:
    """Whether the take has a pan of its own, so that a mono clip becomes stereo."""
    return bool(clip.pan) or bool(_active_envelopes(clip, PAN))


def _panned(block: np.ndarray, pan: np.ndarray) -> np.ndarray:
    """Take pan: the far side is turned down linearly. A mono clip becomes stereo."""
    out = np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block.copy()
    out[:, 0] *= np.minimum(1.0 - pan, 1.0).astype(np.float32)
    out[:, 1] *= np.minimum(1.0 + pan, 1.0).astype(np.float32)
    return out

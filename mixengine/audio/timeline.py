"""Audio of a track: its clips at their positions, streamed in blocks.

This is the one place where audio of a session is read. Blocks are float32 ``(frames, channels)`` at the requested rate;
memory does not grow with length. Applied are clip volume, polarity, pan, fades and the take's volume, pan and mute
envelopes, and the track's polarity and, with ``automation``, volume envelopes; not the fader, the track's pan and
effects.

At session frame n of rate R a clip plays source position ((n/R − position_s)·rate + offset_s)·source rate. At equal
rates the position is rounded to a whole frame (samples stay bit-exact); otherwise it is kept as the fraction it is.
Neither depends on where the clip starts, so that splitting a clip changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from mixengine.audio.curves import automation_values, fade_gain
from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.audio.source import Resampled, Section
from mixengine.model.session import MUTE, PAN, VOLUME_KINDS, Automation, Clip, Session, Track
from mixengine.model.units import amplitude

BLOCK_FRAMES = 65536
MAX_HEARD_CHANNELS = 2
"""The one rule for files with more channels: an item's channels go to the track's channels in order, and a track sends
its channels 1 and 2 to its folder or the master. What is not heard there is not measured either."""
_FIRST_PAIR_MODE = 67
_UNMUTED = 0.5
"""Mute envelopes are 0 (muted) or 1."""


def frame_at(time_s: float, rate: int) -> int:
    """The frame nearest to a time; exact halves go up."""
    return math.floor(round(time_s * rate, 6) + 0.5)


class ClipReader:
    """One clip as frames at ``rate``, read forwards from its start or from session frame ``begin``."""

    def __init__(self, clip: Clip, rate: int, begin: int = 0) -> None:
        self.clip, self.rate = clip, rate
        self.first, self.last = max(frame_at(clip.position_s, rate), begin), frame_at(clip.end_s, rate)
        self._file = AudioFile(clip.source.path)
        self._picks = channel_picks(clip.channel_mode, self._file.channels)
        self._as_is = self._picks == [(channel,) for channel in range(self._file.channels)]
        self.channels = 2 if _is_panned(clip) and len(self._picks) == 1 else len(self._picks)
        self._gain = amplitude(clip.gain_db) * (-1.0 if clip.inverted else 1.0)
        self._volume = _active_envelopes(clip, *VOLUME_KINDS)
        self._mute, self._pan = _active_envelopes(clip, MUTE), _active_envelopes(clip, PAN)
        section = Section(self._file, clip)
        step = clip.rate * self._file.rate / rate
        at_zero = (clip.offset_s - clip.position_s * clip.rate) * self._file.rate
        if abs(step - 1.0) < 1e-12:
            shift = math.floor(round(at_zero, 6) + 0.5)
            self._pull = lambda start, frames: section.read(start + shift, frames)
        else:
            resampled = Resampled(section, self._file.channels, at_zero + self.first * step, step)
            self._pull = lambda start, frames: resampled.read(frames)

    def read(self, start: int, frames: int) -> np.ndarray:
        """Frames ``start`` … of the session, which must follow the last call's and lie inside the clip."""
        block = self._pull(start, frames)
        if not self._as_is:
            block = np.stack([block[:, list(pick)].mean(axis=1) for pick in self._picks], axis=1)
        gain = self._varying_gain(start, frames)
        if gain is not None:
            block = block * (self._gain * gain)[:, None].astype(np.float32)
        elif self._gain != 1.0:
            block = block * np.float32(self._gain)
        return _panned(block, self._pan_at(start, frames)) if _is_panned(self.clip) else block

    def _pan_at(self, start: int, frames: int) -> np.ndarray:
        """Pan knob and envelope together, one number or one per frame."""
        pan = np.asarray(self.clip.pan)
        for envelope in self._pan:
            # positive values mean left in the project file
            pan = pan - automation_values(self._take_times_s(start, frames), envelope)
        return np.clip(pan, -1.0, 1.0)

    def _take_times_s(self, start: int, frames: int) -> np.ndarray:
        return (np.arange(start, start + frames) / self.rate - self.clip.position_s) * self.clip.rate

    def _varying_gain(self, start: int, frames: int) -> np.ndarray | None:
        """Fades and volume envelopes over the next frames; ``None`` where nothing varies."""
        clip = self.clip
        first_s, last_s = start / self.rate, (start + frames - 1) / self.rate
        fades_in = clip.fade_in.length_s > 0 and first_s < clip.position_s + clip.fade_in.length_s
        fades_out = clip.fade_out.length_s > 0 and last_s > clip.end_s - clip.fade_out.length_s
        if not (fades_in or fades_out or self._volume or self._mute):
            return None
        gain = np.ones(frames)
        times_s = np.arange(start, start + frames) / self.rate
        if fades_in:
            gain *= fade_gain((times_s - clip.position_s) / clip.fade_in.length_s, clip.fade_in)
        if fades_out:
            gain *= fade_gain((clip.end_s - times_s) / clip.fade_out.length_s, clip.fade_out, out=True)
        for envelope in self._volume:
            gain *= automation_values(self._take_times_s(start, frames), envelope)
        for envelope in self._mute:
            gain *= automation_values(self._take_times_s(start, frames), envelope) >= _UNMUTED
        return gain

    def close(self) -> None:
        """Release the file."""
        self._file.close()


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


def _is_panned(clip: Clip) -> bool:
    return bool(clip.pan) or bool(_active_envelopes(clip, PAN))


def _panned(block: np.ndarray, pan: np.ndarray) -> np.ndarray:
    """Take pan: the far side is turned down linearly. A mono clip becomes stereo."""
    out = np.repeat(block, 2, axis=1) if block.shape[1] == 1 else block.copy()
    out[:, 0] *= np.minimum(1.0 - pan, 1.0).astype(np.float32)
    out[:, 1] *= np.minimum(1.0 + pan, 1.0).astype(np.float32)
    return out


def mono(block: np.ndarray) -> np.ndarray:
    """Mean of a block's channels as one column [shape=(frames, 1)]; may be the block itself."""
    channels = block.shape[1]
    # a product with weights is much faster than a mean over two columns
    return block if channels == 1 else block @ np.full((channels, 1), 1.0 / channels, dtype=block.dtype)


def channel_count(track: Track) -> int:
    """Channels that are heard of a track: 1 when all its clips are mono, else 2 (`MAX_HEARD_CHANNELS`).

    Raises
    ------
    UnreadableAudio
        A clip's file cannot be read.
    """
    widest = 1
    for path, mode, panned in {(c.source.path, c.channel_mode, _is_panned(c)) for c in track.audio_clips}:
        file = AudioFile(path)
        file.close()
        count = len(channel_picks(mode, file.channels))
        widest = max(widest, 2 if panned else count, count)
    return min(widest, max(track.channels, 1), MAX_HEARD_CHANNELS)


def unheard_channels(clip: Clip, channels: int) -> str:
    """What a clip of a file with so many channels plays into channels that are not heard, in words; empty: nothing."""
    picks = channel_picks(clip.channel_mode, channels)[MAX_HEARD_CHANNELS:]
    numbers = [str(channel + 1) for pick in picks for channel in pick]
    if not numbers:
        return ""
    which = f"channels {numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else f"channel {numbers[0]}"
    return f"{which} of {channels} {'are' if len(numbers) > 1 else 'is'} not heard"


def span(track: Track) -> tuple[float, float]:
    """Start of the first and end of the last audio clip in seconds; (0, 0) when there is none."""
    clips = [clip for clip in track.audio_clips if clip.length_s > 0]
    if not clips:
        return 0.0, 0.0
    return max(min(clip.position_s for clip in clips), 0.0), max(clip.end_s for clip in clips)


def analysis_rate(track: Track, session: Session) -> int:
    """The rate at which nothing of a track needs resampling if there is one, else the session's."""
    clips = track.audio_clips
    rates = set()
    for path in {clip.source.path for clip in clips}:
        file = AudioFile(path)
        file.close()
        rates.add(file.rate)
    if len(rates) == 1 and all(clip.rate == 1.0 for clip in clips):
        return rates.pop()
    return session.sample_rate


def blocks(
    track: Track,
    rate: int,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    channels: int | None = None,
    automation: bool = True,
    frames: int = BLOCK_FRAMES,
) -> Iterator[np.ndarray]:
    """Stream a track from ``start_s`` to ``end_s`` (default: end of its last clip).

    Parameters
    ----------
    track : Track
        Muted clips and clips that are not audio are silent.
    rate : int > 0
        Frames per second of the result.
    channels : int, optional
        Width of the blocks; default `channel_count`. A mono clip sounds on the first two channels of a wider track.
    automation : bool
        Apply the track's volume envelopes.
    frames : int > 0
        Length of a block; the last one may be shorter.

    Yields
    ------
    ndarray of float32 [shape=(frames, channels)]

    Raises
    ------
    UnreadableAudio
        A file cannot be opened or breaks off.
    """
    channels = channels or channel_count(track)
    begin = frame_at(start_s, rate)
    stop = frame_at(span(track)[1] if end_s is None else end_s, rate)
    waiting = sorted(
        (clip for clip in track.audio_clips if clip.length_s > 0 and frame_at(clip.end_s, rate) > begin),
        key=lambda clip: clip.position_s,
        reverse=True,
    )
    envelopes = [a for a in track.automation if automation and a.kind in VOLUME_KINDS and a.active and a.points]
    playing: list[ClipReader] = []
    try:
        for at in range(begin, stop, frames):
            count = min(frames, stop - at)
            while waiting and frame_at(waiting[-1].position_s, rate) < at + count:
                playing.append(ClipReader(waiting.pop(), rate, begin))
            block = _sum(playing, at, count, channels)
            for reader in [reader for reader in playing if reader.last <= at + count]:
                reader.close()
                playing.remove(reader)
            yield _with_automation(block, at, rate, envelopes, track.inverted)
    finally:
        for reader in playing:
            reader.close()


def _sum(playing: list[ClipReader], at: int, count: int, channels: int) -> np.ndarray:
    """What the clips play together in the next ``count`` frames; must not be written to."""
    if len(playing) == 1:
        reader = playing[0]
        if reader.channels == channels and reader.first <= at and at + count <= reader.last:
            return reader.read(at, count)  # the usual case: nothing to add up
    block = np.zeros((count, channels), dtype=np.float32)
    for reader in playing:
        first, last = max(reader.first, at), min(reader.last, at + count)
        if first < last:
            _add(block[first - at : last - at], reader.read(first, last - first))
    return block


def _add(target: np.ndarray, block: np.ndarray) -> None:
    if block.shape[1] == 1:
        target[:, :2] += block
    else:
        width = min(target.shape[1], block.shape[1])
        target[:, :width] += block[:, :width]


def _with_automation(block: np.ndarray, at: int, rate: int, envelopes: list[Automation], inverted: bool) -> np.ndarray:
    for envelope in envelopes:
        times_s = np.arange(at, at + len(block)) / rate
        block = block * automation_values(times_s, envelope)[:, None].astype(np.float32)
    return -block if inverted else block


__all__ = ["UnreadableAudio", "analysis_rate", "blocks", "channel_count", "mono", "span"]

"""Audio of a track: its clips at their positions, streamed in blocks.

This is the one place where audio of a session is read. Blocks are float32 ``(frames, channels)`` at the requested rate;
memory does not grow with length. Applied are clip volume, polarity, pan, fades and the take's volume, pan and mute
envelopes, and the track's polarity and, with ``automation``, volume envelopes; not the fader, the track's pan and
effects.

The grid begins exactly where reading begins: frame n is at start + n / rate. Which source frames a clip plays there,
and where its fades lie, is said in `mixengine.audio.clip_reader`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from mixengine.audio.clip_reader import ClipReader, Silenced, channel_picks, frame_at, is_panned, nearest_frame
from mixengine.audio.curves import automation_values
from mixengine.audio.files import AudioFile, UnreadableAudio
from mixengine.model.session import DEFAULT_RESAMPLE_MODE, VOLUME_KINDS, Automation, Clip, Session, Track

BLOCK_FRAMES = 65536
MAX_HEARD_CHANNELS = 2
"""The one rule for files with more channels: an item's channels go to the track's channels in order, and a track sends
its channels 1 and 2 to its folder or the master. What is not heard there is not measured either."""


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
    for path, mode, panned in {(c.source.path, c.channel_mode, is_panned(c)) for c in track.audio_clips}:
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
    resample_mode: int = DEFAULT_RESAMPLE_MODE,
    silenced: Callable[[Silenced], object] = lambda _: None,
) -> Iterator[np.ndarray]:
    """Stream a track from ``start_s``, where its grid begins, to ``end_s`` (default: end of its last clip).

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
    resample_mode : int
        REAPER's number of the resampling mode.
    silenced : callable
        Gets what in a clip was no number, when the clip is over.

    Yields
    ------
    ndarray of float32 [shape=(frames, channels)]

    Raises
    ------
    UnreadableAudio
        A file cannot be opened or breaks off.
    """
    channels = channels or channel_count(track)
    stop = frame_at((span(track)[1] if end_s is None else end_s) - start_s, rate)
    waiting = sorted(
        (clip for clip in track.audio_clips if clip.length_s > 0 and _ends(clip, rate, start_s) > 0),
        key=lambda clip: clip.position_s,
        reverse=True,
    )
    envelopes = [a for a in track.automation if automation and a.kind in VOLUME_KINDS and a.active and a.points]
    playing: list[ClipReader] = []
    try:
        for at in range(0, stop, frames):
            count = min(frames, stop - at)
            while waiting and frame_at(waiting[-1].position_s - start_s, rate) < at + count:
                playing.append(ClipReader(waiting.pop(), rate, start_s, resample_mode=resample_mode))
            block = _sum(playing, at, count, channels)
            for reader in [reader for reader in playing if reader.last <= at + count]:
                _close(reader, silenced)
                playing.remove(reader)
            yield _with_automation(block, start_s + at / rate, rate, envelopes, track.inverted)
    finally:
        for reader in playing:
            _close(reader, silenced)


def _close(reader: ClipReader, silenced: Callable[[Silenced], object]) -> None:
    if bad := reader.silenced:
        silenced(bad)
    reader.close()


def _ends(clip: Clip, rate: int, start_s: float) -> int:
    """The frame after the last one of a clip."""
    return nearest_frame((clip.position_s - start_s) * rate + clip.length_s * rate)


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


def _with_automation(
    block: np.ndarray, start_s: float, rate: int, envelopes: list[Automation], inverted: bool
) -> np.ndarray:
    for envelope in envelopes:
        times_s = start_s + np.arange(len(block)) / rate
        block = block * automation_values(times_s, envelope)[:, None].astype(np.float32)
    return -block if inverted else block


__all__ = ["UnreadableAudio", "analysis_rate", "blocks", "channel_count", "frame_at", "mono", "span"]

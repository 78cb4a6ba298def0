"""Recordings as they are in their files, read at any time and rate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mixengine.audio import timeline
from mixengine.model.session import Session, Track


def as_recorded(track: Track) -> Track:
    """The track without any gain: only which file plays when, and its polarity."""
    clips = tuple(replace(clip, gain_db=0.0, pan=0.0, automation=()) for clip in track.clips)
    return replace(track, clips=clips, automation=(), leads=(), fader_db=0.0, pan=0.0)


@dataclass
class Recording:
    """One track, or some clips of it, as recorded.

    Attributes
    ----------
    track : Track
        As `as_recorded` returns it.
    rate : int
        The rate at which its files are read.
    channels : int
    """

    track: Track
    rate: int
    channels: int
    _last: tuple[tuple[float, float, int], np.ndarray] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, track: Track, session: Session) -> Recording:
        """The recording of a track.

        Raises
        ------
        UnreadableAudio
            A clip's file cannot be read.
        """
        plain = as_recorded(track)
        return cls(plain, timeline.analysis_rate(plain, session), timeline.channel_count(plain))

    def excerpt(self, start_s: float, end_s: float, rate: int) -> np.ndarray:
        """Mean of the channels between two session times; zeros where there is no audio [shape=(samples,)].

        The recording's own frames are read and then resampled by a filter that is short at this ratio: REAPER's has no
        say in what two recordings have in common.
        """
        import soxr

        key = (start_s, end_s, rate)
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        clips = tuple(clip for clip in self.track.clips if clip.position_s < end_s and clip.end_s > start_s)
        count = timeline.frame_at(end_s - start_s, rate)
        if not clips:
            return np.zeros(count, np.float32)
        cut = replace(self.track, clips=clips)
        parts = timeline.blocks(cut, self.rate, start_s=start_s, end_s=end_s, channels=self.channels)
        samples = np.concatenate([timeline.mono(part)[:, 0] for part in parts] or [np.zeros(0, np.float32)])
        samples = soxr.resample(samples, self.rate, rate) if self.rate != rate else samples
        samples = np.pad(samples[:count], (0, max(count - len(samples), 0)))
        self._last = key, samples
        return samples

"""Lossy files through FFmpeg's encoders in PyAV: MP3 (LAME), AAC, Opus."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mixengine import __version__
from mixengine.jobs.render import pictures
from mixengine.jobs.render import tags as tagging
from mixengine.jobs.render.tags import Chapter, Tags
from mixengine.model.settings import SettingError, SettingName
from mixengine.model.words import name_list


@dataclass(frozen=True, slots=True)
class Encoder:
    """A lossy format: FFmpeg's encoder and container, the rates it takes, bits per second of each channel."""

    codec: str
    container: str
    rates: tuple[int, ...]
    bit_rate: int
    channels: tuple[int, ...] = (1, 2)


ENCODERS = {
    "mp3": Encoder("libmp3lame", "mp3", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000), 96_000),
    "aac": Encoder(
        "aac", "ipod", (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000), 96_000, (1, 2, 6)
    ),
    "opus": Encoder("libopus", "ogg", (48000,), 64_000),
}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_MIN_MP3_RATE = 32_000
"""Below it MP3 is of another kind, with at most 160 kb/s."""
_BITS_PER_S_MONO = 192_000


def rate_for(form: str, rate: int) -> int:
    """The rate at which a format holds sound of this rate."""
    if form not in ENCODERS:
        return rate
    rates = ENCODERS[form].rates
    return next((r for r in rates if r >= rate), rates[-1])


class LossySink:
    """One lossy file being written; the counterpart of `mixengine.jobs.render.files.Sink`.

    Parameters
    ----------
    path : Path
    rate, channels : int > 0
    form : str
        A name of `ENCODERS`.
    tags : Tags

    Raises
    ------
    UserError
        The encoder is not there, or does not take so many channels.
    """

    clipped = 0

    def __init__(self, path: Path, rate: int, channels: int, form: str, tags: Tags) -> None:
        import av
        from av.error import FFmpegError

        encoder = ENCODERS[form]
        if channels not in encoder.channels:
            held = name_list([str(count) for count in encoder.channels])
            raise SettingError(SettingName("format"), f" {form}: holds {held} channels here, not {channels}; use flac")
        self.path, self._form, self._tags, self.peak = path, form, tags, 0.0
        options = {"id3v2_version": "0"} if form == "mp3" else {}
        try:
            self._container = av.open(str(path), "w", format=encoder.container, options=options)
            stream: Any = self._container.add_stream(encoder.codec, rate=rate)
        except (FFmpegError, ValueError) as error:
            words = f" {form}: this installation of PyAV has no encoder for it ({error})"
            raise SettingError(SettingName("format"), words) from None
        self._stream = stream
        self._layout = _LAYOUTS[channels]
        self._stream.layout = self._layout
        self._stream.bit_rate = self.bit_rate(form, rate, channels)
        self._format = "flt" if form == "opus" else "fltp"
        self._stream.format = self._format
        comments = _vorbis_comments(tags) if form == "opus" else {}
        # FFmpeg takes its own `encoder` out and puts the last tag there: a chapter's name would come before its chapter
        self._container.metadata.update({**tags.words(), **comments, "encoder": f"mixengine {__version__}"})
        if form == "aac" and tags.chapters and takes_chapters():
            whole = tagging.without_gaps(tags.chapters)
            self._container.set_chapters([_chapter(*entry) for entry in enumerate(whole, 1)])
        self._rate, self._at = rate, 0
        self._fifo = av.AudioFifo()
        self._frame = av.AudioFrame

    @staticmethod
    def bit_rate(form: str, rate: int, channels: int) -> int:
        """Bits per second; an MP3 has 192 kb/s also in mono, as audiobooks are asked to."""
        if form == "mp3":
            return _BITS_PER_S_MONO if rate >= _MIN_MP3_RATE else 64_000 * channels
        return ENCODERS[form].bit_rate * channels

    def write(self, block: np.ndarray) -> None:
        """Append a block [shape=(frames, channels), float32]."""
        if not len(block):
            return
        self.peak = max(self.peak, float(block.max()), -float(block.min()))
        packed = not self._format.endswith("p")
        samples = np.ascontiguousarray(block.reshape(1, -1) if packed else block.T, np.float32)
        frame = self._frame.from_ndarray(samples, format=self._format, layout=self._layout)
        frame.sample_rate, frame.pts = self._rate, self._at
        self._at += len(block)
        self._fifo.write(frame)
        self._encode(flush=False)

    def _encode(self, *, flush: bool) -> None:
        size = self._stream.codec_context.frame_size or 1024
        while self._fifo.samples >= size or (flush and self._fifo.samples):
            frame = self._fifo.read(min(size, self._fifo.samples))
            for packet in self._stream.encode(frame):
                self._container.mux(packet)

    def close(self) -> None:
        """Finish the file."""
        self._encode(flush=True)
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
        if self._form == "mp3" and (tag := tagging.id3(self._tags)):
            self.path.write_bytes(tag + self.path.read_bytes())
        if self._form == "aac" and self._tags.picture:
            pictures.into_mp4(self.path, self._tags.picture)


def takes_chapters() -> bool:
    """Whether this PyAV can write chapters into MP4; older ones cannot."""
    from av.container import OutputContainer

    return hasattr(OutputContainer, "set_chapters")


def _chapter(number: int, chapter: Chapter) -> Any:
    """A chapter as PyAV takes it, in milliseconds."""
    start, end = round(1e3 * chapter.start_s), round(1e3 * chapter.end_s)
    return {
        "id": number,
        "start": start,
        "end": end,
        "time_base": Fraction(1, 1000),
        "metadata": {"title": chapter.name},
    }


def _vorbis_comments(tags: Tags) -> dict[str, str]:
    """Picture and chapters as Vorbis comments, the way players of Ogg files read them."""
    comments = {pictures.OPUS_KEY: pictures.opus_comment(tags.picture)} if tags.picture else {}
    for number, chapter in enumerate(tags.chapters, 1):
        hours, rest = divmod(chapter.start_s, 3600.0)
        minutes, seconds = divmod(rest, 60.0)
        comments[f"CHAPTER{number:03}"] = f"{int(hours):02}:{int(minutes):02}:{seconds:06.3f}"
        comments[f"CHAPTER{number:03}NAME"] = chapter.name
    return comments

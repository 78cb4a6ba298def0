"""Decode MPEG audio from the frames that `mixengine.audio.mpeg_audio` counts."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import Any

import av
import numpy as np

from mixengine.audio import mpeg_audio, riff
from mixengine.audio.decode_writer import MAX_GAP_S, Decoded, Faults, NotDecoded, Writer, samples_of

_CODECS = {1: "mp1float", 2: "mp2float", 3: "mp3float"}


def decode_mpeg(source: str, target: str, channels: int, progress: Callable[[], None]) -> Decoded:
    """Decode MPEG audio from its frames."""
    with open(source, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start, end = _mpeg_bytes(source, len(data))
        audio = mpeg_audio.walk(data, start, end)  # type: ignore[arg-type]
        if not audio.parts:
            raise NotDecoded("holds no frame of MPEG audio")
        first = audio.parts[0].header
        writer = Writer(target, channels, sum(part.length for part in audio.parts) * 8.0, progress)
        faults = Faults()
        try:
            for part in audio.parts:
                _decode_part(data, part, writer, faults)
        finally:
            writer.close()
        if not writer.frames:
            raise NotDecoded("holds no sound that can be decoded")
        notes = faults.notes()
        promised, count = audio.promised, len(audio.parts[0].frames)
        if audio.parts[0].tag is not None and promised and count < promised - 1 and len(audio.parts) == 1:
            promised_s = (promised * first.samples - sum(audio.parts[0].trims)) / first.rate
            notes.append(f"breaks off at {writer.frames / writer.rate:.1f} of {promised_s:.1f} s")
        if audio.cut_bytes:
            notes.append("ends in the middle of a frame: it was cut off")
        if len(audio.parts) > 1:
            notes.append(f"holds {len(audio.parts)} recordings, read one after the other")
        return Decoded(writer.rate, writer.channels, writer.frames, _CODECS[first.layer], 0, notes)


def _mpeg_bytes(source: str, size: int) -> tuple[int, int]:
    """Where the frames stand: inside a WAV in its ``data``, else in the whole file."""
    header = riff.read(source)
    return (header.data_at, header.data_at + header.held) if header else (0, size)


def _decode_part(data: Any, part: mpeg_audio.Part, writer: Writer, faults: Faults) -> None:
    decoder: Any = av.CodecContext.create(_CODECS[part.header.layer], "r")
    decoder.thread_count = 1
    level = np.float32(mpeg_audio.LEVEL if part.header.layer == 3 else 1.0)
    drop, padding = part.trims
    samples, rate = part.header.samples, part.header.rate
    left = len(part.frames) * samples - drop - padding
    mean_bytes = sum(size for _, size in part.frames) / len(part.frames)
    for number, (at, size) in enumerate(part.frames):
        lost = round(part.lost.get(number, 0) / mean_bytes) * samples
        if lost and lost < MAX_GAP_S * rate:
            writer.open(rate, part.header.channels)
            faults.add(writer.frames / writer.rate, lost / rate)
            writer.silence(round(max(lost - drop, 0) * writer.rate / rate))
            drop = max(drop - lost, 0)
        try:
            frames = decoder.decode(av.Packet(data[at : at + size]))
        except av.error.FFmpegError:
            frames = []
        block = np.concatenate([samples_of(frame) for frame in frames]) if frames else None
        if block is None or len(block) != samples:
            if number:  # the first frame may need what a cut took away
                faults.add(writer.frames / (writer.rate or rate), samples / rate)
            block = np.zeros((samples, part.header.channels), np.float32)
        begin = min(drop, samples)
        drop -= begin
        kept = block[begin : begin + max(left, 0)]
        left -= len(kept)
        if len(kept):
            writer.add(kept * level, rate)

"""Decode a file through FFmpeg's decoders (PyAV) into a WAV of 32-bit float, frame by frame.

It runs in a helper process (`mixengine.audio.decode_worker`), so that a crash or the chatter of a decoder stays there.
The result has every frame once, at its time: what cannot be decoded is silence of the same length, and is named.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import av
import soundfile

from mixengine.audio import ogg
from mixengine.audio.decode_mpeg import decode_mpeg
from mixengine.audio.decode_writer import MAX_GAP_S, Decoded, Faults, NotDecoded, Wider, Writer, samples_of

_MAX_LOST_START_S = 1.0
_MIN_READ = 0.5
"""Share of a file of sound alone that its packets are; where they are less, something was not read."""
MIN_GAP_S = 0.1
"""A jump in a film's times of more than this is filled with silence; smaller ones are how times are rounded."""


def decode(source: str, target: str, container: str, progress: Callable[[], None]) -> Decoded:
    """Decode ``source`` into the file ``target``.

    Parameters
    ----------
    container : str
        FFmpeg's name of the demuxer, or a name of `_OWN`.
    progress : callable
        Called often.

    Raises
    ------
    NotDecoded
        There is no sound in it, or no decoder for it.
    """
    channels = 0
    while True:
        try:
            if container in _OWN:
                return _OWN[container](source, target, channels, progress)
            return _film(source, target, container, channels, progress)
        except Wider as wider:
            channels = int(str(wider))
        except av.error.FFmpegError as error:
            raise NotDecoded(_words(error)) from None


def _film(source: str, target: str, container: str, channels: int, progress: Callable[[], None]) -> Decoded:
    """Decode the sound of any container."""
    with av.open(source, format=container, metadata_errors="ignore") as file:
        streams = file.streams.audio
        if not streams:
            raise NotDecoded("holds no sound")
        stream = file.streams.best("audio") or streams[0]
        if stream.codec_context is None:
            raise NotDecoded("there is no decoder for its sound")
        stream.codec_context.thread_count = 1
        seconds = _promised_s(file, stream)
        rate = stream.codec_context.sample_rate or 48000
        writer = Writer(target, channels, (seconds or file.size / 1000.0) * rate * 4 * 8, progress)
        faults = Faults()
        try:
            gaps = _decode_stream(file, stream, writer, faults)
            if not writer.frames:
                raise NotDecoded("holds no sound that can be decoded")
            if seconds is not None and 0.0 < writer.frames / writer.rate - seconds < 2048 / writer.rate:
                writer.cut(round(seconds * writer.rate))
        finally:
            writer.close()
        notes = [*faults.notes(), *gaps]
        if len(streams) > 1:
            notes.append(f"only the first of its {len(streams)} sound tracks is used")
        length_s = writer.frames / writer.rate
        if seconds is not None and length_s < seconds - max(MIN_GAP_S, 0.01 * seconds):
            notes.append(f"breaks off at {length_s:.1f} of {seconds:.1f} s")
        codec = stream.codec_context
        lossless = codec.name.startswith(("pcm_", "flac", "alac", "wavpack", "tta", "ape", "mlp", "truehd"))
        bits = (24 if codec.format.bytes > 2 else 16) if lossless and codec.format is not None else 0
        return Decoded(writer.rate, writer.channels, writer.frames, codec.name, bits, notes)


def _promised_s(file: Any, stream: Any) -> float | None:
    """How long the header says that the sound is; ``None`` where it does not, or only for the pictures."""
    exact = {"mov", "matroska", "asf", "aiff", "caf", "flac", "wav"}
    if not exact & set(file.format.name.split(",")):
        return None
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return file.duration / av.time_base if file.duration and not file.streams.video else None


def _decode_stream(file: Any, stream: Any, writer: Writer, faults: Faults) -> list[str]:
    """Every packet of a stream to the writer; returns notes on gaps in its times."""
    timed = bool({"mov", "matroska", "mpegts", "flv", "flac", "ogg"} & set(file.format.name.split(",")))
    origin_s = file.start_time / av.time_base if timed and file.start_time is not None else 0.0
    if file.format.name in ("flac", "ogg") and origin_s < _MAX_LOST_START_S:
        origin_s = 0.0  # sound that begins later than at 0 has lost its start
    gap_s, last_frames, lost_packets = 0.0, 0, 0
    read_bytes = [0]
    for packet in _packets(file, stream, read_bytes):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            lost_packets += 1
            continue
        for frame in frames:
            writer.open(frame.sample_rate, frame.layout.nb_channels)
            for _ in range(lost_packets):
                lost = last_frames or frame.samples
                faults.add(writer.frames / writer.rate, lost / writer.rate)
                writer.silence(lost)
            lost_packets = 0
            if timed and frame.time is not None and frame.sample_rate:
                missing_s = frame.time - origin_s - writer.frames / writer.rate
                if MIN_GAP_S < missing_s < MAX_GAP_S - gap_s:
                    gap_s += missing_s
                    writer.silence(round(missing_s * writer.rate))
            before = writer.frames
            writer.add(samples_of(frame), frame.sample_rate)
            last_frames = writer.frames - before or last_frames
    if lost_packets and writer.rate:
        faults.add(writer.frames / writer.rate, lost_packets * last_frames / writer.rate)
    notes = [f"its sound has gaps of {gap_s:.1f} s together (silent)"] if gap_s else []
    if len(file.streams) == 1 and file.size > 0 and read_bytes[0] < _MIN_READ * file.size:
        notes.append(f"damaged: only {read_bytes[0] / 1000.0:.0f} of its {file.size / 1000.0:.0f} kB can be read")
    return notes


def _packets(file: Any, stream: Any, read_bytes: list[int]) -> Iterator[Any]:
    """The packets of a stream up to the place from which the file cannot be read."""
    packets = file.demux(stream)
    while True:
        try:
            packet = next(packets)
            read_bytes[0] += packet.size
            yield packet
        except (StopIteration, EOFError, av.error.FFmpegError):
            break


def _chain(source: str, target: str, channels: int, progress: Callable[[], None]) -> Decoded:
    """Decode links of Ogg one after the other, each as a file of its own."""
    places = ogg.links(source)
    writer, kinds = Writer(target, channels, os.path.getsize(source) * 40.0, progress), set[str]()
    faults = 0
    try:
        with open(source, "rb") as file:
            for start, end in places:
                file.seek(start)
                try:
                    kinds.add(_link(io.BytesIO(file.read(end - start)), writer))
                except (soundfile.LibsndfileError, av.error.FFmpegError):
                    faults += 1
    finally:
        writer.close()
    if not writer.frames:
        raise NotDecoded("holds no sound that can be decoded")
    notes = [f"holds {len(places)} recordings, read one after the other"]
    if faults:
        notes.append(f"damaged: {faults} of them cannot be decoded")
    return Decoded(writer.rate, writer.channels, writer.frames, ", ".join(sorted(kinds)), 0, notes)


def _link(data: io.BytesIO, writer: Writer) -> str:
    """One link, by libsndfile where it can."""
    try:
        with soundfile.SoundFile(data) as file:
            for block in file.blocks(1 << 16, dtype="float32", always_2d=True):
                writer.add(block, file.samplerate)
            return str(file.subtype).lower()
    except soundfile.LibsndfileError:
        data.seek(0)
        with av.open(data, format="ogg") as container:
            stream = container.streams.audio[0]
            for frame in container.decode(stream):
                writer.add(samples_of(frame), frame.sample_rate)
            return str(stream.codec_context.name)


_OWN = {"": decode_mpeg, "chain": _chain}
"""What is taken apart here and not by one of FFmpeg's demuxers: frames of MPEG audio, chains of Ogg."""


def _words(error: Exception) -> str:
    text = str(getattr(error, "strerror", "") or error)
    if isinstance(error, av.error.InvalidDataError):
        return "its header is damaged, or the file was cut off before the end of its recording was written"
    if isinstance(error, (av.error.DecoderNotFoundError, av.error.DemuxerNotFoundError)):
        return "there is no decoder for its sound"
    return text
